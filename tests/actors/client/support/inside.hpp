#pragma once

#include <troupe/net/codec/decoder.hpp>
#include <troupe/net/codec/encoder.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace troupe::test {

/// A pointer that travels: for clusters all of whose parts are in this process, whatever lies between them.
template <class T>
struct pointer_to {
  pointer_to() = default;
  pointer_to(T* p) : pointer(p) {}  // NOLINT(google-explicit-constructor): a pointer is an argument for it

  [[nodiscard]] T* operator*() const noexcept { return pointer; }

  T* pointer = nullptr;
};

template <class T>
void encode(encoder& out, pointer_to<T> const& p) {
  out.write_uint(reinterpret_cast<std::uintptr_t>(p.pointer));
}
template <class T>
pointer_to<T> decode(decoder& in, std::type_identity<pointer_to<T>>) {
  return reinterpret_cast<T*>(std::uintptr_t(in.read_uint()));
}
template <class T>
std::size_t nbytes(pointer_to<T> const&) {
  return sizeof(T*);
}

}  // namespace troupe::test
