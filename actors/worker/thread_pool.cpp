#include <troupe/actors/worker/internal/thread_pool.hpp>
#include <troupe/futures/errors.hpp>
#include <troupe/futures/shared_state.hpp>

#include <pthread.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace troupe::detail {

struct thread_pool::member {
  explicit member(thread_pool& p) : pool(&p) {}
  thread_pool* pool;
  lasting_parker sleep;
  std::thread thread;
};

thread_pool::thread_pool(std::string name, std::uint32_t threads) : name_(std::move(name)), threads_wanted_(threads) {
  try {
    std::scoped_lock lock(mutex_);
    for (std::uint32_t i = 0; i < threads; ++i)
      if (int problem = start_member())
        throw error("thread " + std::to_string(i + 1) + " of '" + name_ +
                    "' cannot be started: " + std::generic_category().message(problem));
  } catch (...) {
    join();
    throw;
  }
}

thread_pool::~thread_pool() { join(); }

int thread_pool::start_member() {
  auto& self = *members_.emplace_back(std::make_unique<member>(*this));
  try {
    self.thread = std::thread([this, &self] { main(self); });
  } catch (std::system_error const& problem) {
    members_.pop_back();
    return problem.code().value();
  }
  // The new thread waits for the lock before it looks at these.
  ++active_;
  ++running_;
  std::string short_name = name_.substr(0, 15);  // what the kernel keeps
  ::pthread_setname_np(self.thread.native_handle(), short_name.c_str());
  return 0;
}

parker* thread_pool::sleeper() noexcept {
  if (idle_.empty()) {
    // What the threads that are left wait for may be just this.
    if (stopping_ && active_ == 0 && running_ > 0) start_member();
    return nullptr;
  }
  member* m = idle_.back();
  idle_.pop_back();
  return &m->sleep.get();
}

void thread_pool::wake(parker* sleeper) noexcept {
  if (sleeper) sleeper->notify();
}

void thread_pool::post(work& item) noexcept {
  std::unique_lock lock(mutex_);
  if (running_ == 0) {
    lock.unlock();
    return run_now_or_after_telling(item);
  }
  steps_.push(item);
  auto* next = sleeper();
  lock.unlock();
  wake(next);
}

void thread_pool::run_aside(work& item) noexcept {
  std::unique_lock lock(mutex_);
  if (running_ == 0) {
    lock.unlock();
    return run_now_or_after_telling(item);
  }
  bool first = urgent_.empty();
  urgent_.push(item);
  if (!first) return;  // who comes for the first takes this one, too
  if (idle_.empty()) return add_member();
  auto* next = sleeper();
  lock.unlock();
  wake(next);
}

void thread_pool::add_member() noexcept {
  if (spare_.empty()) {
    start_member();
    return;
  }
  member* m = spare_.back();
  spare_.pop_back();
  ++active_;
  m->sleep.get().notify();
}

namespace {
bool comes_after(job const* a, job const* b) noexcept {
  return std::tie(a->rank, a->serial) > std::tie(b->rank, b->serial);
}
}  // namespace

void thread_pool::lane::push(job& item) {
  if (in_order.empty() || item.rank >= last_rank) {
    last_rank = item.rank;
    return in_order.push(item);
  }
  early.push_back(&item);
  std::push_heap(early.begin(), early.end(), comes_after);
}

job* thread_pool::lane::pop() noexcept {
  auto* first = static_cast<job*>(in_order.front());
  if (early.empty() || (first && comes_after(early.front(), first))) return static_cast<job*>(in_order.pop());
  std::pop_heap(early.begin(), early.end(), comes_after);
  auto* next = early.back();
  early.pop_back();
  return next;
}

void thread_pool::submit(job* first) noexcept {
  std::unique_lock lock(mutex_);
  if (running_ == 0) {
    lock.unlock();
    while (first) {
      work& item = *std::exchange(first, static_cast<job*>(first->next));
      run_now_or_after_telling(item);
    }
    return;
  }
  // Those beyond are woken by one another.
  std::array<parker*, 8> sleepers;
  std::size_t woken = 0;
  while (first) {
    auto* next = static_cast<job*>(first->next);
    auto at = std::find_if(lanes_.begin(), lanes_.end(), [&](lane const& l) { return l.priority <= first->priority; });
    if (at == lanes_.end() || at->priority != first->priority) at = lanes_.insert(at, lane{first->priority, {}, 0, {}});
    first->serial = ++serials_;
    at->push(*first);
    if (woken < sleepers.size())
      if (auto* one = sleeper()) sleepers[woken++] = one;
    first = next;
  }
  lock.unlock();
  for (std::size_t i = 0; i < woken; ++i) wake(sleepers[i]);
}

