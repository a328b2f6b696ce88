#include "core_fixture.hpp"

/// Values that a worker held and cannot read back from where they were spilled to.
namespace {

using namespace troupe;
using namespace troupe::test;
using by_scheduler::compute;
using by_scheduler::drop_errors;
using by_scheduler::task_erred;
using by_scheduler::task_finished;

constexpr payload_id file_gone{70};

scheduler_options with_lineage(bool on) {
  scheduler_options options;
  options.keep_lineage = on;
  return options;
}

void lost(core_fixture& f, worker_id worker, task_id task, payload_id error = file_gone) {
  worker_report report;
  report.lost.push_back({task, "the file is gone", error});
  f.handle(to_scheduler::report{f.now, worker, report});
}

/// An attempt that has not begun because what it takes is lost.
void inputs_lost(core_fixture& f, compute const& reader, task_id task, payload_id error = file_gone) {
  worker_report report;
  report.lost.push_back({task, "the file is gone", error});
  report.missing.push_back({reader.order.task, reader.order.attempt, task, {}, 0});
  f.handle(to_scheduler::report{f.now, reader.worker, report});
}

}  // namespace

TEST_CASE("a lost value that can be computed again is, for whom it matters, and its reader runs then") {
  core_fixture f(with_lineage(true));
  auto client = f.add_client();
  f.add_worker(1);
  f.submit(client, {f.task(0)});
  auto made = f.only<compute>();
  f.done(made);
  f.submit(client, {f.task(1, {0})});
  auto reader = f.only<compute>();
  inputs_lost(f, reader, made.order.task);
  CHECK(f.none_of<task_erred>());
  CHECK(f.only<drop_errors>().errors == std::vector{file_gone});
  auto again = f.only<compute>();
  CHECK(again.order.task == made.order.task);
  f.done(again);
  auto second = f.only<compute>();
  CHECK(second.order.task == reader.order.task);
  // The first was none: the function was not entered.
  CHECK(second.order.attempt_number == 1);
  f.done(second);
  CHECK(f.only<task_finished>().task == reader.order.task);
  f.release(client, {0, 1});
  f.check_empty();
}

TEST_CASE("a lost value that was put there fails, for the reason that its worker gives, with all who need it") {
  auto lineage = GENERATE(true, false);
  core_fixture f(with_lineage(lineage));
  auto client = f.add_client();
  f.add_worker(1);
  auto put = f.task(0);
  put.once = true;
  f.submit(client, {put});
  auto made = f.only<compute>();
  f.done(made);
  f.submit(client, {f.task(1, {0}), f.task(2, {1})});
  auto reader = f.only<compute>();
  inputs_lost(f, reader, made.order.task);
  auto told = f.all<task_erred>();
  REQUIRE(told.size() == 3);
  for (auto const& one : told) {
    CHECK(one.cause == error_cause::lost_data);
    CHECK(one.error == file_gone);
    CHECK(one.origin == made.order.task);
  }
  CHECK(f.none_of<compute>());
  CHECK(f.none_of<drop_errors>());
  f.release(client, {0, 1, 2});
  CHECK(f.only<drop_errors>().errors == std::vector{file_gone});
  f.check_empty();
}

TEST_CASE("a value of which there is another copy is read there") {
  core_fixture f;
  auto client = f.add_client();
  auto one = f.add_worker(1);
  f.submit(client, {f.task(0)});
  auto made = f.only<compute>();
  f.done(made);
  auto two = f.add_worker(1);
  f.replica(two, made.order.task);
  CHECK(f.core.statistics().copies == 2);
  lost(f, one, made.order.task);
  CHECK(f.none_of<task_erred>());
  CHECK(f.only<drop_errors>().errors == std::vector{file_gone});
  CHECK(f.core.statistics().copies == 1);
  f.submit(client, {f.task(1, {0})});
  auto reader = f.only<compute>();
  CHECK(reader.worker == two);
  REQUIRE(reader.order.deps.size() == 1);
  CHECK(reader.order.deps[0].holders[0] == two);
}

TEST_CASE("a loss that is told again, or of what is unknown, or by who does not hold it changes nothing") {
  core_fixture f;
  auto client = f.add_client();
  auto one = f.add_worker(1);
  auto two = f.add_worker(1);
  f.submit(client, {f.task(0)});
  auto made = f.only<compute>();
  f.done(made);
  auto other = made.worker == one ? two : one;
  lost(f, other, made.order.task);
  CHECK(f.none_of<task_erred>());
  CHECK(f.only<drop_errors>().errors == std::vector{file_gone});
  CHECK(f.core.statistics().copies == 1);
  lost(f, made.worker, {99, 3}, {71});
  CHECK(f.only<drop_errors>().errors == std::vector{payload_id{71}});
  lost(f, made.worker, made.order.task, {72});
  CHECK(f.only<task_erred>().error == payload_id{72});
  lost(f, made.worker, made.order.task, {73});
  CHECK(f.none_of<task_erred>());
  CHECK(f.only<drop_errors>().errors == std::vector{payload_id{73}});
  f.remove_worker(made.worker);
  lost(f, made.worker, made.order.task, {74});
  CHECK(f.only<drop_errors>().errors == std::vector{payload_id{74}});
}

TEST_CASE("a lost value that nobody needs any more is not made again") {
  core_fixture f(with_lineage(true));
  auto client = f.add_client();
  f.add_worker(1);
  f.submit(client, {f.task(0)});
  auto made = f.only<compute>();
  f.done(made);
  f.release(client, {0});
  lost(f, made.worker, made.order.task);
  CHECK(f.none_of<compute>());
  CHECK(f.only<drop_errors>().errors == std::vector{file_gone});
  f.check_empty();
}
