#include "core_fixture.hpp"
#include "timed_cluster.hpp"

#include <algorithm>
#include <cmath>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

using calls = std::vector<std::pair<timed_call, std::vector<std::uint32_t>>>;

/// Leaves first, then sums of two, level by level, as somebody writes it who thinks of nothing.
calls tree(std::uint32_t leaves, timed_call leaf, timed_call sum) {
  calls result;
  std::vector<std::uint32_t> level;
  for (std::uint32_t i = 0; i < leaves; ++i) {
    level.push_back(static_cast<std::uint32_t>(result.size()));
    result.push_back({leaf, {}});
  }
  while (level.size() > 1) {
    std::vector<std::uint32_t> above;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) {
      above.push_back(static_cast<std::uint32_t>(result.size()));
      result.push_back({sum, {level[i], level[i + 1]}});
    }
    level = above;
  }
  return result;
}

/// The client holds nothing but the root.
void hold_only_the_last(timed_cluster& cluster, client_id client, std::size_t count) {
  std::vector<std::uint32_t> others;
  for (std::uint32_t i = 0; i + 1 < count; ++i) others.push_back(i);
  cluster.release(client, others);
}

}  // namespace

TEST_CASE("a reduction uses up its leaves before more are made, however it was submitted") {
  constexpr std::uint64_t chunk = 64 << 20;
  constexpr std::uint32_t leaves = 1024;
  auto workers = GENERATE(1U, 2U, 8U);
  auto threads = GENERATE(1U, 2U, 4U);
  timed_cluster cluster;
  for (std::uint32_t i = 0; i < workers; ++i) cluster.add_worker(threads);
  auto client = cluster.add_client();
  auto graph = tree(leaves, {10ms, chunk}, {5ms, chunk});
  cluster.submit(client, graph);
  hold_only_the_last(cluster, client, graph.size());
  cluster.run();
  CHECK(cluster.finished() == graph.size());
  double limit = 1.2 * workers * threads * (std::log2(leaves) + 1) * static_cast<double>(chunk);
  INFO(workers << " workers of " << threads << " threads, peak " << cluster.peak_bytes() / chunk << " chunks");
  CHECK(static_cast<double>(cluster.peak_bytes()) <= limit);
}

TEST_CASE("a reduction of many short tasks needs little of its workers' memory, however long the way to them is") {
  constexpr std::uint64_t chunk = 256 << 10, memory_limit = 64 << 20;
  constexpr std::uint32_t leaves = 2048, workers = 2, threads = 2;
  timed_cluster cluster;
  cluster.latency = GENERATE(50us, 500us, 5ms);
  for (std::uint32_t i = 0; i < workers; ++i) cluster.add_worker(threads, memory_limit);
  auto client = cluster.add_client();
  auto graph = tree(leaves, {100us, chunk}, {50us, chunk});
  cluster.submit(client, graph);
  hold_only_the_last(cluster, client, graph.size());
  cluster.run();
  CHECK(cluster.finished() == graph.size());
  double limit = 1.2 * workers * threads * (std::log2(leaves) + 1) * static_cast<double>(chunk);
  INFO("latency " << cluster.latency.count() << " ns, peak " << cluster.peak_bytes() / chunk << " chunks");
  CHECK(static_cast<double>(cluster.peak_bytes()) <= limit);
}

