#include "support/started.hpp"

#include <troupe/futures/as_completed.hpp>
#include <troupe/futures/future.hpp>
#include <troupe/futures/gather.hpp>
#include <troupe/futures/manual_executor.hpp>
#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/wait.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

using troupe::future;
using troupe::future_status;

// A state whose value is made elsewhere, packed as text.
class distant_state final : public troupe::detail::state_base {
 public:
  void finish() {
    REQUIRE(claim());
    publish_elsewhere();
  }
  void bring(std::string text) {
    text_ = std::move(text);
    set_packed(true);
    arrive();
  }
  void lose_it() { lose(std::make_exception_ptr(troupe::error("lost with its worker"))); }
  [[nodiscard]] int fetches() const noexcept { return fetches_; }
  [[nodiscard]] int unpacked() const noexcept { return unpacked_; }

 private:
  void fetch() noexcept override { ++fetches_; }
  void unpack() override {
    value_ = std::stoi(text_);
    ++unpacked_;
    set_location(&value_);
    set_packed(false);
  }

  std::string text_;
  int value_ = 0;
  std::atomic<int> fetches_ = 0;
  int unpacked_ = 0;
};

struct distant {
  troupe::detail::intrusive_ptr<distant_state> state = troupe::detail::make_intrusive<distant_state>();
  future<int> result =
      troupe::detail::future_access::make<int>(troupe::detail::intrusive_ptr<troupe::detail::state_base>(state));
};

troupe::task<void> read_into(future<int> f, std::optional<int>& to) { to = co_await f; }

}  // namespace

TEST_CASE("a value that is elsewhere makes its future done and is fetched only when somebody reads it") {
  distant d;
  bool told = false;
  d.result.on_done([&](future<int> const&) { told = true; });
  d.state->finish();
  CHECK(told);
  CHECK(d.result.status() == future_status::finished);
  CHECK_FALSE(d.result.failed());
  CHECK_FALSE(d.result.error());
  CHECK(d.state->fetches() == 0);
  CHECK_THROWS_AS(d.result.get(troupe::duration(0)), troupe::timeout_error);
  CHECK(d.state->fetches() == 1);
  d.state->bring("42");
  CHECK(d.result.get() == 42);
  CHECK(d.result.get() == 42);
  CHECK(d.state->unpacked() == 1);
  CHECK(d.state->fetches() == 1);
}

TEST_CASE("wait and as_completed see the end of a task whose value is elsewhere without fetching it") {
  troupe::run_loop loop;
  distant a, b;
  a.state->finish();
  b.state->finish();
  std::vector<future<int>> both{a.result, b.result};
  auto body = [](std::vector<future<int>> const& futures) -> troupe::task<int> {
    auto waited = co_await troupe::wait(futures);
    auto completed = troupe::as_completed(futures);
    int seen = int(waited.done.size());
    while (auto next = co_await completed.next()) ++seen;
    co_return seen;
  };
  CHECK(troupe::block_on(loop, body(both)) == 4);
  CHECK(a.state->fetches() == 0);
  CHECK(b.state->fetches() == 0);
}

TEST_CASE("who awaits before the end is resumed when the value has come, not before") {
  troupe::manual_executor steps;
  distant d;
  std::optional<int> seen;
  troupe::test::started reading(steps, read_into(d.result, seen));
  steps.run();
  CHECK(d.state->fetches() == 0);
  d.state->finish();
  CHECK(d.state->fetches() == 1);
  steps.run();
  CHECK_FALSE(seen);
  d.state->bring("7");
  steps.run();
  CHECK(seen == 7);
}

TEST_CASE("a value lost before it came fails its readers") {
  distant d;
  d.state->finish();
  CHECK(d.result.status() == future_status::finished);
  std::thread reader([&] { CHECK_THROWS_WITH(d.result.get(), "lost with its worker"); });
  while (d.state->fetches() == 0) std::this_thread::yield();
  d.state->lose_it();
  reader.join();
  CHECK(d.result.status() == future_status::failed);
}

TEST_CASE("gather fetches what is elsewhere") {
  troupe::run_loop loop;
  distant a, b;
  a.state->finish();
  std::thread bringer([&] {
    while (a.state->fetches() == 0) std::this_thread::yield();
    b.state->finish();
    while (b.state->fetches() == 0) std::this_thread::yield();
    b.state->bring("2");
    a.state->bring("1");
  });
  std::vector<future<int>> both{a.result, b.result};
  CHECK(troupe::block_on(loop, troupe::gather(both)) == std::vector<int>{1, 2});
  bringer.join();
}

TEST_CASE("a packed value that cannot be unpacked fails each read and nothing else") {
  distant d;
  d.state->finish();
  d.state->bring("not a number");
  CHECK(d.result.status() == future_status::finished);
  CHECK_THROWS_AS(d.result.get(), std::invalid_argument);
  CHECK_THROWS_AS(d.result.get(), std::invalid_argument);
}
