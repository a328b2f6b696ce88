#pragma once

#include <troupe/actors/scheduler/internal/record_pool.hpp>
#include <troupe/actors/worker/core.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace troupe::detail {

/// One attempt that has not ended.
struct attempt_record {
  /// Once it was handed out, the dependencies are gone with it.
  compute_order order;
  std::uint32_t missing = 0;
  bool handed_out = false;
  bool suspended = false;
  /// A peer waits for its end.
  bool watched = false;
};

/// A value that is asked for, or will be when its source has answered.
struct wanted_record {
  task_id task;
  std::uint64_t nbytes = 0;
  /// Who may have it, and who turned out not to.
  std::vector<worker_id> holders;
  std::vector<worker_id> asked;
  worker_id from;
  /// Which of its sources there.
  bool large = false;
  /// Of a value that is waited for until it is made, there.
  attempt_id maker{};
  /// It was waited for like that: that one of those asked does not have it tells nothing of what lies there by now.
  bool awaited = false;
  bool in_flight = false;
  /// What one of those who were asked said; "" where they only did not have it.
  std::string problem = {};
  /// Executions that wait for it. None is left while in flight: the value is dropped on arrival.
  std::vector<attempt_id> waiters = {};
};

/// Where values come from, one fetch at a time: a peer, for what is large, or for the rest.
struct source {
  worker_id peer;
  bool large = false;

  friend auto operator<=>(source const&, source const&) = default;
};

struct source_record {
  std::size_t unanswered = 0;
  /// When it was asked, or last answered in part.
  time_point asked_at{};
  /// In the order in which they were needed; those given up meanwhile are passed over.
  std::deque<task_id> queue;
};

struct worker_core::state {
  state(worker_id me, worker_options const& o) : self(me), options(o) {}

  // core.cpp
  void handle(worker_event& event, std::vector<worker_action>& to);
  void on(to_worker::compute& e);
  void on(to_worker::stop& e);
  void on(to_worker::free_data& e);
  void on(to_worker::executed& e);
  void on(to_worker::suspended& e);
  void on(to_worker::fetched& e);
  void on(to_worker::fetch_failed& e);
  void on(to_worker::pause& e);
  void on(to_worker::fetch_refused& e);
  void on(to_worker::watch& e);
  void on(to_worker::lost& e);
  void on(to_worker::inputs_lost& e);
  void on_executed(executed_item const& item);
  [[nodiscard]] attempt_record* find(attempt_id attempt);
  void send_report();
  [[nodiscard]] bool may_report_later() const;
  /// Attempts that peers wait for and whose orders have not come: they will not, if younger ones came.
  void meet_expected();
  /// Hands it out if all it needs is here, else asks for the rest.
  void advance(attempt_id attempt);
  void hand_out(attempt_record& ready);
  void end(attempt_id attempt);
  void store(task_id task, std::uint64_t nbytes);
  bool unstore(task_id task);
  [[nodiscard]] static std::uint64_t key(task_id task) { return std::uint64_t{task.index} << 32 | task.generation; }

  // core_fetch.cpp
  void want(dependency const& dep, attempt_id waiter);
  /// It is not made yet: waits for the attempt that makes it, here or on a peer.
  void await_making(wanted_record& value, dependency const& dep);
  void stop_waiting(compute_order const& order);
  /// The value is in the store now, from here and not from the peer that may have been asked.
  void made_here(task_id task);
  void serve(std::vector<attempt_id> const& waiters);
  /// It was asked of the peer in vain.
  void not_given(wanted_record& value, worker_id from);
  /// Asks the next holder; if none is left, whoever waits for the value ends and is reported.
  void ask_next(task_id task);
  void give_up(task_id task);
  void send_fetches();
  /// Asks it for as much as the limits allow; false where they allow nothing now.
  bool ask(source from);
  /// The next one in its queue that is still to be asked for; null where none is.
  [[nodiscard]] wanted_record* next_queued(source from);
  [[nodiscard]] bool may_come(std::uint64_t nbytes) const;
  [[nodiscard]] wanted_record* find_wanted(task_id task);
  /// It was answered by this peer: nothing if that was not asked for.
  [[nodiscard]] wanted_record* answered(task_id task, worker_id from);
  void forget_wanted(task_id task);

  // core_validate.cpp
  void validate() const;

  worker_id self;
  worker_options options;
  worker_statistics stats;
  attempt_id newest;
  /// The first that came since the last report, if one did, and when.
  attempt_id heard;
  time_point heard_at{};
  /// Memory is short; what has all it needs waits here.
  bool paused = false;
  std::vector<attempt_id> held;
  /// Watched before their orders came.
  std::vector<attempt_id> expected;
  record_pool<attempt_record> executions;
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> execution_of;
  /// What the store holds: bytes by task.
  boost::unordered_flat_map<std::uint64_t, std::uint64_t> stored;
  record_pool<wanted_record> wanted;
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> wanted_of;
  std::map<source, source_record> sources;
  /// Bytes of the values in flight, and how many sources owe some.
  std::uint64_t incoming_bytes = 0;
  std::size_t incoming_fetches = 0;
  /// Sources that the limits keep from being asked, the first to be asked next.
  std::deque<source> held_back;

  /// Of the event in hand.
  time_point now{};
  // Work of the event in hand.
  std::vector<worker_action>* out = nullptr;
  worker_report report;
  std::vector<task_id> to_drop;
  std::vector<payload_id> payloads_to_drop;
  std::vector<source> sources_to_ask;
  std::vector<task_id> not_made;
};

}  // namespace troupe::detail
