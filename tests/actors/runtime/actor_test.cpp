#include <troupe/actors/runtime/simulated_loop.hpp>
#include <troupe/futures/errors.hpp>
#include <troupe/futures/sleep_for.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace troupe;
using namespace std::chrono_literals;

struct add {
  int by;
};
struct get {};
struct boxed {
  std::unique_ptr<int> value;
};
struct fail {
  std::string text;
};
struct fail_later {
  std::string text;
};
struct leave {};
struct wait_for {
  future<int> what;
};
struct nap {
  duration time;
};
struct block {};

class counter : public actor {
 public:
  explicit counter(int start) : value_(start) {}
  explicit counter(std::unique_ptr<int> start) : value_(*start) {}

  int on(get) { return value_; }
  task<int> on(add m) {
    co_await std::suspend_never{};
    co_return value_ += m.by;
  }
  void on(boxed m) { value_ += *m.value; }
  int on(fail m) { throw std::runtime_error(m.text); }
  task<void> on(fail_later m) {
    co_await sleep(1ms);
    throw std::runtime_error(m.text);
  }
  void on(leave) { quit(); }
  task<int> on(wait_for m) {
    int got = co_await m.what;
    co_return value_ += got;
  }
  task<void> on(nap m) {
    co_await sleep(m.time);
    ++value_;
  }
  int on(block) { return promise<int>().get_future().get(); }

 private:
  // A wait on the actor's clock that a stop request ends.
  task<void> sleep(duration time) {
    auto p = std::make_shared<promise<int>>();
    send_after(time, this, release{p});
    auto f = p->get_future();
    co_await f;
  }
  struct release {
    std::shared_ptr<promise<int>> p;
  };

 public:
  void on(release m) { m.p->set_value(1); }

 private:
  int value_;
};

template <class T>
std::string error_of(future<T> const& f) {
  return describe(f.error());
}

TEST_CASE("an actor answers what it is asked") {
  simulated_loop loop;
  auto ref = loop.spawn<counter>(10);
  auto plain = ref.ask(get{});
  auto coroutine = ref.ask(add{5});
  CHECK_FALSE(plain.done());
  loop.run();
  CHECK(plain.get() == 10);
  CHECK(coroutine.get() == 15);
}

TEST_CASE("messages of one sender are handled in the order in which they were sent") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    simulated_loop loop(seed);
    auto ref = loop.spawn<counter>(0);
    for (int i = 0; i < 10; ++i) ref.send(add{i});
    auto seen = ref.ask(get{});
    loop.run();
    CHECK(seen.get() == 45);
  }
}

TEST_CASE("a message may be move-only, and so may a constructor argument") {
  simulated_loop loop;
  auto ref = loop.spawn<counter>(std::make_unique<int>(1));
  ref.send(boxed{std::make_unique<int>(41)});
  auto seen = ref.ask(get{});
  loop.run();
  CHECK(seen.get() == 42);
}

TEST_CASE("an exception out of a handler goes to who asked and the actor goes on") {
  simulated_loop loop;
  auto ref = loop.spawn<counter>(1);
  auto plain = ref.ask(fail{"first"});
  auto coroutine = ref.ask(fail_later{"second"});
  loop.run();
  CHECK(error_of(plain) == "first");
  loop.advance(1ms);
  CHECK(error_of(coroutine) == "second");
  auto seen = ref.ask(get{});
  loop.run();
  CHECK(seen.get() == 1);
}

TEST_CASE("an exception out of a handler that nobody asked ends the actor with its text") {
  simulated_loop loop;
  bool later = GENERATE(false, true);
  auto ref = loop.spawn<counter>(1);
  auto end = ref.ended();
  if (later)
    ref.send(fail_later{"broken"});
  else
    ref.send(fail{"broken"});
  loop.run();
  loop.advance(1ms);
  REQUIRE(end.done());
  CHECK(end.get().what() == exit_reason::kind::failed);
  CHECK(end.get().text() == "broken");
  CHECK(loop.live_actors() == 0);
}

TEST_CASE("asking an actor that has ended fails with actor_gone that says why it ended") {
  simulated_loop loop;
  auto ref = loop.spawn<counter>(1);
  ref.send(fail{"broken"});
  auto in_the_mailbox = ref.ask(get{});
  loop.run();
  auto afterwards = ref.ask(get{});
  loop.run();
  CHECK_THROWS_AS(in_the_mailbox.get(), actor_gone);
  CHECK_THROWS_AS(afterwards.get(), actor_gone);
  CHECK_THAT(error_of(afterwards), Catch::Contains("counter") && Catch::Contains("broken"));
}

