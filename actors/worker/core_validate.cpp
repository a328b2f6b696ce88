#include <troupe/actors/worker/internal/state.hpp>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>

namespace troupe::detail {

namespace {

void require(bool holds, char const* what) {
  if (!holds) throw std::logic_error(std::string("worker core: ") + what);
}

}  // namespace

void worker_core::state::validate() const {
  worker_statistics found;
  std::size_t waits = 0;
  for (auto const& [attempt, index] : execution_of) {
    auto const& e = executions[index];
    require(e.order.attempt.value == attempt, "an execution under another's attempt");
    ++(e.handed_out ? found.handed_out : found.waiting);
    if (e.suspended) ++found.suspended;
    require(e.handed_out || !e.suspended, "suspended before it began");
    require(!e.handed_out || e.order.deps.empty(), "handed out and still waiting");
    std::uint32_t missing = 0;
    std::set<std::uint64_t> distinct;
    for (auto const& dep : e.order.deps) {
      auto at = wanted_of.find(key(dep.task));
      if (at == wanted_of.end() || !distinct.insert(key(dep.task)).second) continue;
      auto const& waiters = wanted[at->second].waiters;
      missing += static_cast<std::uint32_t>(std::count(waiters.begin(), waiters.end(), e.order.attempt));
    }
    bool is_held = paused && missing == 0;
    if (!e.handed_out) require((missing > 0 || is_held) && missing == e.missing, "an execution waits for nothing");
    waits += missing;
  }
  require(execution_of.size() == executions.in_use(), "an execution without attempt");

  auto is_held_back = [this](source from) {
    return std::find(held_back.begin(), held_back.end(), from) != held_back.end();
  };
  std::map<source, std::size_t> unanswered;
  std::map<source, std::uint64_t> owed;
  std::uint64_t incoming = 0;
  std::size_t asked = 0;
  std::size_t waiters = 0;
  for (auto const& [task, index] : wanted_of) {
    auto const& value = wanted[index];
    require(key(value.task) == task, "a wanted value under another's name");
    require(!stored.contains(task) || value.waiters.empty(), "a stored value is waited for");
    require(value.in_flight || !value.waiters.empty(), "a value is wanted by nobody");
    ++(value.in_flight ? found.fetching : found.to_fetch);
    waiters += value.waiters.size();
    if (value.maker) {
      require(value.in_flight == (value.from != self), "it is asked for although it is made here, or not asked for");
      require(value.in_flight || execution_of.contains(value.maker.value), "nobody makes what is waited for");
      continue;
    }
    source from{value.from, value.large};
    auto at = sources.find(from);
    require(at != sources.end(), "a value is to come from nobody");
    auto const& queue = at->second.queue;
    if (value.in_flight) {
      ++unanswered[from];
      ++asked;
      incoming += value.nbytes;
      owed[from] += value.nbytes;
      require(value.large || value.nbytes < options.large_fetch, "a large value comes among the small ones");
    } else {
      require(value.large == (value.nbytes >= options.large_fetch), "a value waits among those of another size");
      require(std::find(queue.begin(), queue.end(), value.task) != queue.end(), "a wanted value will not be asked for");
      require(at->second.unanswered > 0 || is_held_back(from), "a peer could be asked");
    }
  }
  require(waits == waiters, "a value is wanted by an ended execution");
  for (auto const& [from, at] : sources) {
    auto known = unanswered.find(from);
    require((known == unanswered.end() ? 0 : known->second) == at.unanswered, "wrong count of unanswered values");
    require(at.unanswered > 0 || is_held_back(from), "an idle peer is remembered");
    require(from.large || owed[from] < options.large_fetch, "small values that come together are large");
  }
  require(incoming == incoming_bytes && unanswered.size() == incoming_fetches, "wrong count of what is on its way");
  require(incoming <= options.incoming_bytes || asked == 1, "more is on its way than may be");
  require(incoming_fetches <= options.incoming_fetches, "more is asked for at the same time than may be");
  require(held_back.empty() || incoming_fetches > 0, "a peer is held back for nothing");
  for (auto const& [task, nbytes] : stored) {
    ++found.stored;
    found.stored_bytes += nbytes;
  }
  require(found.waiting == stats.waiting && found.handed_out == stats.handed_out && found.suspended == stats.suspended,
          "wrong count of executions");
  require(found.stored == stats.stored && found.stored_bytes == stats.stored_bytes, "wrong count of stored values");
  require(found.fetching == stats.fetching && found.to_fetch == stats.to_fetch, "wrong count of fetches");
  require(std::all_of(expected.begin(), expected.end(), [this](attempt_id attempt) { return attempt > newest; }),
          "an order is expected that will not come");
  require(not_made.empty() && sources_to_ask.empty() && to_drop.empty() && payloads_to_drop.empty(),
          "work was left over");
  require(report.empty() || may_report_later(), "a report was held back");
}

}  // namespace troupe::detail
