#include <troupe/actors/scheduler/internal/state.hpp>

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace troupe::detail {

namespace {

/// Counts everything anew and compares with what is kept by the way.
class checker {
 public:
  explicit checker(scheduler_core::state const& core)
      : core_(core),
        on_worker_(core.workers.size(), 0),
        stored_on_(core.workers.size(), 0),
        first_on_(core.workers.size(), 0),
        further_on_(core.workers.size(), 0),
        seats_on_(core.workers.size(), 0) {}

  void run() {
    count_keepers();
    for (std::uint32_t task = 0; task < core_.tasks.end(); ++task) {
      if (core_.tasks[task].in_use) check_task(task);
    }
    check_clients();
    check_workers();
    check_errors();
    check_statistics();
    core_.ready.validate();
    core_.open.validate();
    require(queued_ == core_.ready.size() + waiting_aside() + core_.constrained_waiting,
            "a queued task is not in the ready queue");
    check_demands();
    require(core_.ready.empty() || core_.open.empty(), "a task is queued although a worker has room");
    require(core_.live_deadlines == deadlines_, "wrong count of deadlines");
    require(core_.keys.size() == keys_, "a key without a task");
    require(core_.maybe_ahead.empty() && core_.begun.empty() && core_.unneeded.empty() && core_.to_cancel.empty() &&
                core_.to_fail.empty() && core_.to_make_pending.empty(),
            "work was left over");
  }

 private:
  void require(bool holds, char const* what) const {
    if (!holds) throw std::logic_error("scheduler core" + task_ + ": " + what);
  }

  void count_keepers() {
    keepers_.resize(core_.tasks.end(), 0);
    for (std::uint32_t task = 0; task < core_.tasks.end(); ++task) {
      auto const& record = core_.tasks[task];
      if (!record.in_use || record.extras == none) continue;
      for (auto const& kept : core_.extras[record.extras].keeps) ++keepers_[kept.actor];
    }
    for (auto const& [value, actors] : core_.kept_for_values)
      for (auto actor : actors) {
        require(core_.tasks[actor].in_use && core_.tasks[actor].seated, "a value keeps what is no actor");
        ++keepers_[actor];
      }
  }

  void check_task(std::uint32_t index) {
    auto const& task = core_.tasks[index];
    task_ = ", task " + std::to_string(index);
    auto state = task.state;
    ++found_.tasks;
    ++found_.tasks_in[static_cast<std::size_t>(state)];
    if (task.payload) ++found_.payloads;
    if (task.has_deadline) ++deadlines_;
    if (state == task_stage::queued) {
      ++queued_;
      found_.queued_time += static_cast<std::int64_t>(core_.expected_run(task.function));
      if (queued_of_.size() <= task.function.value) queued_of_.resize(task.function.value + 1, 0);
      ++queued_of_[task.function.value];
    }
    check_dependencies(index);
    check_dependents(task);
    check_copies(index);
    check_extras(index);

    auto wanted = wanter_count(task);
    found_.references += wanted;
    bool kept = wanted > 0 || task.live_dependents > 0 || task.worker != none || (task.kept && unfinished(state)) ||
                keepers_[index] > 0;
    bool lineage = task.first_dependent != none;
    if (unfinished(state) || state == task_stage::memory) require(kept, "nobody needs it");
    require(kept || lineage, "it should have been forgotten");
    if (state == task_stage::released) {
      require(lineage, "released without need");
      require(wanted == 0 && task.live_dependents == 0 && keepers_[index] == 0, "released although it is needed");
      require(task.extras == none || core_.extras[task.extras].key.empty(),
              "released and still to be found by its key");
    }
    require((state == task_stage::processing) == (task.worker != none) || state == task_stage::cancelled,
            "processing and having a worker disagree");
    require((state == task_stage::erred) == (task.error != none), "erred and having an error disagree");
    bool runs_again = unfinished(state) ||
                      ((state == task_stage::memory || state == task_stage::released) && core_.can_be_made_anew(task));
    bool either = state == task_stage::erred || (state == task_stage::released && !core_.options.keep_lineage);
    require(either || runs_again == static_cast<bool>(task.payload), "its call is kept or dropped at the wrong time");
    require(unfinished(state) || !task.has_deadline, "a finished task has a deadline");
    if (task.error != none) {
      if (errors_.size() <= task.error) errors_.resize(task.error + 1, 0);
      ++errors_[task.error];
    }
    require(!task.speculates || !task.uses_up, "an attempt may use up what another needs");
    if (task.doubled) {
      auto second = core_.others.find(core_.extras[task.extras].second.value);
      require(second != core_.others.end() && second->second.task == core_.id_of(index),
              "its second attempt is missing");
      require(second->second.worker != task.worker, "both attempts are on one worker");
      require(state == task_stage::processing && !task.abandoned, "it has a second attempt and does not run");
      ++doubled_;
    }
    if (task.worker != none) {
      require(core_.workers[task.worker] != nullptr, "it runs on a removed worker");
      ++on_worker_[task.worker];
    }
    task_.clear();
  }

  void check_dependencies(std::uint32_t index) {
    auto const& task = core_.tasks[index];
    std::uint32_t missing = 0;
    for (auto e = task.first_dep; e != none; e = core_.edges[e].next_dep) {
      auto const& edge = core_.edges[e];
      ++found_.dependencies;
      require(edge.dependent == index, "an edge of another task");
      if (edge.dep == none) continue;
      auto const& dep = core_.tasks[edge.dep];
      require(dep.in_use, "it depends on a forgotten task");
      if (dep.state != task_stage::memory) ++missing;
      if (task.state == task_stage::waiting) {
        require(dep.state != task_stage::erred && dep.state != task_stage::cancelled,
                "it waits for a task that failed");
        require(dep.state != task_stage::released, "it waits for a task that will not run");
      }
    }
    if (task.state == task_stage::waiting)
      require(missing > 0 && missing == task.waiting_on, "wrong count to wait for");
    if (scheduler_core::state::given_ahead(task))
      require(missing == task.waiting_on, "wrong count to wait for on a worker");
    if (task.state == task_stage::queued) require(missing == 0, "queued too early");
    require(task.state != task_stage::cancelled || task.first_dep == none, "it ended and still depends on something");
  }

  [[nodiscard]] std::size_t waiting_aside() const {
    std::set<task_id> waiting;
    for (auto id : core_.bound_ready) {
      auto task = core_.find(id);
      if (task == none || core_.tasks[task].state != task_stage::queued) continue;
      require(core_.is_stranded(core_.tasks[task].function),
              "a task waits beside the queue although there are workers");
      waiting.insert(id);
    }
    return waiting.size();
  }

  void check_demands() const {
    std::size_t waiting = 0;
    for (auto const& [contents, index] : core_.demands.all()) {
      auto const& wanted = core_.demands[index];
      wanted.waiting->validate();
      require(wanted.waiting->empty() || !core_.best_for(wanted), "a task waits for what a worker has free");
      require(wanted.waiting->empty() || wanted.look_at >= core_.next_look, "a demand is not looked at in time");
      waiting += wanted.waiting->size();
      check_who_meets(index);
    }
    require(waiting == core_.constrained_waiting, "wrong count of tasks that wait for what they demand");
    require(core_.demands_to_place.empty() && core_.workers_to_fill.empty(), "a place was not looked for");
  }

  void check_who_meets(std::uint32_t index) const {
    auto const& wanted = core_.demands[index];
    bool anywhere = core_.goes_anywhere(wanted);
    std::vector<std::uint32_t> able;
    for (auto const& worker : core_.workers) {
      if (!worker) continue;
      bool meets = !worker->retiring && scheduler_core::state::meets(*worker, wanted, anywhere);
      if (meets) able.push_back(worker->id);
      require(std::count(worker->demands.begin(), worker->demands.end(), index) == (meets ? 1 : 0),
              "a worker does not know the demands that it meets");
    }
    require(wanted.workers == able, "a demand does not know who meets it");
  }

  void check_resources(worker_record const& worker) const {
    for (auto const& resource : worker.resources) {
      double taken = 0;
      std::size_t units = 0;
      for (auto task = worker.first_task; task != none; task = core_.tasks[task].next) {
        if (core_.tasks[task].extras == none) continue;
        for (auto const& share : core_.extras[core_.tasks[task].extras].shares) {
          if (share.name != resource.name) continue;
          taken += share.amount;
          units += share.units.size();
        }
      }
      for (auto const& [attempt, other] : core_.others) {
        for (auto const& share : other.shares) {
          if (other.worker != worker.id || share.name != resource.name) continue;
          taken += share.amount;
          units += share.units.size();
        }
      }
      require(std::abs(taken - resource.taken) <= 1e-6 * resource.total, "a resource is held by nobody, or twice");
      require(taken <= resource.total * (1 + 1e-6), "more of a resource is held than there is");
      auto used = std::count(resource.used.begin(), resource.used.end(), true);
      require(units == static_cast<std::size_t>(used), "a unit is held by nobody, or twice");
    }
  }

  void check_dependents(task_record const& task) const {
    std::uint32_t live = 0;
    auto prev = none;
    for (auto e = task.first_dependent; e != none; prev = e, e = core_.edges[e].next_dependent) {
      require(core_.edges[e].prev_dependent == prev, "broken link of dependents");
      auto const& dependent = core_.tasks[core_.edges[e].dependent];
      require(dependent.in_use, "a forgotten dependent");
      if (unfinished(dependent.state)) ++live;
    }
    require(task.last_dependent == prev, "wrong last dependent");
    require(task.live_dependents == live, "wrong count of live dependents");
  }

  void check_copies(std::uint32_t index) {
    auto const& task = core_.tasks[index];
    std::size_t copies = 0;
    auto count = [&](std::uint32_t worker) {
      require(core_.workers[worker] != nullptr, "a copy on a removed worker");
      stored_on_[worker] += task.nbytes;
      if (task.seated) ++seats_on_[worker];
      ++copies;
    };
    if (task.holder != none) {
      count(task.holder);
      ++first_on_[task.holder];
    }
    core_.for_each_further(task, [&](std::uint32_t worker) {
      count(worker);
      ++further_on_[worker];
      require(worker != task.holder && core_.holds(index, worker), "a further copy that is not found");
    });
    require((copies > 0) == (task.state == task_stage::memory), "memory and having copies disagree");
    require(task.holder != none || task.more_holders == none, "the first holder is missing");
    found_.copies += copies;
    found_.stored_bytes += copies * task.nbytes;
  }

  void check_copies_on(worker_record const& worker) const {
    std::size_t first = 0;
    for (auto task = worker.first_copy; task != none; task = core_.tasks[task].next, ++first)
      require(core_.tasks[task].holder == worker.id, "a worker lists a first copy that it does not have");
    std::size_t further = 0;
    for (auto node = worker.further_copies; node != none; ++further) {
      require(core_.holders[node].worker == worker.id, "a worker lists another's further copy");
      node = core_.holders[node].next_there;
      if (node == worker.further_copies) node = none;
    }
    require(first == first_on_[worker.id] && further == further_on_[worker.id], "a worker does not know its copies");
  }

  void check_extras(std::uint32_t index) {
    auto const& task = core_.tasks[index];
    auto keepers = task.extras == none ? 0U : core_.extras[task.extras].keepers;
    require(keepers == keepers_[index], "wrong count of the values that keep it");
    if (task.extras == none) return;
    auto const& own = core_.extras[task.extras];
    require(task.seated || keepers == 0, "a value keeps what is no actor");
    if (!own.key.empty()) {
      ++keys_;
      auto known = core_.keys.find(own.key);
      require(known != core_.keys.end() && known->second == index, "its key names another task");
    }
    auto prev = none;
    for (auto child = own.first_child; child != none;) {
      auto const& below = core_.extras[core_.tasks[child].extras];
      require(core_.tasks[child].in_use && below.parent == index && below.prev_child == prev, "broken family");
      prev = child;
      child = below.next_child;
    }
    require(own.last_child == prev, "wrong last child");
  }

  [[nodiscard]] std::size_t wanter_count(task_record const& task) const {
    std::size_t count = task.wanter != none ? 1 : 0;
    for (auto node = task.more_wanters; node != none; node = core_.wanters[node].next) ++count;
    return count;
  }

  void check_clients() {
    std::size_t references = 0;
    for (std::uint32_t id = 0; id < core_.clients.size(); ++id) {
      if (!core_.clients[id]) continue;
      ++found_.clients;
      auto const& slots = core_.clients[id]->slots;
      for (std::uint32_t index = 0; index < slots.size(); ++index) {
        auto const& slot = slots[index];
        if (slot.task == none) continue;
        ++references;
        auto const& task = core_.tasks[slot.task];
        require(task.in_use, "a reference to a forgotten task");
        auto client = slot.wanter == none ? task.wanter : core_.wanters[slot.wanter].client;
        auto ref = slot.wanter == none ? task.wanter_ref : core_.wanters[slot.wanter].ref;
        require(client == id && ref == client_ref{index, slot.generation}, "a reference its task does not know");
      }
    }
    require(references == found_.references, "a task is wanted through a reference that is gone");
  }

  void check_workers() {
    std::uint64_t surplus = 0;
    for (auto const& worker : core_.workers) {
      if (!worker) continue;
      ++found_.workers;
      if (!worker->retiring) {
        ++staying_;
        staying_threads_ += worker->nthreads;
        staying_memory_ += worker->memory_limit;
      }
      found_.threads += worker->nthreads;
      std::uint32_t assigned = 0;
      std::int64_t load = 0;
      std::int64_t bytes = 0;
      std::uint32_t ahead = 0;
      std::int64_t to_come = 0;
      std::size_t listed = 0;
      for (auto task = worker->first_task; task != none; task = core_.tasks[task].next) {
        auto const& record = core_.tasks[task];
        require(record.worker == worker->id, "a worker's list has another's task");
        ++listed;
        if (record.waiting_on > 0) {
          ++ahead;
          to_come += static_cast<std::int64_t>(record.expected_run);
          continue;
        }
        if (record.suspended) continue;
        ++assigned;
        load += static_cast<std::int64_t>(record.expected_run);
        bytes += static_cast<std::int64_t>(record.expected_nbytes);
      }
      for (auto const& [attempt, other] : core_.others) {
        if (other.worker != worker->id) continue;
        ++listed;
        ++on_worker_[worker->id];
        if (other.suspended) continue;
        ++assigned;
        load += static_cast<std::int64_t>(other.expected_run);
        bytes += static_cast<std::int64_t>(other.expected_nbytes);
      }
      found_.assigned += assigned;
      found_.assigned_time += load;
      if (assigned > worker->nthreads) surplus += assigned - worker->nthreads;
      require(listed == worker->tasks && listed == on_worker_[worker->id], "a worker's list is not complete");
      require(assigned == worker->assigned && load == worker->load && bytes == worker->bytes_ahead,
              "a worker's load is wrong");
      require(ahead == worker->given_ahead && to_come == worker->load_to_come, "wrong count of tasks given ahead");
      require((worker->heap_position != none) == core_.has_room(*worker),
              "a worker with room is not open, or a full one is");
      require(worker->stored_bytes == stored_on_[worker->id], "wrong count of a worker's bytes");
      require(worker->seats == seats_on_[worker->id], "wrong count of a worker's actors");
      require(worker->to_free.empty(), "a worker was not told what to free");
      check_copies_on(*worker);
      check_resources(*worker);
      require(worker->local_deps == 0 && worker->local_bytes == 0 && !worker->candidate,
              "a worker's scratch was left over");
    }
    require(surplus == core_.surplus, "wrong count of tasks beyond one per thread");
    check_hosts();
    std::size_t seconds = 0;
    for (auto const& [attempt, other] : core_.others) {
      require(core_.workers[other.worker] != nullptr, "a second attempt on a removed worker");
      if (!other.given_up) ++seconds;
    }
    require(seconds == doubled_, "a second attempt that its task does not know");
  }

  void check_hosts() const {
    std::size_t listed = 0;
    std::set<std::uint32_t> in_use;
    for (auto const& worker : core_.workers) {
      if (!worker) continue;
      auto const& host = core_.hosts[worker->host];
      if (in_use.insert(worker->host).second) listed += host.workers.size();
      require(host.name == host_in(worker->address), "a worker on another's host");
      require(std::count(host.workers.begin(), host.workers.end(), worker->id) == 1, "a host does not know its worker");
      require(host.local_deps == 0 && host.local_bytes == 0 && host.send == 0 && host.last_edge == none,
              "a host's scratch was left over");
    }
    require(listed == found_.workers, "a host has a worker that left");
    require(core_.hosts.in_use() == in_use.size(), "a host without workers");
  }

  void check_errors() {
    for (std::uint32_t index = 0; index < errors_.size(); ++index) {
      if (errors_[index] == 0) continue;
      require(core_.errors[index].tasks == errors_[index], "wrong count of tasks that share an error");
      if (core_.errors[index].payload) ++found_.errors;
    }
  }

  void check_statistics() const {
    auto const& kept = core_.stats;
    require(kept.tasks_in == found_.tasks_in && kept.tasks == found_.tasks, "wrong count of tasks");
    require(kept.clients == found_.clients && kept.references == found_.references, "wrong count of references");
    require(core_.staying == staying_ && core_.staying_threads == staying_threads_ &&
                core_.staying_memory == staying_memory_,
            "wrong count of workers that stay");
    require(kept.assigned == found_.assigned && kept.assigned_time == found_.assigned_time,
            "wrong count of what workers were given");
    require(kept.queued_time == found_.queued_time, "wrong time of what is queued");
    for (std::size_t f = 0; f < core_.functions.size(); ++f)
      require(core_.functions[f].queued == (f < queued_of_.size() ? queued_of_[f] : 0),
              "wrong count of a function's queued tasks");
    require(kept.workers == found_.workers && kept.threads == found_.threads, "wrong count of workers");
    require(kept.payloads == found_.payloads && kept.errors == found_.errors, "wrong count of payloads");
    require(core_.kept_errors.size() == kept.errors, "a kept error without a task");
    require(kept.dependencies == found_.dependencies && kept.dependencies == core_.edges.in_use(),
            "wrong count of edges");
    require(kept.copies == found_.copies && kept.stored_bytes == found_.stored_bytes, "wrong count of copies");
  }

  scheduler_core::state const& core_;
  scheduler_statistics found_;
  std::vector<std::size_t> on_worker_;
  std::vector<std::uint64_t> stored_on_;
  std::vector<std::size_t> first_on_;
  std::vector<std::size_t> further_on_;
  std::vector<std::size_t> seats_on_;
  std::vector<std::int64_t> queued_of_;  // by function
  std::vector<std::uint32_t> keepers_;   // by task
  std::vector<std::uint32_t> errors_;
  std::size_t staying_ = 0;
  std::uint64_t staying_threads_ = 0;
  std::uint64_t staying_memory_ = 0;
  std::size_t queued_ = 0;
  std::size_t deadlines_ = 0;
  std::size_t keys_ = 0;
  std::size_t doubled_ = 0;
  std::string task_;
};

}  // namespace

void scheduler_core::state::validate() const { checker(*this).run(); }

}  // namespace troupe::detail
