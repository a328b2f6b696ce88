#include "support/cluster.hpp"

#include <troupe/actors/worker/task_context.hpp>
#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <sys/types.h>

#include <csignal>
#include <optional>
#include <string>
#include <thread>

namespace {

using troupe::test::process_cluster;

/// Takes the lock and an item, tells so, and waits for what nobody does.
troupe::task<int> hold(troupe::task_context& context) {
  auto client = context.client();
  auto acquired = client.lock("file").acquire();
  auto held = co_await std::move(acquired);
  auto telling = client.variable<std::uint64_t>("fence").set(held.fence());
  co_await std::move(telling);
  auto forever = client.event("never").wait();
  co_await std::move(forever);
  co_return 0;
}

/// Lives in a process of its own.
class clerk {
 public:
  explicit clerk(int number) : number_(number) {}
  int number() const noexcept { return number_; }

 private:
  int number_;
};
using clerk_handle = troupe::remote_actor<clerk>;

/// Leaves clerks of the second worker wherever something can lie, and then has none.
void leave_clerks(troupe::task_context& context) {
  auto client = context.client();
  auto hire = [&](int number) {
    auto on_second = troupe::actor_options().workers(troupe::on_workers("second"));
    return client.create_actor<clerk>(on_second, number).get();
  };
  client.queue<clerk_handle>("q").put(hire(1)).get();
  client.queue<clerk_handle>("q").put(hire(2)).get();
  client.variable<clerk_handle>("v").set(hire(3)).get();
  client.topic<clerk_handle>("t").publish(hire(4)).get();
}
int number_of_next(troupe::task_context& context) {
  auto taken = troupe::block_on(context.client().queue<clerk_handle>("q").get());
  return taken.call<&clerk::number>().get();
}
int number_of(clerk_handle const& of) { return of.call<&clerk::number>().get(); }

}  // namespace

TEST_CASE("what a worker held when it was killed goes to the next, with a larger token") {
  process_cluster cluster;
  auto& killed = cluster.add_worker("killed");
  auto client = cluster.connect();
  auto task = client.submit<hold>();
  auto first = troupe::block_on(client.variable<std::uint64_t>("fence").get());
  auto next = client.lock("file").acquire();
  CHECK_FALSE(next.done());
  killed.send_signal(SIGKILL);
  static_cast<void>(killed.wait());
  CHECK(next.get().fence() > first);
  task.cancel();
}

TEST_CASE("actors whose handles lie with the scheduler outlive the process that put them there") {
  process_cluster cluster;
  auto& first = cluster.add_worker("first");
  cluster.add_worker("second");
  auto client = cluster.connect();
  std::optional heard = troupe::block_on(client.topic<clerk_handle>("t").subscribe());
  auto on_first = client.with(troupe::task_options{}.workers(troupe::on_workers("first")));
  on_first.submit<leave_clerks>().get();
  first.send_signal(SIGKILL);
  cluster.wait_for_workers(1);
  CHECK(number_of(troupe::block_on(client.queue<clerk_handle>("q").get())) == 1);
  CHECK(client.submit<number_of_next>().get() == 2);
  CHECK(number_of(troupe::block_on(client.variable<clerk_handle>("v").get())) == 3);
  CHECK(number_of(troupe::block_on(heard->next())) == 4);
  heard.reset();
  client.variable<clerk_handle>("v").reset().get();
  while (client.cluster_info().get().tasks > 0) std::this_thread::yield();
}

TEST_CASE("an actor that was lost while its handle lay in a queue fails the calls of who takes it") {
  process_cluster cluster;
  cluster.add_worker("first");
  auto& second = cluster.add_worker("second");
  auto client = cluster.connect();
  client.with(troupe::task_options{}.workers(troupe::on_workers("first"))).submit<leave_clerks>().get();
  second.send_signal(SIGKILL);
  cluster.wait_for_workers(1);
  auto taken = troupe::block_on(client.queue<clerk_handle>("q").get());
  CHECK_THROWS_AS(number_of(taken), troupe::actor_gone);
}
