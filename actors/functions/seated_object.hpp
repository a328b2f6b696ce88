#pragma once

#include <troupe/net/buffer.hpp>
#include <troupe/net/codec/decode.hpp>
#include <troupe/net/codec/encode.hpp>
#include <troupe/net/codec/travels.hpp>

#include <cstddef>
#include <span>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace troupe::detail {

/// Can give what it knows, and take it back.
template <class T>
concept has_snapshot = requires(T& object, T const& same) {
  requires travels<std::remove_cvref_t<decltype(same.snapshot())>>;
  object.restore(same.snapshot());
};

/// The object of a remote actor. One thread at a time.
class seated_object {
 public:
  seated_object() = default;
  seated_object(seated_object const&) = delete;
  seated_object& operator=(seated_object const&) = delete;
  virtual ~seated_object() = default;

  [[nodiscard]] virtual void* get() noexcept = 0;
  [[nodiscard]] virtual std::type_info const& type() const noexcept = 0;
  [[nodiscard]] virtual bool can_save() const noexcept = 0;
  /// What snapshot() gives, encoded; only where can_save(). Throws what that throws.
  [[nodiscard]] virtual buffer save() const = 0;
  /// Throws codec_error for what save() did not make, and what restore() throws.
  virtual void restore(std::span<std::byte const> saved) = 0;
};

template <class T>
class seated final : public seated_object {
 public:
  template <class... Args>
  explicit seated(std::in_place_t, Args&&... arguments) : object_(std::forward<Args>(arguments)...) {}

  [[nodiscard]] void* get() noexcept override { return &object_; }
  [[nodiscard]] std::type_info const& type() const noexcept override { return typeid(T); }
  [[nodiscard]] bool can_save() const noexcept override { return has_snapshot<T>; }
  [[nodiscard]] buffer save() const override {
    encoder out;
    if constexpr (has_snapshot<T>) troupe::encode(out, static_cast<T const&>(object_).snapshot());
    return buffer::copy_of(out.bytes());
  }
  void restore([[maybe_unused]] std::span<std::byte const> saved) override {
    if constexpr (has_snapshot<T>) {
      decoder in(saved);
      auto state = decode<std::remove_cvref_t<decltype(static_cast<T const&>(object_).snapshot())>>(in);
      in.expect_end();
      object_.restore(std::move(state));
    }
  }

 private:
  T object_;
};

}  // namespace troupe::detail