TEST_CASE("an actor that ends before it has answered fails the ask with actor_gone") {
  simulated_loop loop;
  auto ref = loop.spawn<counter>(1);
  promise<int> never;
  auto answer = ref.ask(wait_for{never.get_future()});
  loop.run();
  REQUIRE(loop.live_handlers() == 1);
  ref.send(leave{});
  loop.run();
  CHECK_THROWS_AS(answer.get(), actor_gone);
  CHECK(loop.live_handlers() == 0);
  CHECK(loop.live_actors() == 0);
}

TEST_CASE("an actor whose constructor throws is gone, and says so to all who care") {
  class broken : public actor {
   public:
    broken() { throw std::runtime_error("no disk"); }
    int on(get) { return 1; }
  };
  simulated_loop loop;
  auto ref = loop.spawn<broken>();
  auto started = ref.started();
  auto end = ref.ended();
  auto answer = ref.ask(get{});
  loop.run();
  CHECK(error_of(started) == "no disk");
  CHECK(end.get().text() == "no disk");
  CHECK_THROWS_AS(answer.get(), actor_gone);
  CHECK_THAT(error_of(answer), Catch::Contains("no disk"));
  CHECK(error_of(ref.started()) == "no disk");
}

TEST_CASE("while a coroutine handler waits the actor handles other messages") {
  simulated_loop loop;
  auto ref = loop.spawn<counter>(1);
  promise<int> soon;
  auto waiting = ref.ask(wait_for{soon.get_future()});
  ref.send(add{10});
  auto between = ref.ask(get{});
  loop.run();
  CHECK(between.get() == 11);
  CHECK_FALSE(waiting.done());
  soon.set_value(100);
  loop.run();
  CHECK(waiting.get() == 111);
}

TEST_CASE("cancelling an ask asks its handler to stop") {
  simulated_loop loop;
  auto ref = loop.spawn<counter>(1);
  promise<int> never;
  auto answer = ref.ask(wait_for{never.get_future()});
  loop.run();
  answer.cancel();
  CHECK(answer.cancelled());
  loop.run();
  CHECK(loop.live_handlers() == 0);
  CHECK(loop.live_actors() == 1);
}

TEST_CASE("dropping the last future of an ask asks its handler to stop") {
  simulated_loop loop;
  auto ref = loop.spawn<counter>(1);
  promise<int> never;
  {
    auto answer = ref.ask(wait_for{never.get_future()});
    loop.run();
    CHECK(loop.live_handlers() == 1);
  }
  loop.run();
  CHECK(loop.live_handlers() == 0);
}

TEST_CASE("an ask that is cancelled before its turn is not handled") {
  simulated_loop loop;
  auto ref = loop.spawn<counter>(1);
  auto answer = ref.ask(add{1});
  answer.cancel();
  {
    auto dropped = ref.ask(add{10});
  }
  loop.run();
  auto seen = ref.ask(get{});
  loop.run();
  CHECK(seen.get() == 1);
}

TEST_CASE("a deadline cancels an ask and asks its handler to stop") {
  simulated_loop loop;
  auto ref = loop.spawn<counter>(1);
  promise<int> never;
  auto answer = ref.ask(wait_for{never.get_future()}, loop.now() + 10ms);
  loop.advance(9ms);
  CHECK_FALSE(answer.done());
  loop.advance(1ms);
  REQUIRE(answer.cancelled());
  CHECK_THAT(error_of(answer), Catch::Contains("deadline"));
  CHECK(loop.live_handlers() == 0);
}

TEST_CASE("an ask that is answered in time forgets its deadline") {
  simulated_loop loop;
  auto ref = loop.spawn<counter>(1);
  auto answer = ref.ask(get{}, loop.now() + 10ms);
  loop.run();
  CHECK(answer.get() == 1);
  CHECK_FALSE(loop.advance_to_next_timer());
}

TEST_CASE("a deadline in the past cancels the ask before it is handled") {
  simulated_loop loop;
  auto ref = loop.spawn<counter>(1);
  auto answer = ref.ask(add{1}, loop.now() - 1ms);
  auto seen = ref.ask(get{});
  loop.run();
  CHECK(answer.cancelled());
  CHECK(seen.get() == 1);
}

TEST_CASE("a delayed message comes at its time, and not when its sender has ended") {
  simulated_loop loop;
  auto ref = loop.spawn<counter>(1);
  auto napped = ref.ask(nap{5ms});
  loop.advance(4ms);
  CHECK_FALSE(napped.done());
  loop.advance(1ms);
  CHECK(napped.done());
  ref.send(nap{5ms});
  ref.send(leave{});
  loop.run();
  CHECK(loop.live_actors() == 0);
  CHECK_FALSE(loop.advance_to_next_timer());
}

TEST_CASE("a blocking call in a handler fails instead of blocking the loop") {
  simulated_loop loop;
  auto ref = loop.spawn<counter>(1);
  auto answer = ref.ask(block{});
  loop.run();
  CHECK_THROWS_AS(answer.get(), would_deadlock);
}

