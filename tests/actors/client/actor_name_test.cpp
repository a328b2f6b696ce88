#include "support/stage.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <stdexcept>
#include <string>

namespace {

using troupe::actor_gone;
using troupe::actor_options;
using troupe::task_error;
using troupe::test::failure_of;
using troupe::test::pointer_to;
using troupe::test::stage;

class counter {
 public:
  explicit counter(int start) : value_(start) {}
  int add(int n) { return value_ += n; }

 private:
  int value_;
};

/// Its constructor throws the first so many times.
class reluctant {
 public:
  explicit reluctant(pointer_to<std::atomic<int>> refusals) {
    if ((*refusals)->fetch_sub(1) > 0) throw std::runtime_error("not yet");
  }
  int answer() { return 42; }
};

actor_options named(std::uint32_t restarts = 0) { return actor_options().name("the one").restarts(restarts); }

}  // namespace

TEST_CASE("the name of an actor that was stopped is free for another, whoever still has a handle") {
  auto restarts = GENERATE(0U, 1U);
  stage s(2);
  auto first = s.client.create_actor<counter>(named(restarts), 1).get();
  first.stop().get();
  auto second = s.client.create_actor<counter>(named(restarts), 10).get();
  CHECK(second.call<&counter::add>(1).get() == 11);
  CHECK(second.key() == "the one");
  CHECK(failure_of<actor_gone>(first.call<&counter::add>(1)).what() ==
        std::string("actor the one is gone: it was stopped"));
  auto third = s.client.create_actor<counter>(named(restarts), 50).get();
  CHECK(third.call<&counter::add>(1).get() == 12);
}

TEST_CASE("the name of an actor whose constructor threw is free for another try") {
  std::atomic<int> refusals = 1;
  stage s;
  auto failed = s.client.create_actor<reluctant>(named(), pointer_to(&refusals));
  CHECK(failure_of<task_error>(failed).message() == "not yet");
  auto made = s.client.create_actor<reluctant>(named(), pointer_to(&refusals));
  CHECK(made.get().call<&reluctant::answer>().get() == 42);
  CHECK(failure_of<task_error>(failed).message() == "not yet");
}

TEST_CASE("the name of an actor that was lost is free for another") {
  stage s(2);
  auto options = named().workers(troupe::on_workers("worker-1"), true);
  auto first = s.client.create_actor<counter>(options, 1).get();
  s.client.retire_workers(troupe::on_workers("worker-1")).get();
  failure_of<actor_gone>(first.call<&counter::add>(1));
  auto second = s.client.create_actor<counter>(options, 10).get();
  CHECK(second.call<&counter::add>(1).get() == 11);
}

TEST_CASE("an actor whose constructor threw can be tried again, and the handle is one of it") {
  std::atomic<int> refusals = 1;
  stage s;
  auto failed = s.client.create_actor<reluctant>(pointer_to(&refusals));
  CHECK(failure_of<task_error>(failed).message() == "not yet");
  auto again = s.client.retry(failed);
  auto handle = again.get();
  CHECK(handle.call<&reluctant::answer>().get() == 42);
  CHECK(failure_of<task_error>(failed).message() == "not yet");
  again = {};
  failed = {};
  CHECK(handle.call<&reluctant::answer>().get() == 42);
}
