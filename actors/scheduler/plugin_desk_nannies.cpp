#include <troupe/actors/scheduler/internal/plugin_desk.hpp>
#include <troupe/actors/worker/log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace troupe::detail {
namespace {

/// With workers that begin anew.
constexpr auto patience = std::chrono::seconds(30);

}  // namespace

void local_scheduler::plugin_desk::equip(attach_nanny&& joining) {
  nannies_.push_back({joining.nanny, joining.number, joining.program});
  scheduler_.start(give_everything(std::move(joining)));
}

task<void> local_scheduler::plugin_desk::give_everything(attach_nanny joining) {
  std::uint64_t given = 0;
  auto const began = of_nannies_.last_change();
  while (auto const* change = of_nannies_.next(given, began)) {
    given = change->number;
    auto const name = change->what.name;
    std::string problem;
    try {
      auto giving = joining.nanny.ask(give_plugin(change->what));
      co_await std::move(giving);
    } catch (actor_gone const&) {
      co_return;
    } catch (std::exception const& thrown) {
      problem = thrown.what();
    }
    if (problem.empty()) continue;
    log("the nanny of {} may not join: it cannot take the plugin {}: {}", joining.program, name, problem);
    joining.nanny.send(nanny_welcome{fmt::format("this nanny cannot take the plugin {}: {}", name, problem)});
    co_return forget(joining.nanny.id());
  }
  if (auto* entry = find(joining.number)) entry->ready = true;
  joining.nanny.send(nanny_welcome{});
}

void local_scheduler::plugin_desk::forget(actor_id nanny) {
  std::erase_if(nannies_, [&](nanny_entry const& one) { return one.actor.id() == nanny; });
}

local_scheduler::plugin_desk::nanny_entry* local_scheduler::plugin_desk::find(std::uint64_t number) noexcept {
  auto found = std::find_if(nannies_.begin(), nannies_.end(), [&](auto const& one) { return one.number == number; });
  return found == nannies_.end() ? nullptr : &*found;
}

bool local_scheduler::plugin_desk::began_too_early(worker_life const& life) const noexcept {
  return std::any_of(nannies_.begin(), nannies_.end(),
                     [&](nanny_entry const& one) { return one.number == life.nanny && life.number <= one.begin_anew; });
}

std::vector<std::string> local_scheduler::plugin_desk::watched_by(std::uint64_t nanny) const {
  std::vector<std::string> names;
  for (auto const& w : scheduler_.workers_)
    if (w.place && w.life.nanny == nanny) names.push_back(w.info.name);
  return names;
}

std::vector<std::pair<std::string, std::string>> local_scheduler::plugin_desk::without_nanny() const {
  std::vector<std::pair<std::string, std::string>> problems;
  for (auto const& w : scheduler_.workers_) {
    if (!w.place) continue;
    auto is_its = [&](nanny_entry const& one) { return one.number == w.life.nanny; };
    if (w.life.nanny == 0)
      problems.emplace_back(w.info.name, w.info.address.empty() ? "it is no process, so it has no nanny"
                                                                : "it has no nanny: it was started with --no-nanny");
    else if (std::none_of(nannies_.begin(), nannies_.end(), is_its))
      problems.emplace_back(w.info.name, "its nanny is not connected to the scheduler");
  }
  return problems;
}

task<query_result> local_scheduler::plugin_desk::change_nannies(change_plugin asked) {
  give_plugin what{std::move(asked.name), std::move(asked.call)};
  if (!what.call && !of_nannies_.has(what.name)) throw error("no plugin " + what.name + " is registered");
  struct handover {
    std::uint64_t nanny;
    /// Its workers; itself where there is none at the moment.
    std::vector<std::string> names;
    future<outcome> ended;
  };
  query_result result;
  if (what.call) result.problems = without_nanny();
  std::vector<handover> on_their_way;
  for (auto const& nanny : nannies_) {
    if (!nanny.ready) continue;  // it is given what is kept
    auto names = watched_by(nanny.number);
    if (names.empty()) names.push_back("the nanny " + nanny.program);
    promise<outcome> told;
    on_their_way.push_back({nanny.number, std::move(names), told.get_future()});
    scheduler_.start(deliver(nanny.actor, what, std::move(told)));
  }
  of_nannies_.put(what);
  for (auto& [number, names, ended] : on_their_way) {
    auto const& became = co_await ended;
    for (auto const& name : names) {
      if (became.problem.empty())
        result.names.push_back(name);
      else
        result.problems.emplace_back(name, became.problem);
    }
    if (auto* nanny = find(number)) nanny->begin_anew = std::max(nanny->begin_anew, became.taken.begin_anew);
  }
  if (result.names.empty() && !result.problems.empty()) of_nannies_.put({what.name, nullptr});
  auto beginning = begin_anew();
  auto missing = co_await std::move(beginning);
  for (auto const& name : missing) {
    std::erase(result.names, name);
    result.problems.emplace_back(name, fmt::format("it began anew and is not back after {} s", patience.count()));
  }
  std::sort(result.names.begin(), result.names.end());
  std::sort(result.problems.begin(), result.problems.end());
  co_return result;
}

task<std::vector<std::string>> local_scheduler::plugin_desk::begin_anew() {
  // Whoever ran there is not to blame for the end of it.
  for (std::uint32_t i = 0; i < scheduler_.workers_.size(); ++i)
    if (scheduler_.workers_[i].place && began_too_early(scheduler_.workers_[i].life))
      scheduler_.handle(to_scheduler::retire{scheduler_.now(), worker_id{i}, true});
  auto until = time_after(scheduler_.now(), patience);
  auto ending = scheduler_.begin_anew([this](worker_life const& life) { return began_too_early(life); },
                                      "its nanny has a plugin that it is to begin with", until);
  auto waiting = scheduler_.wait_until_back(std::move(ending), until);
  auto missing = co_await std::move(waiting);
  std::vector<std::string> names;
  for (auto const& [name, one] : missing) names.push_back(name);
  co_return names;
}

}  // namespace troupe::detail
