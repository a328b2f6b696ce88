#pragma once

#include <utility>

namespace troupe {

/// Lets a value that cannot travel be an argument or a result: it is handed over inside its process and never encoded.
/// A cluster that has another process refuses it at submit; encoding one throws codec_error.
template <class T>
struct local {
  using value_type = T;

  local() = default;
  local(T v) : value(std::move(v)) {}  // NOLINT(google-explicit-constructor): a T is an argument for it

  [[nodiscard]] T& operator*() & noexcept { return value; }
  [[nodiscard]] T const& operator*() const& noexcept { return value; }
  [[nodiscard]] T&& operator*() && noexcept { return std::move(value); }
  [[nodiscard]] T* operator->() noexcept { return &value; }
  [[nodiscard]] T const* operator->() const noexcept { return &value; }

  T value;
};

}  // namespace troupe
