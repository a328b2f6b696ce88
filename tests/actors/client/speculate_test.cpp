#include "support/stage.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace {

using troupe::task_options;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::opened_at_end;
using troupe::test::stage;
using troupe::test::until_empty;

/// Which execution it was. The first execution of 0 does not end before it is asked to stop, or its gate opens.
int hang_once(troupe::task_context& context, int x, gate_ref hangs) {
  if (x == 0 && context.attempt() == 1) (*hangs)->pass(context.stop_token());
  return context.attempt();
}
/// The first execution of 0 takes no notice of being asked to stop; the second waits for the first to end, and fails.
std::string hang_then_fail(troupe::task_context& context, int x, gate_ref hangs, gate_ref second) {
  if (x != 0) return "quick";
  if (context.attempt() == 1) {
    (*hangs)->pass();
    return "first";
  }
  (*second)->arrive();
  throw std::runtime_error("the second fails");
}
std::size_t length_of(troupe::task_context& context, std::string text, int x, gate_ref hangs) {
  if (x == 0 && context.attempt() == 1) (*hangs)->pass(context.stop_token());
  text += "!";
  return text.size();
}

}  // namespace

TEST_CASE("a function that hangs on one worker is run on another, and asked to stop when that is done") {
  gate hangs;
  stage on(2, 1);
  opened_at_end at_end(hangs);
  auto client = on.client.with(task_options{}.speculate());
  for (int i = 1; i < 5; ++i) CHECK(client.submit<hang_once>(i, &hangs).get() == 1);
  CHECK(client.submit<hang_once>(0, &hangs).get() == 2);
  CHECK(hangs.arrived() == 1);
  // The gate is shut: what hung there has been asked to stop.
  until_empty(on.client);
  auto both = client.map<hang_once>(std::vector{1, 2, 3, 4}, std::vector(4, gate_ref(&hangs)));
  for (auto const& one : both) CHECK(one.get() == 1);
}

TEST_CASE("a second execution that fails leaves the first its time") {
  gate hangs, second;
  stage on(2, 1);
  opened_at_end at_end(hangs);
  auto client = on.client.with(task_options{}.speculate());
  for (int i = 1; i < 5; ++i) CHECK(client.submit<hang_then_fail>(i, &hangs, &second).get() == "quick");
  auto slow = client.submit<hang_then_fail>(0, &hangs, &second);
  second.wait_for(1);
  hangs.open();
  CHECK(slow.get() == "first");
}

TEST_CASE("both executions of a task get the arguments that their function takes by value") {
  gate hangs;
  stage on(2, 1);
  opened_at_end at_end(hangs);
  auto client = on.client.with(task_options{}.speculate());
  std::string const text(1000, 'x');
  for (int i = 1; i < 5; ++i) CHECK(client.submit<length_of>(text, i, &hangs).get() == 1001);
  CHECK(client.submit<length_of>(text, 0, &hangs).get() == 1001);
  CHECK(hangs.arrived() == 1);
}
