#include "support/stage.hpp"

#include <troupe/actors/client/fire_and_forget.hpp>
#include <troupe/actors/cluster/internal/member.hpp>
#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

/// What is left of clients of a scheduler elsewhere that have closed.
namespace {

using troupe::detail::connect_to;
using troupe::test::eventually;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::linked_cluster;
using troupe::test::opened_at_end;

std::vector<double> large(int n) { return std::vector<double>(200'000, n); }
class listener {
 public:
  int hear(int n) { return n; }
};

/// Of this process, without those of the worker's pool, which may grow by one when it is asked for values while busy.
std::size_t threads() {
  std::size_t count = 0;
  for (auto const& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::ifstream(thread.path() / "comm") >> name;
    if (name != "worker-0") ++count;
  }
  return count;
}
std::size_t descriptors() {
  auto all = std::filesystem::directory_iterator("/proc/self/fd");
  return std::size_t(std::distance(begin(all), end(all)));
}

int inc(int n) { return n + 1; }
std::string own_worker(troupe::task_context& context) { return context.worker(); }
int pass(gate_ref g) {
  (*g)->pass();
  return 1;
}
int arrive(gate_ref g) {
  (*g)->arrive();
  return 1;
}

troupe::cluster_options one_worker() {
  return troupe::cluster_options{}.workers(1).threads_per_worker(1).memory_limit(1'000'000'000);
}

/// A runtime in which there are no clients but those of a test, and a cluster elsewhere.
struct passing {
  [[nodiscard]] troupe::client connect() { return connect_to(in, cluster.address(), "passing"); }
  /// No actor, and with it no link, is left of its clients.
  void until_gone() {
    eventually([&] { return in.live_actors() == 0; });
  }
  [[nodiscard]] std::uint64_t tasks() { return observer.cluster_info().get().tasks; }

  linked_cluster cluster{one_worker()};
  troupe::runtime in;
  troupe::client observer = cluster.connect("observer");
};

}  // namespace

TEST_CASE("a client that has closed leaves no thread, no link and no actor in a runtime that goes on") {
  linked_cluster cluster(troupe::cluster_options{}.workers(1).threads_per_worker(1).memory_limit(1'000'000'000));
  troupe::runtime in;
  auto stays = connect_to(in, cluster.address(), "stays");
  auto kept = stays.submit<large>(1);
  CHECK(kept.get().back() == 1);
  CHECK(stays.create_actor<listener>().get().call<&listener::hear>(1).get() == 1);
  // The actor was the last to be let go.
  eventually([&] { return stays.cluster_info().get().tasks == 1; });
  auto const before_threads = threads(), before_descriptors = descriptors(), before_actors = in.live_actors();
  for (int i = 0; i < 100; ++i) {
    auto passing = connect_to(in, cluster.address(), "passing");
    // Some have links to a worker, too.
    if (i % 10 == 0) CHECK(passing.submit<large>(i).get().back() == i);
    passing.close();
  }
  eventually([&] { return in.live_actors() <= before_actors; });
  eventually([&] { return descriptors() <= before_descriptors; });
  eventually([&] { return threads() <= before_threads; });
  CHECK(stays.submit<large>(2).get().back() == 2);
  CHECK(kept.get().back() == 1);
}

TEST_CASE("a client is connected by a runtime whose other clients have all closed, and by none that has closed") {
  linked_cluster cluster(troupe::cluster_options{}.workers(1).threads_per_worker(1).memory_limit(1'000'000'000));
  troupe::runtime in;
  for (int i = 0; i < 2; ++i) {
    auto passing = connect_to(in, cluster.address(), "passing");
    CHECK(passing.submit<large>(i).get().back() == i);
    passing.close();
    eventually([&] { return in.live_actors() == 0; });
  }
  in.close();
  CHECK_THROWS_AS(connect_to(in, cluster.address(), "late"), troupe::client_closed);
}

TEST_CASE("a client that nobody closes goes with its last copy") {
  passing on;
  {
    auto first = on.connect();
    auto copy = first.with(troupe::task_options{}.retries(1));
    first = troupe::client();
    CHECK(copy.submit<large>(1).get().back() == 1);
    CHECK_FALSE(copy.closed());
  }
  on.until_gone();
  eventually([&] { return on.tasks() == 0; });
  // Others of the runtime are none the wiser.
  CHECK(on.connect().submit<large>(2).get().back() == 2);
  on.until_gone();
}

TEST_CASE("futures keep what they need of a client that is gone, to be done and to be read") {
  gate g;
  passing on;
  opened_at_end at_end(g);
  auto running = on.connect().submit<pass>(&g);
  auto elsewhere = on.connect().submit<large>(3);
  g.wait_for(1);
  g.open();
  CHECK(running.get() == 1);
  // Fetched now.
  CHECK(elsewhere.get().back() == 3);
  running = {};
  elsewhere = {};
  on.until_gone();
  eventually([&] { return on.tasks() == 0; });
}

TEST_CASE("what is dropped with its client is cancelled, and what is only to be done is done") {
  gate g, forgotten, dropped;
  passing on;
  opened_at_end at_end(g);
  // The only thread is busy.
  auto blocks = on.observer.submit<pass>(&g);
  g.wait_for(1);
  {
    auto client = on.connect();
    for (int i = 0; i < 100; ++i) troupe::fire_and_forget(client.submit<arrive>(&forgotten));
    for (int i = 0; i < 100; ++i) static_cast<void>(client.submit<arrive>(&dropped));
  }
  on.until_gone();
  CHECK(forgotten.arrived() == 0);
  g.open();
  forgotten.wait_for(100);
  blocks = {};
  eventually([&] { return on.tasks() == 0; });
  CHECK(forgotten.arrived() == 100);
  CHECK(dropped.arrived() == 0);
}

TEST_CASE("what is asked of a client that is gone then is answered") {
  passing on;
  CHECK(on.connect().cluster_info().get().workers.size() == 1);
  on.connect().wait_for_workers(1).get();
  CHECK(on.connect().list_datasets().get().empty());
  CHECK(troupe::block_on(on.connect().scatter(std::vector<double>(100, 1.5))).get().size() == 100);
  CHECK(troupe::block_on(on.connect().run<own_worker>()).size() == 1);
  on.until_gone();
  auto waits = on.connect().wait_for_workers(2);
  CHECK_FALSE(waits.done());
  CHECK(on.in.live_actors() > 0);
  waits = {};
  on.until_gone();
}

TEST_CASE("calls and handles of actors keep their client, and an actor goes with them") {
  passing on;
  auto handle = on.connect().create_actor<listener>().get();
  auto call = handle.call<&listener::hear>(4);
  std::optional<decltype(handle)> held(std::move(handle));
  handle = {};
  CHECK(call.get() == 4);
  call = {};
  CHECK(held->call<&listener::hear>(5).get() == 5);
  held.reset();
  on.until_gone();
  eventually([&] { return on.tasks() == 0; });
}

TEST_CASE("a callback uses the client that it keeps, and that goes with it") {
  passing on;
  std::promise<troupe::future<int>> submitted;
  troupe::future<int> first;
  {
    auto client = on.connect();
    first = client.submit<inc>(1);
    first.on_done([client, &submitted](auto const& done) { submitted.set_value(client.submit<inc>(done)); });
  }
  auto second = submitted.get_future().get();
  CHECK(second.get() == 3);
  first = second = {};
  on.until_gone();
}

TEST_CASE("a lock is given back though its client goes with it") {
  passing on;
  {
    auto theirs = on.connect().lock("door").acquire().get();
    CHECK(on.in.live_actors() > 0);
    CHECK_FALSE(on.observer.lock("door").acquire().done());
  }
  static_cast<void>(on.observer.lock("door").acquire().get());
  on.until_gone();
}

TEST_CASE("clients of a cluster in this process go with their last copy, too") {
  troupe::runtime in;
  troupe::local_cluster cluster(in, one_worker());
  auto stays = cluster.connect();
  auto const before = in.live_actors();
  for (int i = 0; i < 20; ++i) CHECK(cluster.connect().submit<large>(i).get().back() == i);
  eventually([&] { return in.live_actors() == before; });
  CHECK(stays.submit<large>(2).get().back() == 2);
}
