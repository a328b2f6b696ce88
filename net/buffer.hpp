#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace troupe {

/// A run of bytes with shared ownership: copies are cheap and see the same bytes, which nobody changes once they are
/// shared. Thread-safe as shared_ptr is.
class buffer {
 public:
  /// Where the memory of a buffer of its own begins: fit for SIMD.
  static constexpr std::size_t alignment = 64;

  buffer() noexcept = default;
  /// Uninitialised memory, aligned; from 2 MiB on advised to be huge pages. Throws std::bad_alloc.
  explicit buffer(std::size_t size);
  /// Somebody else's memory, kept by `owner`.
  buffer(std::shared_ptr<void const> owner, std::span<std::byte const> bytes) noexcept
      : owner_(std::move(owner)), bytes_(bytes) {}
  [[nodiscard]] static buffer copy_of(std::span<std::byte const> bytes);

  [[nodiscard]] std::byte const* data() const noexcept { return bytes_.data(); }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
  [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
  [[nodiscard]] std::span<std::byte const> bytes() const noexcept { return bytes_; }
  /// For who made it with a size, before it is shared.
  [[nodiscard]] std::span<std::byte> writable() noexcept {
    return {const_cast<std::byte*>(bytes_.data()), bytes_.size()};  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  }
  /// The same memory, less of it. Precondition: within the size.
  [[nodiscard]] buffer part(std::size_t offset, std::size_t size) const noexcept {
    return {owner_, bytes_.subspan(offset, size)};
  }
  /// The bytes as elements of type T. Precondition: aligned for it, and a whole number of them.
  template <class T>
  [[nodiscard]] std::span<T const> as() const noexcept {
    return {reinterpret_cast<T const*>(bytes_.data()), bytes_.size() / sizeof(T)};
  }

  friend bool operator==(buffer const& a, buffer const& b) noexcept {
    return a.bytes_.size() == b.bytes_.size() && equal_bytes(a.bytes_, b.bytes_);
  }

 private:
  static bool equal_bytes(std::span<std::byte const> a, std::span<std::byte const> b) noexcept;

  std::shared_ptr<void const> owner_;
  std::span<std::byte const> bytes_;
};

}  // namespace troupe
