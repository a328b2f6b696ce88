#pragma once

#include <troupe/actors/worker/actions.hpp>
#include <troupe/actors/worker/events.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace troupe::detail {

struct worker_options {
  /// One fetch asks for at most this much, but always for one value.
  std::uint64_t fetch_bytes = 50'000'000;
  /// Values that are on their way here from all peers are together at most this large, or one.
  std::uint64_t incoming_bytes = UINT64_MAX;
  /// So many fetches of values that are made are under way at the same time.
  std::size_t incoming_fetches = 50;
  /// What adds up to so many bytes is asked for apart, and what is less beside it.
  std::uint64_t large_fetch = large_request;
  /// Values beyond so many bytes go to files, the longest unused first.
  std::uint64_t target_bytes = UINT64_MAX;
};

struct worker_statistics {
  /// Attempts that wait for dependencies, and those handed to the executor.
  std::size_t waiting = 0;
  std::size_t handed_out = 0;
  /// Of the latter, those that wait without a thread.
  std::size_t suspended = 0;
  /// Results and copies in the store, and their bytes.
  std::size_t stored = 0;
  std::uint64_t stored_bytes = 0;
  /// Values asked for and not yet answered, and those that wait for their peer to answer first.
  std::size_t fetching = 0;
  std::size_t to_fetch = 0;
};

/// Decides what a worker fetches, runs and reports. A state machine as scheduler_core: an event goes in, actions come
/// out. Every attempt whose dependencies are in the store goes to the executor at once, which has its own queue by
/// priority. One thread at a time. Handlers may see an event twice and messages about ended attempts: those change
/// nothing.
class worker_core {
 public:
  /// `self` is what the scheduler calls this worker.
  explicit worker_core(worker_id self, worker_options options = {});
  worker_core(worker_core&&) noexcept;
  worker_core& operator=(worker_core&&) noexcept;
  ~worker_core();

  /// Appends what is to be done to `out`, at most one report among it.
  void handle(worker_event event, std::vector<worker_action>& out);

  /// Constant time.
  [[nodiscard]] worker_statistics statistics() const;

  /// Throws std::logic_error that names the first broken invariant. Linear in everything: for tests.
  void validate() const;

  struct state;

 private:
  std::unique_ptr<state> state_;
};

}  // namespace troupe::detail