TEST_CASE("what was submitted in order is run in it: what only a second pass can use is not made in the first") {
  constexpr std::uint64_t chunk = 64 << 20;
  constexpr std::uint32_t chunks = 64;
  auto in_order = GENERATE(false, true);
  auto workers = GENERATE(1U, 2U);
  auto threads = GENERATE(1U, 4U);
  calls graph;
  std::vector<std::uint32_t> data, parts, results;
  auto add = [&](timed_call call, std::vector<std::uint32_t> needs) {
    graph.push_back({call, std::move(needs)});
    return static_cast<std::uint32_t>(graph.size() - 1);
  };
  for (std::uint32_t i = 0; i < chunks; ++i) {
    data.push_back(add({10ms, chunk}, {}));
    parts.push_back(add({1ms, 8}, {data.back()}));
  }
  auto mean = add({1ms, 8}, parts);
  for (auto from : data)
    for (int way = 0; way < 2; ++way) results.push_back(add({1ms, 8}, {add({2ms, chunk}, {from}), mean}));

  timed_cluster cluster;
  cluster.in_order = in_order;
  for (std::uint32_t i = 0; i < workers; ++i) cluster.add_worker(threads);
  auto client = cluster.add_client();
  cluster.submit(client, graph);
  std::vector<std::uint32_t> others;
  for (std::uint32_t i = 0; i < graph.size(); ++i)
    if (std::find(results.begin(), results.end(), i) == results.end()) others.push_back(i);
  cluster.release(client, others);
  cluster.run();
  CHECK(cluster.finished() == graph.size());
  auto peak = static_cast<double>(cluster.peak_bytes()) / chunk;
  INFO(workers << " workers of " << threads << " threads, peak " << peak << " chunks");
  if (in_order)
    CHECK(peak <= chunks + 4 * workers * threads);
  else  // as is right for what comes in any order
    CHECK(peak >= 1.7 * chunks);
}

TEST_CASE("clients that want the same workers take turns") {
  timed_cluster cluster;
  cluster.add_worker(2);
  auto first = cluster.add_client();
  auto second = cluster.add_client();
  cluster.submit(first, calls(1000, {timed_call{1ms, 8}, {}}));
  cluster.run([&] { return cluster.finished() == 100; });
  auto before = cluster.begun().size();
  cluster.submit(second, calls(50, {timed_call{1ms, 8}, {}}));
  cluster.run([&] { return cluster.begun().size() >= before + 120; });
  auto of_second = std::count_if(cluster.begun().begin() + static_cast<std::ptrdiff_t>(before), cluster.begun().end(),
                                 [&](auto const& begun) { return begun.first == second; });
  CHECK(of_second == 50);
}

TEST_CASE("a client that was idle has saved up no turns") {
  timed_cluster cluster;
  cluster.add_worker(1);
  auto first = cluster.add_client();
  auto second = cluster.add_client();
  cluster.submit(second, timed_call{1ms, 8});
  cluster.submit(first, calls(500, {timed_call{1ms, 8}, {}}));
  cluster.run([&] { return cluster.finished() == 300; });
  auto before = cluster.begun().size();
  cluster.submit(second, calls(100, {timed_call{1ms, 8}, {}}));
  cluster.run([&] { return cluster.begun().size() >= before + 40; });
  auto of_first = std::count_if(cluster.begun().begin() + static_cast<std::ptrdiff_t>(before), cluster.begun().end(),
                                [&](auto const& begun) { return begun.first == first; });
  CHECK(of_first >= 18);
}

TEST_CASE("a worker without work gets what another was given and has not begun") {
  timed_cluster cluster;
  auto busy = cluster.add_worker(1);
  static_cast<void>(busy);
  auto client = cluster.add_client();
  cluster.submit(client, calls(2, {timed_call{1s, 8}, {}}));
  cluster.run([&] { return cluster.begun().size() == 1; });
  cluster.add_worker(1);
  cluster.run();
  CHECK(cluster.given_back() == 1);
  CHECK(cluster.finished() == 2);
  CHECK(cluster.elapsed() < 1100ms);
}

TEST_CASE("a task stays where moving what it depends on would take longer than its turn") {
  timed_cluster cluster;
  cluster.add_worker(1);
  auto client = cluster.add_client();
  auto large = cluster.submit(client, {1ms, std::uint64_t{8} << 30});
  cluster.run();
  cluster.submit(client, {{timed_call{2ms, 8}, {large}}, {timed_call{2ms, 8}, {large}}});
  cluster.add_worker(1);
  cluster.run();
  CHECK(cluster.given_back() == 0);
  CHECK(cluster.finished() == 3);
}

TEST_CASE("work is spread within a few per cent of the best though nothing is known of it") {
  auto workers = GENERATE(2U, 16U);
  timed_cluster cluster;
  for (std::uint32_t i = 0; i < workers; ++i) cluster.add_worker(2);
  auto client = cluster.add_client();
  cluster.submit(client, calls(std::size_t{200} * workers, {timed_call{1ms, 8}, {}}));
  cluster.run();
  CHECK(cluster.elapsed() < 106ms);
}

