#include "support/extra.hpp"
#include "support/stage.hpp"

#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <cstddef>
#include <string>
#include <vector>

/// Handles of actors in answers and results: somebody has to keep those actors until the handles are read.
namespace {

using troupe::actor_options;
using troupe::future;
using troupe::on_workers;
using troupe::remote_actor;
using troupe::task_options;
using troupe::test::eventually;
using troupe::test::extra;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::linked_cluster;
using troupe::test::opened_at_end;
using troupe::test::pointer_to;
using troupe::test::stage;

using count = std::atomic<int>;

struct cast {
  std::vector<remote_actor<extra>> members;
  /// So that it does not travel with the news of it.
  std::string script;
};

remote_actor<extra> make_extra(troupe::task_context& context, pointer_to<count> alive, int number) {
  return context.client().create_actor<extra>(alive, number).get();
}
/// On the worker of this name.
cast make_cast(troupe::task_context& context, pointer_to<count> alive, std::string const& where, std::size_t script) {
  auto options = where.empty() ? actor_options() : actor_options().workers(on_workers(where));
  return {{context.client().create_actor<extra>(options, alive, 1).get(),
           context.client().create_actor<extra>(options, alive, 2).get()},
          std::string(script, ' ')};
}
int add_up(cast const& of) {
  int sum = 0;
  for (auto const& member : of.members) sum += member.call<&extra::number>().get();
  return sum;
}

/// Makes others, and keeps none of them.
class agency {
 public:
  remote_actor<extra> hire(troupe::task_context& context, pointer_to<count> alive, int number) {
    return make_extra(context, alive, number);
  }
  cast hire_some(troupe::task_context& context, pointer_to<count> alive, std::size_t script) {
    return make_cast(context, alive, "", script);
  }
  remote_actor<extra> hire_when_open(troupe::task_context& context, pointer_to<count> alive, gate_ref door) {
    auto made = make_extra(context, alive, 7);
    (*door)->pass();
    return made;
  }
  remote_actor<extra> pass_on(remote_actor<extra> const& given) { return given; }
};

template <class T>
void wait_until_done(future<T> const& f) {
  eventually([&] { return f.done(); });
}
/// By then what was let go is gone.
void settle(troupe::client const& client) {
  for (int i = 0; i < 3; ++i) static_cast<void>(client.submit([](int n) { return n; }, i).get());
  static_cast<void>(client.cluster_info().get());
}

}  // namespace

TEST_CASE("the actor whose handle a method gives back lives until the caller has read and dropped it") {
  count alive = 0;
  stage s(2, 2);
  auto agent = s.client.create_actor<agency>().get();
  for (int i = 0; i < 20; ++i) {
    auto hired = agent.call<&agency::hire>(pointer_to<count>(&alive), i).get();
    REQUIRE(hired.call<&extra::number>().get() == i);
  }
  eventually([&] { return alive == 0; });
}

