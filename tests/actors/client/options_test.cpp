#include "support/stage.hpp"

#include <troupe/net/codec/codec.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::task_options;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::opened_at_end;
using troupe::test::stage;

using counter_ref = troupe::test::pointer_to<std::atomic<int>>;

int count(counter_ref runs, int x) {
  ++**runs;
  return x;
}
std::string text_of(int x) { return std::to_string(x); }
int inc(int x) { return x + 1; }
int pass(gate_ref g) {
  (*g)->pass();
  return 0;
}
std::string own_key(troupe::task_context& context) { return context.key(); }
int fail_until(troupe::task_context& context, int attempt) {
  if (context.attempt() < attempt) throw std::runtime_error("attempt " + std::to_string(context.attempt()));
  return context.attempt();
}
int take_box(troupe::task_context& context, std::unique_ptr<int> box) {
  if (context.attempt() == 1) throw std::runtime_error("once more");
  return *box;
}
int wait_to_be_stopped(troupe::task_context& context, gate_ref g) {
  (*g)->pass(context.stop_token());
  return 0;
}
troupe::task<int> wait_as_coroutine(gate_ref g) {
  (*g)->arrive();
  troupe::promise<int> never;
  auto f = never.get_future();
  co_return co_await f;
}

class protocol {
 public:
  void add(int x) {
    std::scoped_lock lock(mutex_);
    entries_.push_back(x);
  }
  [[nodiscard]] std::vector<int> entries() {
    std::scoped_lock lock(mutex_);
    return entries_;
  }

 private:
  std::mutex mutex_;
  std::vector<int> entries_;
};
int note(troupe::test::pointer_to<protocol> p, int x) {
  (*p)->add(x);
  return x;
}

}  // namespace

TEST_CASE("tasks of equal keys are one, whichever client submits them") {
  stage on;
  auto other = on.cluster.connect("other");
  std::atomic<int> runs = 0;
  auto named = task_options{}.key("the one");
  auto a = on.client.with(named).submit<count>(&runs, 1);
  auto b = on.client.with(named).submit<count>(&runs, 1);
  CHECK(a.get() == 1);
  CHECK(b.get() == 1);
  auto c = other.with(named).submit<count>(&runs, 1);
  CHECK(c.get() == 1);
  CHECK(runs == 1);
}

TEST_CASE("a key is free again when the last future of its task went") {
  stage on;
  std::atomic<int> runs = 0;
  auto keyed = on.client.with(task_options{}.key("again"));
  {
    auto a = keyed.submit<count>(&runs, 1);
    CHECK(a.get() == 1);
  }
  troupe::test::until_empty(on.client);
  auto b = keyed.submit<count>(&runs, 2);
  CHECK(b.get() == 2);
  CHECK(runs == 2);
}

TEST_CASE("a key that comes to mean another call fails that call alone") {
  stage on;
  auto keyed = on.client.with(task_options{}.key("clash"));
  auto number = keyed.submit<inc>(1);
  auto text = keyed.submit<text_of>(1);
  auto error = troupe::test::failure_of<troupe::error>(text);
  CHECK_THAT(error.what(), Catch::Contains("'clash'") && Catch::Contains("call of inc") && Catch::Contains("text_of"));
  auto other = keyed.submit<inc>(2);
  CHECK_THAT(troupe::test::failure_of<troupe::error>(other).what(), Catch::Contains("inc with other arguments"));
  auto same = keyed.submit<inc>(1);
  CHECK(number.get() == 2);
  CHECK(same.get() == 2);
  auto dependent = on.client.submit<inc>(other);
  CHECK_THAT(troupe::test::failure_of<troupe::error>(dependent).what(), Catch::Contains("'clash'"));
}

TEST_CASE("a clash of keys is told when what clashed is gone already") {
  stage on;
  auto keyed = on.client.with(task_options{}.key("clash"));
  auto number = std::optional(keyed.submit<inc>(1));
  auto other = keyed.submit<inc>(2);
  // Told while the record of the call it is about goes with its future.
  for (int i = 0; i < 100; ++i) auto dropped = keyed.submit<inc>(3 + i);
  troupe::test::until_done(other);
  number.reset();
  troupe::test::eventually([&] { return on.client.cluster_info().get().tasks == 1; });
  auto dependent = on.client.submit<inc>(other);
  CHECK_THAT(troupe::test::failure_of<troupe::error>(dependent).what(),
             Catch::Contains("'clash'") && Catch::Contains("inc with other arguments"));
  CHECK(on.client.submit<inc>(5).get() == 6);
}

TEST_CASE("the key shows in the future and in the task") {
  stage on;
  auto named = on.client.with(task_options{}.key("my name")).submit<own_key>();
  CHECK(named.key() == "my name");
  CHECK(named.get() == "my name");
  auto unnamed = on.client.submit<own_key>();
  CHECK_THAT(unnamed.key(), Catch::Matches("own_key-[0-9a-f]{4,}"));
  CHECK(unnamed.get() == unnamed.key());
  auto another = on.client.submit<own_key>();
  CHECK(another.key() != unnamed.key());
}

TEST_CASE("the more important of the tasks that wait for a thread runs first, equals in order") {
  gate g;
  protocol order;
  stage on;
  opened_at_end at_end(g);
  auto blocker = on.client.submit<pass>(&g);
  g.wait_for(1);
  // Lies on the worker already when the others come.
  auto next = on.client.submit<inc>(0);
  troupe::test::eventually([&] { return on.client.cluster_info().get().tasks == 2; });
  std::vector<troupe::future<int>> futures;
  int number = 0;
  for (int priority : {0, 5, -1, 5, 0, 10})
    futures.push_back(on.client.with(task_options{}.priority(priority)).submit<note>(&order, 10 * priority + number++));
  troupe::test::eventually([&] { return on.client.cluster_info().get().tasks == 8; });
  g.open();
  for (auto const& f : futures) f.get();
  CHECK(order.entries() == std::vector{105, 51, 53, 0, 4, -8});
}

