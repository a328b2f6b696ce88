#pragma once

#include <troupe/actors/scheduler/core.hpp>
#include <troupe/actors/worker/core.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe::test {

/// Equal numbers from equal seeds on every platform.
class dice {
 public:
  explicit dice(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    auto z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
  bool percent(std::size_t p) { return below(100) < p; }

 private:
  std::uint64_t state_;
};

struct simulation_options {
  bool keep_lineage = false;
  bool remove_workers = true;
  bool fail_fetches = true;
  /// Workers find now and then that what they have spilled cannot be read back.
  bool lose_values = false;
  bool restart = false;
  /// Half of the workers lack one of the functions.
  bool mixed_builds = false;
  /// Some tasks may have a second attempt, and get it soon.
  bool speculate = false;
  std::size_t steps = 4000;
  std::size_t clients = 2;
  std::size_t workers = 4;
};

/// A scheduler core, worker cores, an executor and a store for each, and clients that do whatever the dice say,
/// connected by queues whose messages are delivered at random times but in order. Every event may come twice. Each core
/// is validated after each event. A broken expectation throws std::logic_error.
class simulation {
 public:
  simulation(std::uint64_t seed, simulation_options options);
  ~simulation();

  /// Random steps, then everything is allowed to end, is released, and must be gone.
  void run();

  struct counters {
    std::size_t finished = 0;
    std::size_t erred = 0;
    std::size_t lost = 0;
    std::size_t cancelled = 0;
    std::size_t retried = 0;
    std::size_t moved_values = 0;
    std::size_t fetched = 0;
    std::size_t large_fetches = 0;
    /// Fetches of what is large while others of the same peer were under way, or the other way round.
    std::size_t side_by_side = 0;
    std::size_t missing = 0;
    std::size_t given_ahead = 0;
    std::size_t awaited = 0;
    std::size_t unreadable = 0;
    /// Values that workers could not read back, and attempts that did not begin for want of some.
    std::size_t lost_values = 0;
    std::size_t inputs_lost = 0;
    std::size_t removed_workers = 0;
    /// References that were told that theirs was cancelled by a restart.
    std::size_t restarted = 0;
    std::size_t children = 0;
    std::size_t shared_keys = 0;
    std::size_t second_attempts = 0;
    std::size_t overtaken = 0;
    /// Orders for workers that lack some function.
    std::size_t of_other_build = 0;
  };
  [[nodiscard]] counters const& seen() const { return seen_; }

 private:
  using message = std::function<void()>;
  /// One direction of one connection.
  struct link {
    std::deque<message> messages;
  };

  /// What a submitted call does when it runs.
  struct call {
    std::uint64_t serial = 0;
    std::size_t failures = 0;  ///< runs that throw before one succeeds
    bool cancels_itself = false;
    std::size_t children = 0;
    std::size_t depth = 0;
    std::size_t values = 0;  ///< dependencies it takes
    function_id function;
  };

  enum class outcome { pending, finished, erred, cancelled };
  struct future {
    outcome state = outcome::pending;
    bool held = true;
  };
  struct client_side {
    client_id id;
    link up;
    link down;
    std::vector<future> futures;  ///< by index of the reference
    std::vector<std::uint32_t> generations;
    std::vector<std::uint32_t> free_indices;
  };

  struct running_call {
    compute_order order;
    call what;
    std::vector<std::uint64_t> values;
    bool started = false;
    bool suspended = false;
    bool stop_requested = false;
    std::size_t client = 0;
    std::vector<client_ref> children;
  };
  /// A worker and whether it is for what is large: one of two connections with it.
  using lane = std::pair<worker_id, bool>;
  struct worker_side {
    worker_id id;
    std::uint64_t session = 0;
    std::unique_ptr<detail::worker_core> core;
    std::size_t nthreads = 1;
    bool alive = true;
    std::optional<function_id> lacks;
    link up;
    link down;
    std::map<task_id, std::uint64_t> store;
    /// Of what it has lost the scheduler may not know yet.
    std::set<task_id> lost;
    std::map<std::uint64_t, call> calls;
    std::vector<std::unique_ptr<running_call>> executor;
    std::map<lane, link> to_peer;
    /// Whose fetches of values that are made were not answered.
    std::set<lane> asked;
    /// Peers that wait for the end of an attempt: who, and for what.
    std::multimap<attempt_id, std::pair<worker_id, task_id>> awaited;
  };

