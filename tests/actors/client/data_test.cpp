#include "support/stage.hpp"

#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Data that is put on workers, copied among them and asked about.
namespace {

using troupe::block_on;
using troupe::broadcast;
using troupe::future;
using troupe::on_workers;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::opened_at_end;
using troupe::test::stage;
using troupe::test::until_done;
using troupe::test::until_empty;
using names = std::vector<std::string>;

double sum(std::vector<double> const& xs) { return std::accumulate(xs.begin(), xs.end(), 0.0); }
std::size_t length(std::string const& text) { return text.size(); }
int pass(gate_ref g) {
  (*g)->pass();
  return 1;
}
std::string throws(int) { throw std::runtime_error("no"); }
std::string worker_of(troupe::task_context& context, std::vector<double> const&) { return context.worker(); }

std::vector<double> ramp(std::size_t n) {
  std::vector<double> xs(n);
  std::iota(xs.begin(), xs.end(), 0.0);
  return xs;
}

}  // namespace

TEST_CASE("scattered data is an argument like any result, and can be awaited") {
  stage on(2);
  auto data = block_on(on.client.scatter(ramp(1000)));
  CHECK(data.done());
  CHECK(on.client.submit<sum>(data).get() == 499500);
  CHECK(data.get() == ramp(1000));
  CHECK(data.key().starts_with("scatter-"));
}

