#include <troupe/actors/runtime/internal/asio_loop.hpp>
#include <troupe/actors/runtime/runtime.hpp>
#include <troupe/futures/promise.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

/// A thread that acts for a loop which sleeps.
namespace {

using namespace troupe;
using namespace std::chrono_literals;

struct noted : detail::work {
  explicit noted(event_loop& l) : detail::work(&note), loop(&l) {}
  static void note(detail::work& w) noexcept {
    auto& self = static_cast<noted&>(w);
    self.on = std::this_thread::get_id();
    self.as_loop = self.loop->here() && executor::current() == self.loop;
    if (self.then) self.loop->post_at(clock::now() + 1ms, *self.then);
    auto ran = std::move(self.ran);
    ran.set_value();
  }
  event_loop* loop;
  std::thread::id on;
  bool as_loop = false;
  detail::timer* then = nullptr;
  promise<void> ran;
};

/// Until one of them ran on this very thread: a loop that has just been started may not sleep yet.
template <class Prepare>
void act_for(event_loop& loop, Prepare prepare) {
  for (;;) {
    noted item(loop);
    prepare(item);
    auto ran = item.ran.get_future();
    loop.post_now(item);
    ran.get();
    REQUIRE(item.as_loop);
    if (item.on == std::this_thread::get_id()) return;
  }
}

struct alarm : detail::timer {
  alarm() : detail::timer(&ring) {}
  static void ring(detail::work& w) noexcept {
    auto rung = std::move(static_cast<alarm&>(w).rung);
    rung.set_value();
  }
  promise<void> rung;
};

struct next_of {
  std::size_t thread, number;
};
struct get_seen {};

class in_order : public actor {
 public:
  void on(next_of n) { seen_[n.thread] = n.number == seen_[n.thread] + 1 ? n.number : 0; }
  std::array<std::size_t, 4> on(get_seen) { return seen_; }

 private:
  std::array<std::size_t, 4> seen_{};
};

void prepare_nothing(noted&) {}

void use_io(runtime& rt, bool with_io) {
  if (with_io) static_cast<void>(detail::io_of(rt.loop()));
}

TEST_CASE("who posts now to a loop that sleeps runs the step itself, as the loop") {
  auto with_io = GENERATE(false, true);
  runtime rt;
  use_io(rt, with_io);
  act_for(rt.loop(), prepare_nothing);
  CHECK_FALSE(rt.loop().here());
  CHECK(executor::current() == nullptr);
}

TEST_CASE("a timer that is set by a thread acting for the loop rings") {
  auto with_io = GENERATE(false, true);
  runtime rt;
  use_io(rt, with_io);
  std::vector<std::unique_ptr<alarm>> alarms;
  std::vector<future<void>> rung;
  act_for(rt.loop(), [&](noted& item) {
    item.then = alarms.emplace_back(std::make_unique<alarm>()).get();
    rung.push_back(alarms.back()->rung.get_future());
  });
  for (auto& r : rung) r.get();
}

TEST_CASE("what is sent now by many threads arrives in the order of each, also between messages sent as usual") {
  constexpr std::size_t messages = 5'000;
  auto with_io = GENERATE(false, true);
  runtime rt;
  use_io(rt, with_io);
  auto ref = rt.loop().spawn<in_order>();
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::size_t n = 1; n <= messages; ++n) n % 3 ? ref.send_now(next_of{t, n}) : ref.send(next_of{t, n});
    });
  for (auto& t : threads) t.join();
  CHECK(ref.ask(get_seen{}).get() == std::array{messages, messages, messages, messages});
}

TEST_CASE("what is posted now to a closed loop runs nevertheless") {
  actor_ref<in_order> ref;
  {
    runtime rt;
    ref = rt.loop().spawn<in_order>();
    ref.started().get();
  }
  ref.send_now(next_of{0, 1});
  CHECK_THROWS_AS(ref.ask(get_seen{}).get(), actor_gone);
}

}  // namespace
