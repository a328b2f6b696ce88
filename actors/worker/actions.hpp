#pragma once

/// What a worker core wants done. The actor carries the actions out in order.

#include <troupe/actors/scheduler/exchange.hpp>
#include <troupe/actors/scheduler/ids.hpp>

#include <variant>
#include <vector>

namespace troupe::detail::by_worker {

/// All dependencies lie in the store: hand the call to the executor, most important first, then in this order. The
/// actor takes the values from the store now, so a later drop_data does not touch the call; those with last_use it may
/// move, and the store forgets them without being told. Ends with to_worker::executed or to_worker::inputs_lost.
struct run {
  compute_order order;
};

/// Pass on to the executor: with only_if_unstarted, take the call out if it has not begun; else also ask a begun one to
/// stop. Either way what ends every run follows.
struct request_stop {
  stop_order order;
};

/// Ask the peer for these values. At most one unanswered fetch per peer of what is large together, one of what is not,
/// and besides one for each value that is not made yet, which the peer answers when the attempt that makes it has
/// ended.
struct fetch {
  worker_id from;
  std::vector<task_id> tasks;
  attempt_id maker{};
  bool large = false;
};

/// An attempt that somebody watched has ended: what it made is in the store now.
struct watched_ended {
  attempt_id attempt;
};

/// Send to the scheduler, no sooner than the values of its done items and replicas can be read by peers.
struct report {
  worker_report items;
};

/// The store forgets these values.
struct drop_data {
  std::vector<task_id> tasks;
};

/// These calls will not be named again.
struct drop_payloads {
  std::vector<payload_id> payloads;
};

}  // namespace troupe::detail::by_worker

namespace troupe::detail {

using worker_action = std::variant<by_worker::run, by_worker::request_stop, by_worker::fetch, by_worker::watched_ended,
                                   by_worker::report, by_worker::drop_data, by_worker::drop_payloads>;

}  // namespace troupe::detail