  // Clients
  void client_step();
  client_ref new_ref(client_side& client);
  detail::submitted_task make_task(client_side& client, std::size_t depth,
                                   std::optional<detail::submitted_parent> parent,
                                   std::vector<client_ref> const& siblings);
  void send_submit(std::size_t client, std::vector<detail::submitted_task> tasks);
  void release(std::size_t client, std::vector<client_ref> refs);
  void told(std::size_t client, client_ref ref, outcome what);
  [[nodiscard]] bool current(client_side const& client, client_ref ref) const;

  // Scheduler
  void to_scheduler(detail::scheduler_event event);
  void carry_out(detail::by_scheduler::client_added& action);
  void carry_out(detail::by_scheduler::worker_added& action);
  void carry_out(detail::by_scheduler::compute& action);
  void carry_out(detail::by_scheduler::stop_task& action);
  void carry_out(detail::by_scheduler::free_data& action);
  void carry_out(detail::by_scheduler::drop_payloads& action);
  void carry_out(detail::by_scheduler::drop_errors& action);
  void carry_out(detail::by_scheduler::task_finished& action);
  void carry_out(detail::by_scheduler::task_erred& action);
  void carry_out(detail::by_scheduler::task_cancelled& action);
  static void carry_out(detail::by_scheduler::unmet_demand&) {}   // no task of a simulation demands anything
  static void carry_out(detail::by_scheduler::drop_snapshot&) {}  // nor makes an actor

  // Workers
  static constexpr std::size_t functions = 5;
  [[nodiscard]] static detail::worker_options limits_of_workers();
  void add_worker();
  void remove_worker();
  void to_worker(worker_side& worker, detail::worker_event event);
  void carry_out(worker_side& worker, detail::by_worker::run& action);
  void carry_out(worker_side& worker, detail::by_worker::request_stop& action);
  void carry_out(worker_side& worker, detail::by_worker::fetch& action);
  void carry_out(worker_side& worker, detail::by_worker::watched_ended& action);
  void carry_out(worker_side& worker, detail::by_worker::report& action);
  void carry_out(worker_side& worker, detail::by_worker::drop_data& action);
  void carry_out(worker_side& worker, detail::by_worker::drop_payloads& action);
  void note_fetch(worker_side& worker, detail::by_worker::fetch const& action);
  void answer_fetch(worker_id asker, detail::by_worker::fetch const& what);
  void lose_value();
  /// The attempt ends before it begins.
  void lose_inputs(worker_side& worker, std::size_t index);
  bool executor_step(worker_side& worker);
  void begin_call(worker_side& worker, running_call& call_in_hand);
  void end_call(worker_side& worker, std::size_t index);
  [[nodiscard]] bool children_ended(running_call const& call_in_hand) const;
  [[nodiscard]] worker_side* find(worker_id id);

  bool deliver_one();
  bool any_executor_step();
  void drain();
  void check_nothing_left();
  void expect(bool holds, char const* what) const;

  simulation_options options_;
  dice dice_;
  std::uint64_t seed_;
  detail::scheduler_core scheduler_;
  time_point now_{};
  bool winding_down_ = false;
  std::vector<std::unique_ptr<client_side>> clients_;
  std::vector<std::unique_ptr<worker_side>> workers_;
  link control_;
  std::uint64_t sessions_ = 0;
  std::uint64_t payloads_ = 0;
  std::uint64_t serials_ = 0;
  std::map<std::uint64_t, call> calls_;
  std::set<std::uint64_t> errors_;
  std::set<std::string> keys_;
  std::map<task_id, std::uint64_t> right_values_;
  counters seen_;
};

}  // namespace troupe::test
