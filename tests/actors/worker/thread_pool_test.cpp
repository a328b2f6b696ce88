#include <troupe/actors/worker/internal/thread_pool.hpp>
#include <troupe/futures/promise.hpp>
#include <troupe/futures/root.hpp>
#include <troupe/futures/sleep_for.hpp>
#include <troupe/futures/task.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::detail::job;
using troupe::detail::thread_pool;
using troupe::detail::timer;
using troupe::detail::work;

/// A job that runs a function once and goes.
class once final : public job {
 public:
  explicit once(std::function<void()> what, std::int32_t important = 0, std::uint64_t place = 0)
      : job(&call), what_(std::move(what)) {
    priority = important;
    rank = place;
  }

 private:
  static void call(work& item) noexcept {
    std::unique_ptr<once> self(static_cast<once*>(&item));
    self->what_();
  }
  std::function<void()> what_;
};

void submit(thread_pool& pool, std::function<void()> what, std::int32_t priority = 0, std::uint64_t rank = 0) {
  auto* item = new once(std::move(what), priority, rank);
  item->next = nullptr;
  pool.submit(item);
}
void post(thread_pool& pool, std::function<void()> what) { pool.post(*new once(std::move(what))); }

class ring final : public timer {
 public:
  explicit ring(std::function<void()> what) : timer(&call), what_(std::move(what)) {}

 private:
  static void call(work& item) noexcept { static_cast<ring&>(item).what_(); }
  std::function<void()> what_;
};

class event {
 public:
  void set() { promise_.set_value(); }
  void wait() const { future_.get(); }

 private:
  troupe::promise<void> promise_;
  troupe::future<void> future_ = promise_.get_future();
};

class notes {
 public:
  void add(int x) {
    std::scoped_lock lock(mutex_);
    all_.push_back(x);
  }
  [[nodiscard]] std::vector<int> all() {
    std::scoped_lock lock(mutex_);
    return all_;
  }

 private:
  std::mutex mutex_;
  std::vector<int> all_;
};

/// Keeps the pool's thread busy until told, with its spinning visible to the pool as work, not as waiting.
class busy_thread {
 public:
  explicit busy_thread(thread_pool& pool) {
    submit(pool, [this] {
      begun_.set();
      while (!free_) std::this_thread::yield();
      left_ = true;
    });
    begun_.wait();
  }
  ~busy_thread() {
    set_free();
    while (!left_) std::this_thread::yield();
  }
  void set_free() { free_ = true; }

 private:
  event begun_;
  std::atomic<bool> free_ = false;
  std::atomic<bool> left_ = false;
};

}  // namespace

TEST_CASE("jobs of one priority run in the order in which they came") {
  thread_pool pool("pool", 1);
  notes order;
  for (int i = 0; i < 100; ++i) submit(pool, [&, i] { order.add(i); });
  pool.join();
  auto all = order.all();
  REQUIRE(all.size() == 100);
  CHECK(std::is_sorted(all.begin(), all.end()));
}

TEST_CASE("of jobs of one priority those of smaller rank go first, equals as they came") {
  thread_pool pool("pool", 1);
  notes order;
  {
    busy_thread busy(pool);
    int number = 0;
    for (std::uint64_t rank : {5, 7, 3, 9, 3, 1, 9, 7}) {
      submit(pool, [&order, n = int(rank) * 10 + number] { order.add(n); }, 0, rank);
      ++number;
    }
  }
  pool.join();
  CHECK(order.all() == std::vector{15, 32, 34, 50, 71, 77, 93, 96});
}

TEST_CASE("a chain of jobs is handed over at once, each to its priority") {
  thread_pool pool("pool", 1);
  notes order;
  {
    busy_thread busy(pool);
    job* first = nullptr;
    for (int i = 5; i >= 0; --i) {
      auto* item = new once([&order, i] { order.add(i); }, i % 3);
      item->next = first;
      first = item;
    }
    pool.submit(first);
  }
  pool.join();
  CHECK(order.all() == std::vector{2, 5, 1, 4, 0, 3});
}

