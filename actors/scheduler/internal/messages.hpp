#pragma once

/// What the actors of a cluster send each other. The plain parts are what the cores understand; beside them travel
/// calls, values and errors, which inside a process are passed on by pointer.

#include <troupe/actors/client/cluster_info.hpp>
#include <troupe/actors/client/cluster_status.hpp>
#include <troupe/actors/functions/call.hpp>
#include <troupe/actors/functions/value.hpp>
#include <troupe/actors/runtime/actor_ref.hpp>
#include <troupe/actors/scheduler/actions.hpp>
#include <troupe/actors/scheduler/events.hpp>
#include <troupe/actors/scheduler/internal/actor_calls.hpp>
#include <troupe/actors/scheduler/internal/program.hpp>
#include <troupe/actors/scheduler/internal/upload.hpp>
#include <troupe/actors/scheduler/plugin_place.hpp>
#include <troupe/futures/errors.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace troupe::detail {

class client_actor;
class nanny_actor;
class worker_actor;
class value_source;

/// Results of at most so many bytes travel between processes with the news that they are there, and clients may keep
/// them for some milliseconds more than somebody wants them.
inline constexpr std::size_t small_result = std::size_t{8} << 10;

/// A worker, for those who want values of it.
struct worker_place {
  worker_id id;
  actor_ref<value_source> values;
  std::string name;
  /// Where other processes reach it; "" inside of one process.
  std::string address;
  /// Of its process: another one may answer at that address some day. 0: it is not known.
  std::uint64_t epoch = 0;
};
using worker_place_ptr = std::shared_ptr<worker_place const>;

// ---- to the scheduler

/// The scheduler notices when the client's actor ends.
struct attach_client {
  actor_ref<client_actor> client;
  std::string name;
  /// For people.
  std::string program;
  /// Answered with a cluster_changed, and one comes whenever that has changed. Not for the sessions of workers, of
  /// which there are as many as workers that may come.
  bool follows_cluster = true;
};
struct detach_client {
  actor_id client{};
};
/// Which life of a worker that a nanny starts again and again.
struct worker_life {
  /// Random; 0: nobody starts it again.
  std::uint64_t nanny = 0;
  std::uint64_t number = 0;

  /// A nanny begins a life when it has seen the one before end.
  [[nodiscard]] bool follows(worker_life const& other) const noexcept {
    return nanny != 0 && nanny == other.nanny && number > other.number;
  }
};
/// Answered with a worker_welcome. The scheduler notices when the worker's actor ends. A later life of a worker takes
/// the place of an earlier one of the same name.
struct attach_worker {
  actor_ref<worker_actor> worker;
  worker_info info;
  worker_program program;
  worker_life life = {};
  /// Of its process, where that is another one.
  std::uint64_t epoch = 0;
};
/// Answered with a nanny_welcome, after all plugins of nannies. `number` is what its workers say in their worker_life.
/// The scheduler notices when the nanny's actor ends.
struct attach_nanny {
  actor_ref<nanny_actor> nanny;
  std::uint64_t number = 0;
  /// For people.
  std::string program;
};
/// Resident memory of a worker's process, in bytes, and whether it is so much that nothing begins there.
struct worker_memory {
  actor_id worker{};
  std::uint64_t resident = 0;
  bool paused = false;
};
/// Answered with a cluster_info, as soon as there are so many workers.
struct get_info {
  std::uint32_t workers = 0;
};
/// Answered with a cluster_status.
struct get_status {};
/// Values of a worker that cannot be reached directly, or, for no worker, of whoever holds them now; answered as
/// get_values. `at_most`, unless 0: with those of the first tasks only, at least one, that are together of at most so
/// many bytes.
struct relay_values {
  worker_id from;
  std::vector<task_id> tasks;
  std::uint64_t at_most = 0;
};
/// Runs a function in the scheduler's process; answered with its result. `leaves`: for a client in another process.
struct run_call {
  actor_id from{};
  call_ptr call;
  bool leaves = false;
};

/// Registers what `call` makes, or, without a call, unregisters what is called so. Answered with the workers that did
/// as `names`, and those that failed as `problems`.
struct change_plugin {
  actor_id from{};
  std::string name;
  plugin_place where = plugin_place::worker;
  call_ptr call;
};

/// In the order in which the user's threads asked; the scheduler's actor fills in the client's id. `calls` belong to
/// the tasks of the submit events, in order.
struct client_batch {
  actor_id from{};
  std::vector<scheduler_event> events;
  std::vector<call_ptr> calls;
};

// ---- scheduler to client

/// The value, or where it lies.
struct finished_news {
  client_ref ref;
  value_ptr value;
  worker_place_ptr at;
  task_id task;
  std::uint64_t nbytes = 0;
};
struct failed_news {
  client_ref ref;
  std::exception_ptr error;
};
struct cancelled_news {
  client_ref ref;
  cancel_reason reason = cancel_reason::requested;
};
using client_news_item = std::variant<finished_news, failed_news, cancelled_news>;

struct client_news {
  std::vector<client_news_item> items;
};
/// Workers came or went: all that happened in one turn is one of these.
struct cluster_changed {
  cluster_info info;
};

// ---- scheduler to worker

/// With an error when it may not join, and why. `for_good`: nor may it later.
struct worker_welcome {
  worker_id id;
  std::string refusal;
  bool for_good = false;
};
/// Why a process cannot join a cluster, now or later.
class refused_for_good : public error {
 public:
  using error::error;
};
/// Each order's call stands at the same place in `calls`. `peers` are workers that orders from now on may name as
/// holders.
struct compute_batch {
  std::vector<compute_order> orders;
  std::vector<call_ptr> calls;
  std::vector<worker_place_ptr> peers;
};
struct stop_batch {
  std::vector<stop_order> orders;
};
struct free_batch {
  std::vector<task_id> tasks;
};

/// Answered when the plugin that `call` makes is set up, or, without a call, the one called so is torn down.
struct give_plugin {
  std::string name;
  call_ptr call;
};
/// A nanny's workers that began before, up to this life, are to begin anew; 0: none is.
struct plugin_taken {
  std::uint64_t begin_anew = 0;
};
/// With an error when it cannot take a plugin that nannies have, and why.
struct nanny_welcome {
  std::string refusal;
};

/// It is not needed any more: it leaves. `anew`: its nanny starts it again, at once.
struct dismiss {
  std::string reason = "the worker was dismissed";
  bool anew = false;
};

// ---- worker to scheduler

/// `values` belong to report.done, `errors` to report.failed, place by place.
struct worker_news {
  worker_id worker;
  worker_report report;
  std::vector<value_ptr> values;
  std::vector<std::exception_ptr> errors;
};

// ---- anybody to worker

/// Answered with a value for each task, null where the worker does not have it. `maker`: an attempt that makes the one
/// value that is asked for; answered when it has ended. `large`: together they are a large_request.
struct get_values {
  std::vector<task_id> tasks;
  attempt_id maker{};
  bool large = false;
};
/// Answered, with nothing, when no task of the worker runs any more; unstarted ones are dropped, running ones asked to
/// stop.
struct finish_up {};

}  // namespace troupe::detail
