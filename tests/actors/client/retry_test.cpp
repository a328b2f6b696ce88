#include "support/stage.hpp"

#include <troupe/actors/client/fire_and_forget.hpp>
#include <troupe/futures/promise.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using troupe::task_error;
using troupe::task_options;
using troupe::test::failure_of;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::opened_at_end;
using troupe::test::stage;

std::atomic<int> runs{0};

int fail_first(int x) {
  if (runs++ == 0) throw std::runtime_error("not yet");
  return x;
}
int twice(int x) { return 2 * x; }
int count_runs(int x, std::string const& text) {
  ++runs;
  return x + int(text.size());
}
int pass(gate_ref g) {
  (*g)->pass();
  return ++runs;
}
std::string always_fail(std::string text) { throw std::runtime_error(text); }

}  // namespace

TEST_CASE("a failed task runs again when its future is retried, and what depends on it with it") {
  runs = 0;
  stage s;
  auto first = s.client.submit<fail_first>(21);
  auto doubled = s.client.submit<twice>(first);
  CHECK(failure_of<task_error>(doubled).what() == std::string(failure_of<task_error>(first).what()));
  auto again = s.client.retry(doubled);
  CHECK(again.get() == 42);
  CHECK(again.key() == doubled.key());
  CHECK(doubled.failed());
  CHECK(s.client.retry(first).get() == 21);
  CHECK(runs == 2);
}

TEST_CASE("what still fails fails again, and a retry can be retried") {
  stage s;
  auto first = s.client.with(task_options{}.retries(1)).submit<always_fail>("broken");
  CHECK(failure_of<task_error>(first).what() != std::string());
  auto second = s.client.retry(first);
  auto problem = failure_of<task_error>(second);
  CHECK(std::string(problem.what()).find("broken") != std::string::npos);
}

TEST_CASE("futures of nobody, of no task and of other clients cannot be retried or kept") {
  stage s;
  auto other = s.cluster.connect("other");
  auto theirs = other.submit<twice>(1);
  CHECK_THROWS_AS(s.client.retry(theirs), troupe::error);
  CHECK_THROWS_AS(s.client.retry(troupe::future<int>()), troupe::future_invalid);
  troupe::promise<int> p;
  CHECK_THROWS_AS(s.client.retry(p.get_future()), troupe::error);
  CHECK_THROWS_AS(troupe::fire_and_forget(p.get_future()), troupe::error);
  CHECK(theirs.get() == 2);
}

TEST_CASE("what is fired and forgotten runs though its future has gone") {
  runs = 0;
  gate g;
  stage s;
  opened_at_end open(g);
  {
    auto blocker = s.client.submit<pass>(gate_ref(&g));
    auto later = s.client.submit<pass>(gate_ref(&g));
    troupe::fire_and_forget(std::vector{blocker, later});
  }
  g.open();
  troupe::test::eventually([] { return runs == 2; });
  troupe::test::until_empty(s.client);
}

TEST_CASE("equal calls of a pure function are one task, whoever submits them") {
  runs = 0;
  stage s;
  auto other = s.cluster.connect("other");
  auto pure = task_options{}.pure();
  auto a = s.client.with(pure).submit<count_runs>(1, "text");
  auto b = other.with(pure).submit<count_runs>(1, "text");
  auto c = s.client.with(pure).submit<count_runs>(2, "text");
  CHECK(a.get() == 5);
  CHECK(b.get() == 5);
  CHECK(c.get() == 6);
  CHECK(runs == 2);
  CHECK(a.key() == b.key());
  CHECK(a.key() != c.key());
  CHECK(a.key().starts_with("count_runs-"));
}

TEST_CASE("pure calls of pure calls are one task, too, and elements of a map each their own") {
  runs = 0;
  stage s;
  auto pure = s.client.with(task_options{}.pure());
  auto first = pure.submit<count_runs>(1, "text");
  auto second = pure.submit<count_runs>(1, "text");
  auto one = pure.submit<twice>(first);
  auto same = pure.submit<twice>(second);
  CHECK(one.get() == same.get());
  CHECK(one.key() == same.key());
  auto mapped = pure.map<count_runs>(std::vector{1, 2, 1}, troupe::fixed(std::string("text")));
  CHECK(mapped[0].key() == mapped[2].key());
  CHECK(mapped[0].key() != mapped[1].key());
  CHECK(mapped[1].get() == 6);
  CHECK(runs == 2);
}

TEST_CASE("a worker without work takes over what another has not begun") {
  runs = 0;
  gate first, second;
  stage s(2, 1);
  opened_at_end open_first(first), open_second(second);
  auto blocked = s.client.submit<pass>(gate_ref(&first));
  auto other = s.client.submit<pass>(gate_ref(&second));
  // Given ahead to both workers, behind what blocks them.
  auto waiting = s.client.map<twice>(std::vector{1, 2});
  second.open();
  CHECK(waiting[0].get() == 2);
  CHECK(waiting[1].get() == 4);
  CHECK_FALSE(blocked.done());
  first.open();
  CHECK(blocked.get() + other.get() == 3);
}

TEST_CASE("the story of a task tells of its stages, where it was, and its attempts") {
  runs = 0;
  stage s;
  auto f = s.client.with(task_options{}.retries(1)).submit<fail_first>(2);
  CHECK(f.get() == 2);
  auto story = s.client.story(f).get();
  std::vector<std::string> stages;
  for (auto const& e : story) stages.push_back(e.what);
  CHECK(stages ==
        std::vector<std::string>{"submitted", "queued", "processing", "waiting", "queued", "processing", "memory"});
  CHECK(story.front().after == troupe::duration::zero());
  CHECK(std::is_sorted(story.begin(), story.end(), [](auto const& a, auto const& b) { return a.after < b.after; }));
  CHECK(story.back().worker == story[2].worker);
  CHECK_FALSE(story.back().worker.empty());
  CHECK(story.back().attempt == 2);
  CHECK_THROWS_AS(s.client.story(troupe::future<int>()), troupe::error);
}
