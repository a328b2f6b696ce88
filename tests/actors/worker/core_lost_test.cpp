#include "core_fixture.hpp"

/// Values that cannot be read back from where they were spilled to.
namespace {

using namespace troupe;
using namespace troupe::test;

/// A worker that has made the value of this task.
compute_order made(worker_fixture& f, std::uint32_t task) {
  auto order = f.order(task);
  f.compute({order});
  f.executed(order);
  return order;
}

}  // namespace

TEST_CASE("a value that is lost leaves the store, and the scheduler hears why") {
  worker_fixture f;
  auto order = made(f, 1);
  f.handle(to_worker::lost{{}, {{order.task, "its file is gone"}, {{7, 1}, "it was never here"}}});
  auto report = f.reported();
  REQUIRE(report.lost.size() == 1);
  CHECK(report.lost[0].task == order.task);
  CHECK(report.lost[0].problem == "its file is gone");
  CHECK(f.only<by_worker::drop_data>().tasks == std::vector<task_id>{order.task});
  CHECK(f.core.statistics().stored == 0);

  // Who is sent to it then finds it missing.
  f.compute({f.order(2, {f.dep(1, {0})})});
  REQUIRE(f.reported().missing.size() == 1);
  CHECK(f.reported().missing[0].asked_count == 1);
}

TEST_CASE("an attempt whose inputs are lost ends as if it had not begun, and the values are lost") {
  worker_fixture f;
  made(f, 1);
  made(f, 2);
  made(f, 3);
  auto last = f.dep(2, {0});
  last.last_use = true;  // it has left the store by then
  auto reader = f.order(4, {f.dep(1, {0}), last, f.dep(3, {0})});
  f.compute({reader});
  CHECK(f.all<by_worker::run>().size() == 1);
  f.handle(to_worker::inputs_lost{
      {}, reader.task, reader.attempt, {{{1, 1}, "the first is gone"}, {{2, 1}, "the second is gone"}}});
  auto report = f.reported();
  REQUIRE(report.missing.size() == 1);
  CHECK(report.missing[0].attempt == reader.attempt);
  CHECK(report.missing[0].dependency == task_id{1, 1});
  CHECK(report.missing[0].asked_count == 0);
  REQUIRE(report.lost.size() == 2);
  CHECK(report.lost[0].task == task_id{1, 1});
  CHECK(report.lost[1].task == task_id{2, 1});
  CHECK(report.lost[1].problem == "the second is gone");
  CHECK(report.failed.empty());
  CHECK(f.only<by_worker::drop_data>().tasks == std::vector<task_id>{{1, 1}});
  CHECK(f.core.statistics().handed_out == 0);
  CHECK(f.core.statistics().stored == 1);
}

TEST_CASE("what is said of the inputs of an attempt that has ended changes nothing") {
  worker_fixture f;
  auto order = made(f, 1);
  auto reader = f.order(2, {f.dep(1, {0})});
  f.compute({reader});
  f.executed(reader);
  f.handle(to_worker::inputs_lost{{}, reader.task, reader.attempt, {{order.task, "gone"}}});
  CHECK(f.actions.empty());
  CHECK(f.core.statistics().stored == 2);
}

TEST_CASE("a value that is lost while a task waits for another of its inputs is missing in the end") {
  worker_fixture f;
  auto order = made(f, 1);
  auto reader = f.order(2, {f.dep(1, {0}), f.dep(9, {5})});
  f.compute({reader});
  CHECK(f.only<by_worker::fetch>().from == worker_id{5});
  f.handle(to_worker::lost{{}, {{order.task, "gone"}}});
  CHECK(f.reported().lost.size() == 1);
  f.fetched(5, 9);
  CHECK(f.all<by_worker::run>().empty());
  REQUIRE(f.reported().missing.size() == 1);
  CHECK(f.reported().missing[0].dependency == order.task);
}
