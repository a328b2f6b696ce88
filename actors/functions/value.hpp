#pragma once

#include <troupe/futures/errors.hpp>
#include <troupe/futures/frame_pool.hpp>
#include <troupe/futures/intrusive_ptr.hpp>
#include <troupe/futures/shared_state.hpp>
#include <troupe/net/codec/decode.hpp>
#include <troupe/net/codec/encode.hpp>
#include <troupe/net/codec/nbytes.hpp>
#include <troupe/net/codec/travels.hpp>
#include <troupe/net/packet.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace troupe::detail {

/// What was kept outside of memory cannot be read back any more.
class value_lost : public error {
 public:
  using error::error;
};

class value_base;
using value_ptr = intrusive_ptr<value_base>;

/// Reads a packet that holds one value, as the type it was made for. Throws codec_error.
using unpack_function = value_ptr (*)(packet const&);

[[noreturn]] void throw_wrong_type(std::type_info const& expected, std::type_info const& found);
[[noreturn]] void throw_cannot_travel(std::type_info const& type);

/// A result, or an argument that others share, whatever its type. Immutable while anybody else holds it.
class value_base : public ref_counted, public pooled_object {
 public:
  /// What data() is. Of a value that came encoded and was not read yet: a type that nothing else has.
  [[nodiscard]] virtual std::type_info const& type() const noexcept = 0;
  /// Of the payload alone; see nbytes in the codec.
  [[nodiscard]] virtual std::size_t nbytes() const = 0;
  /// Appends the value as one item. An encoder that shares is told so by the caller, with this object as the owner.
  /// Throws codec_error for what cannot leave its process, and what hooks throw.
  virtual void encode(encoder& out) const = 0;
  /// The value as a packet that keeps it alive: large runs in it are not copied.
  [[nodiscard]] virtual packet pack() const;
  /// It can be encoded, unless a hook of a user refuses.
  [[nodiscard]] virtual bool travels() const noexcept { return true; }
  /// Encoding runs no code of users and takes less time than it takes to hand it to another thread.
  [[nodiscard]] virtual bool encodes_quickly() const noexcept { return false; }
  /// Makes data() a `type`, where the value came encoded: read once, whoever asks first; any thread. Throws
  /// troupe::error naming both types where it is another, codec_error where the bytes are none.
  virtual void decode_as(std::type_info const& type, unpack_function unpack) const;
  /// Has what is kept outside of memory in it, so that to see the value does not fail for want of that: any thread;
  /// blocks. Throws value_lost, or error for what may pass.
  virtual void bring() const {}
  /// Whether reading it threw value_lost, and will again.
  [[nodiscard]] virtual bool lost() const noexcept { return false; }
  /// Nobody but the asker sees the value: it may be moved out.
  [[nodiscard]] virtual bool sole() const noexcept { return unique(); }

  /// The object itself, of type(); null while that is not known.
  [[nodiscard]] void* data() const noexcept { return data_; }

 protected:
  explicit value_base(void* data) noexcept : data_(data) {}
  void set_data(void* data) const noexcept { data_ = data; }

 private:
  mutable void* data_;
};

[[nodiscard]] inline packet pack(value_ptr const& value) { return value->pack(); }

/// A value whose type is found out by the first who wants a T of it. `nbytes`: as the maker of the value said.
[[nodiscard]] value_ptr make_encoded_value(packet bytes, std::uint64_t nbytes);

/// Stands for a value that whoever has it cannot give. To read or encode it throws error with `why`: a sentence that
/// begins with who cannot.
[[nodiscard]] value_ptr make_unreadable_value(std::string why);
/// Null for any other value.
[[nodiscard]] std::string const* why_unreadable(value_base const& value) noexcept;

/// The one result of all void functions.
[[nodiscard]] value_ptr unit_value();

/// Holds a T. The result of a void function is a `unit`.
template <class T>
class value_box final : public value_base {
 public:
  template <class... Args>
  explicit value_box(std::in_place_t, Args&&... args) : value_base(&value_), value_(std::forward<Args>(args)...) {}

  [[nodiscard]] std::type_info const& type() const noexcept override { return typeid(T); }
  [[nodiscard]] std::size_t nbytes() const override {
    if constexpr (std::is_same_v<T, unit>)
      return 0;
    else
      return troupe::nbytes(value_);
  }
  void encode(encoder& out) const override { troupe::encode(out, value_); }
  [[nodiscard]] bool travels() const noexcept override { return !holds_local<T>; }
  [[nodiscard]] bool encodes_quickly() const noexcept override {
    return std::is_arithmetic_v<T> || std::is_same_v<T, unit>;
  }

 private:
  T value_;
};

template <class T>
[[nodiscard]] value_ptr unpack_value(packet const& from) {
  if constexpr (std::is_same_v<T, unit>) {
    return unit_value();
  } else {
    decoder in(from);
    value_ptr value(new value_box<T>(std::in_place, take<T>(in)));
    in.expect_end();
    return value;
  }
}

/// The value that `v` holds; one that came encoded is read as a T. Throws troupe::error naming both types when it is
/// not a T, codec_error when its bytes are none.
template <class T>
[[nodiscard]] T& value_cast(value_base const& v) {
  if (v.type() != typeid(T)) v.decode_as(typeid(T), &unpack_value<T>);
  return *static_cast<T*>(v.data());
}

}  // namespace troupe::detail
