#include "../support/quiet_actors.hpp"

#include <troupe/actors/client/internal/client_actor.hpp>
#include <troupe/actors/runtime/simulated_loop.hpp>
#include <troupe/actors/scheduler/internal/local_scheduler.hpp>

#include <catch2/catch.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

/// Who is told of workers that come and go, and how often.
namespace {

using namespace troupe;
using namespace troupe::detail;
using troupe::test::quiet_worker;

/// Workers that there were in each change it was told of.
using changes = std::vector<std::size_t>;

class counting_client final : public client_actor {
 public:
  explicit counting_client(std::shared_ptr<changes> told) : told_(std::move(told)) {}
  void on(client_news&&) override {}
  void on(cluster_changed&& change) override { told_->push_back(change.info.workers.size()); }

 private:
  std::shared_ptr<changes> told_;
};

struct scene {
  scene() {
    scheduler.send(attach_client{follower, "client", "", true});
    for (auto& one : others) {
      one = in.spawn<counting_client>(told_others);
      scheduler.send(attach_client{one, "session of a worker", "", false});
    }
    in.run();
  }
  ~scene() { in.close(); }
  scene(scene const&) = delete;
  scene& operator=(scene const&) = delete;

  actor_ref<quiet_worker> join() {
    auto made = in.spawn<quiet_worker>();
    scheduler.send(attach_worker{made, worker_info{"w" + std::to_string(++joined), 1, 0, ""}, {}, {}});
    return made;
  }

  simulated_loop in;
  std::shared_ptr<changes> told = std::make_shared<changes>();
  std::shared_ptr<changes> told_others = std::make_shared<changes>();
  actor_ref<scheduler_actor> scheduler = in.spawn<local_scheduler>(scheduler_options());
  actor_ref<client_actor> follower = in.spawn<counting_client>(told);
  std::vector<actor_ref<client_actor>> others{10};
  int joined = 0;
};

}  // namespace

TEST_CASE("the sessions of workers are not told of other workers that come and go") {
  scene s;
  CHECK(*s.told == changes{0});
  auto worker = s.join();
  s.in.run();
  CHECK(*s.told == changes{0, 1});
  worker.kill();
  s.in.run();
  CHECK(*s.told == changes{0, 1, 0});
  CHECK(s.told_others->empty());
}

TEST_CASE("workers that come at a time are one change") {
  scene s;
  for (int i = 0; i < 100; ++i) static_cast<void>(s.join());
  s.in.run();
  REQUIRE(s.told->size() <= 3);
  CHECK(s.told->back() == 100);
}
