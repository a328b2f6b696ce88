#include <troupe/actors/runtime/internal/loop_base.hpp>
#include <troupe/actors/runtime/internal/run_on.hpp>
#include <troupe/actors/runtime/runtime.hpp>
#include <troupe/actors/runtime/simulated_loop.hpp>
#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace troupe;
using namespace std::chrono_literals;

struct bump {
  int by = 1;
};
struct total {};
struct never {};
struct blocked {};
struct batch {
  std::unique_ptr<std::vector<int>> numbers;
};

class counter : public actor {
 public:
  int on(total) { return total_; }
  task<void> on(bump m) {
    co_await std::suspend_never{};
    total_ += m.by;
  }
  void on(batch m) {
    for (int n : *m.numbers) total_ += n;
  }
  task<void> on(never) {
    promise<void> p;
    auto f = p.get_future();
    co_await f;
  }

 private:
  int total_ = 0;
};

struct ball {
  int hits;
};

class player : public actor {
 public:
  struct start {
    actor_ref<player> other;
    int hits;
  };
  task<int> on(start m) {
    ball b{0};
    while (b.hits < m.hits) {
      auto back = m.other.ask(b);
      b = co_await back;
    }
    co_return b.hits;
  }
  ball on(ball b) { return {b.hits + 1}; }
};

TEST_CASE("a program sends to an actor and reads its answer from any thread") {
  runtime rt;
  auto ref = rt.loop().spawn<counter>();
  ref.send(bump{40});
  ref.send(batch{std::make_unique<std::vector<int>>(std::vector{1, 1})});
  CHECK(ref.ask(total{}).get() == 42);
}

TEST_CASE("actors on different loops play ping-pong") {
  runtime rt(runtime_options().loops(2));
  auto a = rt.loop(0).spawn<player>();
  auto b = rt.loop(1).spawn<player>();
  CHECK(a.ask(player::start{b, 2000}).get() == 2000);
  CHECK(a.ask(player::start{a, 100}).get() == 100);
}

TEST_CASE("many threads send to actors on several loops and no message is lost") {
  runtime rt(runtime_options().loops(2));
  std::vector<actor_ref<counter>> refs;
  for (std::size_t i = 0; i < 4; ++i) refs.push_back(rt.loop(i % 2).spawn<counter>());
  constexpr int each = 2000;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&refs, t] {
      for (int i = 0; i < each; ++i) {
        refs[std::size_t(i % 4)].send(bump{1});
        if (i % 100 == 0) refs[std::size_t(t)].ask(total{}).get();
      }
    });
  for (auto& t : threads) t.join();
  int sum = 0;
  for (auto& ref : refs) sum += ref.ask(total{}).get();
  CHECK(sum == 4 * each);
}

TEST_CASE("asks that are cancelled, dropped or answered at the same moment leave nothing behind") {
  runtime rt;
  auto ref = rt.loop().spawn<counter>();
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        auto waits = ref.ask(never{}, i % 3 == 0 ? clock::now() + 50us : time_point::max());
        auto answers = ref.ask(total{});
        if (t == 0) waits.cancel();
        if (t == 1) answers.get();
      }
    });
  for (auto& t : threads) t.join();
  rt.close();
  CHECK(rt.live_handlers() == 0);
  CHECK(rt.live_actors() == 0);
}

TEST_CASE("close ends actors that others still send to, and no ask hangs") {
  auto rt = std::make_unique<runtime>(runtime_options().loops(2));
  std::vector<actor_ref<counter>> refs;
  for (std::size_t i = 0; i < 4; ++i) refs.push_back(rt->loop(i % 2).spawn<counter>());
  std::atomic<int> gone{0};
  std::atomic<bool> running{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&] {
      for (int after = 0; after < 50;) {
        for (auto& ref : refs) {
          ref.send(bump{1});
          auto answer = ref.ask(total{});
          running = true;
          try {
            answer.get();
          } catch (actor_gone const&) {
            ++gone;
            ++after;
          }
        }
      }
    });
  while (!running) std::this_thread::yield();
  rt->close();
  CHECK(rt->live_actors() == 0);
  for (auto& t : threads) t.join();
  CHECK(gone >= 100);
  rt.reset();
  CHECK_THROWS_AS(refs[0].ask(total{}).get(), actor_gone);
}

TEST_CASE("an actor that hears of the close before it has started ends without starting") {
  simulated_loop loop;
  auto& registry = detail::base_of(loop.loop()).registry();
  auto early =
      detail::make_intrusive<detail::actor_core>(detail::intrusive_ptr<event_loop>(&loop.loop()), registry.next_id(),
                                                 detail::actor_type_of<counter>(), detail::make_birth<counter>());
  REQUIRE(registry.add(*early));
  loop.close();
  CHECK(loop.live_actors() == 0);
  CHECK(early->stopping());
}

