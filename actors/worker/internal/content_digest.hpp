#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace troupe::detail {

/// SHA-256 of bytes that come piece by piece. Not thread-safe; movable.
class content_digest {
 public:
  content_digest();
  content_digest(content_digest&&) noexcept;
  content_digest& operator=(content_digest&&) noexcept;
  ~content_digest();

  void add(std::span<std::byte const> bytes);
  /// In hexadecimal; nothing can be added after.
  [[nodiscard]] std::string finish();

 private:
  struct context;
  std::unique_ptr<context> context_;
};

}  // namespace troupe::detail
