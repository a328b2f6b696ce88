#include "../support/quiet_actors.hpp"

#include <troupe/actors/client/internal/client_actor.hpp>
#include <troupe/actors/functions/typed_call.hpp>
#include <troupe/actors/runtime/simulated_loop.hpp>
#include <troupe/actors/scheduler/internal/local_scheduler.hpp>
#include <troupe/actors/worker/internal/worker_actor.hpp>
#include <troupe/futures/promise.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// Values that a scheduler passes on from whoever holds them.
namespace {

using namespace troupe;
using namespace troupe::detail;
using troupe::test::quiet_worker;

int nothing() { return 0; }

/// Says of everything that it is done; its values are the indices of the tasks.
class eager_worker final : public quiet_worker {
 public:
  using quiet_worker::on;
  struct seen {
    /// Answers wait for it.
    std::shared_ptr<promise<void>> gate;
    std::vector<std::vector<std::uint32_t>> asked;
  };
  eager_worker(actor_ref<scheduler_actor> scheduler, std::shared_ptr<seen> by, std::uint64_t nbytes)
      : scheduler_(std::move(scheduler)), by_(std::move(by)), nbytes_(nbytes) {}
  void on(worker_welcome message) override { id_ = message.id; }
  void on(compute_batch&& batch) override {
    worker_news news;
    news.worker = id_;
    for (auto const& order : batch.orders) {
      auto& done = news.report.done.emplace_back();
      done.task = order.task;
      done.attempt = order.attempt;
      done.nbytes = nbytes_;
      news.values.emplace_back();
    }
    scheduler_.send(std::move(news));
  }
  task<std::vector<value_ptr>> on(get_values const& request) override {
    auto& noted = by_->asked.emplace_back();
    for (auto task : request.tasks) noted.push_back(task.index);
    if (by_->gate) {
      auto opened = by_->gate->get_future();
      co_await std::move(opened);
    }
    std::vector<value_ptr> values;
    for (auto task : request.tasks) values.emplace_back(new value_box<int>(std::in_place, int(task.index)));
    co_return values;
  }

 private:
  actor_ref<scheduler_actor> scheduler_;
  std::shared_ptr<seen> by_;
  std::uint64_t nbytes_;
  worker_id id_;
};

class noting_client final : public client_actor {
 public:
  using seen = std::map<std::uint32_t, task_id>;
  explicit noting_client(std::shared_ptr<seen> by) : by_(std::move(by)) {}
  void on(client_news&& news) override {
    for (auto const& item : news.items)
      if (auto const* done = std::get_if<finished_news>(&item)) (*by_)[done->ref.index] = done->task;
  }
  void on(cluster_changed&&) override {}

 private:
  std::shared_ptr<seen> by_;
};

/// What is lost is made again.
scheduler_options with_lineage() {
  scheduler_options options;
  options.keep_lineage = true;
  return options;
}

struct scene {
  explicit scene(std::uint64_t nbytes = 8) : size(nbytes) {
    scheduler.send(attach_client{client, "client", ""});
    in.run();
  }
  ~scene() { in.close(); }
  scene(scene const&) = delete;
  scene& operator=(scene const&) = delete;

  actor_ref<eager_worker> join(std::string name, std::shared_ptr<eager_worker::seen> seen) {
    auto made = in.spawn<eager_worker>(scheduler, std::move(seen), size);
    scheduler.send(attach_worker{made, worker_info{std::move(name), 1, 0, ""}, {}, {}});
    in.run();
    return made;
  }
  /// A task for this worker, or, should that have left, for any.
  task_id submit(std::string const& where) {
    client_batch batch;
    batch.from = client.id();
    to_scheduler::submit event;
    event.now = in.now();
    auto& task = event.tasks.emplace_back();
    task.ref = {++last, 1};
    task.only_on = {where};
    task.allow_other = true;
    batch.events.emplace_back(std::move(event));
    batch.calls.push_back(bind_call(function_tag<&nothing>{}).call);
    scheduler.send(std::move(batch));
    in.run();
    REQUIRE(finished->contains(last));
    return finished->at(last);
  }
  static void check(future<std::vector<value_ptr>> const& asked, std::vector<task_id> const& tasks) {
    REQUIRE(asked.done());
    auto const& values = asked.get();
    REQUIRE(values.size() == tasks.size());
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      REQUIRE(values[i]);
      CHECK(value_cast<int>(*values[i]) == int(tasks[i].index));
    }
  }

  std::uint64_t size;
  simulated_loop in;
  std::shared_ptr<noting_client::seen> finished = std::make_shared<noting_client::seen>();
  actor_ref<scheduler_actor> scheduler = in.spawn<local_scheduler>(with_lineage());
  actor_ref<client_actor> client = in.spawn<noting_client>(finished);
  std::uint32_t last = 0;
};

}  // namespace

TEST_CASE("values are collected though one of their holders leaves while another is asked") {
  scene s;
  auto slow = std::make_shared<eager_worker::seen>();
  auto leaving = std::make_shared<eager_worker::seen>();
  s.join("a", slow);
  auto goes = s.join("b", leaving);
  std::vector<task_id> tasks{s.submit("a"), s.submit("b"), s.submit("b")};
  slow->gate = std::make_shared<promise<void>>();
  auto asked = s.scheduler.ask(relay_values{{}, tasks});
  s.in.run();
  REQUIRE(slow->asked.size() == 1);
  goes.kill();
  s.in.run();
  std::exchange(slow->gate, nullptr)->set_value();
  s.in.run();
  scene::check(asked, tasks);
  CHECK(leaving->asked.empty());
}

TEST_CASE("of values that are together too large for who asks come the first") {
  scene s(1000);
  auto worker = std::make_shared<eager_worker::seen>();
  s.join("a", worker);
  std::vector<task_id> tasks;
  for (int i = 0; i < 5; ++i) tasks.push_back(s.submit("a"));
  auto from = GENERATE(worker_id{}, worker_id{0});
  auto [at_most, count] = GENERATE(std::pair(0, 5), std::pair(10, 1), std::pair(2999, 2), std::pair(3000, 3));
  auto asked = s.scheduler.ask(relay_values{from, tasks, std::uint64_t(at_most)});
  s.in.run();
  tasks.resize(std::size_t(count));
  scene::check(asked, tasks);
}
