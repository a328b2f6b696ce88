#pragma once

#include <troupe/net/packet.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace troupe::detail {

/// A value as a file, compressed where that gains something: written once, read as often as it is needed, removed when
/// this goes. Reading is for any thread; both block for the disk.
class spill_file {
 public:
  using told_of_loss = std::function<void(std::string problem)>;

  /// Throws error that names the path and the reason; nothing is left of it then. `lost` is called once, by who reads
  /// first what is not there any more.
  spill_file(std::filesystem::path path, packet const& value, told_of_loss lost = {});
  spill_file(spill_file const&) = delete;
  spill_file& operator=(spill_file const&) = delete;
  ~spill_file();

  /// In memory of its own. Throws value_lost, from then on always, where the file is gone, cut short or damaged, and
  /// error where there is no room to read it; both name the path.
  [[nodiscard]] packet read() const;
  [[nodiscard]] bool lost() const noexcept { return lost_.load(std::memory_order_acquire); }
  /// Bytes on the disk.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

 private:
  [[nodiscard]] packet read_parts() const;

  std::filesystem::path path_;
  told_of_loss told_;
  /// Of the buffers: the first is the head.
  std::vector<std::uint64_t> buffers_;
  std::uint64_t size_ = 0;
  mutable std::atomic<bool> lost_{false};
};

}  // namespace troupe::detail
