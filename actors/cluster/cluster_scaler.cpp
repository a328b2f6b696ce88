#include <troupe/actors/cluster/internal/cluster_scaler.hpp>
#include <troupe/actors/worker/internal/run_on_pool.hpp>
#include <troupe/actors/worker/log.hpp>
#include <troupe/futures/group_wait.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::detail {

cluster_scaler::cluster_scaler(setup with) : with_(std::move(with)), started_(with_.shape.count) {
  for (std::uint32_t i = 0; i < started_; ++i) members_.push_back({with_.shape.name_of(i), true, true});
  with_.workers->on_left([me = self(this)] { me.send(see_who_left{}); });
  monitor(with_.scheduler);
  with_.scheduler.send(attach_client{self(this), "the cluster", "the cluster itself"});
}

void cluster_scaler::on(down_msg const&) { quit(); }

void cluster_scaler::on(cluster_changed&& change) {
  std::set<std::string_view> there;
  for (auto const& w : change.info.workers) there.insert(w.name);
  for (auto& m : members_) {
    m.listed = there.contains(m.name);
    m.came |= m.listed;
  }
  with_.workers->heard(change.info);
  informed_ = true;
  on(see_who_left{});
}

void cluster_scaler::on(see_who_left) {
  std::vector<std::string> left;
  for (auto const& m : members_)
    if (m.runs && !m.ends && with_.workers->has_left(m.name)) left.push_back(m.name);
  for (auto const& name : left) {
    auto* known = find(name);
    if (!known || known->ends) continue;  // seen to meanwhile
    auto& m = *known;
    if (!m.leaves && !m.came) note(name + " ended before it joined the cluster");
    bool replaced = settling_ && m.came && begun_ == turn_;
    end(m);
    // A client has retired it before the scale, of which it is a part.
    if (replaced && staying() < *wanted_) start_more(1);
  }
  // A process that was lost, and started again just before that was forbidden: its new life leaves as well.
  std::vector<std::string> again;
  for (auto& m : members_)
    if (m.leaves && m.listed && !m.retiring && !m.ends) again.push_back(m.name);
  let_go(again);
  tell_of_change();
}

void cluster_scaler::on(scale wanted) {
  adapting_.reset();
  problems_.clear();
  wanted_ = wanted.workers;
  settling_ = true;
  start(bring_to(++turn_, wanted.workers));
}

task<void> cluster_scaler::bring_to(std::uint64_t turn, std::uint32_t count) {
  // Until then it does not know who takes part.
  while (!informed_) {
    auto first = change();
    co_await std::move(first);
  }
  if (turn == turn_ && staying() < count) start_more(count - staying());
  while (turn == turn_ && staying() > count && problems_.empty()) {
    wanted_workers plan;
    try {
      auto asked = ask(plan_workers{std::chrono::seconds(1)});
      auto answer = co_await std::move(asked);
      plan = std::move(answer.wanted);
    } catch (actor_gone const&) {
      co_return;  // with the cluster
    }
    if (turn != turn_) co_return;
    // As a cluster that may have so many at most, and does not wait.
    adaptive_core chooser(adaptive_limits{count, count, 1});
    let_go(chooser.look(now(), sample(plan)).close);
    if (staying() <= count) break;
    // Those that are left are about to join.
    auto next = change();
    co_await std::move(next);
  }
  if (turn == turn_) begun_ = turn;
  tell_of_change();
}

void cluster_scaler::on(adapt const& how) {
  problems_.clear();
  wanted_.reset();
  settling_ = false;
  adapting_.emplace(how.limits);
  self(this).send(look{++turn_});
}

void cluster_scaler::on(stop_adapting) {
  if (!adapting_) return;
  adapting_.reset();
  begun_ = ++turn_;
  tell_of_change();
}

task<void> cluster_scaler::on(look when) {
  while (!informed_) {
    auto first = change();
    co_await std::move(first);
  }
  if (when.turn != turn_) co_return;
  wanted_workers plan;
  try {
    auto asked = ask(plan_workers{adapting_->limits().target_duration});
    auto answer = co_await std::move(asked);
    plan = std::move(answer.wanted);
  } catch (actor_gone const&) {
    co_return;  // with the cluster
  }
  if (when.turn != turn_) co_return;
  auto advice = adapting_->look(now(), sample(plan));
  start_more(advice.start);
  let_go(advice.close);
  begun_ = turn_;
  tell_of_change();
  send_after(adapting_->due() - now(), this, when);
}

task<void> cluster_scaler::on(get_settled) {
  while (!settled()) {
    auto next = change();
    co_await std::move(next);
  }
  if (!wanted_ || (problems_.empty() && staying() == *wanted_)) co_return;
  throw error(fmt::format("the cluster was to have {} workers and has {}: {}", *wanted_, staying(),
                          problems_.empty() ? "some have left" : fmt::format("{}", fmt::join(problems_, "; "))));
}