TEST_CASE("a failed task is tried again as often as it may be, and counts its attempts from one") {
  stage on;
  auto saved = on.client.with(task_options{}.retries(3)).submit<fail_until>(3);
  CHECK(saved.get() == 3);
  auto lost = on.client.with(task_options{}.retries(1)).submit<fail_until>(3);
  auto error = troupe::test::failure_of<troupe::task_error>(lost);
  CHECK(error.attempt() == 2);
  CHECK(error.message() == "attempt 2");
  auto once = on.client.submit<fail_until>(2);
  CHECK(troupe::test::failure_of<troupe::task_error>(once).attempt() == 1);
}

TEST_CASE("an argument that cannot be copied is there for the last attempt only") {
  stage on;
  auto f = on.client.with(task_options{}.retries(1)).submit<take_box>(std::make_unique<int>(7));
  CHECK(f.get() == 7);
}

TEST_CASE("the deadline cancels a task that has not begun") {
  gate g;
  std::atomic<int> runs = 0;
  stage on;
  opened_at_end at_end(g);
  auto blocker = on.client.submit<pass>(&g);
  g.wait_for(1);
  auto late = on.client.with(task_options{}.deadline(troupe::clock::now() + 1ms)).submit<count>(&runs, 1);
  auto past = on.client.with(task_options{}.deadline(troupe::clock::now() - 1h)).submit<count>(&runs, 1);
  CHECK(troupe::test::reason_of(late) == "deadline");
  CHECK(troupe::test::reason_of(past) == "deadline");
  late = past = {};
  // The worker has heard of it, too.
  troupe::test::eventually([&] { return on.client.cluster_info().get().tasks == 1; });
  g.open();
  blocker.get();
  blocker = {};
  troupe::test::until_empty(on.client);
  CHECK(runs == 0);
}

TEST_CASE("the deadline asks a running function to stop") {
  gate g;
  stage on;
  opened_at_end at_end(g);
  // Until the deadline is late enough for the function to have begun.
  for (auto wait = 1ms; g.arrived() == 0; wait *= 2) {
    auto f = on.client.with(task_options{}.deadline(troupe::clock::now() + wait)).submit<wait_to_be_stopped>(&g);
    CHECK(troupe::test::reason_of(f) == "deadline");
  }
  // The thread is free again.
  auto next = on.client.submit<inc>(1);
  CHECK(next.get() == 2);
}

TEST_CASE("the deadline ends the wait of a coroutine") {
  gate g;
  stage on;
  for (auto wait = 1ms; g.arrived() == 0; wait *= 2) {
    auto f = on.client.with(task_options{}.deadline(troupe::clock::now() + wait)).submit<wait_as_coroutine>(&g);
    CHECK(troupe::test::reason_of(f) == "deadline");
  }
  troupe::test::until_empty(on.client);
}

TEST_CASE("a task that ends before its deadline is not touched by it") {
  stage on;
  auto timely = on.client.with(task_options{}.deadline(troupe::clock::now() + 1h));
  auto never = on.client.with(task_options{}.deadline(troupe::time_point::max()));
  auto a = timely.submit<inc>(1);
  auto b = never.submit<inc>(2);
  CHECK(a.get() + b.get() == 5);
}

TEST_CASE("a task runs after those it is to follow") {
  gate g;
  protocol order;
  stage on(1, 4);
  opened_at_end at_end(g);
  auto gated = on.client.submit<pass>(&g);
  auto first = on.client.with(task_options{}.after(gated)).submit<note>(&order, 1);
  auto second = on.client.with(task_options{}.after(std::vector{first})).submit<note>(&order, 2);
  auto third = on.client.with(task_options{}.after(first, second, gated)).submit<note>(&order, 3);
  auto free = on.client.submit<note>(&order, 0);
  free.get();
  g.open();
  CHECK(third.get() == 3);
  CHECK(order.entries() == std::vector{0, 1, 2, 3});
}

TEST_CASE("a task may follow one whose value it also takes, and one of another type") {
  stage on;
  auto x = on.client.submit<inc>(1);
  auto text = on.client.submit<text_of>(1);
  auto y = on.client.with(task_options{}.after(x, text)).submit<inc>(x);
  CHECK(y.get() == 3);
}

TEST_CASE("what is to follow a failed or cancelled task shares its fate") {
  gate g;
  stage on;
  opened_at_end at_end(g);
  auto bad = on.client.submit<fail_until>(2);
  auto after_bad = on.client.with(task_options{}.after(bad)).submit<inc>(1);
  CHECK(troupe::test::failure_of<troupe::task_error>(after_bad).function() == "fail_until");
  auto blocker = on.client.submit<pass>(&g);
  g.wait_for(1);
  auto gone = on.client.submit<inc>(1);
  auto after_gone = on.client.with(task_options{}.after(gone)).submit<inc>(1);
  gone.cancel();
  troupe::test::until_done(after_gone);
  CHECK(after_gone.cancelled());
}

TEST_CASE("options belong to the copy of the client that was given them") {
  stage on;
  auto named = on.client.with(task_options{}.key("named"));
  auto a = named.submit<own_key>();
  auto b = on.client.submit<own_key>();
  CHECK(a.get() == "named");
  CHECK(b.get() != "named");
}
