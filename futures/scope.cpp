#include <troupe/futures/scope.hpp>

#include <troupe/futures/root.hpp>

#include <condition_variable>
#include <cstdio>
#include <mutex>

namespace troupe {

// Outlives the scope while a task that has just ended is still telling it so.
class scope::children : public detail::ref_counted {
 public:
  explicit children(std::stop_source stop) noexcept : stop_(std::move(stop)) {}

  void started() noexcept {
    std::scoped_lock lock(mutex_);
    ++running_;
  }
  void ended(std::exception_ptr error) noexcept;
  [[nodiscard]] std::size_t running() noexcept {
    std::scoped_lock lock(mutex_);
    return running_;
  }
  /// False when nothing runs: there is nothing to wait for.
  [[nodiscard]] bool wait(all_ended& joiner) noexcept {
    std::scoped_lock lock(mutex_);
    if (running_ > 0) joiner_ = &joiner;
    return running_ > 0;
  }
  void block_until_ended() noexcept {
    std::unique_lock lock(mutex_);
    none_running_.wait(lock, [this] { return running_ == 0; });
  }
  [[nodiscard]] std::exception_ptr take_error() noexcept {
    std::scoped_lock lock(mutex_);
    return std::exchange(error_, nullptr);
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_running_;
  std::size_t running_ = 0;
  std::exception_ptr error_;
  all_ended* joiner_ = nullptr;
  std::stop_source stop_;
};

class scope::all_ended {
 public:
  explicit all_ended(children& all) noexcept : children_(all) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) noexcept {
    where_ = handle.promise().env().where;
    resumption_.bind(handle);
    return children_.wait(*this);
  }
  void await_resume() const noexcept {}

  void wake() noexcept { where_->post(resumption_); }

 private:
  children& children_;
  executor* where_ = nullptr;
  detail::resumption resumption_;
};

void scope::children::ended(std::exception_ptr error) noexcept {
  bool answers_a_stop = stop_.stop_requested() && detail::is_cancellation(error);
  all_ended* joiner = nullptr;
  bool first_failure = false;
  {
    std::scoped_lock lock(mutex_);
    if (error && !answers_a_stop && !error_) {
      error_ = std::move(error);
      first_failure = true;
    }
    if (--running_ == 0) {
      joiner = std::exchange(joiner_, nullptr);
      none_running_.notify_all();
    }
  }
  if (first_failure) stop_.request_stop();
  if (joiner) joiner->wake();
}

namespace {

executor* current_or_throw() {
  if (auto* here = executor::current()) return here;
  throw error("a scope outside of any executor: give it one, or create it in a coroutine");
}

}  // namespace

scope::scope() : scope(*current_or_throw()) {}
scope::scope(executor& where)
    : where_(&where),
      owner_(detail::current_environment() ? detail::current_environment()->owner : nullptr),
      children_(detail::make_intrusive<children>(stop_)) {}

scope::~scope() {
  if (running() == 0) return;
  request_stop();
  try {
    if (executor::current() == where_ && !where_->concurrent()) {
      where_->drive([this] { return running() == 0; });
    } else {
      detail::blocking_region region("the destructor of a scope with running tasks");
      children_->block_until_ended();
    }
  } catch (...) {
    std::fprintf(stderr,
                 "troupe: a scope was destroyed with tasks still running on an executor that cannot wait: co_await "
                 "scope.join() first\n");
    std::terminate();
  }
}

std::size_t scope::running() const noexcept { return children_->running(); }

void scope::spawn(task<void> body) {
  if (!body.valid()) throw future_invalid("spawning an empty task");
  children_->started();
  run(children_, std::move(body)).start({where_, stop_.get_token(), owner_});
}

detail::root scope::run(detail::intrusive_ptr<children> all, task<void> body) {
  std::exception_ptr error;
  try {
    // The frame of the body, and with it what its parameters hold, goes before the scope may be told.
    task<void> running = std::move(body);
    co_await std::move(running);
  } catch (...) {
    error = std::current_exception();
  }
  all->ended(std::move(error));
}

task<void> scope::join() {
  std::stop_token asked = co_await this_task::stop_token();
  auto hand_down = [this]() noexcept { stop_.request_stop(); };
  {
    std::stop_callback<decltype(hand_down)> on_stop(asked, hand_down);
    co_await all_ended(*children_);
  }
  if (auto error = children_->take_error()) std::rethrow_exception(error);
  if (asked.stop_requested()) throw cancelled_error("stopped");
}

}  // namespace troupe