TEST_CASE("a worker far away has work for the whole way there and back") {
  scheduler_options options;
  bool measured = GENERATE(true, false);
  if (!measured) options.most_work_ahead = options.work_ahead;
  timed_cluster cluster(options);
  cluster.latency = 10ms;
  for (int i = 0; i < 4; ++i) cluster.add_worker(2);
  auto client = cluster.add_client();
  cluster.submit(client, calls(4000, {timed_call{1ms, 100'000}, {}}));
  cluster.run();
  CHECK(cluster.finished() == 4000);
  INFO(cluster.elapsed() / 1ms << " ms, ideal 500");
  if (measured)
    CHECK(cluster.elapsed() < 600ms);
  else
    CHECK(cluster.elapsed() > 2s);
}

TEST_CASE("how much a worker is given ahead follows the shortest way to it that was measured, within bounds") {
  scheduler_options options;
  options.most_work_ahead = 100ms;
  core_fixture f(options);
  auto client = f.add_client();
  auto worker = f.add_worker(1);
  std::uint32_t next = 0;
  // Of tasks of a millisecond, when a way was measured.
  auto given_after = [&](duration way, duration held) {
    f.submit(client, {f.task(next++)});
    auto order = f.only<compute>().order;
    f.now += way + held;
    worker_report report;
    report.done.push_back({order.task, order.attempt, 8, f.now, f.now + 1ms});
    report.heard = {order.attempt, held};
    f.handle(to_scheduler::report{f.now, worker, report});
    std::vector<submitted_task> many;
    for (int i = 0; i < 200; ++i) many.push_back(f.task(next++));
    f.submit(client, many);
    auto given = f.all<compute>();
    std::vector<std::uint32_t> all;
    for (auto i = next - 200; i < next; ++i) all.push_back(i);
    f.cancel(client, all);
    // None of these is measured.
    worker_report ended;
    ended.heard = {given.back().order.attempt, 0ms};
    for (auto const& run : given) ended.cancelled.push_back({run.order.task, run.order.attempt, false});
    f.handle(to_scheduler::report{f.now, worker, ended});
    return given.size();
  };
  CHECK(given_after(20ms, 5ms) == 40);
  CHECK(given_after(30ms, 0ms) == 41);
  CHECK(given_after(10ms, 100ms) == 20);
  CHECK(given_after(100us, 0ms) == 2);
  for (int i = 0; i < 3; ++i) static_cast<void>(given_after(10s, 0ms));
  CHECK(given_after(10s, 0ms) == 100);
}

TEST_CASE("one worker's tasks are asked back at most once each") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker(1);
  f.submit(client, {f.task(0), f.task(1)});
  f.now += 10ms;
  f.add_worker(1);
  auto recalled = f.only<by_scheduler::stop_task>();
  CHECK(recalled.order.only_if_unstarted);
  for (int i = 0; i < 5; ++i) {
    f.now += 10ms;
    f.handle(to_scheduler::tick{f.now});
    CHECK(f.none_of<by_scheduler::stop_task>());
  }
}

TEST_CASE("a worker that is short of memory gets nothing and gives back what it has not begun") {
  core_fixture f;
  auto client = f.add_client();
  auto first = f.add_worker(1);
  f.submit(client, {f.task(0), f.task(1), f.task(2)});
  auto given = f.all<by_scheduler::compute>();
  REQUIRE(given.size() == 2);
  f.handle(to_scheduler::pause{f.now, first, true});
  auto recalled = f.all<by_scheduler::stop_task>();
  REQUIRE(recalled.size() == 2);
  CHECK(recalled[1].order.only_if_unstarted);
  f.ended_cancelled(given[1], false);
  CHECK(f.none_of<by_scheduler::compute>());
  f.done(given[0]);
  CHECK(f.none_of<by_scheduler::compute>());
  auto second = f.add_worker(1);
  for (auto const& run : f.all<by_scheduler::compute>()) CHECK(run.worker == second);
  CHECK(f.all<by_scheduler::compute>().size() == 2);
  f.submit(client, {f.task(3)});
  CHECK(f.none_of<by_scheduler::compute>());
  f.handle(to_scheduler::pause{f.now, first, false});
  CHECK(f.only<by_scheduler::compute>().worker == first);
}