bool thread_pool::has_jobs() noexcept {
  std::scoped_lock lock(mutex_);
  return std::any_of(lanes_.begin(), lanes_.end(), [](lane const& l) { return !l.empty(); });
}

void thread_pool::post_at(time_point when, timer& t) {
  std::unique_lock lock(mutex_);
  if (running_ == 0) {
    lock.unlock();
    return run_now_or_after_telling(t);
  }
  bool earliest = when < timers_.next_due();
  timers_.push(t, when);
  if (!earliest) return;
  auto* next = timekeeper_ ? &timekeeper_->sleep.get() : sleeper();
  lock.unlock();
  wake(next);
}

bool thread_pool::cancel(timer& t) noexcept {
  std::scoped_lock lock(mutex_);
  return timers_.erase(t);
}

work* thread_pool::take() {
  if (!timers_.empty())
    while (auto* due = timers_.pop_due(now())) steps_.push(*due);
  if (auto* step = steps_.pop()) return step;
  while (!lanes_.empty()) {
    if (auto* next = lanes_.front().pop()) return next;
    if (lanes_.size() == 1) return nullptr;  // the usual single lane is kept
    lanes_.erase(lanes_.begin());
  }
  return nullptr;
}

time_point thread_pool::idle_until(member& self) {
  if (timekeeper_ || timers_.empty()) return time_point::max();
  timekeeper_ = &self;
  return timers_.next_due();
}

// Whoever leaves the queues for something else, work or rest, sees to what it leaves there: one wake-up for each thing
// is not enough, because a thread may be woken for one and find another, or find that it is one too many.
parker* thread_pool::successor() noexcept {
  bool waiting = !urgent_.empty() || !steps_.empty() || (!timers_.empty() && !timekeeper_) ||
                 std::any_of(lanes_.begin(), lanes_.end(), [](lane const& l) { return !l.empty(); });
  return waiting && !idle_.empty() ? sleeper() : nullptr;
}

void thread_pool::main(member& self) noexcept {
  enter here(*this);
  std::unique_lock lock(mutex_);
  for (;;) {
    if (work* item = urgent_.pop()) {
      auto* next = successor();
      lock.unlock();
      wake(next);
      item->run(*item);
      lock.lock();
      continue;
    }
    if (active_ > threads_wanted_ && !stopping_) {
      --active_;
      spare_.push_back(&self);
      auto* next = successor();
      lock.unlock();
      wake(next);
      self.sleep.get().wait_until(time_point::max());
      lock.lock();
      // Whoever took it from the list made it active; a wake-up for another reason leaves it there.
      if (auto at = std::find(spare_.begin(), spare_.end(), &self); at != spare_.end()) {
        spare_.erase(at);
        ++active_;
      }
      continue;
    }
    if (work* item = take()) {
      auto* next = successor();
      lock.unlock();
      wake(next);
      item->run(*item);
      lock.lock();
      continue;
    }
    if (stopping_) break;
    idle_.push_back(&self);
    time_point until = idle_until(self);
    lock.unlock();
    self.sleep.get().wait_until(until);
    lock.lock();
    std::erase(idle_, &self);
    if (timekeeper_ == &self) timekeeper_ = nullptr;
  }
  --active_;
  --running_;
}

void thread_pool::blocking_begins() noexcept {
  if (on_blocking_) on_blocking_();
  std::scoped_lock lock(mutex_);
  --active_;
  if (active_ < threads_wanted_) add_member();
}

void thread_pool::blocking_ends() noexcept {
  std::scoped_lock lock(mutex_);
  ++active_;
}

void thread_pool::join() {
  for (;;) {
    std::vector<std::unique_ptr<member>> ending;
    {
      std::scoped_lock lock(mutex_);
      stopping_ = true;
      if (members_.empty()) return;
      for (auto& m : members_) m->sleep.get().notify();
      ending.swap(members_);
    }
    // Those that block meanwhile may be replaced by others.
    for (auto& m : ending) m->thread.join();
  }
}

}  // namespace troupe::detail
