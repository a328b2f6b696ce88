#include <troupe/actors/client/plugin_maker.hpp>
#include <troupe/actors/scheduler/internal/event_desk.hpp>
#include <troupe/actors/scheduler/internal/plugin_desk.hpp>
#include <troupe/actors/scheduler/internal/scheduler_functions.hpp>
#include <troupe/actors/worker/internal/worker_actor.hpp>

#include <algorithm>
#include <utility>

namespace troupe::detail {

/// While it lives, no other change of its kind is made: one of a name, or, as that may begin workers anew, of nannies.
class local_scheduler::plugin_desk::turn {
 public:
  using kind = std::pair<plugin_place, std::string>;
  [[nodiscard]] static kind kind_of(change_plugin const& asked) {
    return {asked.where, asked.where == plugin_place::nanny ? std::string() : asked.name};
  }
  turn(plugin_desk& desk, kind of) : desk_(desk), of_(std::move(of)) { desk_.changing_.insert(of_); }
  turn(turn const&) = delete;
  turn& operator=(turn const&) = delete;
  ~turn() {
    desk_.changing_.erase(of_);
    for (auto& waiting : std::exchange(desk_.waiting_, {})) waiting.set_value();
  }

 private:
  plugin_desk& desk_;
  kind const of_;
};

task<query_result> local_scheduler::plugin_desk::change(change_plugin asked) {
  auto const kind = turn::kind_of(asked);
  while (changing_.contains(kind)) {
    auto next = waiting_.emplace_back().get_future();
    co_await std::move(next);
  }
  turn mine(*this, kind);
  auto changing = asked.where == plugin_place::worker      ? change_workers(std::move(asked))
                  : asked.where == plugin_place::scheduler ? change_scheduler(std::move(asked))
                                                           : change_nannies(std::move(asked));
  co_return co_await std::move(changing);
}

task<query_result> local_scheduler::plugin_desk::change_workers(change_plugin asked) {
  give_plugin what{std::move(asked.name), std::move(asked.call)};
  if (!what.call && !of_workers_.has(what.name)) throw error("no plugin " + what.name + " is registered");
  struct handover {
    std::string worker;
    future<outcome> ended;
  };
  query_result result;
  std::vector<handover> on_their_way;
  for (auto const& w : scheduler_.workers_) {
    if (!w.place) continue;
    if (what.call && !w.program.can_run(what.call->function())) {
      result.problems.emplace_back(w.info.name, "its program " + lack_of(w, what.call->function()));
      continue;
    }
    promise<outcome> told;
    on_their_way.push_back({w.info.name, told.get_future()});
    scheduler_.start(deliver(w.actor, what, std::move(told)));
  }
  if (on_their_way.empty() && !result.problems.empty())
    throw error(scheduler_.explain_lack(what.name, what.call->function(), asked.from));
  // Workers that join meanwhile get it, too, unless it turns out that none can have it.
  of_workers_.put(what);
  for (auto& [worker, ended] : on_their_way) {
    auto const& became = co_await ended;
    if (became.problem.empty())
      result.names.push_back(worker);
    else
      result.problems.emplace_back(worker, became.problem);
  }
  if (result.names.empty() && !result.problems.empty()) of_workers_.put({what.name, nullptr});
  std::sort(result.names.begin(), result.names.end());
  std::sort(result.problems.begin(), result.problems.end());
  co_return result;
}

task<query_result> local_scheduler::plugin_desk::change_scheduler(change_plugin asked) {
  if (!scheduler_.own_functions_) throw error("this scheduler runs no functions, so it has no plugins");
  auto& plugins = scheduler_.own_functions_->plugins();
  if (!asked.call && !plugins.has(asked.name)) throw error("no plugin " + asked.name + " is registered");
  auto ended = plugins.remove(asked.name);
  co_await std::move(ended);
  if (asked.call) {
    auto making = scheduler_.run_here({asked.from, std::move(asked.call), false});
    auto made = co_await std::move(making);
    scheduler_.events_->listen();
    plugins.put(asked.name, value_cast<scheduler_plugin_ptr>(*made).value);
  }
  query_result result;
  result.names = {"scheduler"};
  co_return result;
}

}  // namespace troupe::detail
