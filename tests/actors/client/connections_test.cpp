#include "support/stage.hpp"

#include <troupe/actors/cluster/internal/member.hpp>

#include <catch2/catch.hpp>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

/// What is left of clients of a scheduler elsewhere that have closed.
namespace {

using troupe::detail::connect_to;
using troupe::test::eventually;
using troupe::test::linked_cluster;

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
