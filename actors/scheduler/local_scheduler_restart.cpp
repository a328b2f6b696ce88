#include <troupe/actors/scheduler/internal/data_desk.hpp>
#include <troupe/actors/scheduler/internal/local_scheduler.hpp>
#include <troupe/actors/worker/internal/worker_actor.hpp>
#include <troupe/futures/with_deadline.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace troupe::detail {

/// Workers that nobody starts again stay, without data and without tasks: the core sees to that.
task<query_result> local_scheduler::restart(duration timeout) {
  auto until = time_after(now(), timeout);
  handle(to_scheduler::restart{now()});
  begin_anew([](worker_life const&) { return true; }, "the cluster is restarted", until);
  // Those that another restart waits for are missing, too.
  for (auto& [name, one] : returning_) one.until = std::max(one.until, until);
  auto waiting = wait_until_back(returning_, until);
  auto missing = co_await std::move(waiting);
  query_result result;
  for (auto const& [name, one] : missing) result.problems.emplace_back(name, "");
  co_return result;
}

task<query_result> local_scheduler::await_no_more(std::string worker) {
  if (returning_.erase(worker) > 0) wake_those_who_wait_for_workers();
  co_return query_result{};
}

local_scheduler::lives local_scheduler::begin_anew(std::function<bool(worker_life const&)> const& which,
                                                   std::string const& why, time_point until) {
  std::erase_if(returning_, [this](auto const& one) { return one.second.until < now(); });
  lives ending;
  std::vector<std::pair<actor_ref<worker_actor>, bool>> actors;  // and whether it comes back
  for (auto const& w : workers_) {
    if (!w.place || w.life.nanny == 0 || !which(w.life)) continue;
    // One that retires leaves for good.
    bool comes_back = !desk_->retires(w.place->id);
    if (comes_back) ending[w.info.name] = returning_[w.info.name] = {w.life, until};
    actors.emplace_back(w.actor, comes_back);
  }
  for (auto const& [worker, comes_back] : actors) {
    // What is submitted from now on waits for its next life.
    remove_worker(worker.id());
    worker.send(dismiss{why, comes_back});
  }
  return ending;
}

task<local_scheduler::lives> local_scheduler::wait_until_back(lives awaited, time_point until) {
  for (;;) {
    // What is not returning any more is back, or was ended meanwhile.
    std::erase_if(awaited, [this](auto const& one) {
      return !returning_.contains(one.first) || is_back(one.first, one.second.life);
    });
    if (awaited.empty()) co_return awaited;
    auto joined = with_deadline(next_worker(), until);
    try {
      co_await std::move(joined);
    } catch (cancelled_error const&) {
      if (now() < until) throw;  // who asked has gone
      co_return awaited;
    }
  }
}

bool local_scheduler::is_back(std::string const& name, worker_life const& life) const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [&](worker_entry const& w) { return w.place && w.info.name == name && w.life.follows(life); });
}

}  // namespace troupe::detail