adaptive_sample cluster_scaler::sample(wanted_workers const& wanted) const {
  adaptive_sample seen;
  for (auto const& m : members_)
    if (!m.leaves && !m.ends) seen.workers.push_back({m.name, m.listed});
  seen.target = wanted.target;
  seen.leaving = wanted.leaving;
  seen.spare = wanted.spare;
  return seen;
}

cluster_scaler::member* cluster_scaler::find(std::string const& name) {
  auto found = std::find_if(members_.begin(), members_.end(), [&](member const& m) { return m.name == name; });
  return found == members_.end() ? nullptr : &*found;
}

std::uint32_t cluster_scaler::staying() const {
  auto stays = [](member const& m) { return !m.leaves && !m.ends; };
  return static_cast<std::uint32_t>(std::count_if(members_.begin(), members_.end(), stays));
}

bool cluster_scaler::settled() const {
  return begun_ == turn_ && std::all_of(members_.begin(), members_.end(),
                                        [](member const& m) { return m.runs && m.listed && !m.leaves && !m.ends; });
}

void cluster_scaler::start_more(std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    auto name = with_.shape.name_of(started_++);
    members_.push_back({name});
    start(start_one(std::move(name)));
  }
}

task<void> cluster_scaler::start_one(std::string name) {
  std::string problem;
  try {
    auto starting = run_on_pool(*with_.hands, [workers = with_.workers, name] { workers->start(name); });
    co_await std::move(starting);
  } catch (cancelled_error const&) {
    throw;
  } catch (error const& e) {
    problem = e.what();
  }
  auto& m = *find(name);
  if (!problem.empty()) {
    note(name + " cannot be started: " + problem);
    std::erase_if(members_, [&](member const& one) { return one.name == name; });
  } else {
    m.runs = true;
    // It was let go meanwhile.
    if (m.leaves) {
      m.leaves = false;
      let_go({name});
    }
  }
  on(see_who_left{});
}

void cluster_scaler::let_go(std::vector<std::string> const& names) {
  std::vector<std::string> retiring;
  for (auto const& name : names) {
    auto& m = *find(name);
    m.leaves = true;
    if (!m.runs) continue;
    with_.workers->may_come_back(name, false);
    m.retiring = arrived(m);
    if (m.retiring)
      retiring.push_back(name);
    else
      end(m);
  }
  if (!retiring.empty()) start(retire(std::move(retiring)));
}

task<void> cluster_scaler::retire(std::vector<std::string> names) {
  auto const all = names;
  while (!names.empty()) {
    std::string problem;
    try {
      auto asked = ask(retire_workers{names, false});
      auto answer = co_await std::move(asked);
      for (auto const& [name, why] : answer.problems) stays(name, why);
      names.clear();
    } catch (cancelled_error const&) {
      throw;
    } catch (error const& e) {
      problem = e.what();
    }
    if (problem.empty()) break;
    // One that was lost meanwhile has nothing to retire from, and keeps no other from it.
    auto lost = std::partition(names.begin(), names.end(), [this](std::string const& name) {
      auto* m = find(name);
      return m && !m->ends && m->listed;
    });
    if (lost == names.end()) {
      for (auto const& name : names) stays(name, problem);
      break;
    }
    // One that joins at once is about to, with all that workers have: it is let go then.
    for (auto name = lost; name != names.end(); ++name)
      if (auto* m = find(*name); m && !m->ends && with_.workers->join_late()) end(*m);
    names.erase(lost, names.end());
  }
  for (auto const& name : all)
    if (auto* m = find(name)) m->retiring = false;
  on(see_who_left{});
}

void cluster_scaler::stays(std::string const& name, std::string const& why) {
  auto* m = find(name);
  if (!m || m->ends) return;
  m->leaves = false;
  with_.workers->may_come_back(name, true);
  note(name + " stays: " + why);
}

void cluster_scaler::note(std::string problem) {
  // What adapting finds it may find again and again.
  if (problem != last_problem_) log("{}", problem);
  last_problem_ = problem;
  if (wanted_) problems_.push_back(std::move(problem));
}

void cluster_scaler::end(member& m) {
  m.ends = true;
  start(end_one(m.name));
}

task<void> cluster_scaler::end_one(std::string name) {
  // Where that fails the cluster is gone, and nobody waits for it.
  auto telling = ask(not_coming_back{name});
  group_wait told(std::vector<state_base*>{future_access::state(telling).get()}, wait_for::all_completed);
  co_await told;
  auto ending = run_on_pool(*with_.hands, [workers = with_.workers, name] { workers->end(name); });
  co_await std::move(ending);
  std::erase_if(members_, [&](member const& m) { return m.name == name; });
  tell_of_change();
}

future<query_result> cluster_scaler::ask(decltype(query::what) what) {
  query made;
  made.from = self().id();
  made.what = std::move(what);
  return with_.scheduler.ask(std::move(made));
}

void cluster_scaler::tell_of_change() {
  if (settled()) settling_ = false;
  for (auto& waiting : std::exchange(changes_, {})) waiting.set_value();
}

}  // namespace troupe::detail
