#include <troupe/actors/scheduler/internal/copies.hpp>
#include <troupe/actors/worker/internal/worker_actor.hpp>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

namespace troupe::detail {
task<query_result> local_scheduler::data_desk::answer(client_id from, query asked) {
  if (!self_) scheduler_.handle(to_scheduler::add_client{scheduler_.now(), session, "scheduler"});
  query_result result;
  if (std::holds_alternative<list_workers>(asked.what)) {
    result = workers();
  } else if (auto const* explain = std::get_if<explain_tasks>(&asked.what)) {
    for (auto ref : explain->refs) result.names.push_back(scheduler_.core_.explain(scheduler_.core_.find(from, ref)));
  } else if (auto const* story = std::get_if<tell_story>(&asked.what)) {
    result.events = story_of(story->refs.empty() ? task_id{} : scheduler_.core_.find(from, story->refs.front()));
  } else if (auto const* find = std::get_if<find_data>(&asked.what)) {
    for (auto ref : find->refs) {
      auto known = scheduler_.core_.data(scheduler_.core_.find(from, ref));
      result.data.push_back(known ? describe(*known) : stored_data{});
    }
  } else if (std::holds_alternative<list_data>(asked.what)) {
    result = workers();
    for (auto const& known : scheduler_.core_.all_data()) result.data.push_back(describe(known));
  } else if (auto const* more = std::get_if<replicate_data>(&asked.what)) {
    co_await replicate(tasks_of(from, more->refs), workers_named(more->workers), more->copies);
  } else if (auto const* even = std::get_if<rebalance_data>(&asked.what)) {
    co_await rebalance(tasks_of(from, even->refs), even->all);
  } else if (auto const* leaving = std::get_if<retire_workers>(&asked.what)) {
    auto retiring = retire(workers_named(leaving->workers), leaving->forced);
    result = co_await std::move(retiring);
  } else if (auto const* needs = std::get_if<plan_workers>(&asked.what)) {
    result.wanted = plan(needs->target_duration);
  } else if (auto const* given = std::get_if<publish_data>(&asked.what)) {
    publish(given->name, given->refs.empty() ? task_id{} : scheduler_.core_.find(from, given->refs.front()));
  } else if (auto const* withdrawn = std::get_if<unpublish_data>(&asked.what)) {
    unpublish(withdrawn->name);
  } else if (std::holds_alternative<list_published>(asked.what)) {
    for (auto const& [name, published] : datasets_) result.names.push_back(name);
  } else if (auto const* wanted = std::get_if<find_published>(&asked.what)) {
    result.names = {dataset_named(wanted->name)->second.key};
  }
  co_return result;
}

task<std::vector<value_ptr>> local_scheduler::data_desk::collect(std::vector<task_id> tasks) {
  std::vector<value_ptr> values(tasks.size());
  std::vector<std::size_t> wanted(tasks.size());
  std::iota(wanted.begin(), wanted.end(), std::size_t{0});
  for (;;) {
    std::map<worker_id, std::pair<worker_place_ptr, std::vector<std::size_t>>> held;
    std::vector<std::size_t> later;
    for (auto i : wanted) {
      auto known = scheduler_.core_.data(tasks[i]);
      if (!known) continue;
      if (!known->workers.empty()) {
        auto& [place, there] = held[known->workers.front()];
        place = scheduler_.workers_[known->workers.front().value].place;
        there.push_back(i);
      } else if (unfinished(known->stage)) {
        later.push_back(i);  // lost, and made again
      }
    }
    // What is known of it has changed already.
    bool changed = false;
    for (auto at = held.begin(); at != held.end(); ++at) {
      auto const& place = at->second.first;
      auto const& places = at->second.second;
      auto is_there = [&] { return place && scheduler_.workers_[at->first.value].place == place; };
      if (!is_there()) {
        changed = changed || place;
        later.insert(later.end(), places.begin(), places.end());
        continue;
      }
      get_values request;
      for (auto i : places) request.tasks.push_back(tasks[i]);
      try {
        auto asked = scheduler_.workers_[at->first.value].actor.ask(std::move(request));
        auto found = co_await std::move(asked);
        for (std::size_t i = 0; i < places.size(); ++i) {
          // Who has lost one has said so before it answered.
          if (!found[i] && !is_held_by(at->first, tasks[places[i]])) {
            changed = true;
            later.push_back(places[i]);
          }
          values[places[i]] = std::move(found[i]);
        }
      } catch (actor_gone const&) {
        changed = changed || (place && !is_there());
        later.insert(later.end(), places.begin(), places.end());
      }
    }
    if (later.empty()) co_return values;
    wanted = std::move(later);
    if (changed) continue;
    auto next = change();
    co_await std::move(next);
  }
}

bool local_scheduler::data_desk::is_held_by(worker_id worker, task_id task) const {
  auto known = scheduler_.core_.data(task);
  return known && contains(known->workers, worker);
}

query_result local_scheduler::data_desk::workers() const {
  query_result result;
  for (auto const& w : scheduler_.workers_)
    if (w.place && !retiring_.contains(w.place->id))
      result.workers.push_back({w.place->id, w.info.name, w.info.threads});
  return result;
}

stored_data local_scheduler::data_desk::describe(data_record const& data) const {
  stored_data found;
  if (data.stage == task_stage::memory) found.key = scheduler_.key_of(data);
  found.nbytes = data.nbytes;
  for (auto id : data.workers) found.workers.push_back(scheduler_.workers_[id.value].info.name);
  std::sort(found.workers.begin(), found.workers.end());
  return found;
}

std::vector<task_id> local_scheduler::data_desk::tasks_of(client_id client, std::vector<client_ref> const& refs) const {
  std::vector<task_id> tasks;
  for (auto ref : refs)
    if (auto known = scheduler_.core_.data(scheduler_.core_.find(client, ref)); known && !known->seated)
      tasks.push_back(known->task);
  return tasks;
}

std::vector<worker_id> local_scheduler::data_desk::workers_named(std::vector<std::string> const& names) const {
  std::vector<worker_id> found;
  for (auto const& w : scheduler_.workers_)
    if (w.place && !retiring_.contains(w.place->id) && (names.empty() || contains(names, w.info.name)))
      found.push_back(w.place->id);
  for (auto const& name : names) {
    auto named = [&](worker_id id) { return scheduler_.workers_[id.value].info.name == name; };
    if (std::none_of(found.begin(), found.end(), named)) throw error("there is no worker named '" + name + "'");
  }
  return found;
}

task<void> local_scheduler::data_desk::replicate(std::vector<task_id> tasks, std::vector<worker_id> onto,
                                                 std::size_t wanted) {
  std::set<std::pair<task_id, worker_id>> tried;
  for (;;) {
    copies round(*this);
    for (auto task : tasks) {
      auto known = scheduler_.core_.data(task);
      if (!known) continue;
      std::size_t there = 0;
      std::vector<worker_id> missing;
      for (auto w : onto) {
        if (contains(known->workers, w))
          ++there;
        else if (!tried.contains({task, w}) && scheduler_.workers_[w.value].place)
          missing.push_back(w);
      }
      if (there >= wanted) continue;
      auto emptier = [&core = scheduler_.core_](worker_id a, worker_id b) {
        return std::pair(core.stored_bytes(a), a) < std::pair(core.stored_bytes(b), b);
      };
      std::sort(missing.begin(), missing.end(), emptier);
      auto count = std::min({missing.size(), wanted - there, std::max<std::size_t>(known->workers.size(), 1)});
      for (std::size_t i = 0; i < count; ++i) {
        tried.emplace(task, missing[i]);
        round.start(task, missing[i]);
      }
    }
    if (round.size() == 0) co_return;
    auto ended = round.ended();
    co_await std::move(ended);
    if (round.problem()) std::rethrow_exception(round.problem());
  }
}

void local_scheduler::data_desk::give_back(std::vector<client_ref> const& refs) {
  for (auto ref : refs) references_.give_back(ref);
  scheduler_.handle(to_scheduler::release{scheduler_.now(), self_, refs});
}

void local_scheduler::data_desk::ended(client_ref ref, std::exception_ptr error) {
  auto found = waiting_.find(ref.index);
  if (found != waiting_.end() && references_.is_newest(ref)) found->second.set_value(std::move(error));
}

void local_scheduler::data_desk::tell_of_change() {
  for (auto& waiting : std::exchange(changes_, {})) waiting.set_value();
}

void local_scheduler::data_desk::publish(std::string const& name, task_id task) {
  if (name.empty()) throw error("a dataset needs a name");
  if (datasets_.contains(name)) throw error("there is a dataset '" + name + "' already: unpublish it first");
  auto known = scheduler_.core_.data(task);
  if (!known || known->stage == task_stage::erred || known->stage == task_stage::cancelled)
    throw error("what is published as '" + name + "' has failed");
  if (known->seated)
    throw error("what is published as '" + name + "' is an actor, not data: scatter its handle, and publish that");
  auto ref = take_ref();
  auto key = known->key.empty() ? "published-" + name + "-" + std::to_string(++published_) : known->key;
  scheduler_.handle(to_scheduler::refer{scheduler_.now(), self_, ref, task, key});
  datasets_[name] = {ref, key};
}

void local_scheduler::data_desk::unpublish(std::string const& name) {
  auto found = dataset_named(name);
  auto ref = found->second.ref;
  datasets_.erase(found);
  give_back({ref});
}

std::vector<task_event> local_scheduler::data_desk::story_of(task_id task) const {
  std::vector<task_event> events;
  auto story = scheduler_.core_.story(task);
  for (auto const& t : story) {
    auto& e = events.emplace_back();
    e.after = t.at - story.front().at;
    e.what = stage_reached(t);
    if (t.worker) e.worker = scheduler_.workers_[t.worker.value].info.name;
    e.attempt = t.attempt_number;
  }
  return events;
}

}  // namespace troupe::detail
