#include "support/cluster.hpp"

#include <troupe/actors/worker/task_context.hpp>

#include <catch2/catch.hpp>

#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using troupe::actor_gone;
using troupe::actor_options;
using troupe::on_workers;
using troupe::remote_actor;
using troupe::task_options;

/// An account that forgets when it is made anew.
class account {
 public:
  explicit account(int balance) : balance_(balance) {}
  int put(int n) { return balance_ += n; }
  int take(int n) { return balance_ -= n; }
  int where() const { return ::getpid(); }
  /// Ends the process before it answers.
  int put_and_die(int n) {
    balance_ += n;
    ::kill(::getpid(), SIGKILL);
    return balance_;
  }

 protected:
  int balance_;
};

/// Answers only when it is asked to stop.
class patient {
 public:
  int wait(troupe::task_context& context) {
    context.client().event("waits").set().get();
    while (!context.stop_token().stop_requested()) std::this_thread::yield();
    throw troupe::cancelled_error("asked to stop");
  }
};

/// An account that does not forget.
class lasting_account : public account {
 public:
  using account::account;
  struct state {
    int balance = 0;
  };
  state snapshot() const { return {balance_}; }
  void restore(state const& known) { balance_ = known.balance; }
};

remote_actor<account> open_on_second(troupe::task_context& context, int balance) {
  return context.client().create_actor<account>(actor_options().workers(on_workers("second")), balance).get();
}

/// Has accounts, and knows them again when it is made anew.
class bank {
 public:
  int open(troupe::task_context& context, int balance) {
    accounts_.push_back(open_on_second(context, balance));
    return int(accounts_.size());
  }
  remote_actor<account> open_for_another(troupe::task_context& context, int balance) {
    return open_on_second(context, balance);
  }
  int put_everywhere(int n) {
    int sum = 0;
    for (auto const& one : accounts_) sum += one.call<&account::put>(n).get();
    return sum;
  }
  std::vector<remote_actor<account>> snapshot() const { return accounts_; }
  void restore(std::vector<remote_actor<account>> const& known) { accounts_ = known; }

 private:
  std::vector<remote_actor<account>> accounts_;
};

/// Works for the account that it was made for.
class broker {
 public:
  explicit broker(remote_actor<account> const& of) : account_(of) {}
  int earn(int n) { return account_.call<&account::put>(n).get(); }

 private:
  remote_actor<account> account_;
};

/// Cannot be made in another process than this one.
class native {
 public:
  explicit native(int home) {
    if (::getpid() != home) throw std::invalid_argument("far from home");
  }
  int where() const { return ::getpid(); }
};

template <class T>
std::string gone_because(troupe::future<T> const& f) {
  try {
    static_cast<void>(f.get());
  } catch (actor_gone const& problem) {
    return problem.what();
  }
  return "not gone";
}

actor_options on_first(std::uint32_t restarts) {
  return actor_options().restarts(restarts).workers(on_workers("first"), true);
}

}  // namespace

TEST_CASE("an actor whose worker is killed is made anew elsewhere, and knows what it had answered") {
  troupe::test::process_cluster cluster;
  auto& first = cluster.add_worker("first");
  cluster.add_worker("second");
  auto client = cluster.connect();
  auto handle = client.create_actor<lasting_account>(on_first(2), 100).get();
  for (int i = 1; i <= 10; ++i) REQUIRE(handle.call<&lasting_account::put>(1).get() == 100 + i);
  auto before = handle.call<&lasting_account::where>().get();
  first.send_signal(SIGKILL);
  cluster.wait_for_workers(1);
  CHECK(handle.call<&lasting_account::put>(1).get() == 111);
  CHECK(handle.call<&lasting_account::where>().get() != before);
}

TEST_CASE("an actor that gives no snapshots is made anew from its arguments") {
  troupe::test::process_cluster cluster;
  auto& first = cluster.add_worker("first");
  cluster.add_worker("second");
  auto client = cluster.connect();
  auto handle = client.create_actor<account>(on_first(1), 100).get();
  CHECK(handle.call<&account::put>(5).get() == 105);
  first.send_signal(SIGKILL);
  cluster.wait_for_workers(1);
  CHECK(handle.call<&account::put>(1).get() == 101);
}

TEST_CASE("a call under way when its worker is lost fails and is not made again; later ones reach the next life") {
  troupe::test::process_cluster cluster;
  cluster.add_worker("first");
  cluster.add_worker("second");
  auto client = cluster.connect();
  auto handle = client.create_actor<lasting_account>(on_first(1), 100).get();
  CHECK(handle.call<&lasting_account::put>(5).get() == 105);
  auto lost = handle.call<&lasting_account::put_and_die>(7);
  CHECK_THAT(gone_because(lost), Catch::Contains("first was lost while the call was under way"));
  cluster.wait_for_workers(1);
  CHECK(handle.call<&lasting_account::put>(1).get() == 106);
}

