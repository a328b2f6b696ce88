#include "support/cluster.hpp"

#include <troupe/actors/worker/task_context.hpp>
#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/sleep_for.hpp>
#include <troupe/futures/task.hpp>

#include <catch2/catch.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

int process_id() { return ::getpid(); }
int add_one(int x) { return x + 1; }
void die() { ::kill(::getpid(), SIGKILL); }
std::vector<double> leaf(int i) { return std::vector<double>(2'000, i); }
std::vector<double> add_up(std::vector<double> a, std::vector<double> const& b) {
  std::transform(a.begin(), a.end(), b.begin(), a.begin(), std::plus<>());
  return a;
}
double sum(std::vector<double> const& v) { return std::accumulate(v.begin(), v.end(), 0.0); }
std::vector<double> big(int n) { return std::vector<double>(std::size_t(n), 1.5); }

/// Ends the process that runs it, the first time.
int die_once(std::string marker) {
  if (std::ifstream(marker)) return 42;
  std::ofstream out(marker);
  out << "been here";
  out.close();
  ::kill(::getpid(), SIGKILL);
  return 0;
}

/// Waits until it is asked to stop, the first time.
troupe::task<int> wait_once(std::string marker) {
  if (std::ifstream(marker)) co_return 42;
  std::ofstream(marker) << "been here";
  co_await troupe::sleep_for(std::chrono::hours(1));
  co_return 0;
}

/// Waits for a task of its own, the first time.
troupe::task<int> wait_for_child_once(troupe::task_context& context, std::string marker) {
  if (std::ifstream(marker)) co_return 42;
  auto child = context.client().submit<wait_once>(marker);
  co_return co_await child;
}

/// A path that no file has yet.
std::string fresh_path() {
  std::string path = "lost_worker_XXXXXX";
  int made = ::mkstemp(path.data());
  REQUIRE(made >= 0);
  ::close(made);
  ::unlink(path.c_str());
  return path;
}

/// The task, once it has begun.
template <auto Function>
void end_worker_of() {
  troupe::test::process_cluster cluster;
  auto& first = cluster.add_worker("first");
  auto client = cluster.connect();
  auto marker = fresh_path();
  auto f = client.submit<Function>(marker);
  while (!std::ifstream(marker)) std::this_thread::yield();
  first.send_signal(SIGTERM);
  cluster.add_worker("second");
  CHECK(f.get() == 42);
  ::unlink(marker.c_str());
}

}  // namespace

TEST_CASE("a task whose worker is killed runs again on another") {
  troupe::test::process_cluster cluster;
  cluster.add_worker("first");
  cluster.add_worker("second");
  auto client = cluster.connect();
  auto marker = fresh_path();
  auto f = client.submit<die_once>(marker);
  CHECK(f.get() == 42);
  ::unlink(marker.c_str());
  cluster.wait_for_workers(1);
}

TEST_CASE("a task that heeds the stop of a worker that ends in order runs again on another") {
  end_worker_of<wait_once>();
}

TEST_CASE("a task that waits for one of its own runs again on another worker when its worker ends in order") {
  end_worker_of<wait_for_child_once>();
}

TEST_CASE("what was queued on a killed worker, and what only it held, comes from the others") {
  troupe::test::process_cluster cluster;
  auto& first = cluster.add_worker("first");
  cluster.add_worker("second");
  auto client = cluster.connect();
  std::vector<troupe::future<int>> results;
  for (int i = 0; i < 5'000; ++i) results.push_back(client.submit<add_one>(i));
  first.send_signal(SIGKILL);
  for (int i = 0; i < 5'000; ++i) REQUIRE(results[std::size_t(i)].get() == i + 1);
}

TEST_CASE("a tree reduction gives its answer although a worker is killed in the middle") {
  auto seed = GENERATE(take(3, random(1u, 1'000'000u)));
  CAPTURE(seed);
  troupe::test::process_cluster cluster;
  auto& first = cluster.add_worker("first");
  cluster.add_worker("second");
  auto client = cluster.connect();
  constexpr int leaves = 256;
  std::vector<troupe::future<std::vector<double>>> level;
  for (int i = 0; i < leaves; ++i) level.push_back(client.submit<leaf>(i));
  std::vector<troupe::future<std::vector<double>>> all = level;
  while (level.size() > 1) {
    std::vector<troupe::future<std::vector<double>>> above;
    for (std::size_t i = 0; i < level.size(); i += 2) above.push_back(client.submit<add_up>(level[i], level[i + 1]));
    level = above;
    all.insert(all.end(), above.begin(), above.end());
  }
  auto root = level.front();
  auto marked = all[std::mt19937(seed)() % (all.size() - 1)];
  all.clear();
  level.clear();
  while (!marked.done()) std::this_thread::yield();
  marked = {};
  first.send_signal(SIGKILL);
  CHECK(root.get() == std::vector<double>(2'000, leaves * (leaves - 1) / 2.0));
}

TEST_CASE("a large result that went with its worker is computed again by the next") {
  troupe::test::process_cluster cluster;
  auto& only = cluster.add_worker("only");
  auto client = cluster.connect();
  auto f = client.submit<big>(1'000'000);
  while (!f.done()) std::this_thread::yield();
  CHECK(f.status() == troupe::future_status::finished);
  only.send_signal(SIGKILL);
  static_cast<void>(only.wait());
  cluster.add_worker("next");
  CHECK(f.get().size() == 1'000'000);
}

TEST_CASE("a value that was put on a worker fails who wants it when it went with the worker") {
  troupe::test::process_cluster cluster;
  auto& only = cluster.add_worker("only");
  auto client = cluster.connect();
  auto put = troupe::block_on(client.scatter(std::vector<double>(1'000'000, 1.0)));
  only.send_signal(SIGKILL);
  static_cast<void>(only.wait());
  cluster.add_worker("next");
  CHECK_THROWS_WITH(client.submit<sum>(put).get(), Catch::Contains("lost"));
  CHECK(client.submit<add_one>(1).get() == 2);
}

TEST_CASE("a task that ends every worker fails when it has ended too many") {
  troupe::test::process_cluster cluster({"--allowed-failures", "1"});
  cluster.add_worker("first");
  cluster.add_worker("second");
  cluster.add_worker("third");
  auto client = cluster.connect();
  CHECK_THROWS_WITH(client.submit<die>().get(),
                    Catch::Contains("die-") && Catch::Contains("was running on 2 workers that were lost"));
  CHECK(client.submit<add_one>(1).get() == 2);
}

TEST_CASE("a client learns that its scheduler is gone") {
  troupe::test::process_cluster cluster;
  auto& worker = cluster.add_worker("only");
  auto client = cluster.connect();
  CHECK(client.submit<process_id>().get() != ::getpid());
  cluster.scheduler().send_signal(SIGKILL);
  static_cast<void>(cluster.scheduler().wait());
  auto f = client.submit<process_id>();
  CHECK_THROWS_AS(f.get(), troupe::client_closed);
  // The worker ends, too, once it has given its scheduler up.
  auto cause = worker.wait();
  CHECK(cause.what == troupe::detail::exit_cause::kind::exited);
  CHECK(cause.code == 3);
}
