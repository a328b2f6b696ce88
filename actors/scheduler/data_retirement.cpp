#include <troupe/actors/scheduler/internal/copies.hpp>
#include <troupe/actors/worker/internal/worker_actor.hpp>
#include <troupe/futures/format.hpp>
#include <troupe/futures/group_wait.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

namespace troupe::detail {

/// Keeps tasks from workers that are to leave, as long as they have not left.
class local_scheduler::data_desk::retirement {
 public:
  retirement(data_desk& desk, std::vector<worker_id> const& leaving) : desk_(desk) {
    for (auto w : leaving)
      if (desk_.retiring_.insert(w).second) {
        mine_.push_back(w);
        mark(w, true);
      }
  }
  retirement(retirement const&) = delete;
  retirement& operator=(retirement const&) = delete;
  ~retirement() {
    for (auto w : mine_) {
      desk_.retiring_.erase(w);
      mark(w, false);
    }
  }

 private:
  void mark(worker_id w, bool on) { desk_.scheduler_.handle(to_scheduler::retire{desk_.scheduler_.now(), w, on}); }
  data_desk& desk_;
  std::vector<worker_id> mine_;
};

task<query_result> local_scheduler::data_desk::retire(std::vector<worker_id> leaving, bool force) {
  auto marks = std::make_unique<retirement>(*this, leaving);
  auto here = [this](worker_id w) { return bool(scheduler_.workers_[w.value].place); };
  auto busy = [this](worker_id w) { return scheduler_.core_.tasks_on(w) > 0; };
  // Once while their tasks run, and once for what those have left.
  stuck_data stuck;
  auto can_save = [this, force] { return !force || !staying_workers().empty(); };
  if (can_save()) {
    auto early = save_from_leaving(stuck);
    co_await std::move(early);
  }
  while (std::any_of(leaving.begin(), leaving.end(), busy)) {
    auto next = change();
    co_await std::move(next);
  }
  if (can_save()) {
    auto late = save_from_leaving(stuck);
    co_await std::move(late);
  }
  query_result result;
  std::vector<worker_id> dismissed;
  for (auto w : leaving) {
    if (!here(w)) continue;
    auto why = force ? std::string() : explain_stay(w, stuck);
    if (why.empty())
      dismissed.push_back(w);
    else
      result.problems.emplace_back(scheduler_.workers_[w.value].info.name, std::move(why));
  }
  promise<void> left;
  auto all_left = left.get_future();
  scheduler_.start(dismiss_all(std::move(marks), std::move(dismissed), std::move(left)));
  co_await all_left;
  co_return result;
}

// A worker that finishes up takes nothing any more: what is begun here ends, whether somebody waits for it or not.
task<void> local_scheduler::data_desk::dismiss_all(std::unique_ptr<retirement> marks, std::vector<worker_id> dismissed,
                                                   promise<void> left) {
  auto here = [this](worker_id w) { return bool(scheduler_.workers_[w.value].place); };
  std::vector<future<void>> finished;
  std::vector<state_base*> states;
  for (auto w : dismissed) {
    if (!here(w)) continue;
    finished.push_back(scheduler_.workers_[w.value].actor.ask(finish_up{}));
    states.push_back(future_access::state(finished.back()).get());
  }
  group_wait ended(std::move(states), wait_for::all_completed);
  co_await ended;
  for (auto w : dismissed)
    if (here(w)) scheduler_.workers_[w.value].actor.send(dismiss{});
  while (std::any_of(dismissed.begin(), dismissed.end(), here)) {
    auto next = change();
    co_await std::move(next);
  }
  marks = nullptr;
  left.set_value();
}

wanted_workers local_scheduler::data_desk::plan(duration target_duration) const {
  auto made = scheduler_.core_.plan(target_duration);
  wanted_workers wanted{made.target, made.spare, {}};
  for (auto id : made.leaving) wanted.leaving.push_back(scheduler_.workers_[id.value].info.name);
  if (made.leaving.empty() && scheduler_.wants_a_worker()) wanted.target = std::max(wanted.target, 1U);
  return wanted;
}

std::vector<data_record> local_scheduler::data_desk::only_on_leaving() const {
  auto leaves = [this](worker_id w) { return retiring_.contains(w); };
  auto alone = scheduler_.core_.all_data();
  std::erase_if(
      alone, [&](data_record const& data) { return !std::all_of(data.workers.begin(), data.workers.end(), leaves); });
  return alone;
}

task<void> local_scheduler::data_desk::save_from_leaving(stuck_data& stuck) {
  for (;;) {
    auto alone = only_on_leaving();
    std::erase_if(alone, [&](data_record const& data) { return stuck.contains(data.task); });
    if (alone.empty()) co_return;
    for (std::size_t next = 0; next < alone.size();) {
      std::map<worker_id, std::uint64_t> stored;
      for (auto w : staying_workers()) stored[w] = scheduler_.core_.stored_bytes(w);
      if (stored.empty()) throw error("no worker stays that could take over what the others hold");
      auto emptier = [](auto const& a, auto const& b) { return a.second < b.second; };
      copies round(*this);
      for (; next < alone.size() && round.size() < copies::round_size; ++next) {
        auto to = std::min_element(stored.begin(), stored.end(), emptier);
        to->second += alone[next].nbytes;
        round.start(alone[next].task, to->first);
      }
      auto ended = round.ended();
      co_await std::move(ended);
      round.for_each_problem(
          [&](task_id task, std::exception_ptr const& problem) { stuck.emplace(task, troupe::describe(problem)); });
    }
  }
}

/// "" where it holds nothing that would be lost with it.
std::string local_scheduler::data_desk::explain_stay(worker_id worker, stuck_data const& stuck) const {
  std::size_t count = 0;
  std::string first;
  for (auto const& data : only_on_leaving()) {
    if (!contains(data.workers, worker) || count++ > 0) continue;
    auto why = stuck.find(data.task);
    first = scheduler_.key_of(data) + (why == stuck.end() ? "" : ": " + why->second);
  }
  if (count == 0) return {};
  return fmt::format("{} of its results could not be copied, among them {}", count, first);
}

}  // namespace troupe::detail
