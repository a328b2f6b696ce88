#include <troupe/futures/gather.hpp>

#include <troupe/futures/promise.hpp>
#include <troupe/futures/run_loop.hpp>

#include "support/counted.hpp"
#include "support/started.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <span>
#include <string>
#include <thread>

using troupe::test::counted;
using troupe::test::started;

namespace {

std::exception_ptr failure(char const* what) { return std::make_exception_ptr(std::runtime_error(what)); }

troupe::task<std::vector<int>> evens(std::vector<troupe::future<int>> fs) {
  std::vector<int> values = co_await troupe::gather(fs, troupe::on_error::skip);
  co_return values;
}

}  // namespace

TEST_CASE("gather gives the values in the order of the futures") {
  troupe::promise<int> a, b, c;
  troupe::manual_executor loop;
  started values(loop, troupe::gather(std::vector{a.get_future(), b.get_future(), c.get_future()}));
  loop.run();
  c.set_value(3), a.set_value(1);
  loop.run();
  CHECK_FALSE(values.ended());
  b.set_value(2);
  loop.run();
  REQUIRE(values.ended());
  CHECK(values.result() == std::vector{1, 2, 3});
}

TEST_CASE("gather of nothing is an empty vector") {
  CHECK(troupe::block_on(troupe::gather(std::vector<troupe::future<int>>())).empty());
}

TEST_CASE("gather resumes once, however many futures it waits for") {
  std::vector<troupe::promise<int>> ps(50);
  std::vector<troupe::future<int>> fs;
  fs.reserve(ps.size());
  for (auto& p : ps) fs.push_back(p.get_future());
  troupe::manual_executor loop;
  started values(loop, troupe::gather(fs));
  loop.run();
  for (auto& p : ps) p.set_value(1);
  CHECK(loop.run() == 1);
  CHECK(values.ended());
}

TEST_CASE("gather with raise rethrows the first failure as soon as it is there and leaves the others running") {
  troupe::promise<int> a, b, c;
  auto fs = std::vector{a.get_future(), b.get_future(), c.get_future()};
  troupe::manual_executor loop;
  started values(loop, troupe::gather(fs));
  loop.run();
  c.set_error(failure("c"));
  a.set_error(failure("a"));
  loop.run();
  REQUIRE(values.ended());
  CHECK_THROWS_WITH(values.result(), "c");
  CHECK_FALSE(fs[1].done());
}

TEST_CASE("gather with raise of futures that all have ended throws the first failure in their order") {
  auto fs = std::vector{troupe::make_ready_future(1), troupe::make_failed_future<int>(failure("second")),
                        troupe::make_failed_future<int>(failure("third"))};
  CHECK_THROWS_WITH(troupe::block_on(troupe::gather(fs)), "second");
}

TEST_CASE("gather with skip waits for all and leaves failed and cancelled futures out") {
  troupe::promise<int> pending;
  auto fs = std::vector{troupe::make_ready_future(0), troupe::make_failed_future<int>(failure("odd")),
                        pending.get_future(), troupe::make_ready_future(2)};
  troupe::manual_executor loop;
  started values(loop, evens(fs));
  loop.run();
  CHECK_FALSE(values.ended());
  fs[2].cancel();
  loop.run();
  REQUIRE(values.ended());
  CHECK(values.result() == std::vector{0, 2});
}

TEST_CASE("gather moves values out of futures that nobody else holds and copies the others") {
  {
    auto before = counted::copies();
    std::vector<troupe::future<counted>> fs;
    fs.reserve(3);
    for (int i = 0; i < 3; ++i) fs.push_back(troupe::make_ready_future(counted(i)));
    auto moved = troupe::block_on(troupe::gather(std::move(fs)));
    CHECK(counted::copies() == before);
    std::vector kept{troupe::make_ready_future(counted(1))};
    auto copied = troupe::block_on(troupe::gather(kept));
    CHECK(counted::copies() == before + 1);
    CHECK(kept[0].get().value == 1);
  }
  CHECK(counted::live() == 0);
}

