#include <troupe/actors/runtime/supervisor.hpp>

#include <troupe/actors/runtime/internal/random_numbers.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace troupe {

supervisor::supervisor(supervisor_options options, std::vector<child_spec> children)
    : options_(options), random_(options.seed()) {
  trap_exit(true);
  for (auto& spec : children) {
    check_new(spec.id());
    children_.push_back({std::move(spec), {}, 0});
  }
  start(serve());
}

// Messages

void supervisor::on(exit_msg m) {
  bool asked = m.source == actor_id{};
  if (!asked && is_child(m.source))
    return queue([this, who = m.source, why = std::move(m.reason)] { return child_ended(who, why); });
  // It traps exits only to hear of its children. From any other link, such as its own supervisor's, a signal means what
  // it means to every actor.
  if (!asked && m.reason.what() == exit_reason::kind::normal) return;
  stop_ = std::move(m.reason);
  wake();
}

task<void> supervisor::on(children_started) {
  if (first_started_) co_return;
  auto started = waiting_for_first_.emplace_back().get_future();
  co_await started;
}

std::vector<child_info> supervisor::on(list_children) const {
  std::vector<child_info> all;
  all.reserve(children_.size());
  for (auto const& c : children_) all.push_back({c.spec.id(), c.handle, c.restarts});
  return all;
}

task<actor_handle> supervisor::on(start_child m) {
  auto answer = std::make_shared<promise<actor_handle>>();
  auto started = answer->get_future();
  queue([this, spec = std::move(m.spec), answer] { return add(spec, answer); });
  co_return co_await started;
}

task<bool> supervisor::on(stop_child m) {
  auto answer = std::make_shared<promise<bool>>();
  auto stopped = answer->get_future();
  queue([this, id = std::move(m.id), answer] { return remove(id, answer); });
  co_return co_await stopped;
}

void supervisor::on(wake_up) { wake(); }
void supervisor::on(too_slow const& m) { m.child.kill(); }

void supervisor::queue(std::function<task<void>()> job) {
  jobs_.push_back(std::move(job));
  wake();
}

void supervisor::wake() {
  if (auto sleeping = std::exchange(sleeping_, std::nullopt)) sleeping->set_value();
}

// Serving

task<void> supervisor::serve() {
  co_await start_first();
  while (!stop_) {
    if (jobs_.empty()) {
      co_await wait_for_news();
      continue;
    }
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    auto work = job();
    co_await std::move(work);
  }
  co_await stop_all();
  quit(std::move(*stop_));
}

task<void> supervisor::start_first() {
  auto const ids = all_ids();
  for (auto const& id : ids) {
    if (stop_) break;
    std::exception_ptr error;
    try {
      co_await start_one(id);
    } catch (...) {
      error = std::current_exception();
    }
    if (error) stop_ = exit_reason::failed("child " + id + " could not be started: " + describe(error));
  }
  first_started_ = true;
  for (auto& waiting : std::exchange(waiting_for_first_, {}))
    if (stop_)
      waiting.set_error(std::make_exception_ptr(actor_gone(stop_->text())));
    else
      waiting.set_value();
}

task<void> supervisor::child_ended(actor_id who, exit_reason why) {
  auto at = std::find_if(children_.begin(), children_.end(), [&](child const& c) { return c.handle.id() == who; });
  if (at == children_.end()) co_return;
  unlink(at->handle);
  at->handle = {};
  std::string id = at->spec.id();
  restart when = at->spec.when_to_restart();
  if (when == restart::temporary)
    forget(id);
  else if (when == restart::permanent || why.is_failure())
    co_await restart_with(id, why);
}

task<void> supervisor::restart_with(std::string id, exit_reason why) {
  for (bool running = false; !running && !stop_;) {
    if (too_many_restarts()) {
      stop_ = exit_reason::failed("restart intensity exceeded by child " + id + ": " + why.text());
      co_return;
    }
    ++find(id)->restarts;
    auto ids = restarted_with(id);
    for (auto other = ids.rbegin(); other != ids.rend(); ++other) {
      co_await stop_one(*other);
      if (*other != id && find(*other)->spec.when_to_restart() == restart::temporary) forget(*other);
    }
    co_await wait_until(now() + next_wait());
    running = true;
    for (auto const& next : ids) {
      if (stop_ || !find(next)) continue;
      try {
        co_await start_one(next);
      } catch (...) {
        why = exit_reason::failed(std::current_exception());
        running = false;
      }
      if (running) continue;
      id = next;
      break;
    }
  }
}

