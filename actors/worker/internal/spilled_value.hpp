#pragma once

#include <troupe/actors/functions/value.hpp>
#include <troupe/actors/worker/internal/spill_file.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

namespace troupe::detail {

/// A value that lies in a file. Who wants to see it reads it, on his own thread, and from then on it is in memory, too;
/// who only passes it on reads the bytes.
class spilled_value final : public value_base {
 public:
  spilled_value(std::shared_ptr<spill_file const> file, std::uint64_t nbytes) noexcept
      : value_base(nullptr), file_(std::move(file)), nbytes_(nbytes) {}

  [[nodiscard]] std::type_info const& type() const noexcept override;
  [[nodiscard]] std::size_t nbytes() const override { return nbytes_; }
  [[nodiscard]] packet pack() const override { return file_->read(); }
  void encode(encoder& out) const override;
  void decode_as(std::type_info const& type, unpack_function unpack) const override;
  [[nodiscard]] bool sole() const noexcept override { return unique() && (!box_ || box_->unique()); }

 private:
  std::shared_ptr<spill_file const> file_;
  std::uint64_t nbytes_;
  mutable std::mutex mutex_;
  mutable value_ptr box_;
  mutable std::atomic<std::type_info const*> type_{nullptr};
};

}  // namespace troupe::detail