TEST_CASE("gather of values that cannot be copied works from an expiring range and else says why not") {
  std::vector<troupe::future<std::unique_ptr<int>>> fs;
  fs.push_back(troupe::make_ready_future(std::make_unique<int>(5)));
  CHECK_THROWS_AS(troupe::block_on(troupe::gather(fs)), troupe::future_shared);
  auto values = troupe::block_on(troupe::gather(std::move(fs)));
  CHECK(*values[0] == 5);
}

TEST_CASE("gather of futures without values waits for them") {
  troupe::promise<void> a, b;
  troupe::manual_executor loop;
  started both(loop, troupe::gather(std::vector{a.get_future(), b.get_future()}));
  a.set_value();
  loop.run();
  CHECK_FALSE(both.ended());
  b.set_value();
  loop.run();
  REQUIRE(both.ended());
  both.result();
}

TEST_CASE("gather of several futures of different types gives a tuple") {
  troupe::promise<void> nothing;
  nothing.set_value();
  auto values = troupe::block_on(troupe::gather(troupe::make_ready_future(1), nothing.get_future(),
                                                troupe::make_ready_future(std::string("three"))));
  CHECK(std::get<0>(values) == 1);
  CHECK(std::get<1>(values) == std::monostate());
  CHECK(std::get<2>(values) == "three");
}

TEST_CASE("gather of an empty future throws at the call") {
  CHECK_THROWS_AS(troupe::gather(std::vector<troupe::future<int>>(1)), troupe::future_invalid);
  CHECK_THROWS_AS(troupe::gather(troupe::make_ready_future(1), troupe::future<int>()), troupe::future_invalid);
}

TEST_CASE("the same future may be gathered twice") {
  troupe::promise<int> p;
  troupe::manual_executor loop;
  started values(loop, troupe::gather(std::vector{p.get_future(), p.get_future()}));
  loop.run();
  p.set_value(4);
  loop.run();
  REQUIRE(values.ended());
  CHECK(values.result() == std::vector{4, 4});
}

TEST_CASE("a stop request ends gather alone: the futures go on") {
  troupe::promise<int> p;
  auto f = p.get_future();
  troupe::manual_executor loop;
  started values(loop, troupe::gather(std::vector{f}));
  loop.run();
  values.request_stop();
  loop.run();
  REQUIRE(values.ended());
  CHECK_THROWS_AS(values.result(), troupe::cancelled_error);
  CHECK_FALSE(f.done());
  p.set_value(1);
  CHECK(f.get() == 1);
}

TEST_CASE("gather ends once when completions from threads and stop requests meet") {
  for (int round = 0; round < 500; ++round) {
    std::vector<troupe::promise<int>> ps(8);
    std::vector<troupe::future<int>> fs;
    fs.reserve(ps.size());
    for (auto& p : ps) fs.push_back(p.get_future());
    std::stop_source stop;
    std::jthread completes([&ps] {
      for (std::size_t i = 0; i < ps.size(); ++i)
        if (i % 3 == 2)
          ps[i].set_error(failure("third"));
        else
          ps[i].set_value(1);
    });
    std::jthread stops([&stop] { stop.request_stop(); });
    try {
      troupe::block_on(troupe::gather(fs), stop.get_token());
      FAIL("a failure was lost");
    } catch (troupe::cancelled_error const& e) {
      CHECK(e.reason() == "stopped");
    } catch (std::runtime_error const& e) {
      CHECK(std::string_view(e.what()) == "third");
    }
  }
}

TEST_CASE("gather leaves the futures behind a view where they are") {
  std::vector<troupe::future<int>> fs{troupe::make_ready_future(1), troupe::make_ready_future(2)};
  auto values = troupe::block_on(troupe::gather(std::span(fs)));
  CHECK(values == std::vector{1, 2});
  CHECK(fs[0].valid());
  CHECK(fs[1].get() == 2);
}