TEST_CASE("an answer keeps the actors whose handles are in it, however late it is read") {
  count alive = 0;
  stage s(2, 2);
  auto agent = s.client.create_actor<agency>().get();
  auto script = GENERATE(std::size_t(0), std::size_t(100'000));
  auto hired = agent.call<&agency::hire_some>(pointer_to<count>(&alive), script);
  wait_until_done(hired);
  settle(s.client);
  CHECK(alive == 2);
  auto members = hired.get().members;
  hired = {};
  settle(s.client);
  CHECK(alive == 2);
  CHECK(members[0].call<&extra::number>().get() == 1);
  members.clear();
  eventually([&] { return alive == 0; });
}

TEST_CASE("an answer that nobody reads lets go of the actors whose handles are in it") {
  count alive = 0;
  gate door;
  stage s(2, 2);
  auto agent = s.client.create_actor<agency>().get();
  SECTION("dropped after it came") {
    auto hired = agent.call<&agency::hire>(pointer_to<count>(&alive), 1);
    wait_until_done(hired);
    CHECK(alive == 1);
  }
  SECTION("dropped before it came") {
    opened_at_end open(door);
    auto hired = agent.call<&agency::hire_when_open>(pointer_to<count>(&alive), gate_ref(&door));
    door.wait_for(1);
    CHECK(alive == 1);
    hired = {};
    door.open();
  }
  SECTION("cancelled before it came") {
    opened_at_end open(door);
    auto hired = agent.call<&agency::hire_when_open>(pointer_to<count>(&alive), gate_ref(&door));
    door.wait_for(1);
    hired.cancel();
    CHECK(troupe::test::reason_of(hired) == "cancelled");
    door.open();
  }
  eventually([&] { return alive == 0; });
  agent = {};
  troupe::test::until_empty(s.client);
}

TEST_CASE("a client that closes lets go of what is in answers that it has not read") {
  count alive = 0;
  stage s(2, 2);
  auto agent = s.client.create_actor<agency>(actor_options().name("agent")).get();
  auto other = s.cluster.connect("other");
  auto same = other.create_actor<agency>(actor_options().name("agent")).get();
  auto hired = same.call<&agency::hire>(pointer_to<count>(&alive), 1);
  wait_until_done(hired);
  CHECK(alive == 1);
  other.close();
  hired = {};
  same = {};
  eventually([&] { return alive == 0; });
}

TEST_CASE("a handle that comes back from whom it was given to is as good as before") {
  count alive = 0;
  stage s(2, 2);
  auto agent = s.client.create_actor<agency>().get();
  for (int i = 0; i < 20; ++i) {
    auto made = s.client.create_actor<extra>(pointer_to<count>(&alive), i).get();
    auto answer = agent.call<&agency::pass_on>(made);
    made = {};
    CHECK(answer.get().call<&extra::number>().get() == i);
  }
  eventually([&] { return alive == 0; });
}

TEST_CASE("answers with handles that are passed on by the scheduler keep their actors, too") {
  count alive = 0;
  linked_cluster cluster(troupe::cluster_options{}.workers(2).threads_per_worker(2), linked_cluster::meet::nobody);
  auto client = cluster.connect("client");
  auto agent = client.create_actor<agency>().get();
  auto hired = agent.call<&agency::hire_some>(pointer_to<count>(&alive), std::size_t(0));
  wait_until_done(hired);
  settle(client);
  CHECK(alive == 2);
  CHECK(add_up(hired.get()) == 3);
  auto unread = agent.call<&agency::hire>(pointer_to<count>(&alive), 1);
  wait_until_done(unread);
  CHECK(alive == 3);
  unread = {};
  hired = {};
  eventually([&] { return alive == 0; });
}

TEST_CASE("a result keeps the actors whose handles are in it, wherever it goes") {
  count alive = 0;
  stage s(3, 2);
  auto script = GENERATE(std::size_t(0), std::size_t(100'000));
  auto on_first = s.client.with(task_options{}.workers(on_workers("worker-0")));
  auto made = on_first.submit<make_cast>(pointer_to<count>(&alive), "worker-2", script);
  wait_until_done(made);
  SECTION("nowhere") {}
  SECTION("to a task elsewhere") {
    auto elsewhere = s.client.with(task_options{}.workers(on_workers("worker-1")));
    CHECK(elsewhere.submit<add_up>(made).get() == 3);
  }
  SECTION("to other workers") { s.client.replicate(made, 3).get(); }
  SECTION("away from its worker") { s.client.retire_workers(on_workers("worker-0")).get(); }
  settle(s.client);
  CHECK(alive == 2);
  CHECK(s.client.submit<add_up>(made).get() == 3);
  auto members = made.get().members;
  made = {};
  settle(s.client);
  CHECK(alive == 2);
  members.clear();
  eventually([&] { return alive == 0; });
  troupe::test::until_empty(s.client);
}

TEST_CASE("a result that nobody reads lets go of the actors whose handles are in it") {
  count alive = 0;
  stage s(2, 2);
  auto made = s.client.submit<make_extra>(pointer_to<count>(&alive), 1);
  wait_until_done(made);
  CHECK(alive == 1);
  made = {};
  eventually([&] { return alive == 0; });
  troupe::test::until_empty(s.client);
}

TEST_CASE("handles in a result that lies in a file keep their actors") {
  count alive = 0;
  // In one process the client would have the value itself.
  linked_cluster cluster(troupe::cluster_options{}.workers(1).threads_per_worker(2).memory_limit(2'000'000));
  auto client = cluster.connect("client");
  auto made = client.submit<make_cast>(pointer_to<count>(&alive), "", std::size_t(400'000));
  wait_until_done(made);
  std::vector<future<std::string>> others;
  auto spilled = [&] { return troupe::block_on(client.memory_report()).workers.front().spilled; };
  while (spilled() < 400'000) {
    others.push_back(client.submit([](int n) { return std::string(300'000, char(n)); }, int(others.size())));
    wait_until_done(others.back());
  }
  settle(client);
  CHECK(alive == 2);
  CHECK(client.submit<add_up>(made).get() == 3);
  CHECK(made.get().members[1].call<&extra::number>().get() == 2);
  made = {};
  eventually([&] { return alive == 0; });
}

TEST_CASE("scattered data keeps the actors whose handles are in it") {
  count alive = 0;
  stage s(2, 2);
  auto script = GENERATE(std::size_t(0), std::size_t(100'000));
  cast whole{{s.client.create_actor<extra>(pointer_to<count>(&alive), 1).get(),
              s.client.create_actor<extra>(pointer_to<count>(&alive), 2).get()},
             std::string(script, ' ')};
  auto data = troupe::block_on(s.client.scatter(whole));
  whole.members.clear();
  settle(s.client);
  CHECK(alive == 2);
  CHECK(s.client.submit<add_up>(data).get() == 3);
  data = {};
  eventually([&] { return alive == 0; });
}
