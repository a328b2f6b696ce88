#include "empty_tasks.hpp"

#include <troupe/futures/gather.hpp>
#include <troupe/futures/run_loop.hpp>

#include <numeric>

namespace troupe::bench {
namespace {

int same(int x) { return x; }

task<sample> map_and_gather(client c, std::vector<int> const& arguments, bool call_alone) {
  meter m;
  auto futures = c.map<same>(arguments);
  auto call = m.per(arguments.size(), us);
  auto waiting = gather(std::move(futures));
  auto results = co_await std::move(waiting);
  auto all = m.per(arguments.size(), us);
  require(results == arguments, "results of a map");
  co_return call_alone ? call : all;
}

task<sample> submit_and_gather(client c, std::vector<int> const& arguments) {
  meter m;
  std::vector<future<int>> futures;
  futures.reserve(arguments.size());
  for (int x : arguments) futures.push_back(c.submit<same>(x));
  auto waiting = gather(std::move(futures));
  auto results = co_await std::move(waiting);
  auto all = m.per(arguments.size(), us);
  require(results == arguments, "results of submits");
  co_return all;
}

task<void> one_by_one(client c, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    auto f = c.submit<same>(static_cast<int>(i));
    int result = co_await f;
    require(result == static_cast<int>(i), "result of a submit");
  }
}

}  // namespace

std::vector<int> const& numbers(std::size_t count) {
  static std::vector<int> values;
  if (values.size() != count) {
    values.resize(count);
    std::iota(values.begin(), values.end(), 0);
  }
  return values;
}

sample run_map(client const& c, std::size_t count, bool call_alone) {
  return block_on(map_and_gather(c, numbers(count), call_alone));
}

sample run_submits(client const& c, std::size_t count) { return block_on(submit_and_gather(c, numbers(count))); }

void run_one_by_one(client const& c, std::size_t count) { block_on(one_by_one(c, count)); }

sample run_pool(plain_pool& pool, std::size_t count, bool call_alone) {
  auto const& arguments = numbers(count);
  meter m;
  std::vector<std::future<int>> futures;
  futures.reserve(count);
  for (int x : arguments) futures.push_back(pool.submit(same, x));
  auto call = m.per(count, us);
  std::vector<int> results;
  results.reserve(count);
  for (auto& f : futures) results.push_back(f.get());
  auto all = m.per(count, us);
  require(results == arguments, "results of the pool");
  return call_alone ? call : all;
}

}  // namespace troupe::bench
