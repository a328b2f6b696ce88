#include "support/stage.hpp"

#include <troupe/futures/promise.hpp>

#include <catch2/catch.hpp>

#include <string>

namespace {

using troupe::actor_gone;
using troupe::actor_options;
using troupe::remote_actor;
using troupe::test::eventually;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::opened_at_end;
using troupe::test::stage;

class adder {
 public:
  int add(int n) { return sum_ += n; }
  std::string where(troupe::task_context& context) const { return context.worker(); }

 private:
  int sum_ = 0;
};

/// Calls another from a method that looks at no stop token.
class blocking {
 public:
  int add_after(gate_ref g, remote_actor<adder> const& to, int n) {
    (*g)->pass();
    return to.call<&adder::add>(n).get();
  }
  void pass(gate_ref g) { (*g)->pass(); }
  std::string where(troupe::task_context& context) const { return context.worker(); }
};

/// On the worker that is going to leave, or else on another.
actor_options on_leaving(std::uint32_t restarts) {
  return actor_options().restarts(restarts).workers(troupe::on_workers("worker-1"), true);
}
template <class T>
std::string where(remote_actor<T> const& actor) {
  return actor.template call<&T::where>().get();
}
std::size_t count_workers(troupe::client const& c) { return c.cluster_info().get().workers.size(); }

}  // namespace

TEST_CASE(
    "a method that runs while its worker is retired can call actors of that worker, which are elsewhere already") {
  gate door;
  stage s(2, 2);
  opened_at_end open(door);
  auto called = s.client.create_actor<adder>(on_leaving(1)).get();
  auto calling = s.client.create_actor<blocking>(on_leaving(1)).get();
  REQUIRE(where(called) == "worker-1");
  REQUIRE(where(calling) == "worker-1");
  auto sum = calling.call<&blocking::add_after>(gate_ref(&door), called, 5);
  door.wait_for(1);
  auto retired = s.client.retire_workers(troupe::on_workers("worker-1"));
  eventually([&] { return where(called) == "worker-0"; });
  CHECK_FALSE(retired.done());
  door.open();
  CHECK(sum.get() == 5);
  retired.get();
  CHECK(where(calling) == "worker-0");
}

TEST_CASE("a method that runs while its worker is retired hears that an actor of that worker is gone") {
  gate door;
  stage s(2, 2);
  opened_at_end open(door);
  auto called = s.client.create_actor<adder>(on_leaving(0)).get();
  auto calling = s.client.create_actor<blocking>(on_leaving(1)).get();
  auto sum = calling.call<&blocking::add_after>(gate_ref(&door), called, 5);
  door.wait_for(1);
  auto retired = s.client.retire_workers(troupe::on_workers("worker-1"));
  CHECK_THAT(troupe::test::failure_of<actor_gone>([&] {
               // Until the actor is closed calls reach it.
               for (;;) {
                 auto one = called.call<&adder::add>(1);
                 troupe::test::until_done(one);
                 if (one.failed()) return one;
               }
             }())
                 .what(),
             Catch::Contains("was lost with worker worker-1"));
  CHECK_FALSE(retired.done());
  door.open();
  CHECK_THROWS_AS(sum.get(), troupe::error);
  retired.get();
}

TEST_CASE("workers that leave together wait for no actor of each other") {
  gate door;
  stage s(3, 2);
  opened_at_end open(door);
  auto leaving = [](std::string name) {
    return actor_options().restarts(1).workers(troupe::on_workers(std::move(name)), true);
  };
  auto called = s.client.create_actor<adder>(leaving("worker-1")).get();
  auto calling = s.client.create_actor<blocking>(leaving("worker-2")).get();
  auto sum = calling.call<&blocking::add_after>(gate_ref(&door), called, 7);
  door.wait_for(1);
  auto retired = s.client.retire_workers(troupe::on_workers("worker-1", "worker-2"));
  eventually([&] { return where(called) == "worker-0"; });
  door.open();
  CHECK(sum.get() == 7);
  retired.get();
  CHECK(count_workers(s.client) == 1);
}

TEST_CASE("a retirement that is given up when actors have ended for it goes on") {
  gate door;
  stage s(2, 2);
  opened_at_end open(door);
  auto idle = s.client.create_actor<adder>(on_leaving(1)).get();
  auto busy = s.client.create_actor<blocking>(on_leaving(1)).get();
  auto passed = busy.call<&blocking::pass>(gate_ref(&door));
  door.wait_for(1);
  auto retired = s.client.retire_workers(troupe::on_workers("worker-1"));
  eventually([&] { return where(idle) == "worker-0"; });
  retired.cancel();
  door.open();
  troupe::test::until_done(passed);
  CHECK(where(busy) == "worker-0");
  eventually([&] { return count_workers(s.client) == 1; });
}