TEST_CASE("actors that are spawned while a runtime closes end with it") {
  for (int i = 0; i < 100; ++i) {
    runtime rt;
    std::atomic<bool> running{false};
    std::thread spawner([&] {
      try {
        for (;;) {
          auto answer = rt.loop().spawn<counter>().ask(total{});
          running = true;
          answer.get();
        }
      } catch (actor_gone const&) {
      }
    });
    while (!running) std::this_thread::yield();
    rt.close();
    CHECK(rt.live_actors() == 0);
    spawner.join();
  }
}

TEST_CASE("close asks waiting handlers to stop and waits for them") {
  runtime rt;
  auto ref = rt.loop().spawn<counter>();
  auto answer = ref.ask(never{});
  ref.ask(total{}).get();
  CHECK(rt.live_handlers() == 1);
  rt.close();
  CHECK(rt.live_handlers() == 0);
  CHECK_THROWS_AS(answer.get(), actor_gone);
}

TEST_CASE("close is idempotent and runs what was registered for it once, last first") {
  std::string order;
  {
    runtime rt;
    CHECK(rt.on_close([&] { order += 'a'; }));
    CHECK(rt.on_close([&] { order += 'b'; }));
    auto ref = rt.loop().spawn<counter>();
    CHECK(rt.on_close([&] { order += ref.ask(total{}).get() == 0 ? 'c' : '?'; }));
    rt.close();
    rt.close();
    CHECK(rt.closed());
    CHECK_FALSE(rt.on_close([&] { order += 'd'; }));
  }
  CHECK(order == "cba");
}

TEST_CASE("a runtime without loops, or a loop it does not have, is a clear error") {
  CHECK_THROWS_WITH(runtime(runtime_options().loops(0)), Catch::Contains("at least one loop"));
  runtime rt;
  CHECK_THROWS_WITH(rt.loop(1), Catch::Contains("loop 1"));
}

TEST_CASE("closing a runtime on the thread of a loop fails instead of hanging") {
  class closer : public actor {
   public:
    explicit closer(runtime& rt) : rt_(&rt) {}
    void on(blocked) { rt_->close(); }

   private:
    runtime* rt_;
  };
  runtime rt;
  auto ref = rt.loop().spawn<closer>(std::ref(rt));
  CHECK_THROWS_AS(ref.ask(blocked{}).get(), would_deadlock);
}

TEST_CASE("steps and timers posted from other threads run on the loop") {
  struct step : detail::timer {
    step(event_loop& l, promise<bool>& d) : detail::timer(&run_it), loop(l), done(d) {}
    static void run_it(detail::work& w) noexcept {
      auto& self = static_cast<step&>(w);
      self.done.set_value(self.loop.here() && executor::current() == &self.loop);
    }
    event_loop& loop;
    promise<bool>& done;
  };
  runtime rt;
  promise<bool> first, second, third;
  step now(rt.loop(), first), later(rt.loop(), second), cancelled(rt.loop(), third);
  rt.loop().post(now);
  CHECK(first.get_future().get());
  rt.loop().post_at(clock::now() + 1h, cancelled);
  rt.loop().post_at(clock::now() + 1ms, later);
  CHECK(second.get_future().get());
  CHECK(rt.loop().cancel(cancelled));
  CHECK_FALSE(rt.loop().cancel(cancelled));
}

TEST_CASE("close kills an actor that traps its stop request for too long") {
  class stubborn : public actor {
   public:
    stubborn() { trap_exit(true); }
    void on(exit_msg) {}
  };
  runtime rt(runtime_options().patience(1ms));
  auto end = rt.loop().spawn<stubborn>().ended();
  rt.close();
  CHECK(end.get().what() == exit_reason::kind::killed);
}

TEST_CASE("runtimes are independent of each other") {
  runtime a;
  auto in_a = a.loop().spawn<counter>();
  {
    runtime b;
    auto in_b = b.loop().spawn<counter>();
    in_a.send(bump{2});
    in_b.send(bump{3});
    CHECK(in_b.ask(total{}).get() == 3);
  }
  CHECK(in_a.ask(total{}).get() == 2);
}

}  // namespace

TEST_CASE("the end of an actor that another thread has just spawned can be waited for on the loop") {
  runtime in;
  auto& loop = in.loop(0);
  promise<future<exit_reason>> told;
  auto ended = told.get_future();
  detail::run_on(loop, [&] {
    actor_ref<counter> spawned;
    std::thread([&] { spawned = loop.spawn<counter>(); }).join();
    told.set_value(spawned.ended());
    spawned.stop();
  });
  CHECK(ended.get().get().what() == exit_reason::kind::shutdown);
}
