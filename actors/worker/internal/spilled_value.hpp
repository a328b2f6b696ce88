#pragma once

#include <troupe/actors/functions/value.hpp>
#include <troupe/actors/worker/internal/spill_file.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace troupe::detail {

/// A value that lies in a file. Who wants to see it reads it, on his own thread, and from then on it is in memory, too;
/// who only passes it on reads the bytes, where they are not in memory.
class spilled_value final : public value_base {
 public:
  spilled_value(std::shared_ptr<spill_file const> file, std::uint64_t nbytes) noexcept
      : value_base(nullptr), file_(std::move(file)), nbytes_(nbytes) {}

  [[nodiscard]] std::type_info const& type() const noexcept override;
  [[nodiscard]] std::size_t nbytes() const override { return nbytes_; }
  [[nodiscard]] packet pack() const override;
  void encode(encoder& out) const override;
  void decode_as(std::type_info const& type, unpack_function unpack) const override;
  void bring() const override;
  [[nodiscard]] bool lost() const noexcept override { return file_->lost(); }
  [[nodiscard]] bool sole() const noexcept override { return unique() && (!box_ || box_->unique()); }

 private:
  std::shared_ptr<spill_file const> file_;
  std::uint64_t nbytes_;
  mutable std::mutex mutex_;
  /// What was brought and not read yet.
  mutable std::optional<packet> bytes_;
  mutable value_ptr box_;
  mutable std::atomic<std::type_info const*> type_{nullptr};
};

}  // namespace troupe::detail
