#include <troupe/actors/cluster/internal/adaptive_core.hpp>
#include <troupe/futures/errors.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace troupe::detail;
using troupe::adapt_options;
using troupe::time_point;

using names = std::vector<std::string>;
adaptive_advice const nothing{};

/// Looks one second apart, at a cluster that does what it is advised.
struct stage {
  explicit stage(adaptive_limits limits) : core(limits) {}

  adaptive_advice look(std::uint32_t target, names leaving = {}, std::uint32_t spare = UINT32_MAX) {
    now += 1s;
    return core.look(now, {workers, target, std::move(leaving), spare});
  }
  stage& there(names const& arrived, names const& on_their_way = {}) {
    workers.clear();
    for (auto const& n : arrived) workers.push_back({n, true});
    for (auto const& n : on_their_way) workers.push_back({n, false});
    return *this;
  }

  adaptive_core core;
  std::vector<adaptive_sample::worker> workers;
  time_point now{1000s};
};

adaptive_limits between(std::uint32_t minimum, std::uint32_t maximum, std::uint32_t wait_count = 3) {
  return {minimum, maximum, wait_count, 1s, 5s};
}

adaptive_limits limits_for(adapt_options const& options) { return limits_of(options, 4, 1000); }

}  // namespace

TEST_CASE("more workers are started at once, as many as are wanted and not on their way") {
  stage on(between(0, 10));
  CHECK(on.there({"a"}).look(4).start == 3);
  CHECK(on.there({"a"}, {"b", "c", "d"}).look(4) == nothing);
  CHECK(on.there({"a"}, {"b", "c", "d"}).look(6).start == 2);
}

TEST_CASE("there are never fewer workers than the minimum nor more than the maximum") {
  stage on(between(2, 3));
  CHECK(on.there({}).look(0).start == 2);
  CHECK(on.there({"a"}).look(100).start == 2);
  CHECK(on.there({"a", "b", "c"}).look(100) == nothing);
  for (int i = 0; i < 10; ++i) CHECK(on.there({"a", "b"}).look(0, {"a", "b"}) == nothing);
}

TEST_CASE("a worker leaves when so many looks in a row found it superfluous") {
  stage on(between(0, 10, 3));
  on.there({"a", "b", "c"});
  CHECK(on.look(2, {"b", "a", "c"}) == nothing);
  CHECK(on.look(2, {"b", "a", "c"}) == nothing);
  CHECK(on.look(2, {"b", "a", "c"}).close == names{"b"});
}

TEST_CASE("one look that finds it needed begins the count anew") {
  stage on(between(0, 10, 3));
  on.there({"a", "b"});
  CHECK(on.look(1, {"a", "b"}) == nothing);
  CHECK(on.look(1, {"a", "b"}) == nothing);
  CHECK(on.look(2, {"a", "b"}) == nothing);
  CHECK(on.look(1, {"a", "b"}) == nothing);
  CHECK(on.look(1, {"a", "b"}) == nothing);
  CHECK(on.look(1, {"a", "b"}).close == names{"a"});
}

TEST_CASE("the count is of each worker: one that is found superfluous only now stays for now") {
  stage on(between(0, 10, 2));
  on.there({"a", "b", "c"});
  CHECK(on.look(2, {"a", "b", "c"}) == nothing);
  CHECK(on.look(2, {"b", "a", "c"}) == nothing);
  CHECK(on.look(1, {"b", "a", "c"}).close == names{"b"});
}

TEST_CASE("with a count of one a worker leaves at the first look") {
  stage on(between(0, 10, 1));
  CHECK(on.there({"a", "b"}).look(0, {"b", "a"}).close == names{"b", "a"});
}

TEST_CASE("those that have not arrived go first, the youngest of them before all") {
  stage on(between(0, 10, 1));
  CHECK(on.there({"a"}, {"b", "c"}).look(2, {"a"}).close == names{"c"});
  CHECK(on.there({"a"}, {"b", "c"}).look(1, {"a"}).close == names{"c", "b"});
  CHECK(on.there({"a"}, {"b", "c"}).look(0, {"a"}).close == names{"c", "b", "a"});
}

TEST_CASE("workers that are not spare stay, however few are wanted") {
  stage on(between(0, 10, 1));
  on.there({"a", "b", "c"});
  CHECK(on.look(0, {"a", "b", "c"}, 1).close == names{"a"});
  CHECK(on.look(0, {"a", "b", "c"}, 0) == nothing);
}

