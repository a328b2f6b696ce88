#include <troupe/actors/scheduler/internal/copies.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace troupe::detail {
namespace {

struct move {
  task_id what;
  worker_id from;
  worker_id to;
};

/// From the fullest to the emptiest worker, each time the largest result that does not turn that round, until none is
/// much above the mean.
class balance {
 public:
  balance(scheduler_core const& core, std::vector<worker_id> const& workers, std::vector<data_record> const& movable) {
    std::uint64_t all = 0;
    for (auto w : workers) {
      fullest_.emplace(core.stored_bytes(w), w);
      all += core.stored_bytes(w);
    }
    emptiest_ = fullest_;
    auto mean = workers.empty() ? 0 : all / workers.size();
    enough_ = mean + mean / 20;
    for (auto const& data : movable)
      for (auto w : data.workers) items_[w].emplace(data.nbytes, &data);
  }

  [[nodiscard]] std::vector<move> plan() {
    std::vector<move> moves;
    while (!fullest_.empty() && fullest_.rbegin()->first > enough_) {
      auto [much, from] = *fullest_.rbegin();
      auto [little, to] = *emptiest_.begin();
      auto const* item = take(from, to, (much - little) / 2);
      if (!item) {
        fullest_.erase({much, from});
        continue;
      }
      moves.push_back({item->task, from, to});
      change(from, much, much - item->nbytes);
      change(to, little, little + item->nbytes);
    }
    return moves;
  }

 private:
  using by_bytes = std::set<std::pair<std::uint64_t, worker_id>>;

  data_record const* take(worker_id from, worker_id to, std::uint64_t at_most) {
    auto& items = items_[from];
    for (auto at = items.upper_bound(at_most); at != items.begin();) {
      --at;
      if (at->first == 0) break;
      auto const* data = at->second;
      if (contains(data->workers, to) || !taken_.insert(data).second) continue;
      items.erase(at);
      return data;
    }
    return nullptr;
  }
  void change(worker_id worker, std::uint64_t before, std::uint64_t after) {
    if (fullest_.erase({before, worker})) fullest_.emplace(after, worker);
    emptiest_.erase({before, worker});
    emptiest_.emplace(after, worker);
  }

  /// Those that have something left to give, and all.
  by_bytes fullest_, emptiest_;
  std::uint64_t enough_ = 0;
  std::map<worker_id, std::multimap<std::uint64_t, data_record const*>> items_;
  std::set<data_record const*> taken_;
};

}  // namespace

task<void> local_scheduler::data_desk::rebalance(std::vector<task_id> tasks, bool all) {
  auto& core = scheduler_.core_;
  std::vector<data_record> movable;
  if (all) {
    movable = core.all_data();
  } else {
    for (auto task : tasks)
      if (auto known = core.data(task)) movable.push_back(std::move(*known));
  }
  auto moves = balance(core, staying_workers(), movable).plan();
  for (std::size_t begin = 0; begin < moves.size(); begin += copies::round_size) {
    auto end = std::min(moves.size(), begin + copies::round_size);
    copies round(*this);
    for (auto i = begin; i < end; ++i) round.start(moves[i].what, moves[i].to);
    auto ended = round.ended();
    co_await std::move(ended);
    for (auto i = begin; i < end; ++i) {
      auto known = core.data(moves[i].what);
      if (known && contains(known->workers, moves[i].to))
        scheduler_.handle(to_scheduler::drop_copy{scheduler_.now(), moves[i].what, moves[i].from});
    }
  }
}

std::vector<worker_id> local_scheduler::data_desk::staying_workers() const {
  std::vector<worker_id> staying;
  for (auto const& w : scheduler_.workers_)
    if (w.place && !retiring_.contains(w.place->id)) staying.push_back(w.place->id);
  return staying;
}

}  // namespace troupe::detail
