#include "support/stage.hpp"

#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <sstream>
#include <vector>

namespace {

using troupe::block_on;
using troupe::test::stage;

std::vector<double> zeros(int n) { return std::vector<double>(std::size_t(n), 0.0); }

}  // namespace

TEST_CASE("a memory report says of each worker what it stores, and what it has stored at most") {
  stage on(2);
  auto second = on.client.with(troupe::task_options{}.workers(troupe::on_workers("worker-1")));
  auto kept = second.submit<zeros>(10'000);
  troupe::test::until_done(kept);
  auto report = block_on(on.client.memory_report());
  REQUIRE(report.workers.size() == 2);
  auto const &empty = report.workers[0], &full = report.workers[1];
  CHECK(empty.worker == "worker-0");
  CHECK(empty.managed == 0);
  CHECK(full.worker == "worker-1");
  CHECK(full.managed >= 80'000);
  CHECK(full.process > full.managed);
  kept = {};
  troupe::test::eventually([&] {
    auto now = block_on(on.client.memory_report(troupe::on_workers("worker-1"))).workers.at(0);
    return now.managed == 0 && now.most_managed >= full.managed;
  });
}

TEST_CASE("a memory report prints as a table") {
  troupe::memory_report report{{{"worker-0", 1'070'000'000, 2'000'000'000, 0, 1'090'000'000, 4'000'000'000},
                                {"b", 0, 0, 123'000, 20'000'000, 0}}};
  std::ostringstream out;
  out << report;
  CHECK(out.str() ==
        "worker     managed   spilled   process     limit\n"
        "worker-0   1.07 GB       0 B   1.09 GB   4.00 GB\n"
        "b              0 B    123 kB   20.0 MB      none");
}