TEST_CASE("large scattered data comes back as it was") {
  stage on(2);
  auto const sent = ramp(200'000);
  auto data = block_on(on.client.scatter(sent));
  CHECK(on.client.submit<sum>(data).get() == sum(sent));
  CHECK(data.get() == sent);
  CHECK(on.client.who_has(data).get().nbytes == sent.size() * sizeof(double));
}

TEST_CASE("text is scattered as a string, a span as a vector") {
  stage on;
  auto literal = block_on(on.client.scatter("four"));
  static_assert(std::is_same_v<decltype(literal), future<std::string>>);
  CHECK(on.client.submit<length>(literal).get() == 4);
  auto view = block_on(on.client.scatter(std::string_view("five!")));
  CHECK(on.client.submit<length>(view).get() == 5);
  auto const xs = ramp(3);
  auto span = block_on(on.client.scatter(std::span<double const>(xs)));
  CHECK(on.client.submit<sum>(span).get() == 3);
}

TEST_CASE("scattered data is freed when its last future goes") {
  stage on(2);
  {
    auto data = block_on(on.client.scatter(ramp(1000), broadcast));
    CHECK(on.client.cluster_info().get().stored_bytes == 16000);
  }
  until_empty(on.client);
}

TEST_CASE("scattered values take turns among the workers") {
  stage on(3);
  std::vector<future<std::vector<double>>> data;
  for (int i = 0; i < 6; ++i) data.push_back(block_on(on.client.scatter(ramp(10))));
  std::map<std::string, int> copies;
  for (auto const& found : on.client.who_has(data).get()) {
    CHECK(found.nbytes == 80);
    REQUIRE(found.workers.size() == 1);
    ++copies[found.workers.front()];
  }
  CHECK(copies == std::map<std::string, int>{{"worker-0", 2}, {"worker-1", 2}, {"worker-2", 2}});
}

TEST_CASE("scattering does not wait for busy threads") {
  gate g;
  stage on(2);
  opened_at_end at_end(g);
  auto busy = on.client.map<pass>(std::vector<gate_ref>{&g, &g});
  g.wait_for(2);
  auto data = block_on(on.client.scatter(ramp(10), broadcast));
  CHECK(on.client.who_has(data).get().workers == names{"worker-0", "worker-1"});
  g.open();
}

TEST_CASE("named workers get what is scattered to them") {
  stage on(3);
  auto one = block_on(on.client.scatter(ramp(10), on_workers({"worker-1"})));
  CHECK(on.client.who_has(one).get().workers == names{"worker-1"});
  CHECK(on.client.submit<worker_of>(one).get() == "worker-1");
  auto either = block_on(on.client.scatter(ramp(10), on_workers("worker-1", "worker-2")));
  CHECK(on.client.who_has(either).get().workers.size() == 1);
  auto both = block_on(on.client.scatter(ramp(10), on_workers("worker-1", "worker-2"), broadcast));
  CHECK(on.client.who_has(both).get().workers == names{"worker-1", "worker-2"});
}

TEST_CASE("scattering to a worker that is not there says so") {
  stage on(2);
  CHECK_THROWS_WITH(block_on(on.client.scatter(1, on_workers("worker-1", "nobody"))),
                    "there is no worker named 'nobody'");
  CHECK_THROWS_WITH(block_on(on.client.scatter(1, on_workers("nobody"), broadcast)),
                    "there is no worker named 'nobody'");
  CHECK_THROWS_WITH(block_on(on.client.run<length>(on_workers("nobody"), "x")), "there is no worker named 'nobody'");
  auto data = block_on(on.client.scatter(1));
  CHECK_THROWS_WITH(on.client.replicate(data, on_workers("nobody")).get(), "there is no worker named 'nobody'");
}

TEST_CASE("broadcast data is on every worker, in a cluster of any size") {
  auto const workers = GENERATE(1U, 2U, 7U);
  stage on(workers);
  auto data = block_on(on.client.scatter(ramp(20'000), broadcast));
  auto found = on.client.who_has(data).get();
  CHECK(found.nbytes == 160'000);
  CHECK(found.workers.size() == workers);
  CHECK(on.client.cluster_info().get().stored_bytes == workers * 160'000);
}

TEST_CASE("each element of a range is scattered as a value of its own, in order") {
  stage on(2);
  std::vector<std::string> const texts{"a", "bb", "ccc", "dddd"};
  auto data = block_on(on.client.scatter_each(texts));
  REQUIRE(data.size() == 4);
  for (std::size_t i = 0; i < data.size(); ++i) CHECK(data[i].get() == texts[i]);
  std::map<std::string, int> copies;
  for (auto const& found : on.client.who_has(data).get()) ++copies[found.workers.at(0)];
  CHECK(copies == std::map<std::string, int>{{"worker-0", 2}, {"worker-1", 2}});

  auto everywhere = block_on(on.client.scatter_each(std::list<int>{1, 2, 3}, broadcast));
  for (auto const& found : on.client.who_has(everywhere).get()) CHECK(found.workers.size() == 2);
  auto named = block_on(on.client.scatter_each(texts, on_workers("worker-1")));
  for (auto const& found : on.client.who_has(named).get()) CHECK(found.workers == names{"worker-1"});
  CHECK(block_on(on.client.scatter_each(std::vector<int>{})).empty());
}

TEST_CASE("values that cannot be copied are scattered, too") {
  stage on(2);
  auto data = block_on(on.client.scatter(std::make_unique<int>(7)));
  CHECK(on.client.submit([](std::unique_ptr<int> const& p) { return *p + 1; }, data).get() == 8);
  std::vector<std::unique_ptr<int>> many;
  many.push_back(std::make_unique<int>(1));
  auto each = block_on(on.client.scatter_each(std::move(many)));
  CHECK(*each.at(0).get() == 1);
}

TEST_CASE("scattered data has the key that is asked for, and equal keys share it") {
  stage on(2);
  auto named = on.client.with(troupe::task_options{}.key("ramp"));
  auto first = block_on(named.scatter(ramp(10)));
  auto second = block_on(named.scatter(ramp(20)));
  CHECK(first.key() == "ramp");
  CHECK(second.get() == ramp(10));
  auto each = block_on(on.client.with(troupe::task_options{}.key("part")).scatter_each(std::vector{1, 2}));
  CHECK(each[1].key() == "part-1");
  auto sizes = on.client.nbytes().get();
  CHECK(sizes["ramp"] == 80);
  CHECK(sizes["part-0"] == sizeof(int));
  CHECK(sizes.size() == 3);
}

TEST_CASE("who_has knows results of tasks, and says of what is not done that nobody has it") {
  gate g;
  stage on;
  opened_at_end at_end(g);
  auto waiting = on.client.submit<pass>(&g);
  auto found = on.client.who_has(waiting).get();
  CHECK(found.nbytes == 0);
  CHECK(found.workers.empty());
  g.open();
  waiting.get();
  CHECK(on.client.who_has(waiting).get().workers == names{"worker-0"});
  auto failed = on.client.submit<throws>(1);
  until_done(failed);
  CHECK(on.client.who_has(failed).get().workers.empty());
}

TEST_CASE("asking about a future that no task of this client has is an error") {
  stage on;
  auto other = on.cluster.connect();
  auto theirs = block_on(other.scatter(1));
  CHECK_THROWS_AS(on.client.who_has(theirs), troupe::error);
  CHECK_THROWS_AS(on.client.who_has(troupe::make_ready_future(1)), troupe::error);
  CHECK_THROWS_AS(on.client.who_has(future<int>()), troupe::future_invalid);
  CHECK_THROWS_AS(troupe::client().who_has(theirs), troupe::client_closed);
}

TEST_CASE("has_what lists what each worker holds, under the keys of the futures") {
  stage on(2);
  auto one = block_on(on.client.scatter(ramp(10), on_workers("worker-0")));
  auto both = block_on(on.client.scatter(ramp(20), broadcast));
  auto held = on.client.has_what().get();
  REQUIRE(held.size() == 2);
  CHECK(held["worker-0"].size() == 2);
  REQUIRE(held["worker-1"].size() == 1);
  CHECK(held["worker-1"][0].key == both.key());
  CHECK(held["worker-1"][0].nbytes == 160);
}

TEST_CASE("replicate makes as many copies as wanted, of what is there and of what will be") {
  gate g;
  stage on(4);
  opened_at_end at_end(g);
  auto data = block_on(on.client.scatter(ramp(10)));
  on.client.replicate(data, 3).get();
  CHECK(on.client.who_has(data).get().workers.size() == 3);
  on.client.replicate(data, 2).get();
  CHECK(on.client.who_has(data).get().workers.size() == 3);
  on.client.replicate(data, on_workers("worker-0", "worker-3")).get();
  auto workers = on.client.who_has(data).get().workers;
  CHECK(std::count(workers.begin(), workers.end(), "worker-0") == 1);
  CHECK(std::count(workers.begin(), workers.end(), "worker-3") == 1);

  auto later = on.client.submit<pass>(&g);
  auto copied = on.client.replicate(later, 100);
  CHECK_FALSE(copied.done());
  g.open();
  copied.get();
  CHECK(on.client.who_has(later).get().workers.size() == 4);
  std::vector<future<std::vector<double>>> many;
  for (int i = 0; i < 5; ++i) many.push_back(block_on(on.client.scatter(ramp(10))));
  on.client.replicate(many, 2).get();
  for (auto const& found : on.client.who_has(many).get()) CHECK(found.workers.size() == 2);
}

TEST_CASE("replicate fails with the failure of a result, and refuses to make no copy") {
  stage on(2);
  auto failed = on.client.submit<throws>(1);
  auto copied = on.client.replicate(failed, 2);
  CHECK(troupe::test::failure_of<troupe::task_error>(copied).message() == "no");
  CHECK_THROWS_AS(on.client.replicate(failed, 0), troupe::error);
}

TEST_CASE("what replicate is asked to copy may go meanwhile") {
  gate g;
  stage on(2);
  opened_at_end at_end(g);
  auto later = on.client.submit<pass>(&g);
  g.wait_for(1);
  auto copied = on.client.replicate(later, 2);
  later.cancel();
  copied.get();
  g.open();
  later = {};
  until_empty(on.client);
}

TEST_CASE("giving up a replication leaves nothing behind") {
  gate g;
  stage on(2);
  opened_at_end at_end(g);
  auto later = on.client.submit<pass>(&g);
  g.wait_for(1);
  on.client.replicate(later, 2).cancel();
  g.open();
  later.get();
  later = {};
  until_empty(on.client);
}

TEST_CASE("a task scatters through its context's client") {
  stage on(2, 1);
  auto total = on.client.submit([](troupe::task_context& context) -> troupe::task<double> {
    auto client = context.client();
    auto scattering = client.scatter(ramp(100), broadcast);
    auto data = co_await std::move(scattering);
    auto summed = client.submit<sum>(data);
    co_return co_await std::move(summed);
  });
  CHECK(total.get() == 4950);
}

TEST_CASE("a closed client neither scatters nor asks") {
  stage on;
  auto data = block_on(on.client.scatter(1));
  on.client.close();
  CHECK_THROWS_AS(block_on(on.client.scatter(1)), troupe::client_closed);
  CHECK_THROWS_AS(block_on(on.client.scatter(1, broadcast)), troupe::client_closed);
  CHECK_THROWS_AS(on.client.who_has(data).get(), troupe::client_closed);
  CHECK_THROWS_AS(on.client.has_what().get(), troupe::client_closed);
  CHECK_THROWS_AS(on.client.replicate(data, 2).get(), troupe::client_closed);
  CHECK_THROWS_AS(on.client.wait_for_workers(1).get(), troupe::client_closed);
}
