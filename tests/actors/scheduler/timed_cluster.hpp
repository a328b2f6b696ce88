#pragma once

#include <troupe/actors/scheduler/core.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <queue>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace troupe::test {

/// What a call costs and gives; its number is its payload.
struct timed_call {
  duration takes = std::chrono::milliseconds(1);
  std::uint64_t nbytes = 8;
};

/// A scheduler core and workers whose threads need simulated time: messages take `latency`, calls what they are said to
/// take, values that are elsewhere their bytes over `bytes_per_second`. Nothing is random, nothing waits.
class timed_cluster {
 public:
  explicit timed_cluster(detail::scheduler_options options = {}) : core_(options) {}

  duration latency = std::chrono::microseconds(50);
  double bytes_per_second = 1e9;
  /// See submitted_task::in_order.
  bool in_order = false;

  client_id add_client();
  /// `memory_limit` in bytes; 0 is none.
  worker_id add_worker(std::uint32_t nthreads, std::uint64_t memory_limit = 0);

  /// A submission at the present moment: `deps` are indices of earlier ones of this client.
  std::uint32_t submit(client_id client, timed_call call, std::vector<std::uint32_t> const& deps = {});
  void submit(client_id client, std::vector<std::pair<timed_call, std::vector<std::uint32_t>>> const& calls);
  void release(client_id client, std::vector<std::uint32_t> const& indices);

  /// Until nothing is under way, or `done` says so.
  void run(std::function<bool()> const& done = [] { return false; });

  [[nodiscard]] duration elapsed() const { return now_ - time_point{}; }
  [[nodiscard]] std::uint64_t peak_bytes() const { return peak_; }
  /// Client and index of the calls in the order in which they began.
  [[nodiscard]] std::vector<std::pair<client_id, std::uint32_t>> const& begun() const { return begun_; }
  [[nodiscard]] std::size_t finished() const { return finished_; }
  [[nodiscard]] std::size_t given_back() const { return given_back_; }
  /// Values that a worker was told to wait for until they are made.
  [[nodiscard]] std::size_t waited_for() const { return waited_for_; }
  [[nodiscard]] detail::scheduler_core const& core() const { return core_; }

 private:
  struct happening {
    time_point at;
    std::uint64_t serial;
    std::function<void()> what;
    bool operator>(happening const& other) const { return std::tie(at, serial) > std::tie(other.at, other.serial); }
  };
  struct place_in_line {
    std::int32_t priority;
    std::uint64_t order;
    attempt_id attempt;
    bool operator<(place_in_line const& other) const {
      return std::tie(other.priority, order, attempt) < std::tie(priority, other.order, other.attempt);
    }
  };
  struct worker {
    std::uint32_t free_threads = 0;
    std::map<place_in_line, compute_order> line;
    /// Orders that wait for values, and for how many.
    std::map<attempt_id, std::pair<compute_order, std::size_t>> waiting;
    std::map<task_id, std::uint64_t> stored;
    /// The first order since the last report, and when it came.
    attempt_id heard = {};
    time_point heard_at = {};
  };
  struct awaited_value {
    worker_id by;
    attempt_id waiter;
    dependency value;
  };
  struct submission {
    client_id client;
    std::uint32_t index;
    timed_call call;
  };

  void at(time_point when, std::function<void()> what) { happenings_.push({when, ++serials_, std::move(what)}); }
  void handle(detail::scheduler_event event);
  void take(worker_id id, compute_order order);
  /// One of the values that an order waits for is there.
  void arrived(worker_id id, attempt_id waiter);
  void copied(worker_id id, attempt_id waiter, dependency const& value);
  void made(worker_id by, task_id task, std::uint64_t nbytes);
  void not_made(task_id task);
  [[nodiscard]] duration time_to_move(std::uint64_t nbytes) const;
  void withdraw(worker_id id, stop_order order);
  void free(worker_id id, std::vector<task_id> const& tasks);
  void begin_next(worker_id id);
  void report(worker_id id, worker_report items);
  void store(worker& in, task_id task, std::uint64_t nbytes);

  detail::scheduler_core core_;
  time_point now_{};
  std::uint64_t serials_ = 0;
  std::priority_queue<happening, std::vector<happening>, std::greater<>> happenings_;
  std::vector<submission> submissions_;
  std::vector<std::uint32_t> next_index_;
  std::vector<worker> workers_;
  std::map<task_id, std::vector<awaited_value>> awaited_;
  std::uint64_t stored_ = 0;
  std::uint64_t peak_ = 0;
  std::size_t finished_ = 0;
  std::size_t given_back_ = 0;
  std::size_t waited_for_ = 0;
  std::vector<std::pair<client_id, std::uint32_t>> begun_;
};

}  // namespace troupe::test
