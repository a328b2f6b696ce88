#include <troupe/actors/runtime/internal/asio_loop.hpp>
#include <troupe/futures/environment.hpp>
#include <troupe/futures/shared_state.hpp>

#include <boost/asio/post.hpp>

namespace troupe::detail {

class asio_loop::stop_step final : public work {
 public:
  explicit stop_step(asio_loop& loop) noexcept : work(&run_it), loop_(loop) {}

 private:
  static void run_it(work& item) noexcept { static_cast<stop_step&>(item).loop_.stopping_ = true; }
  asio_loop& loop_;
};

asio_loop::asio_loop(intrusive_ptr<actor_registry> registry, std::size_t index, duration spin)
    : loop_base(std::move(registry), true),
      index_(index),
      spin_(spin),
      turns_(io_turns::of(io_)),
      io_stays_(io_.get_executor()) {}

asio_loop::~asio_loop() = default;

void asio_loop::start_thread() {
  thread_ = std::thread([this] { serve(); });
  std::unique_lock lock(started_mutex_);
  started_.wait(lock, [this] { return serves_; });
}

void asio_loop::join() {
  stop_step stop(*this);
  post(stop);
  thread_.join();
}

boost::asio::io_context& asio_loop::io() noexcept {
  if (!uses_io_.exchange(true, std::memory_order_seq_cst)) parker_.notify();
  return io_;
}

void asio_loop::wake() noexcept {
  if (!uses_io_.load(std::memory_order_seq_cst)) return parker_.notify();
  // The loop says that it sleeps before it looks into the inbox for the last time.
  if (asleep_in_io_.exchange(false, std::memory_order_seq_cst)) boost::asio::post(io_, [] {});
}

void asio_loop::serve() noexcept {
  turns_.lock();
  open();
  enter here(*this);
  {
    std::scoped_lock lock(started_mutex_);
    serves_ = true;
    started_.notify_one();
  }
  for (;;) {
    collect();
    run_some();
    turns_.finish();
    if (!nothing_to_do())
      look_at_sockets_by_turns();
    else if (!stopping_)
      sleep();
    else if (!look_at_sockets())
      break;
  }
  shut();
  shut_ = true;
  turns_.unlock();
}

void asio_loop::post_now(work& item) noexcept {
  if (here() || is_telling() || !turns_.try_lock()) return post(item);
  // Who waits here already was first.
  if (shut_ || !nothing_to_do()) {
    turns_.unlock();
    return post(item);
  }
  act_for_it(item);
  bool goes_on = !ready_.empty() || next_due() < sleeps_until_;
  turns_.unlock();
  if (goes_on) wake();
}

void asio_loop::act_for_it(work& item) noexcept {
  constexpr int most_rounds = 8;
  auto* outer = std::exchange(current_loop, this);
  enter_environment nobodys(nullptr);
  enter here(*this);
  push_step(item);
  for (int round = 0; round < most_rounds && run_some(); ++round) turns_.finish();
  current_loop = outer;
}

bool asio_loop::run_some() noexcept {
  // Enough to make a look at inbox, timers and sockets cheap by comparison, little enough to keep them waiting briefly.
  constexpr int most_steps = 128;
  int steps = 0;
  while (steps < most_steps) {
    work* item = ready_.pop();
    if (!item) break;
    ++steps;
    item->run(*item);
  }
  return steps > 0;
}

void asio_loop::look_at_sockets_by_turns() {
  // To look when there is something else to do costs a system call, and mostly it has just slept there.
  if (!std::exchange(has_looked_, false)) look_at_sockets();
}

bool asio_loop::look_at_sockets() {
  if (!uses_io_.load(std::memory_order_relaxed)) return false;
  // A socket that always has something to read keeps neither actors nor timers waiting.
  constexpr int most_handlers = 64;
  has_looked_ = true;
  turns_.unlock();
  int ran = 0;
  while (ran < most_handlers && io_.poll_one() > 0) ++ran;
  turns_.lock();
  return ran > 0;
}

void asio_loop::sleep() {
  if (!uses_io_.load(std::memory_order_seq_cst)) {
    sleeps_until_ = next_due();
    turns_.unlock();
    parker_.wait_until(sleeps_until_, spin_);
    return turns_.lock();
  }
  if (spin_ > duration::zero()) {
    time_point end = clock::now() + spin_;
    do {
      if (look_at_sockets() || !nothing_to_do()) return;
    } while (clock::now() < end);
  }
  sleep_in_io();
}

void asio_loop::sleep_in_io() {
  // Who posts a step or an earlier timer from here on wakes the loop; what was posted before this exchange is seen
  // below. So neither may be looked at any earlier.
  asleep_in_io_.exchange(true, std::memory_order_seq_cst);
  if (inbox_empty()) {
    has_looked_ = true;
    sleeps_until_ = next_due();
    turns_.unlock();
    if (sleeps_until_ == time_point::max())
      io_.run_one();
    else
      io_.run_one_until(sleeps_until_);
    turns_.lock();
  }
  asleep_in_io_.store(false, std::memory_order_seq_cst);
}

boost::asio::io_context& io_of(event_loop& loop) {
  if (auto* with_io = dynamic_cast<asio_loop*>(&loop)) return with_io->io();
  throw error("this loop is simulated and has no sockets");
}

}  // namespace troupe::detail
