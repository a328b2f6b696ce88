#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace troupe {

/// The shape of a local cluster: `cluster_options{}.workers(2).threads_per_worker(4)`.
/// Unless said otherwise: one worker with one thread per core.
class cluster_options {
 public:
  cluster_options& workers(std::uint32_t count) noexcept {
    workers_ = count;
    return *this;
  }
  /// 0: the cores that this process may use, divided among the workers, at least one each.
  cluster_options& threads_per_worker(std::uint32_t count) noexcept {
    threads_per_worker_ = count;
    return *this;
  }
  /// Bytes each worker may use; 0: what this process may use, divided among the workers. Of `processes()` one that
  /// takes 0.95 of it is killed and started again.
  ///
  /// The measured memory of a worker of `processes()` is the resident memory of its process. Workers inside of this
  /// program share its: what it takes beyond what it took when the first of them began is compared with the sum of
  /// their limits (with what the program could still take then, if that is less).
  cluster_options& memory_limit(std::uint64_t bytes) noexcept {
    memory_limit_ = bytes;
    return *this;
  }
  /// Share of its limit that the results a worker holds may take, by their own count, before those that nobody uses go
  /// to files, the longest unused first. 0: never. A result stays that cannot travel, or that a future of this program
  /// holds.
  cluster_options& memory_target(double share) noexcept {
    memory_target_ = share;
    return *this;
  }
  /// Share of the limit that measured memory may take before they do, whatever results take: until it is down to the
  /// target, and of workers inside of this program each in proportion to what it holds. 0: never.
  cluster_options& memory_spill(double share) noexcept {
    memory_spill_ = share;
    return *this;
  }
  /// The same, beyond which workers begin nothing new and give back what has not begun; what runs goes on. 0: never.
  /// Nobody ends a worker inside of this program: where none of them has run or moved anything for half a second, they
  /// begin some tasks all the same, one worker at a time, because those may be what frees memory.
  cluster_options& memory_pause(double share) noexcept {
    memory_pause_ = share;
    return *this;
  }
  /// What each worker has for tasks to ask for: `resource("GPU", 2)`.
  cluster_options& resource(std::string const& name, double amount) {
    resources_[name] = amount;
    return *this;
  }
  /// Workers are called `name-0`, `name-1`, …
  cluster_options& worker_name(std::string name) {
    worker_name_ = std::move(name);
    return *this;
  }
  /// Where uploaded files are put; "" for the system's temporary folder.
  cluster_options& local_directory(std::string path) {
    local_directory_ = std::move(path);
    return *this;
  }

  /// Each worker is a process of its own: this program, started again, and again when such a process crashes or is
  /// killed. Needs run() or init() in its main.
  cluster_options& processes(bool on = true) noexcept {
    processes_ = on;
    return *this;
  }

  [[nodiscard]] bool processes() const noexcept { return processes_; }
  [[nodiscard]] std::uint32_t workers() const noexcept { return workers_; }
  [[nodiscard]] std::uint32_t threads_per_worker() const noexcept { return threads_per_worker_; }
  [[nodiscard]] std::uint64_t memory_limit() const noexcept { return memory_limit_; }
  [[nodiscard]] double memory_target() const noexcept { return memory_target_; }
  [[nodiscard]] double memory_spill() const noexcept { return memory_spill_; }
  [[nodiscard]] double memory_pause() const noexcept { return memory_pause_; }
  [[nodiscard]] std::map<std::string, double> const& resources() const noexcept { return resources_; }
  [[nodiscard]] std::string const& worker_name() const noexcept { return worker_name_; }
  [[nodiscard]] std::string const& local_directory() const noexcept { return local_directory_; }

 private:
  bool processes_ = false;
  std::uint32_t workers_ = 1;
  std::uint32_t threads_per_worker_ = 0;
  std::uint64_t memory_limit_ = 0;
  double memory_target_ = 0.6;
  double memory_spill_ = 0.7;
  double memory_pause_ = 0.8;
  std::map<std::string, double> resources_;
  std::string worker_name_ = "worker";
  std::string local_directory_;
};

}  // namespace troupe