TEST_CASE("an empty reference and a stray constructor are clear errors") {
  actor_ref<counter> nobody;
  CHECK_FALSE(nobody.valid());
  CHECK_THROWS_WITH(nobody.send(get{}), Catch::Contains("empty actor reference"));
  CHECK_THROWS_WITH(nobody.stop(), Catch::Contains("empty actor reference"));
  CHECK_THROWS_WITH(counter(1), Catch::Contains("spawn"));
}

TEST_CASE("closing stops the actors, the last started first, and leaves nothing") {
  struct note : actor {
    note(std::shared_ptr<std::vector<int>> seen, int me) : seen_(std::move(seen)), me_(me) {}
    ~note() override { seen_->push_back(me_); }
    void on(get) {}
    std::shared_ptr<std::vector<int>> seen_;
    int me_;
  };
  auto seen = std::make_shared<std::vector<int>>();
  simulated_loop loop;
  std::vector<actor_ref<note>> refs;
  for (int i = 0; i < 4; ++i) refs.push_back(loop.spawn<note>(seen, i));
  loop.run();
  loop.close();
  CHECK(*seen == std::vector{3, 2, 1, 0});
  CHECK(loop.live_actors() == 0);
  CHECK_THROWS_AS(refs[0].ask(get{}).get(), actor_gone);
  auto late = loop.spawn<note>(seen, 9);
  CHECK_THROWS_AS(late.ask(get{}).get(), actor_gone);
}

struct go {
  int how;
};

// What it does by itself: a coroutine of its own, delayed messages it takes back, an end in its constructor.
class loner : public actor {
 public:
  explicit loner(int how = 0) {
    if (how == 1) quit();
    if (how == 2) start(fail_soon());
  }
  std::size_t on(go m) { return send_after(5ms, this, tick{m.how}); }
  bool on(std::size_t id) { return cancel_send(id); }
  struct tick {
    int by;
  };
  void on(tick m) { ticks_ += m.by; }
  int on(get) { return ticks_; }

 private:
  task<void> fail_soon() {
    co_await sleep_for(3ms);
    throw std::runtime_error("failed by itself");
  }
  int ticks_ = 0;
};

TEST_CASE("a delayed message can be taken back until it is sent") {
  simulated_loop loop;
  auto ref = loop.spawn<loner>();
  auto first = ref.ask(go{1}), second = ref.ask(go{10});
  loop.run();
  auto taken = ref.ask(first.get());
  loop.advance(5ms);
  auto late = ref.ask(second.get());
  auto ticks = ref.ask(get{});
  loop.run();
  CHECK(taken.get());
  CHECK_FALSE(late.get());
  CHECK(ticks.get() == 10);
}

TEST_CASE("an actor may quit in its constructor") {
  simulated_loop loop;
  auto ref = loop.spawn<loner>(1);
  auto end = ref.ended();
  auto answer = ref.ask(get{});
  loop.run();
  CHECK(end.get().what() == exit_reason::kind::normal);
  CHECK_THROWS_AS(answer.get(), actor_gone);
}

TEST_CASE("a coroutine that an actor starts is counted, waits on the actor's clock, and its failure is the actor's") {
  simulated_loop loop;
  auto ref = loop.spawn<loner>(2);
  auto end = ref.ended();
  loop.run();
  CHECK(loop.live_handlers() == 1);
  loop.advance(3ms);
  CHECK(end.get().text() == "failed by itself");
  CHECK(loop.live_handlers() == 0);
}

TEST_CASE("an actor can be killed before its constructor has run, which then does not run") {
  struct never_born : actor {
    never_born() { ++made; }
    static int& count() {
      static int made_so_far = 0;
      return made_so_far;
    }
    int& made = count();
  };
  simulated_loop loop;
  auto ref = loop.spawn<never_born>();
  auto started = ref.started();
  ref.kill();
  loop.run();
  CHECK(never_born::count() == 0);
  CHECK_THROWS_AS(started.get(), actor_gone);
  CHECK(loop.live_actors() == 0);
}

TEST_CASE("a handler that is stopped with its actor may still finish what it does") {
  struct tidy : actor {
    explicit tidy(std::shared_ptr<std::string> l) : log(std::move(l)) {}
    task<void> on(go) {
      try {
        co_await sleep_for(1h);
      } catch (cancelled_error const&) {
        *log += "stopped ";
      }
      promise<void> p;
      auto f = p.get_future();
      send_after(1ms, self(this), std::move(p));
      *log += "finished ";
    }
    void on(promise<void> p) { p.set_value(); }
    ~tidy() override { *log += "destroyed"; }
    std::shared_ptr<std::string> log;
  };
  auto log = std::make_shared<std::string>();
  simulated_loop loop;
  auto ref = loop.spawn<tidy>(log);
  ref.send(go{0});
  loop.run();
  ref.stop();
  loop.run();
  CHECK(*log == "stopped finished destroyed");
}

}  // namespace
