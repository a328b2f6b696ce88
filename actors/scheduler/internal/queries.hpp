#pragma once

/// What clients ask a scheduler about data, and have it do with data; one pair of messages, whose contents travel.

#include <troupe/actors/runtime/actor_ref.hpp>
#include <troupe/actors/scheduler/ids.hpp>
#include <troupe/actors/scheduler/internal/coordinate.hpp>
#include <troupe/actors/scheduler/internal/upload.hpp>
#include <troupe/actors/scheduler/task_event.hpp>
#include <troupe/futures/clock.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::detail {

struct known_worker {
  worker_id id;
  std::string name;
  std::uint32_t threads = 0;
};
/// A result in memory, or one that is not (yet): of no size, on no workers.
struct stored_data {
  std::string key;
  std::uint64_t nbytes = 0;
  /// By name.
  std::vector<std::string> workers;
};

/// Answered with known_workers.
struct list_workers {};
/// Answered with one stored_data for each reference.
struct find_data {
  std::vector<client_ref> refs;
};
/// Answered with all results in memory.
struct list_data {};
/// Copies results until so many workers hold each, those named (all, if none is) alone counting, or all that there are.
/// Answered when that is so. A result that failed fails it.
struct replicate_data {
  std::vector<client_ref> refs;
  std::uint32_t copies = 0;
  std::vector<std::string> workers;
};

/// Moves results from workers that store much to workers that store little: these, or any for no references.
struct rebalance_data {
  std::vector<client_ref> refs;
  bool all = false;
};
/// Copies elsewhere what only these workers hold, waits for their tasks, and lets them go. Answered when they have
/// left; with those as `problems` that stay because something they hold could not be copied. `forced`: they go then.
struct retire_workers {
  std::vector<std::string> workers;
  bool forced = false;
};

/// Answered with `wanted`: see scheduler_core::plan.
struct plan_workers {
  duration target_duration{};
};
struct wanted_workers {
  std::uint32_t target = 0;
  std::uint32_t spare = 0;
  /// By name.
  std::vector<std::string> leaving;
};

/// Keeps a task wanted under a name, until it is withdrawn, whatever becomes of the client.
struct publish_data {
  std::string name;
  std::vector<client_ref> refs;
};
/// Fails for an unknown name.
struct unpublish_data {
  std::string name;
};
/// Answered with `names`.
struct list_published {};
/// Answered with the task's key as the only name; fails for an unknown one.
struct find_published {
  std::string name;
};

/// Answered with a name for each reference: where the task is, and why it does not run.
struct explain_tasks {
  std::vector<client_ref> refs;
};

/// What a worker keeps with the scheduler of an actor, for when it is made anew elsewhere.
struct actor_state {
  bool stopped = false;
  bool has_state = false;
  shared_bytes bytes;
};
/// Fails where the task makes no actor, or is forgotten.
struct save_actor {
  task_id actor;
  actor_state state;
  /// Keys of the actors whose handles are in the state.
  std::vector<std::string> handles = {};
};
/// Answered with `actor`: nothing where nothing was saved.
struct load_actor {
  task_id actor;
};

/// Answered with what happened to the task, as far as that is remembered.
struct tell_story {
  std::vector<client_ref> refs;
};

/// Ends the scheduler, and with it its cluster.
struct shut_down {};

/// Ends and forgets everything (to_scheduler::restart), and lets nannies start their workers anew. Answered when those
/// are back, or the time is up: with the others as `problems`.
struct restart_cluster {
  duration timeout{};
};

/// By who starts workers: this one has ended, or is ended, and no next life of it begins. No restart waits for it. Not
/// for one that takes part.
struct not_coming_back {
  std::string worker;
};

/// From a client to a scheduler; `refs` are of this client.
struct query {
  actor_id from{};
  std::variant<list_workers, find_data, list_data, replicate_data, rebalance_data, retire_workers, publish_data,
               unpublish_data, list_published, find_published, explain_tasks, tell_story, shut_down, begin_upload,
               send_upload, finish_upload, remove_upload, save_actor, load_actor, coordinate, restart_cluster,
               plan_workers, give_up_upload, not_coming_back>
      what;
};
struct query_result {
  std::vector<known_worker> workers;
  std::vector<stored_data> data;
  /// In answers to coordinate: keys of the actors whose handles are in `bytes`, kept until the ticket is taken.
  std::vector<std::string> names;
  /// How much of an upload is there; in answers to coordinate what it says.
  std::uint64_t offset = 0;
  shared_bytes bytes;
  std::vector<task_event> events;
  /// Workers on which it went wrong, and what (but for a restart).
  std::vector<std::pair<std::string, std::string>> problems;
  actor_state actor;
  wanted_workers wanted;
};

}  // namespace troupe::detail
