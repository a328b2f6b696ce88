#include "support/stage.hpp"

#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

/// A cluster that is restarted and whose workers nobody starts again: they stay, emptied.
namespace {

using troupe::block_on;
using troupe::future_status;
using troupe::task_options;
using troupe::test::eventually;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::opened_at_end;
using troupe::test::pointer_to;
using troupe::test::reason_of;
using troupe::test::stage;
using troupe::test::stages_are_linked;
using names = std::vector<std::string>;
using numbers = std::vector<double>;

constexpr char const* restarted = "the cluster was restarted";

/// True where it was asked to stop.
bool pass_or_stop(troupe::task_context& context, gate_ref g) { return !(*g)->pass(context.stop_token()); }
int inc(int x) { return x + 1; }
numbers large() { return numbers(10'000, 1.5); }
std::size_t size(numbers const& xs) { return xs.size(); }
int count(pointer_to<std::atomic<int>> calls) { return ++**calls; }
int fail_first(pointer_to<std::atomic<int>> calls) {
  if (++**calls == 1) throw std::runtime_error("the first time");
  return **calls;
}

}  // namespace

TEST_CASE("restart cancels for every client what is unfinished, and asks what runs to stop") {
  gate g;
  stage on;
  opened_at_end opened(g);
  auto other = on.cluster.connect("other");
  auto running = on.client.submit<pass_or_stop>(gate_ref(&g));
  g.wait_for(1);
  auto queued = on.client.submit<inc>(1);
  auto after = on.client.submit<inc>(queued);
  auto theirs = other.submit<inc>(2);
  static_cast<void>(other.explain(theirs).get());  // it has arrived
  on.client.restart().get();
  CHECK(reason_of(running) == restarted);
  CHECK(reason_of(queued) == restarted);
  CHECK(reason_of(after) == restarted);
  CHECK(reason_of(theirs) == restarted);
  // On the only thread, which the running task has left because it was asked to.
  CHECK(on.client.submit<inc>(5).get() == 6);
  CHECK(other.submit<inc>(6).get() == 7);
}

TEST_CASE("after a restart workers hold nothing") {
  stage on(2);
  auto small = on.client.submit<inc>(1);
  CHECK(small.get() == 2);
  auto made = on.client.submit<large>();
  troupe::test::until_done(made);
  auto put = block_on(on.client.scatter(large(), troupe::broadcast));
  on.client.restart().get();
  CHECK(on.client.cluster_info().get().stored_bytes == 0);
  CHECK(on.client.who_has(made).get().workers.empty());
  CHECK(on.client.who_has(put).get().workers.empty());
  for (auto const& [worker, held] : on.client.has_what().get()) CHECK(held.empty());
  // A value that came here is nobody else's business.
  CHECK(small.get() == 2);
  auto use = on.client.submit<size>(put);
  CHECK(reason_of(use) == "a task it depends on was cancelled");
}

TEST_CASE("a future whose value lay on a worker is cancelled by a restart") {
  if (!stages_are_linked()) return;  // in one process the value is here
  stage on;
  auto made = on.client.submit<large>();
  eventually([&] { return made.done(); });
  CHECK(made.status() == future_status::finished);
  on.client.restart().get();
  CHECK(reason_of(made) == restarted);
  CHECK(made.status() == future_status::cancelled);
}

TEST_CASE("a key stands for a new task after a restart, whatever became of the old one") {
  stage on;
  std::atomic<int> calls = 0;
  auto as = [&](char const* key) { return on.client.with(task_options{}.key(key)); };
  auto done = as("done").submit<count>(&calls);
  CHECK(done.get() == 1);
  std::atomic<int> failures = 0;
  auto failed = as("failed").submit<fail_first>(&failures);
  CHECK_THROWS_AS(failed.get(), troupe::task_error);
  on.client.restart().get();
  CHECK(as("done").submit<count>(&calls).get() == 2);
  CHECK(as("failed").submit<fail_first>(&failures).get() == 2);
  CHECK_THROWS_AS(failed.get(), troupe::task_error);
}

TEST_CASE("published datasets keep their names over a restart, and lose their data") {
  stage on;
  auto data = on.client.submit<large>();
  on.client.publish_dataset("data", data).get();
  on.client.restart().get();
  CHECK(on.client.list_datasets().get() == names{"data"});
  auto found = block_on(on.client.get_dataset<numbers>("data"));
  CHECK_THROWS_WITH(found.get(), Catch::Contains("the cluster was restarted"));
  auto again = on.client.submit<large>();
  CHECK_THROWS_WITH(on.client.publish_dataset("data", again).get(), Catch::Contains("unpublish it first"));
  on.client.unpublish_dataset("data").get();
  on.client.publish_dataset("data", again).get();
  CHECK(block_on(on.client.get_dataset<numbers>("data")).get() == large());
}

TEST_CASE("two clients can restart a cluster at once") {
  stage on(2);
  auto other = on.cluster.connect("other");
  for (int i = 0; i < 20; ++i) {
    auto mine = on.client.restart();
    auto theirs = other.restart();
    // Each is behind its own restart, and may meet the other's.
    auto f = on.client.submit<inc>(i);
    auto g = other.submit<inc>(i);
    mine.get();
    theirs.get();
    troupe::test::until_done(f);
    troupe::test::until_done(g);
    for (auto const& ended : {f, g})
      if (ended.cancelled()) CHECK(reason_of(ended) == restarted);
    CHECK(on.client.submit<inc>(i).get() == i + 1);
    CHECK(other.submit<inc>(i).get() == i + 1);
  }
}

TEST_CASE("restarts amid submissions leave no future without an end") {
  stage on(2, 2);
  std::atomic<bool> over = false;
  std::thread restarts([&] {
    for (int i = 0; i < 50; ++i) on.client.restart().get();
    over = true;
  });
  std::string other_end;
  while (!over) {
    auto first = on.client.submit<inc>(1);
    auto second = on.client.submit<inc>(first);
    auto third = on.client.map<inc>(std::vector<int>(20, 1));
    third.push_back(second);
    for (auto const& f : third) {
      troupe::test::until_done(f);
      if (f.status() == future_status::failed) other_end = "one failed";
    }
  }
  restarts.join();
  CHECK(other_end == "");
  CHECK(on.client.submit<inc>(1).get() == 2);
}

TEST_CASE("a closed client restarts nothing") {
  stage on;
  on.client.close();
  CHECK_THROWS_AS(on.client.restart().get(), troupe::client_closed);
}
