#pragma once

#include <troupe/actors/client/data_types.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// How a remote actor is made and supervised: `client.create_actor<counter>(actor_options().restarts(3), 10)`.
class actor_options {
 public:
  /// How often it is made anew, from the same arguments, when its worker is lost; workers that leave in order do not
  /// count, except for an actor that is never made anew. 0 unless said otherwise, as in Dask
  /// and Ray: an actor that starts again has lost what it knew, which callers must be prepared for. Not so where its
  /// class has `S snapshot() const` and `void restore(S)`, with an S that can travel: see snapshot_every.
  actor_options& restarts(std::uint32_t times) noexcept {
    restarts_ = times;
    return *this;
  }
  /// An actor that can be restarted and has snapshot() gives one to the scheduler after each so many calls; 1 unless
  /// said otherwise. A call is answered when the snapshot after it is stored, so with 1 nothing that was answered is
  /// lost; it costs a round trip to the scheduler, which keeps the last snapshot of each actor in memory.
  actor_options& snapshot_every(std::uint32_t calls) noexcept {
    snapshot_every_ = calls > 0 ? calls : 1;
    return *this;
  }
  /// What it is called in errors and keys; "" for its class and a number. Actors of one name are one: the later
  /// create_actor gets the earlier actor while that lives, and makes another when that was stopped, was lost for good
  /// or could not be made.
  actor_options& name(std::string name) {
    name_ = std::move(name);
    return *this;
  }
  /// Lives on these workers only, called by name, address or host; see task_options::workers. Otherwise the workers
  /// take turns, each as often as it has threads.
  actor_options& workers(worker_list which, bool allow_other = false) {
    workers_ = std::move(which).names();
    allow_other_ = allow_other;
    return *this;
  }

  [[nodiscard]] std::uint32_t restarts() const noexcept { return restarts_; }
  [[nodiscard]] std::uint32_t snapshot_every() const noexcept { return snapshot_every_; }
  [[nodiscard]] std::string const& name() const noexcept { return name_; }
  [[nodiscard]] std::vector<std::string> const& workers() const noexcept { return workers_; }
  [[nodiscard]] bool allows_other() const noexcept { return allow_other_; }

 private:
  std::string name_;
  std::vector<std::string> workers_;
  bool allow_other_ = false;
  std::uint32_t restarts_ = 0;
  std::uint32_t snapshot_every_ = 1;
};

}  // namespace troupe
