#include "support/stage.hpp"

#include <troupe/futures/gather.hpp>
#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

/// Values that cannot be encoded: they can be used where they were made, and nowhere else.
namespace {

using Catch::Matchers::Contains;
using troupe::block_on;
using troupe::future;
using troupe::on_workers;
using troupe::task_options;
using troupe::test::eventually;
using troupe::test::pointer_to;
using troupe::test::stage;
using troupe::test::stages_are_linked;
using names = std::vector<std::string>;

/// As large as a value that stays where it was made.
struct rooted {
  int number = 0;
};
void encode(troupe::encoder&, rooted const&) { throw std::runtime_error("it has roots"); }
rooted decode(troupe::decoder&, std::type_identity<rooted>) { return {}; }
std::size_t nbytes(rooted const&) { return 100'000; }

/// As small as one that travels with the news of it.
struct seedling {};
void encode(troupe::encoder&, seedling const&) { throw std::runtime_error("it has roots"); }
seedling decode(troupe::decoder&, std::type_identity<seedling>) { return {}; }
std::size_t nbytes(seedling const&) { return 1; }

seedling sprout() { return {}; }
rooted grow(int n, pointer_to<std::atomic<int>> calls) {
  ++**calls;
  return {n};
}
int number_of(rooted const& r) { return r.number; }
std::vector<double> large(int n) { return std::vector<double>(10'000, n); }

/// Two workers, and a value that cannot leave the first.
struct garden {
  garden() : plant(first().submit<grow>(7, &calls)) {
    eventually([this] { return plant.done(); });
  }
  [[nodiscard]] troupe::client on(std::string const& worker) const {
    return at.client.with(task_options{}.workers(on_workers(worker)));
  }
  [[nodiscard]] troupe::client first() const {
    return at.client.with(task_options{}.workers(on_workers("worker-0")).key("plant"));
  }
  /// It is where it was, was made once, and can be used there.
  void check_kept() const {
    CHECK(at.client.who_has(plant).get().workers == names{"worker-0"});
    CHECK(on("worker-0").submit<number_of>(plant).get() == 7);
    CHECK(calls == 1);
  }

  stage at{2};
  std::atomic<int> calls = 0;
  future<rooted> plant;
};

constexpr char const* why = "the result of plant cannot be read: worker-0 cannot encode it: it has roots";

}  // namespace

TEST_CASE("reading a value that cannot be encoded fails and names the task, its worker and the reason") {
  if (!stages_are_linked()) return;  // nothing is encoded
  garden g;
  CHECK(g.plant.status() == troupe::future_status::finished);
  CHECK_THROWS_WITH(g.plant.get(), why);
  CHECK_THROWS_WITH(g.plant.get(), why);
  g.check_kept();
}

TEST_CASE("a task on another worker that takes a value which cannot be encoded fails at once") {
  if (!stages_are_linked()) return;
  garden g;
  auto away = g.at.client.with(task_options{}.workers(on_workers("worker-1")).retries(5)).submit<number_of>(g.plant);
  auto behind = g.at.client.submit([](int n) { return n; }, away);
  CHECK_THROWS_WITH(away.get(), why);
  CHECK_THROWS_WITH(behind.get(), why);
  g.check_kept();
}

TEST_CASE("one value that cannot be encoded keeps no other from being read") {
  if (!stages_are_linked()) return;
  garden g;
  std::vector<future<std::vector<double>>> others;
  for (int i = 0; i < 20; ++i) others.push_back(g.on("worker-0").submit<large>(i));
  auto again = g.on("worker-0").submit<grow>(8, &g.calls);
  for (auto const& f : others) eventually([&] { return f.done(); });
  eventually([&] { return again.done(); });
  auto all = block_on(troupe::gather(others));
  for (int i = 0; i < 20; ++i) CHECK(all[std::size_t(i)] == large(i));
  CHECK_THROWS_WITH(again.get(), Contains("grow-") && Contains("it has roots"));
}

TEST_CASE("a value that cannot be encoded is not copied, which says why") {
  if (!stages_are_linked()) return;
  garden g;
  CHECK_THROWS_WITH(g.at.client.replicate(g.plant, 2).get(), why);
  g.check_kept();
}

TEST_CASE("a worker stays, and says why, when one of its results cannot be copied") {
  if (!stages_are_linked()) return;
  garden g;
  auto movable = g.on("worker-0").submit<large>(3);
  eventually([&] { return movable.done(); });
  CHECK_THROWS_WITH(g.at.client.retire_workers(on_workers("worker-0")).get(),
                    std::string("worker-0 stays: 1 of its results could not be copied, among them plant: ") + why);
  CHECK(g.at.client.cluster_info().get().workers.size() == 2);
  CHECK(g.at.client.who_has(movable).get().workers == names{"worker-0", "worker-1"});
  g.check_kept();
}

TEST_CASE("workers whose results were copied leave, also beside one that stays") {
  if (!stages_are_linked()) return;
  stage on(3);
  std::atomic<int> calls = 0;
  auto plant = on.client.with(task_options{}.workers(on_workers("worker-0"))).submit<grow>(7, &calls);
  auto movable = on.client.with(task_options{}.workers(on_workers("worker-1"))).submit<large>(3);
  eventually([&] { return plant.done() && movable.done(); });
  CHECK_THROWS_WITH(on.client.retire_workers(on_workers("worker-0", "worker-1")).get(),
                    Catch::StartsWith("worker-0 stays: ") && !Contains("worker-1"));
  CHECK(on.client.cluster_info().get().workers.size() == 2);
  CHECK(on.client.who_has(movable).get().workers == names{"worker-2"});
  CHECK(on.client.who_has(plant).get().workers == names{"worker-0"});
}

TEST_CASE("a worker that is forced leaves with what cannot be copied, which is made again") {
  if (!stages_are_linked()) return;
  stage on(2);
  std::atomic<int> calls = 0;
  auto plant = on.client.with(task_options{}.workers(on_workers("worker-0"), true)).submit<grow>(7, &calls);
  eventually([&] { return plant.done(); });
  on.client.retire_workers(on_workers("worker-0"), troupe::forced).get();
  CHECK(on.client.cluster_info().get().workers.size() == 1);
  CHECK(on.client.submit<number_of>(plant).get() == 7);
  CHECK(calls == 2);
}

TEST_CASE("all workers leave that are forced, although nobody could take over what they hold") {
  stage on(2);
  auto data = block_on(on.client.scatter(large(1), troupe::broadcast));
  on.client.retire_workers(on_workers("worker-0", "worker-1"), troupe::forced).get();
  CHECK(on.client.cluster_info().get().workers.empty());
}

TEST_CASE("a small result that cannot be encoded is its task's failure") {
  if (!stages_are_linked()) return;
  stage on;
  auto f = on.client.submit<sprout>();
  CHECK_THROWS_AS(f.get(), troupe::task_error);
  CHECK_THROWS_WITH(f.get(), Contains("sprout") && Contains("worker-0") && Contains("it has roots"));
}
