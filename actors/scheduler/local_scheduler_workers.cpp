#include <troupe/actors/scheduler/internal/at_grown.hpp>
#include <troupe/actors/scheduler/internal/event_desk.hpp>
#include <troupe/actors/scheduler/internal/local_scheduler.hpp>
#include <troupe/actors/scheduler/internal/plugin_desk.hpp>
#include <troupe/actors/scheduler/internal/upload_desk.hpp>
#include <troupe/actors/worker/internal/worker_actor.hpp>

#include <algorithm>
#include <utility>

namespace troupe::detail {

void local_scheduler::on(attach_worker&& message) {
  auto const& joining = message.info;
  auto same = std::find_if(workers_.begin(), workers_.end(),
                           [&](auto const& w) { return w.place && w.info.name == joining.name; });
  bool taken = same != workers_.end() && !message.life.follows(same->life);
  if (taken || !uploads_->make_room_for(message))
    return message.worker.send(worker_welcome{{}, "there is a worker named '" + joining.name + "' already", true});
  if (same != workers_.end()) {
    auto dead = same->actor;
    remove_worker(dead.id());
    dead.send(dismiss{"a later life took its place"});
  }
  monitor(message.worker);
  if (uploads_->has_something() || !plugins_->of_workers().empty())
    uploads_->equip(std::move(message));
  else
    join(std::move(message));
}

void local_scheduler::on(attach_nanny&& message) {
  monitor(message.nanny);
  plugins_->equip(std::move(message));
}

void local_scheduler::join(attach_worker&& message) {
  if (plugins_->began_too_early(message.life))
    return message.worker.send(dismiss{"it was begun before a plugin of its nanny", true});
  auto session = std::uint64_t(message.worker.id());
  auto const& info = message.info;
  to_scheduler::add_worker add{now(), session, info.name, info.threads, info.memory_limit, info.address, {}, {}};
  for (auto const& [name, amount] : info.resources) add.resources.push_back({name, amount});
  add.lacks = lacking_in(message.program);
  arriving_worker_ = std::move(message);
  core_.handle(std::move(add), actions_);
  // The core says first that it is there. It is, before what it is given is told of.
  perform(std::get<by_scheduler::worker_added>(actions_.front()));
  actions_.erase(actions_.begin());
  events_->look();
  carry_out();
}

void local_scheduler::perform(by_scheduler::worker_added& action) {
  auto& entry = at_grown(workers_, action.worker.value);
  auto joined = std::exchange(arriving_worker_.worker, {});
  entry.info = std::exchange(arriving_worker_.info, {});
  entry.program = std::exchange(arriving_worker_.program, {});
  entry.life = arriving_worker_.life;
  // Who is back is awaited no more: it may leave for good.
  if (auto back = returning_.find(entry.info.name); back != returning_.end() && entry.life.follows(back->second.life))
    returning_.erase(back);
  ++worker_changes_;
  worker_ids_[action.session] = action.worker;
  joined.send(worker_welcome{action.worker, {}});
  entry.place = std::make_shared<worker_place const>(
      worker_place{action.worker, joined, entry.info.name, entry.info.address, arriving_worker_.epoch});
  entry.actor = std::move(joined);
  wake_those_who_wait_for_workers();
  events_->worker_joined(entry.info.name);
  cluster_has_changed();
}

void local_scheduler::wake_those_who_wait_for_workers() {
  for (auto& waiting : std::exchange(awaited_workers_, {})) waiting.joined.set_value();
}

future<void> local_scheduler::next_worker(bool first) {
  std::erase_if(awaited_workers_, [](auto const& one) { return one.joined.stop_token().stop_requested(); });
  return awaited_workers_.emplace_back(promise<void>(), first).joined.get_future();
}

bool local_scheduler::wants_a_worker() const {
  return std::any_of(awaited_workers_.begin(), awaited_workers_.end(),
                     [](auto const& one) { return one.first && !one.joined.stop_token().stop_requested(); });
}

void local_scheduler::remove_worker(actor_id gone) {
  auto known = worker_ids_.find(std::uint64_t(gone));
  if (known == worker_ids_.end()) return;
  auto id = known->second;
  worker_ids_.erase(known);
  // Its name is still spoken of.
  auto left = std::exchange(workers_[id.value], {});
  workers_[id.value].info.name = std::move(left.info.name);
  ++worker_changes_;
  events_->worker_left(workers_[id.value].info.name);
  handle(to_scheduler::remove_worker{now(), id});
  cluster_has_changed();
}

task<cluster_info> local_scheduler::on(get_info wanted) {
  while (worker_ids_.size() < wanted.workers) {
    auto joined = next_worker(wanted.workers == 1);
    co_await std::move(joined);
  }
  co_return info();
}

void local_scheduler::on(worker_memory message) {
  auto known = worker_ids_.find(std::uint64_t(message.worker));
  if (known == worker_ids_.end()) return;
  workers_[known->second.value].info.process_memory = message.resident;
  if (std::exchange(workers_[known->second.value].paused, message.paused) != message.paused)
    handle(to_scheduler::pause{now(), known->second, message.paused});
}

}  // namespace troupe::detail
