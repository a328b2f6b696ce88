#include "../support/quiet_actors.hpp"

#include <troupe/actors/client/internal/client_actor.hpp>
#include <troupe/actors/functions/typed_call.hpp>
#include <troupe/actors/runtime/simulated_loop.hpp>
#include <troupe/actors/scheduler/cluster_event.hpp>
#include <troupe/actors/scheduler/internal/local_scheduler.hpp>
#include <troupe/net/codec/codec.hpp>
#include <troupe/net/codec/schema.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// What a scheduler tells of those who join, and when.
namespace {

using namespace troupe;
using namespace troupe::detail;
using troupe::test::quiet_worker;
using events = std::vector<cluster_event>;

int nothing() { return 0; }

struct silent_client final : client_actor {
  void on(client_news&&) override {}
  void on(cluster_changed&&) override {}
};

/// A scheduler with a client that has subscribed to events, and no worker.
struct scene {
  scene() {
    scheduler.send(attach_client{client, "client", ""});
    coordinate wish;
    wish.what = coordinate::kind::subscribe;
    wish.names = {events_topic};
    wish.limit = 1000;
    wish.schema = schema_of<events>();
    subscription = wish.ticket = ++tickets;
    static_cast<void>(ask(std::move(wish)).get());
  }
  ~scene() { in.close(); }
  scene(scene const&) = delete;
  scene& operator=(scene const&) = delete;

  future<query_result> ask(coordinate wish) {
    auto asked = scheduler.ask(query{client.id(), std::move(wish)});
    in.run();
    return asked;
  }
  /// Lists of events after the list of number `last`.
  future<query_result> next(std::uint64_t last) {
    coordinate wish;
    wish.what = coordinate::kind::next;
    wish.ticket = ++tickets;
    wish.of = subscription;
    wish.limit = last;
    return ask(std::move(wish));
  }
  static events read(future<query_result> const& told) {
    REQUIRE(told.done());
    decoder in(told.get().bytes.bytes.bytes());
    return decode<events>(in);
  }
  void join(std::string name) {
    scheduler.send(attach_worker{in.spawn<quiet_worker>(), worker_info{std::move(name), 1, 0, ""}, {}, {}});
    in.run();
  }
  void submit() {
    client_batch batch;
    batch.from = client.id();
    to_scheduler::submit event;
    event.now = in.now();
    event.tasks.emplace_back().ref = {1, 1};
    batch.events.emplace_back(std::move(event));
    batch.calls.push_back(bind_call(function_tag<&nothing>{}).call);
    scheduler.send(std::move(batch));
    in.run();
  }

  simulated_loop in;
  actor_ref<scheduler_actor> scheduler = in.spawn<local_scheduler>(scheduler_options());
  actor_ref<client_actor> client = in.spawn<silent_client>();
  std::uint64_t tickets = 0, subscription = 0;
};

}  // namespace

TEST_CASE("that a worker has joined is told at once, though nothing else happens") {
  scene s;
  auto told = s.next(0);
  CHECK_FALSE(told.done());
  s.join("w");
  auto seen = scene::read(told);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].what == "worker-joined");
  CHECK(seen[0].worker == "w");
}

TEST_CASE("a worker has joined before what it is given is told, and is called by its name there") {
  scene s;
  s.submit();
  auto submitted = s.next(0);
  CHECK(scene::read(submitted).front().what == "submitted");
  s.join("w");
  auto told = s.next(submitted.get().offset);
  auto seen = scene::read(told);
  REQUIRE(seen.size() > 1);
  CHECK(seen.front().what == "worker-joined");
  CHECK(seen.back().what == "processing");
  CHECK(seen.back().worker == "w");
}