TEST_CASE("steps go before jobs, important jobs before others") {
  thread_pool pool("pool", 1);
  notes order;
  {
    busy_thread busy(pool);
    submit(pool, [&] { order.add(3); });
    submit(pool, [&] { order.add(4); }, -5);
    submit(pool, [&] { order.add(2); }, 5);
    post(pool, [&] { order.add(1); });
    submit(pool, [&] { order.add(5); }, -5);
  }
  pool.join();
  CHECK(order.all() == std::vector{1, 2, 3, 4, 5});
}

TEST_CASE("a pool has as many threads as asked for, and tells its steps where they run") {
  thread_pool pool("a name that is too long for the kernel", 3);
  CHECK(pool.threads() == 3);
  std::atomic<int> met = 0, wrong = 0;
  std::mutex mutex;
  std::set<std::thread::id> threads;
  for (int i = 0; i < 3; ++i)
    submit(pool, [&] {
      if (troupe::executor::current() != &pool) ++wrong;
      {
        std::scoped_lock lock(mutex);
        threads.insert(std::this_thread::get_id());
      }
      ++met;
      while (met < 3) std::this_thread::yield();
    });
  pool.join();
  CHECK(threads.size() == 3);
  CHECK(wrong == 0);
}

TEST_CASE("a job is not left waiting by a thread that was woken for it and is one too many") {
  for (int round = 0; round < 50; ++round) {
    thread_pool pool("pool", 2);
    event blocked, go_on, done;
    std::atomic<bool> ran = false;
    submit(pool, [&] {
      blocked.set();
      go_on.wait();  // another thread takes this one's place
      while (!ran) std::this_thread::yield();
      done.set();
    });
    blocked.wait();
    submit(pool, [&] { go_on.set(); });
    submit(pool, [&] { ran = true; });
    done.wait();
    pool.join();
  }
}

TEST_CASE("timers that are due together ring on as many threads as there are, and a later one is not forgotten") {
  thread_pool pool("pool", 4);
  event all;
  std::atomic<int> met = 0;
  auto meet = [&] {
    ++met;
    while (met < 4) std::this_thread::yield();
    all.set();
  };
  auto join_in = [&] {
    ++met;
    while (met < 4) std::this_thread::yield();
  };
  ring first(join_in), second(join_in), third(join_in), last(meet);
  auto due = pool.now() + 2ms;
  for (auto* t : {&first, &second, &third}) pool.post_at(due, *t);
  pool.post_at(due + 2ms, last);
  all.wait();
  pool.join();
}

TEST_CASE("what is run aside runs also when all threads are busy") {
  thread_pool pool("pool", 1);
  event busy, aside;
  std::atomic<bool> stop = false;
  submit(pool, [&] {
    busy.set();
    while (!stop) std::this_thread::yield();
  });
  busy.wait();
  pool.run_aside(*new once([&] { aside.set(); }));
  aside.wait();
  stop = true;
  pool.join();
}

TEST_CASE("timers ring in the order of their times, also those set while a thread sleeps for a later one") {
  thread_pool pool("pool", 1);
  notes order;
  event last;
  ring late([&] {
    order.add(3);
    last.set();
  });
  ring middle([&] { order.add(2); }), early([&] { order.add(1); });
  auto start = pool.now();
  pool.post_at(start + 6ms, late);
  pool.post_at(start + 4ms, middle);
  pool.post_at(start + 2ms, early);
  last.wait();
  pool.join();
  auto all = order.all();
  CHECK(all == std::vector<int>{1, 2, 3});
}

TEST_CASE("a timer in the past rings at once, one taken back never") {
  thread_pool pool("pool", 1);
  event rang;
  ring past([&] { rang.set(); }), never([] { FAIL("taken back"); });
  pool.post_at(pool.now() + 1h, never);
  pool.post_at(pool.now() - 1h, past);
  rang.wait();
  CHECK(pool.cancel(never));
  CHECK_FALSE(pool.cancel(never));
  CHECK_FALSE(pool.cancel(past));
}

TEST_CASE("the clock is watched while the thread that watched it works") {
  thread_pool pool("pool", 2);
  event rang, called;
  ring first([&] { called.set(); }), second([&] { rang.set(); });
  pool.post_at(pool.now() + 1ms, first);
  called.wait();
  busy_thread busy(pool);
  pool.post_at(pool.now() + 1ms, second);
  rang.wait();
}

