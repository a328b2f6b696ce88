#include <troupe/asio.hpp>

#include <troupe/futures/manual_executor.hpp>
#include <troupe/futures/promise.hpp>
#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/scope.hpp>

#include "../futures/support/started.hpp"

#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <thread>

namespace asio = boost::asio;
using asio::ip::tcp;
using troupe::test::started;
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

namespace {

/// An io_context run by a thread of its own.
class network {
 public:
  [[nodiscard]] asio::io_context& io() noexcept { return io_; }
  [[nodiscard]] tcp::acceptor acceptor() {
    return tcp::acceptor(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  }
  ~network() { busy_.reset(); }

 private:
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> busy_ = asio::make_work_guard(io_);
  std::jthread thread_{[this] { io_.run(); }};
};

troupe::task<void> echo_lines(tcp::acceptor& acceptor, int connections) {
  for (; connections > 0; --connections) {
    tcp::socket socket = co_await acceptor.async_accept(troupe::use_task);
    std::string line;
    co_await asio::async_read_until(socket, asio::dynamic_buffer(line), '\n', troupe::use_task);
    co_await asio::async_write(socket, asio::buffer(line), troupe::use_task);
  }
}

troupe::task<std::string> ask(asio::io_context& io, tcp::endpoint service, std::string line) {
  tcp::socket socket(io);
  co_await socket.async_connect(service, troupe::use_task);
  line += '\n';
  std::size_t written = co_await asio::async_write(socket, asio::buffer(line), troupe::use_task);
  std::string reply;
  std::size_t read = co_await asio::async_read_until(socket, asio::dynamic_buffer(reply), '\n', troupe::use_task);
  if (written != read) co_return "wrong size";
  reply.pop_back();
  co_return reply;
}

asio::awaitable<int> await_value(troupe::future<int> f) { co_return co_await f.async_wait(asio::use_awaitable); }

}  // namespace

TEST_CASE("a task awaits Asio's operations and resumes on its own thread") {
  auto body = [](network& net) -> troupe::task<void> {
    auto const mine = std::this_thread::get_id();
    tcp::acceptor acceptor = net.acceptor();
    tcp::endpoint const service = acceptor.local_endpoint();
    troupe::scope scope;
    scope.spawn(echo_lines(acceptor, 3));
    for (std::string word : {"one", "two", "three"}) {
      auto reply = co_await ask(net.io(), service, word);
      CHECK(reply == word);
      CHECK(std::this_thread::get_id() == mine);
    }
    co_await scope.join();
  };
  network net;
  troupe::block_on(body(net));
}

TEST_CASE("an operation that fails throws system_error in the task") {
  auto body = [](network& net) -> troupe::task<void> {
    tcp::socket socket(net.io(), tcp::v4());
    char byte = 0;
    co_await asio::async_read(socket, asio::buffer(&byte, 1), troupe::use_task);
  };
  network net;
  CHECK_THROWS_AS(troupe::block_on(body(net)), boost::system::system_error);
}

TEST_CASE("a stop request cancels the operation and waits for it") {
  auto body = [](network& net) -> troupe::task<void> {
    tcp::acceptor acceptor = net.acceptor();
    co_await acceptor.async_accept(troupe::use_task);
  };
  network net;
  for (int round = 0; round < 200; ++round) {
    std::stop_source stop;
    std::jthread stops([&stop] { stop.request_stop(); });
    try {
      troupe::block_on(body(net), stop.get_token());
      FAIL("nobody connected");
    } catch (troupe::cancelled_error const& e) {
      CHECK(e.reason() == "stopped");
    }
  }
}

TEST_CASE("an operation is not started in a task that was asked to stop") {
  auto body = [](asio::io_context& io) -> troupe::task<void> {
    asio::steady_timer timer(io, 1h);
    co_await timer.async_wait(troupe::use_task);
  };
  network net;
  std::stop_source stop;
  stop.request_stop();
  CHECK_THROWS_AS(troupe::block_on(body(net.io()), stop.get_token()), troupe::cancelled_error);
}

TEST_CASE("an operation that is cancelled otherwise is a failure, not a stop") {
  auto body = [](asio::io_context& io) -> troupe::task<void> {
    asio::steady_timer timer(io, 1h);
    asio::post(io, [&timer] { timer.cancel(); });
    co_await timer.async_wait(troupe::use_task);
  };
  // The context runs on the task's own thread, so that the cancel comes after the wait has begun.
  asio::io_context io;
  troupe::manual_executor loop;
  started waits(loop, body(io));
  loop.run();
  io.run();
  loop.run();
  REQUIRE(waits.ended());
  CHECK_THROWS_AS(waits.result(), boost::system::system_error);
}

TEST_CASE("an operation that its context drops ends with operation_aborted") {
  auto body = [](asio::io_context& io) -> troupe::task<void> { co_await asio::post(io, troupe::use_task); };
  auto io = std::make_unique<asio::io_context>();
  troupe::manual_executor loop;
  started waits(loop, body(*io));
  loop.run();
  CHECK_FALSE(waits.ended());
  io.reset();
  loop.run();
  REQUIRE(waits.ended());
  CHECK_THROWS_AS(waits.result(), boost::system::system_error);
}

TEST_CASE("a task that awaits an Asio timer ends cleanly after a stop request at each step") {
  auto body = [](asio::io_context& io) -> troupe::task<void> {
    for (int i = 0; i < 4; ++i) {
      asio::steady_timer timer(io, 0s);
      co_await timer.async_wait(troupe::use_task);
    }
  };
  asio::io_context io;
  int steps = troupe::test::stop_after_each_step([&] { return body(io); },
                                                 [&](int) {
                                                   io.restart();
                                                   io.poll();
                                                 },
                                                 [](bool, bool) {});
  CHECK(steps >= 4);
}

TEST_CASE("an operation that completes with several values gives a tuple") {
  auto body = []() -> troupe::task<void> {
    auto operation = [](auto handler, int a) { std::move(handler)(std::exception_ptr(), a, std::string("two")); };
    auto [one, two] =
        co_await asio::async_initiate<troupe::use_task_t const, void(std::exception_ptr, int, std::string)>(
            operation, troupe::use_task, 1);
    CHECK(one == 1);
    CHECK(two == "two");
  };
  troupe::block_on(body());
}

TEST_CASE("an Asio coroutine awaits a future and resumes on its context") {
  asio::io_context io;
  troupe::promise<int> p;
  auto waits = asio::co_spawn(io, await_value(p.get_future()), asio::use_future);
  std::jthread completes([&p] { p.set_value(42); });
  io.run();
  CHECK(waits.get() == 42);
}

TEST_CASE("an Asio coroutine that awaits a failed future gets its exception") {
  asio::io_context io;
  auto failed = troupe::make_failed_future<int>(std::make_exception_ptr(std::invalid_argument("no")));
  auto waits = asio::co_spawn(io, await_value(failed), asio::use_future);
  io.run();
  CHECK_THROWS_AS(waits.get(), std::invalid_argument);
}

TEST_CASE("a wait counts as work of its context, and its handler runs there") {
  asio::io_context io;
  troupe::promise<int> p;
  auto f = p.get_future();
  std::thread::id where;
  int got = 0;
  f.async_wait(asio::bind_executor(io, [&](std::exception_ptr const& error, int value) {
    where = std::this_thread::get_id();
    got = error ? -1 : value;
  }));
  CHECK(io.poll() == 0);
  CHECK_FALSE(io.stopped());
  std::jthread([&p] { p.set_value(7); }).join();
  CHECK(got == 0);
  io.run();
  CHECK(got == 7);
  CHECK(where == std::this_thread::get_id());
}

TEST_CASE("cancelling a wait ends the wait alone") {
  asio::io_context io;
  troupe::promise<int> p;
  auto late = p.get_future();
  auto race = [](troupe::future<int> f) -> asio::awaitable<std::size_t> {
    asio::steady_timer deadline(co_await asio::this_coro::executor, 1ms);
    auto first = co_await (deadline.async_wait(asio::use_awaitable) || f.async_wait(asio::use_awaitable));
    co_return first.index();
  };
  auto waits = asio::co_spawn(io, race(late), asio::use_future);
  io.run();
  CHECK(waits.get() == 0);
  CHECK_FALSE(late.done());
  p.set_value(1);
  CHECK(late.get() == 1);
}

TEST_CASE("a cancelled wait completes with operation_aborted, once") {
  asio::io_context io;
  troupe::promise<int> p;
  asio::cancellation_signal signal;
  int calls = 0;
  std::exception_ptr got;
  p.get_future().async_ready(
      asio::bind_cancellation_slot(signal.slot(), asio::bind_executor(io, [&](std::exception_ptr const& error) {
                                     ++calls;
                                     got = error;
                                   })));
  signal.emit(asio::cancellation_type::terminal);
  signal.emit(asio::cancellation_type::terminal);
  CHECK(calls == 0);
  io.run();
  CHECK(calls == 1);
  REQUIRE(got);
  CHECK_THROWS_AS(std::rethrow_exception(got), boost::system::system_error);
}

TEST_CASE("use_future and futures without values work with a wait") {
  asio::io_context io;
  troupe::promise<void> p;
  auto waits = p.get_future().async_wait(asio::use_future);
  p.set_value();
  waits.get();
  auto value = troupe::make_ready_future(std::string("text")).async_wait(asio::use_future);
  CHECK(value.get() == "text");
}

TEST_CASE("async_ready works for a type that has no default and leaves the value in the future") {
  struct bare {
    explicit bare(int v) : value(v) {}
    int value;
  };
  asio::io_context io;
  auto f = troupe::make_ready_future(bare(3));
  int got = 0;
  f.async_ready(asio::bind_executor(io, [&](std::exception_ptr const&) { got = f.get().value; }));
  io.run();
  CHECK(got == 3);
}

TEST_CASE("async_wait moves a value that cannot be copied out of a future that nobody else holds") {
  asio::io_context io;
  troupe::promise<std::unique_ptr<int>> p;
  std::unique_ptr<int> got;
  p.get_future().async_wait(
      asio::bind_executor(io, [&](std::exception_ptr const&, std::unique_ptr<int> value) { got = std::move(value); }));
  p.set_value(std::make_unique<int>(9));
  io.run();
  REQUIRE(got);
  CHECK(*got == 9);
}

TEST_CASE("a wait on an empty future throws at the call") {
  CHECK_THROWS_AS(troupe::future<int>().async_wait([](std::exception_ptr const&, int) {}), troupe::future_invalid);
}

TEST_CASE("a context that goes destroys the handlers of its waits uncalled, also while futures complete") {
  for (int round = 0; round < 300; ++round) {
    auto io = std::make_unique<asio::io_context>();
    std::vector<troupe::promise<int>> ps(10);
    auto alive = std::make_shared<int>(0);
    for (auto& p : ps)
      p.get_future().async_wait(asio::bind_executor(*io, [alive](std::exception_ptr const&, int) { FAIL("called"); }));
    {
      std::jthread completes([&ps] {
        for (auto& p : ps) p.set_value(1);
      });
      io.reset();
    }
    CHECK(alive.use_count() == 1);
  }
}

TEST_CASE("waits from many threads' futures all complete on one context") {
  asio::io_context io;
  constexpr int n = 5'000;
  std::vector<troupe::promise<int>> ps(n);
  long sum = 0;
  auto add = [](troupe::future<int> f, long& total) -> asio::awaitable<void> {
    total += co_await f.async_wait(asio::use_awaitable);
  };
  for (auto& p : ps) asio::co_spawn(io, add(p.get_future(), sum), asio::detached);
  std::jthread odd([&ps] {
    for (int i = 1; i < n; i += 2) ps[i].set_value(i);
  });
  std::jthread even([&ps] {
    for (int i = 0; i < n; i += 2) ps[i].set_value(i);
  });
  io.run();
  CHECK(sum == long(n) * (n - 1) / 2);
}