TEST_CASE("a call under way that heeds the stop of a worker which leaves in order fails as the actor is gone") {
  troupe::test::process_cluster cluster;
  auto& first = cluster.add_worker("first");
  auto client = cluster.connect();
  auto handle = client.create_actor<patient>().get();
  auto waiting = handle.call<&patient::wait>();
  client.event("waits").wait().get();
  first.send_signal(SIGTERM);
  CHECK_THAT(gone_because(waiting), Catch::Contains("its worker leaves the cluster"));
}

TEST_CASE("an actor that may not be restarted is gone with its worker, and says so") {
  troupe::test::process_cluster cluster;
  auto& first = cluster.add_worker("first");
  cluster.add_worker("second");
  auto client = cluster.connect();
  auto handle = client.create_actor<account>(on_first(0), 100).get();
  CHECK(handle.call<&account::put>(5).get() == 105);
  first.send_signal(SIGKILL);
  cluster.wait_for_workers(1);
  CHECK_THAT(gone_because(handle.call<&account::put>(1)), Catch::Contains("may not be restarted"));
  CHECK_THAT(gone_because(handle.call<&account::put>(1)), Catch::Contains("may not be restarted"));
}

TEST_CASE("an actor whose constructor throws when it is made anew is gone, and says why") {
  troupe::test::process_cluster cluster;
  auto& first = cluster.add_worker("first");
  cluster.add_worker("second");
  auto client = cluster.connect();
  auto handle = client.create_actor<native>(on_first(3), int(first.pid())).get();
  CHECK(handle.call<&native::where>().get() == int(first.pid()));
  first.send_signal(SIGKILL);
  cluster.wait_for_workers(1);
  CHECK_THAT(gone_because(handle.call<&native::where>()), Catch::Contains("far from home"));
  CHECK(client.create_actor<account>(1).get().call<&account::put>(1).get() == 2);
}

TEST_CASE("a stopped actor stays stopped when its worker is lost") {
  troupe::test::process_cluster cluster;
  auto& first = cluster.add_worker("first");
  cluster.add_worker("second");
  auto client = cluster.connect();
  auto handle = client.create_actor<account>(on_first(3), 100).get();
  handle.stop().get();
  first.send_signal(SIGKILL);
  cluster.wait_for_workers(1);
  CHECK_THAT(gone_because(handle.call<&account::put>(1)), Catch::Contains("it was stopped"));
}

TEST_CASE("an actor whose handle is in a result outlives who made it, and so does one whose handle is in an answer") {
  troupe::test::process_cluster cluster;
  auto& first = cluster.add_worker("first");
  cluster.add_worker("second");
  auto client = cluster.connect();
  auto made = client.with(task_options{}.workers(on_workers("first"))).submit<open_on_second>(10);
  client.replicate(made, 2).get();
  auto teller = client.create_actor<bank>(on_first(0)).get();
  auto opened = teller.call<&bank::open_for_another>(20);
  while (!opened.done()) std::this_thread::yield();
  first.send_signal(SIGKILL);
  cluster.wait_for_workers(1);
  CHECK_THAT(gone_because(teller.call<&bank::put_everywhere>(1)), Catch::Contains("may not be restarted"));
  CHECK(made.get().call<&account::put>(1).get() == 11);
  CHECK(opened.get().call<&account::put>(1).get() == 21);
}

TEST_CASE("actors whose handles are in a snapshot, or were given to a constructor, are there for the next life") {
  troupe::test::process_cluster cluster;
  auto& first = cluster.add_worker("first");
  cluster.add_worker("second");
  auto client = cluster.connect();
  auto keeper = client.create_actor<bank>(on_first(1)).get();
  CHECK(keeper.call<&bank::open>(10).get() == 1);
  CHECK(keeper.call<&bank::open>(20).get() == 2);
  auto given = client.create_actor<account>(actor_options().workers(on_workers("second")), 30).get();
  auto working = client.create_actor<broker>(on_first(1), given).get();
  given = {};
  CHECK(working.call<&broker::earn>(1).get() == 31);
  first.send_signal(SIGKILL);
  cluster.wait_for_workers(1);
  CHECK(keeper.call<&bank::put_everywhere>(1).get() == 32);
  CHECK(working.call<&broker::earn>(1).get() == 32);
}

TEST_CASE("workers that cannot make an actor refuse it") {
  troupe::test::process_cluster cluster;
  cluster.add_worker("stranger", TEST_STRANGER);
  auto client = cluster.connect();
  auto created = client.create_actor<account>(1);
  CHECK_THROWS_WITH(created.get(), Catch::Contains("no worker can run account"));
}
