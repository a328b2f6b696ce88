#include "simulation.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <exception>
#include <string>

namespace {

using troupe::test::simulation;
using troupe::test::simulation_options;

/// TROUPE_TEST_SEED repeats one run, TROUPE_TEST_SEEDS makes it that many.
void run_seeds(simulation_options options, std::uint64_t seeds, simulation::counters& total) {
  std::uint64_t first = 1;
  if (auto const* given = std::getenv("TROUPE_TEST_SEED")) {
    first = std::stoull(given);
    seeds = 1;
  }
  if (auto const* given = std::getenv("TROUPE_TEST_SEEDS")) seeds = std::stoull(given);
  for (auto seed = first; seed < first + seeds; ++seed) {
    std::string error;
    simulation run(seed, options);
    try {
      run.run();
    } catch (std::exception const& e) {
      error = e.what();
    }
    INFO("TROUPE_TEST_SEED=" << seed);
    REQUIRE(error == "");
    auto const& seen = run.seen();
    total.finished += seen.finished;
    total.erred += seen.erred;
    total.lost += seen.lost;
    total.cancelled += seen.cancelled;
    total.retried += seen.retried;
    total.moved_values += seen.moved_values;
    total.fetched += seen.fetched;
    total.large_fetches += seen.large_fetches;
    total.side_by_side += seen.side_by_side;
    total.missing += seen.missing;
    total.given_ahead += seen.given_ahead;
    total.awaited += seen.awaited;
    total.unreadable += seen.unreadable;
    total.lost_values += seen.lost_values;
    total.inputs_lost += seen.inputs_lost;
    total.removed_workers += seen.removed_workers;
    total.restarted += seen.restarted;
    total.children += seen.children;
    total.shared_keys += seen.shared_keys;
    total.second_attempts += seen.second_attempts;
    total.overtaken += seen.overtaken;
    total.of_other_build += seen.of_other_build;
  }
}

void check_that_the_rare_happened(simulation::counters const& total) {
  CHECK(total.finished > 0);
  CHECK(total.erred > 0);
  CHECK(total.cancelled > 0);
  CHECK(total.retried > 0);
  CHECK(total.moved_values > 0);
  CHECK(total.fetched > 0);
  CHECK(total.large_fetches > 0);
  CHECK(total.side_by_side > 0);
  CHECK(total.given_ahead > 0);
  CHECK(total.awaited > 0);
  CHECK(total.children > 0);
  CHECK(total.shared_keys > 0);
}

}  // namespace

TEST_CASE("a cluster of stable workers ends every wanted future and keeps nothing") {
  simulation_options options;
  options.remove_workers = false;
  options.fail_fetches = false;
  simulation::counters total;
  run_seeds(options, 40, total);
  check_that_the_rare_happened(total);
  CHECK(total.lost == 0);
}

TEST_CASE("a cluster whose workers die loses data at most and keeps nothing") {
  simulation::counters total;
  run_seeds({}, 40, total);
  check_that_the_rare_happened(total);
  CHECK(total.removed_workers > 0);
  CHECK(total.missing > 0);
  CHECK(total.unreadable > 0);
  CHECK(total.lost > 0);
}

TEST_CASE("a cluster that keeps lineage computes again what its dead workers held") {
  simulation_options options;
  options.keep_lineage = true;
  simulation::counters total;
  run_seeds(options, 40, total);
  check_that_the_rare_happened(total);
  CHECK(total.removed_workers > 0);
  CHECK(total.missing > 0);
  CHECK(total.unreadable > 0);
  CHECK(total.lost == 0);
}

TEST_CASE("a cluster that cannot read back what it has spilled computes it again, or loses it, and keeps nothing") {
  simulation_options options;
  options.lose_values = true;
  options.keep_lineage = GENERATE(true, false);
  options.speculate = options.remove_workers = options.fail_fetches = GENERATE(true, false);
  simulation::counters total;
  run_seeds(options, 40, total);
  check_that_the_rare_happened(total);
  CHECK(total.lost_values > 0);
  CHECK(total.inputs_lost > 0);
  CHECK((total.lost > 0) == !options.keep_lineage);
}

TEST_CASE("one worker alone serves every client") {
  simulation_options options;
  options.workers = 1;
  options.remove_workers = false;
  simulation::counters total;
  run_seeds(options, 20, total);
  CHECK(total.finished > 0);
  CHECK(total.fetched == 0);
}

TEST_CASE("a cluster that is restarted again and again tells everybody and keeps nothing") {
  simulation_options options;
  options.restart = true;
  options.keep_lineage = GENERATE(true, false);
  simulation::counters total;
  run_seeds(options, 40, total);
  check_that_the_rare_happened(total);
  CHECK(total.restarted > 0);
  CHECK(total.removed_workers > 0);
}

TEST_CASE("a cluster that runs slow tasks twice gives each result once and keeps nothing") {
  simulation_options options;
  options.speculate = true;
  options.keep_lineage = GENERATE(true, false);
  options.remove_workers = options.fail_fetches = options.restart = GENERATE(true, false);
  simulation::counters total;
  run_seeds(options, 40, total);
  check_that_the_rare_happened(total);
  CHECK(total.second_attempts > 0);
  CHECK(total.overtaken > 0);
  if (!options.remove_workers || options.keep_lineage) CHECK(total.lost == 0);
}

TEST_CASE("a cluster of several builds runs everything where its function is, and keeps nothing") {
  simulation_options options;
  options.mixed_builds = true;
  options.speculate = options.restart = GENERATE(true, false);
  options.keep_lineage = GENERATE(true, false);
  simulation::counters total;
  run_seeds(options, 40, total);
  CHECK(total.finished > 0);
  CHECK(total.removed_workers > 0);
  CHECK(total.of_other_build > 0);
  if (options.keep_lineage) CHECK(total.lost == 0);
}