task<void> supervisor::start_one(std::string id) {
  started_child started = find(id)->spec.start()(loop());
  find(id)->handle = started.handle;
  link(started.handle);
  std::exception_ptr error;
  try {
    co_await started.ready;
  } catch (...) {
    error = std::current_exception();
  }
  if (!error) co_return;
  if (!stop_token().stop_requested()) co_await stop_one(id);
  std::rethrow_exception(error);
}

task<void> supervisor::stop_one(std::string id) {
  child* c = find(id);
  if (!c || !c->handle) co_return;
  actor_handle handle = std::exchange(c->handle, {});
  unlink(handle);
  std::size_t timer = 0;
  if (c->spec.patience() > duration::zero()) {
    handle.stop();
    timer = send_after(c->spec.patience(), this, too_slow{handle});
  } else {
    handle.kill();
  }
  auto end = handle.ended();
  co_await end;
  cancel_send(timer);
}

task<void> supervisor::stop_all() {
  auto const ids = all_ids();
  for (auto id = ids.rbegin(); id != ids.rend(); ++id) co_await stop_one(*id);
}

task<void> supervisor::add(child_spec spec, std::shared_ptr<promise<actor_handle>> answer) {
  std::string id = spec.id();
  std::exception_ptr error;
  bool added = false;
  try {
    check_new(id);
    children_.push_back({std::move(spec), {}, 0});
    added = true;
    co_await start_one(id);
  } catch (...) {
    error = std::current_exception();
  }
  if (!error) {
    answer->set_value(find(id)->handle);
    co_return;
  }
  if (added) forget(id);
  answer->set_error(error);
}

task<void> supervisor::remove(std::string id, std::shared_ptr<promise<bool>> answer) {
  bool known = find(id) != nullptr;
  co_await stop_one(id);
  forget(id);
  answer->set_value(known);
}

task<void> supervisor::wait_until(time_point when) {
  while (now() < when && !stop_) {
    std::size_t timer = send_after(when - now(), this, wake_up{});
    co_await wait_for_news();
    cancel_send(timer);
  }
}

task<void> supervisor::wait_for_news() {
  auto news = sleeping_.emplace().get_future();
  co_await news;
}

// Bookkeeping

supervisor::child* supervisor::find(std::string const& id) noexcept {
  auto at = std::find_if(children_.begin(), children_.end(), [&](child const& c) { return c.spec.id() == id; });
  return at == children_.end() ? nullptr : &*at;
}

bool supervisor::is_child(actor_id who) const noexcept {
  return std::any_of(children_.begin(), children_.end(), [&](child const& c) { return c.handle.id() == who; });
}

std::vector<std::string> supervisor::all_ids() const {
  std::vector<std::string> ids(children_.size());
  std::transform(children_.begin(), children_.end(), ids.begin(), [](child const& c) { return c.spec.id(); });
  return ids;
}

void supervisor::check_new(std::string const& id) {
  if (find(id)) throw error("a supervisor has two children of the name " + id);
}

void supervisor::forget(std::string const& id) {
  std::erase_if(children_, [&](child const& c) { return c.spec.id() == id; });
}

std::vector<std::string> supervisor::restarted_with(std::string const& id) const {
  std::vector<std::string> ids;
  bool reached = false;
  for (auto const& c : children_) {
    bool itself = c.spec.id() == id;
    reached = reached || itself;
    bool included = itself || options_.strategy() == restart_strategy::one_for_all ||
                    (options_.strategy() == restart_strategy::rest_for_one && reached);
    if (included) ids.push_back(c.spec.id());
  }
  return ids;
}

bool supervisor::too_many_restarts() {
  time_point time = now();
  while (!recent_restarts_.empty() && recent_restarts_.front() + options_.period() < time) recent_restarts_.pop_front();
  recent_restarts_.push_back(time);
  return recent_restarts_.size() > options_.restarts();
}

duration supervisor::next_wait() noexcept {
  if (options_.first_wait() <= duration::zero()) return duration::zero();
  double wait = double(options_.first_wait().count()) * std::exp2(double(recent_restarts_.size() - 1));
  wait = std::min(wait, double(options_.longest_wait().count()));
  detail::random_numbers random(random_);
  random_ = random.next();
  double chance = double(random_ >> 11) * 0x1p-53;  // 0 to 1
  return duration(duration::rep(wait * (1 + options_.jitter() * (2 * chance - 1))));
}

}  // namespace troupe