TEST_CASE("beyond the maximum those go, too, that are not spare") {
  stage on(between(0, 2, 1));
  on.there({"a", "b", "c", "d"});
  CHECK(on.look(4, {"a", "b", "c", "d"}, 0).close == names{"a", "b"});
  on.there({"a", "b", "c"}, {"d"});
  CHECK(on.look(4, {"a", "b", "c"}, 0).close == names{"d", "a"});
}

TEST_CASE("workers that nobody started here are left alone") {
  stage on(between(0, 10, 1));
  on.there({"a"});
  CHECK(on.look(0, {"stranger", "a"}).close == names{"a"});
}

TEST_CASE("a look that comes too early counts for nothing") {
  stage on(between(0, 10, 2));
  on.there({"a", "b"});
  CHECK(on.look(1, {"a", "b"}) == nothing);
  CHECK(on.core.due() == on.now + 1s);
  CHECK(on.core.look(on.now + 999ms, {on.workers, 1, {"a", "b"}, 2}) == nothing);
  CHECK(on.core.look(on.now + 999ms, {on.workers, 9, {}, 0}) == nothing);
  CHECK(on.look(1, {"a", "b"}).close == names{"a"});
}

TEST_CASE("bounds in threads and bytes become workers, the narrowest holds") {
  auto limits = limits_for(adapt_options{}.minimum(1).minimum_cores(5).maximum(9).maximum_cores(31));
  CHECK(limits.minimum == 2);
  CHECK(limits.maximum == 7);
  limits = limits_for(adapt_options{}.minimum_cores(4).minimum_memory(2001).maximum_memory(4999));
  CHECK(limits.minimum == 3);
  CHECK(limits.maximum == 4);
  limits = limits_for({});
  CHECK(limits.minimum == 0);
  CHECK(limits.maximum == UINT32_MAX);
  CHECK(limits.wait_count == 3);
  CHECK(limits.interval == 1s);
  CHECK(limits.target_duration == 5s);
  // Workers without a limit of memory.
  CHECK(limits_of(adapt_options{}.minimum_memory(10).maximum_memory(1), 1, 0).minimum == 0);
}

TEST_CASE("bounds that contradict each other are refused, and both are named") {
  using Catch::Contains;
  CHECK_THROWS_WITH(limits_for(adapt_options{}.minimum(5).maximum(2)),
                    Contains("minimum(5) and maximum(2) contradict each other"));
  CHECK_THROWS_WITH(limits_for(adapt_options{}.minimum(5).maximum_cores(8)),
                    Contains("minimum(5) and maximum_cores(8) contradict each other: at least 5 workers, at most 2") &&
                        Contains("a worker has 4 threads"));
  CHECK_THROWS_WITH(limits_for(adapt_options{}.minimum_memory(3000).maximum(2)),
                    Contains("minimum_memory(3000) and maximum(2) contradict"));
}

TEST_CASE("bounds that are negative or leave no worker are refused, and named") {
  using Catch::Contains;
  CHECK_THROWS_WITH(limits_for(adapt_options{}.minimum(-1)), "adapt: minimum(-1) is negative");
  CHECK_THROWS_WITH(limits_for(adapt_options{}.maximum(-7)), "adapt: maximum(-7) is negative");
  CHECK_THROWS_WITH(limits_for(adapt_options{}.minimum_cores(-1)), "adapt: minimum_cores(-1) is negative");
  CHECK_THROWS_WITH(limits_for(adapt_options{}.maximum_memory(-1)), "adapt: maximum_memory(-1) is negative");
  CHECK_THROWS_WITH(limits_for(adapt_options{}.maximum(0)), Contains("maximum(0) leaves no worker"));
  CHECK_THROWS_WITH(limits_for(adapt_options{}.maximum_cores(3)), Contains("maximum_cores(3) leaves no worker"));
  CHECK_THROWS_WITH(limits_for(adapt_options{}.wait_count(0)), Contains("wait_count(0)"));
  CHECK_THROWS_WITH(limits_for(adapt_options{}.interval(0s)), Contains("interval"));
  CHECK_THROWS_WITH(limits_for(adapt_options{}.target_duration(-1s)), Contains("target_duration"));
}