TEST_CASE("a pool that ends drops timers that are not due") {
  ring never([] { FAIL("rang after the end"); });
  thread_pool pool("pool", 1);
  pool.post_at(pool.now() + 1h, never);
  pool.join();
  CHECK(pool.cancel(never));
}

TEST_CASE("a thread that blocks is replaced, so that what it waits for can run on the same pool") {
  for (std::uint32_t threads : {1u, 2u}) {
    thread_pool pool("pool", threads);
    std::atomic<int> told = 0;
    pool.on_blocking([&] { ++told; });
    troupe::promise<void> inner;
    auto awaited = inner.get_future();
    notes order;
    for (int i = 0; i < 50; ++i)
      submit(pool, [&, i] {
        awaited.get();
        order.add(i);
      });
    submit(pool, [&] { inner.set_value(); });
    pool.join();
    CHECK(order.all().size() == 50);
    CHECK(told > 0);
    CHECK(told <= 50);
  }
}

TEST_CASE("threads that replaced blocked ones rest when those are back") {
  thread_pool pool("pool", 2);
  for (int round = 0; round < 50; ++round) {
    troupe::promise<void> inner;
    auto awaited = inner.get_future();
    std::atomic<int> waiting = 0, back = 0;
    for (int i = 0; i < 6; ++i)
      submit(pool, [&] {
        ++waiting;
        awaited.get();
        ++back;
      });
    while (waiting < 6) std::this_thread::yield();
    inner.set_value();
    while (back < 6) std::this_thread::yield();
    // Those that woke may be on their way to rest for a while.
    for (int most = 3; most > 2;) {
      std::atomic<int> at_once = 0, seen = 0, done = 0;
      for (int i = 0; i < 20; ++i)
        submit(pool, [&] {
          int now = ++at_once;
          for (int before = seen; now > before && !seen.compare_exchange_weak(before, now);) {
          }
          std::this_thread::yield();
          --at_once;
          ++done;
        });
      while (done < 20) std::this_thread::yield();
      most = seen;
    }
  }
  pool.join();
}

TEST_CASE("joining waits for what was handed over, and may be done again") {
  std::atomic<int> ran = 0;
  thread_pool pool("pool", 2);
  for (int i = 0; i < 1000; ++i)
    submit(pool, [&] {
      if (++ran % 10 == 0) post(pool, [&] { ++ran; });
    });
  pool.join();
  CHECK(ran >= 1100);
  pool.join();
}

TEST_CASE("a step that is posted after the end runs on the posting thread") {
  thread_pool pool("pool", 1);
  pool.join();
  std::thread::id ran_on;
  post(pool, [&] { ran_on = std::this_thread::get_id(); });
  CHECK(ran_on == std::this_thread::get_id());
}

TEST_CASE("many threads post at once, and every step runs") {
  std::atomic<int> ran = 0;
  {
    thread_pool pool("pool", 2);
    std::vector<std::jthread> posting;
    for (int t = 0; t < 4; ++t)
      posting.emplace_back([&] {
        for (int i = 0; i < 2000; ++i)
          if (i % 2)
            post(pool, [&] { ++ran; });
          else
            submit(pool, [&] { ++ran; }, i % 5);
      });
    posting.clear();
  }
  CHECK(ran == 8000);
}

TEST_CASE("coroutines sleep on the pool's clock and wake on its threads") {
  thread_pool pool("pool", 1);
  std::atomic<int> ended = 0, astray = 0;
  event last;
  struct body {
    static troupe::detail::root nap(thread_pool& on, std::atomic<int>& counted, std::atomic<int>& wrong, event& all) {
      for (int i = 0; i < 3; ++i) {
        co_await troupe::sleep_for(100us);
        if (troupe::executor::current() != &on) ++wrong;
      }
      if (++counted == 100) all.set();
    }
  };
  for (int i = 0; i < 100; ++i) body::nap(pool, ended, astray, last).start({&pool, {}});
  last.wait();
  pool.join();
  CHECK(astray == 0);
}
