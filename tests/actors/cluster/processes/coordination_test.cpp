#include "support/cluster.hpp"

#include <troupe/actors/worker/task_context.hpp>
#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <sys/types.h>

#include <csignal>
#include <string>

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
