#include <troupe/actors/cluster/internal/memory_policy.hpp>

#include <catch2/catch.hpp>

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

namespace {

using troupe::detail::memory_policy;
using worker = memory_policy::worker;
using order = memory_policy::order;

std::uint64_t spilled(std::vector<order> const& orders) {
  return std::accumulate(orders.begin(), orders.end(), std::uint64_t{0},
                         [](std::uint64_t sum, order const& one) { return sum + one.spill; });
}

/// The worker that may begin something; -1 where none may, -2 where several may.
int who_begins(std::vector<order> const& orders) {
  int found = -1;
  for (std::size_t i = 0; i < orders.size(); ++i)
    if (!orders[i].pause) found = found == -1 ? static_cast<int>(i) : -2;
  return found;
}

}  // namespace

TEST_CASE("below the thresholds memory is nobody's concern") {
  memory_policy policy({}, true);
  std::vector<worker> workers{{700, 1}, {0, 0}};
  CHECK(policy.look(700, 1000, workers) == std::vector<order>(2));
  CHECK_FALSE(policy.is_short());
  CHECK(policy.look(0, 1000, {}).empty());
}

TEST_CASE("a process that takes too much moves values to files until it is down to the target, each worker its part") {
  memory_policy policy({}, true);
  std::vector<worker> workers{{300, 0}, {100, 0}, {0, 0}};
  auto orders = policy.look(720, 1000, workers);
  CHECK(orders == std::vector<order>{{90, false}, {30, false}, {0, false}});

  SECTION("but no more than there is") {
    auto all = policy.look(2000, 1000, workers);
    CHECK(all[0].spill == 300);
    CHECK(all[1].spill == 100);
    CHECK(all[2].spill == 0);
  }
  SECTION("and without a target, down to what it exceeds") {
    memory_policy other({0, 0.7, 0}, true);
    CHECK(spilled(other.look(720, 1000, workers)) == 20);
  }
  SECTION("and to that, too, where the target is above it") {
    memory_policy other({0.9, 0.7, 0}, true);
    CHECK(spilled(other.look(720, 1000, workers)) == 20);
  }
}

TEST_CASE("a threshold of 0 is none") {
  memory_policy policy({0, 0, 0}, true);
  std::vector<worker> workers{{1000, 1}};
  CHECK(policy.look(1'000'000, 1000, workers) == std::vector<order>(1));
  CHECK(policy.look(1, 0, workers) == std::vector<order>(1));
}

TEST_CASE("while memory is short nobody begins anything, and all go on when it is not") {
  memory_policy policy({}, true);
  std::vector<worker> workers{{0, 1}, {0, 0}};
  for (int i = 0; i < 100; ++i) {
    auto orders = policy.look(801, 1000, workers);
    CHECK(orders[0].pause);
    CHECK(orders[1].pause);
    CHECK(policy.is_short());
  }
  CHECK(policy.look(800, 1000, workers) == std::vector<order>{{0, false}, {0, false}});
  CHECK_FALSE(policy.is_short());
}

TEST_CASE("where nothing runs or is moved for a while one worker after the other begins something") {
  memory_policy policy({}, true);
  std::vector<worker> workers(3);
  for (std::size_t i = 1; i < memory_policy::patience; ++i) CHECK(who_begins(policy.look(900, 1000, workers)) == -1);
  auto first = who_begins(policy.look(900, 1000, workers));
  auto second = who_begins(policy.look(900, 1000, workers));
  auto third = who_begins(policy.look(900, 1000, workers));
  CHECK(first >= 0);
  CHECK(second == (first + 1) % 3);
  CHECK(third == (first + 2) % 3);

  SECTION("until something runs: then what that frees is waited for") {
    workers[static_cast<std::size_t>(third)].running = 1;
    CHECK(who_begins(policy.look(900, 1000, workers)) == -1);
    workers[static_cast<std::size_t>(third)].running = 0;
    for (std::size_t i = 1; i < memory_policy::patience; ++i) CHECK(who_begins(policy.look(900, 1000, workers)) == -1);
    CHECK(who_begins(policy.look(900, 1000, workers)) == first);
  }
  SECTION("or values are moved") {
    workers[0].spilling = true;
    for (std::size_t i = 0; i < 2 * memory_policy::patience; ++i)
      CHECK(who_begins(policy.look(900, 1000, workers)) == -1);
  }
  SECTION("or there is memory again") {
    CHECK(who_begins(policy.look(100, 1000, workers)) == -2);
    CHECK(who_begins(policy.look(900, 1000, workers)) == -1);
  }
}

TEST_CASE("a worker that somebody watches who would end it begins nothing on its own account") {
  memory_policy policy({}, false);
  std::vector<worker> workers(1);
  for (std::size_t i = 0; i < 10 * memory_policy::patience; ++i)
    CHECK(who_begins(policy.look(900, 1000, workers)) == -1);
}
