#include "../../futures/support/started.hpp"
#include "../support/quiet_actors.hpp"

#include <troupe/actors/client/client.hpp>
#include <troupe/actors/client/internal/local_client.hpp>
#include <troupe/actors/runtime/simulated_loop.hpp>
#include <troupe/actors/scheduler/internal/scheduler_actor.hpp>
#include <troupe/actors/worker/internal/value_source.hpp>
#include <troupe/futures/gather.hpp>
#include <troupe/futures/manual_executor.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

/// What a session asks a worker for at the same time.
namespace {

using namespace troupe;
using namespace troupe::detail;
using troupe::test::quiet_scheduler;

int number(int n) { return n; }

struct one_request {
  std::vector<std::uint32_t> tasks;
  bool large = false;

  friend auto operator<=>(one_request const&, one_request const&) = default;
};
using all_asked = std::shared_ptr<std::vector<one_request>>;

/// Has the results of all tasks: their numbers.
class numbers_there final : public value_source {
 public:
  explicit numbers_there(all_asked all) : all_(std::move(all)) {}
  void on(actor_calls&&) override {}
  void on(stop_calls&&) override {}
  task<std::vector<value_ptr>> on(get_values const& request) override {
    auto& noted = all_->emplace_back();
    noted.large = request.large;
    std::vector<value_ptr> values;
    for (auto task : request.tasks) {
      noted.tasks.push_back(task.index);
      values.emplace_back(new value_box<int>(std::in_place, int(task.index)));
    }
    co_return values;
  }

 private:
  all_asked all_;
};

/// What is submitted is done at once; the results are said to be of these sizes.
class instant_scheduler final : public quiet_scheduler {
 public:
  using quiet_scheduler::on;
  instant_scheduler(actor_ref<numbers_there> where, std::vector<std::uint64_t> sizes)
      : place_(std::make_shared<worker_place const>(worker_place{{7}, std::move(where), "worker-7", ""})),
        sizes_(std::move(sizes)) {}
  void on(attach_client&& message) override { client_ = message.client; }
  void on(client_batch&& batch) override {
    client_news news;
    for (auto const& event : batch.events) {
      auto const* submit = std::get_if<to_scheduler::submit>(&event);
      for (std::size_t i = 0; submit && i < submit->tasks.size(); ++i, ++done_)
        news.items.emplace_back(finished_news{submit->tasks[i].ref, nullptr, place_, {done_, 1}, sizes_.at(done_)});
    }
    if (!news.items.empty()) client_.send(std::move(news));
  }
  task<std::vector<value_ptr>> on(relay_values const&) override { throw error("nothing has to be relayed"); }

 private:
  worker_place_ptr place_;
  std::vector<std::uint64_t> sizes_;
  actor_ref<client_actor> client_;
  std::uint32_t done_ = 0;
};

task<std::vector<int>> read_all(std::vector<future<int>> futures) {
  auto values = gather(std::move(futures));
  co_return co_await std::move(values);
}

/// What is asked for when results of these sizes are all read in one turn of the loop, in order of the first.
std::vector<one_request> asked_for(std::vector<std::uint64_t> const& sizes) {
  auto all = std::make_shared<std::vector<one_request>>();
  manual_executor runs;
  simulated_loop in;
  auto scheduler = in.spawn<instant_scheduler>(in.spawn<numbers_there>(all), sizes);
  auto opened =
      make_intrusive<session>(scheduler, std::make_shared<manual_executor>(), session::reach::other_processes);
  opened->set_actor(in.spawn<local_client>(opened, actor_ref<scheduler_actor>(scheduler), std::string("client")));
  std::vector<future<int>> made;
  for (std::size_t i = 0; i < sizes.size(); ++i) made.push_back(make_client(opened, {}).submit<number>(int(i)));
  in.run();
  test::started reading(runs, read_all(std::move(made)));
  for (int turns = 0; turns < 3; ++turns) {
    runs.run();
    in.run();
  }
  runs.run();
  REQUIRE(reading.ended());
  auto values = reading.result();
  REQUIRE(values.size() == sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) CHECK(values[i] == int(i));
  opened->ask_to_close();
  in.run();
  std::sort(all->begin(), all->end());
  return *all;
}

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

}  // namespace

TEST_CASE("large values are asked for apart from small ones that are wanted in the same turn") {
  auto all = asked_for({10, mebibyte, 20, 64 * mebibyte, mebibyte - 31});
  REQUIRE(all.size() == 2);
  CHECK(all[0] == one_request{{0, 2, 4}, false});
  CHECK(all[1] == one_request{{1, 3}, true});
}

TEST_CASE("small values that are large together are asked for as what is large") {
  auto all = asked_for({mebibyte / 2, mebibyte / 2 - 1, 1});
  REQUIRE(all.size() == 1);
  CHECK(all[0] == one_request{{0, 1, 2}, true});
}

TEST_CASE("small values that stay below a mebibyte together are small") {
  auto all = asked_for({mebibyte / 2, mebibyte / 2 - 1});
  REQUIRE(all.size() == 1);
  CHECK(all[0] == one_request{{0, 1}, false});
}
