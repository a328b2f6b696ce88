#pragma once

#include <troupe/actors/functions/value.hpp>
#include <troupe/actors/scheduler/ids.hpp>
#include <troupe/actors/worker/internal/spill_file.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace troupe::detail {

/// The values of a worker, by task, in memory or in files. It knows the bytes of both and which were not used for
/// longest; who owns it moves them. One thread at a time.
class value_store {
 public:
  void put(task_id task, value_ptr value, std::uint64_t nbytes);
  /// To be passed on as it is; null where it is not there, or is lost.
  [[nodiscard]] value_ptr find(task_id task) const;
  /// For a function that will see it: it is in memory from then on.
  [[nodiscard]] value_ptr use(task_id task);
  void erase(task_id task);
  /// It was spilled, and its file is there no more.
  [[nodiscard]] bool lost(task_id task) const;

  [[nodiscard]] std::uint64_t bytes_in_memory() const noexcept { return in_memory_; }
  [[nodiscard]] std::uint64_t most_bytes_in_memory() const noexcept { return most_in_memory_; }
  [[nodiscard]] std::uint64_t bytes_spilled() const noexcept { return spilled_; }

  struct candidate {
    task_id task;
    value_ptr value;
    std::uint64_t nbytes = 0;
  };
  /// Values that can travel and that nobody uses, until these make so many bytes, the longest unused first. What lies
  /// in a file already leaves memory at once and is not among them.
  [[nodiscard]] std::vector<candidate> coldest(std::uint64_t nbytes);
  /// The candidate lies in a file now.
  void spilled(candidate const& what, std::shared_ptr<spill_file const> file);
  /// It cannot be written.
  void keep_in_memory(candidate const& what);

 private:
  struct entry {
    value_ptr value;
    std::uint64_t nbytes = 0;
    std::uint64_t used = 0;
    std::shared_ptr<spill_file const> file;
    bool in_memory = true;
    bool stays = false;
  };
  /// Smaller ones are not worth a file.
  static constexpr std::uint64_t smallest = 4096;

  [[nodiscard]] static std::uint64_t number(task_id id) noexcept {
    return std::uint64_t(id.generation) << 32 | id.index;
  }
  void forget(entry const& e) noexcept;
  void leave_memory(entry& e);
  void enter_memory(std::uint64_t nbytes) noexcept;

  boost::unordered_flat_map<std::uint64_t, entry> entries_;
  std::uint64_t in_memory_ = 0;
  std::uint64_t most_in_memory_ = 0;
  std::uint64_t spilled_ = 0;
  std::uint64_t uses_ = 0;
};

}  // namespace troupe::detail
