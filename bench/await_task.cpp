#include "figures.hpp"

#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/task.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>

namespace troupe::bench {
namespace {

namespace asio = boost::asio;

constexpr std::uint64_t awaits = 2'000'000;
constexpr std::uint64_t right_sum = awaits * (awaits - 1) / 2;

[[gnu::noinline]] task<std::uint64_t> ready_task(std::uint64_t x) { co_return x; }
task<std::uint64_t> await_tasks() {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < awaits; ++i) sum += co_await ready_task(i);
  co_return sum;
}

[[gnu::noinline]] asio::awaitable<std::uint64_t> ready_awaitable(std::uint64_t x) { co_return x; }
asio::awaitable<void> await_awaitables(std::uint64_t& result) {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < awaits; ++i) sum += co_await ready_awaitable(i);
  result = sum;
}

sample run_tasks() {
  meter m;
  auto sum = block_on(await_tasks());
  auto s = m.per(awaits, ns);
  require(sum == right_sum, "sum of awaited values");
  return s;
}

sample run_awaitables() {
  asio::io_context loop(1);
  std::uint64_t sum = 0;
  meter m;
  asio::co_spawn(loop, await_awaitables(sum), asio::detached);
  loop.run();
  auto s = m.per(awaits, ns);
  require(sum == right_sum, "sum of awaited values");
  return s;
}

}  // namespace

std::vector<figure> task_figures() {
  return {{"await-ready-task", "ns",
           "co_await of a coroutine that does not suspend, not inlined; asio::awaitable beside it", 9,
           [] { return std::vector<contender>{{"", run_tasks}, {"asio::awaitable", run_awaitables}}; }}};
}

}  // namespace troupe::bench
