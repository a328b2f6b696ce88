#include <troupe/actors/runtime/internal/asio_loop.hpp>
#include <troupe/actors/runtime/runtime.hpp>
#include <troupe/actors/runtime/simulated_loop.hpp>
#include <troupe/futures/promise.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <utility>

namespace {

using namespace troupe;
using namespace std::chrono_literals;

struct ping {};

class pinged : public actor {
 public:
  int on(ping) { return ++count_; }

 private:
  int count_ = 0;
};

struct alarm : detail::timer {
  alarm() : detail::timer(&ring) {}
  static void ring(detail::work& w) noexcept {
    // Who waits may destroy the alarm as soon as it hears.
    auto rung = std::move(static_cast<alarm&>(w).rung);
    rung.set_value();
  }
  promise<void> rung;
};

TEST_CASE("handlers of a loop's io_context run on the loop's thread") {
  runtime rt;
  auto& io = detail::io_of(rt.loop());
  promise<bool> posted, waited;
  boost::asio::post(io, [&] { posted.set_value(rt.loop().here() && executor::current() == &rt.loop()); });
  CHECK(posted.get_future().get());
  boost::asio::steady_timer timer(io, 1ms);
  timer.async_wait([&](auto error) { waited.set_value(!error && rt.loop().here()); });
  CHECK(waited.get_future().get());
}

TEST_CASE("a loop that sleeps in its io_context wakes for actors, steps and timers") {
  runtime rt;
  static_cast<void>(detail::io_of(rt.loop()));
  auto ref = rt.loop().spawn<pinged>();
  for (int i = 1; i <= 500; ++i) REQUIRE(ref.ask(ping{}).get() == i);

  alarm soon;
  auto rung = soon.rung.get_future();
  rt.loop().post_at(clock::now() + 1ms, soon);
  rung.get();
}

TEST_CASE("a timer that is set while a loop goes to sleep in its io_context is not missed") {
  runtime rt;
  static_cast<void>(detail::io_of(rt.loop()));
  for (int i = 0; i < 20000; ++i) {
    alarm now;
    auto rung = now.rung.get_future();
    // The ring before this one is heard here while the loop goes to sleep again.
    rt.loop().post_at(clock::now(), now);
    rung.get();
  }
}

TEST_CASE("a loop that sleeps already learns that its io_context is used") {
  runtime rt;
  auto ref = rt.loop().spawn<pinged>();
  ref.ask(ping{}).get();
  promise<void> ran;
  boost::asio::post(detail::io_of(rt.loop()), [&] { ran.set_value(); });
  ran.get_future().get();
  CHECK(ref.ask(ping{}).get() == 2);
}

TEST_CASE("an actor that never runs out of messages starves neither others nor timers nor sockets") {
  class busy : public actor {
   public:
    void on(ping) { self(this).send(ping{}); }
  };
  runtime rt;
  auto flood = rt.loop().spawn<busy>();
  flood.send(ping{});
  auto other = rt.loop().spawn<pinged>();
  CHECK(other.ask(ping{}).get() == 1);
  auto late = other.ask(ping{}, clock::now() - 1ms);
  CHECK_THROWS_AS(late.get(), cancelled_error);
  auto& io = detail::io_of(rt.loop());
  promise<void> waited;
  boost::asio::steady_timer timer(io, 1ms);
  timer.async_wait([&](auto) { waited.set_value(); });
  waited.get_future().get();
}

TEST_CASE("sockets that never run out of what comes starve neither actors nor timers") {
  std::atomic<bool> enough = false;
  std::function<void()> again;
  runtime rt;
  auto& io = detail::io_of(rt.loop());
  // As a socket that is readable again whenever it was read.
  again = [&enough, &again, &io] {
    if (!enough) boost::asio::post(io, again);
  };
  boost::asio::post(io, again);
  auto other = rt.loop().spawn<pinged>();
  auto answered = other.ask(ping{});
  alarm soon;
  auto rung = soon.rung.get_future();
  rt.loop().post_at(clock::now(), soon);
  CHECK(answered.get() == 1);
  rung.get();
  enough = true;
}

TEST_CASE("a simulated loop has no sockets, and says so") {
  simulated_loop loop;
  CHECK_THROWS_WITH(detail::io_of(loop.loop()), Catch::Contains("simulated"));
}

}  // namespace
