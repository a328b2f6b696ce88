#include <troupe/futures/shared_state.hpp>

#include <troupe/futures/parker.hpp>

#include <thread>

namespace troupe::detail {

namespace {

constinit thread_local work_list after_telling;
// States whose waiters the calling thread is telling right now.
constinit thread_local unsigned telling = 0;

}  // namespace

void run_after_telling(work& item) noexcept { after_telling.push(item); }

bool is_telling() noexcept { return telling > 0; }

void run_now_or_after_telling(work& item) noexcept {
  if (is_telling())
    run_after_telling(item);
  else
    item.run(item);
}

// Held for a few instructions only, so waiting is a matter of nanoseconds.
class state_base::locked {
 public:
  explicit locked(state_base& state) noexcept : state_(state) {
    while (state_.lock_.exchange(true, std::memory_order_acquire)) std::this_thread::yield();
  }
  ~locked() { state_.lock_.store(false, std::memory_order_release); }
  locked(locked const&) = delete;
  locked& operator=(locked const&) = delete;

 private:
  state_base& state_;
};

future_status state_base::status() const noexcept {
  auto status = status_.load(std::memory_order_acquire);
  if (status == elsewhere) return future_status::finished;
  return status == claimed ? future_status::pending : future_status(status);
}

std::exception_ptr state_base::error() const {
  auto how = status();
  // The error of a value that is elsewhere may be written at this moment: it was lost.
  return how == future_status::failed || how == future_status::cancelled ? error_ : nullptr;
}

void state_base::rethrow_if_failed() {
  if (status() != future_status::finished) std::rethrow_exception(error_);
  if (packed()) unpack();
}

void state_base::throw_shared() const {
  throw future_shared("the value of future " + key() +
                      " cannot be copied and has other holders: await a named future to read it in place");
}

bool state_base::add(waiter& w, std::atomic<bool> const* veto) noexcept {
  auto there = [&] { return w.what_ == awaits::value ? readable() : done(); };
  if (there()) return false;
  intrusive_ptr<state_base> alive;
  {
    locked guard(*this);
    if (there() || (veto && veto->load(std::memory_order_acquire))) return false;
    append(w);
    if (w.what_ == awaits::end) return true;
    readers_ = true;
    if (status_.load(std::memory_order_relaxed) != elsewhere || std::exchange(fetching_, true)) return true;
    // The waiter may be told, and whoever holds this state gone, as soon as the lock is.
    alive = intrusive_ptr<state_base>(this);
  }
  fetch();
  return true;
}

bool state_base::remove(waiter& w) noexcept {
  locked guard(*this);
  if (!w.linked_) return false;
  (w.previous_ ? w.previous_->next_ : first_) = w.next_;
  (w.next_ ? w.next_->previous_ : last_) = w.previous_;
  w.linked_ = false;
  return true;
}

bool state_base::claim() noexcept {
  std::uint8_t expected = std::uint8_t(future_status::pending);
  return status_.compare_exchange_strong(expected, claimed, std::memory_order_acq_rel);
}

void state_base::publish(future_status status) noexcept { tell(std::uint8_t(status)); }
void state_base::publish_elsewhere() noexcept { tell(elsewhere); }

void state_base::lose(std::exception_ptr error) noexcept { fail_claimed(std::move(error)); }

void state_base::tell(std::uint8_t status) noexcept {
  // A told waiter may let go of the last reference while the others are still being told.
  intrusive_ptr<state_base> alive(this);
  bool wanted = false;
  {
    locked guard(*this);
    ++telling;
    status_.store(status, std::memory_order_release);
    waiter* w = std::exchange(first_, nullptr);
    last_ = nullptr;
    while (w) {
      waiter* next = w->next_;
      if (status == elsewhere && w->what_ == awaits::value) {
        append(*w);
      } else {
        w->linked_ = false;
        w->ready(*this);
      }
      w = next;
    }
    --telling;
    wanted = fetching_ = status == elsewhere && readers_;
  }
  if (wanted) fetch();
  while (work* item = after_telling.pop()) item->run(*item);
}

void state_base::append(waiter& w) noexcept {
  w.next_ = nullptr;
  w.previous_ = last_;
  (last_ ? last_->next_ : first_) = &w;
  last_ = &w;
  w.linked_ = true;
}

bool state_base::set_error(std::exception_ptr error) noexcept {
  if (!claim()) return false;
  fail_claimed(std::move(error));
  return true;
}

void state_base::fail_claimed(std::exception_ptr error) noexcept {
  error_ = std::move(error);
  publish(is_cancellation(error_) ? future_status::cancelled : future_status::failed);
}

bool state_base::set_cancelled(std::string_view reason) noexcept {
  if (!claim()) return false;
  error_ = std::make_exception_ptr(cancelled_error(std::string(reason)));
  publish(future_status::cancelled);
  return true;
}

namespace {

class sleeper final : public waiter {
 public:
  explicit sleeper(awaits what) noexcept : waiter(what), what_(what) {}
  void ready(state_base&) noexcept override { parker_.notify(); }
  [[nodiscard]] bool over(state_base const& state) const noexcept {
    return what_ == awaits::value ? state.readable() : state.done();
  }
  bool sleep(state_base& state, time_point until) {
    while (!over(state) && clock::now() < until) parker_.wait_until(until);
    return over(state);
  }

 private:
  awaits what_;
  parker parker_;
};

}  // namespace

bool block_until_done(state_base& state, time_point until, char const* operation, awaits what) {
  sleeper self(what);
  if (self.over(state)) return true;
  blocking_region region(operation);
  if (!state.add(self)) return true;
  bool done = self.sleep(state, until);
  // Also when done: the thread that completes may still be on its way through `ready`.
  state.remove(self);
  return done;
}

}  // namespace troupe::detail
