#include "support/stage.hpp"

#include <troupe/net/codec/codec.hpp>

#include <catch2/catch.hpp>

#include <new>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using troupe::task_error;
using troupe::task_options;
using troupe::test::failure_of;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::opened_at_end;
using troupe::test::stage;

struct own_error : std::domain_error {
  explicit own_error(int c) : std::domain_error("code " + std::to_string(c)), code(c) {}
  int code;
};

int inc(int x) { return x + 1; }
int add(int a, int b) { return a + b; }
int throw_own(int code) { throw own_error(code); }
int throw_number(int x) { throw x; }
int throw_text() { throw std::string("text"); }
void throw_literal() { throw "literal"; }
int throw_nothing_left() { throw std::bad_alloc(); }
troupe::task<int> throw_in_coroutine(int code) {
  throw own_error(code);
  co_return 0;
}
troupe::task<int> throw_after_await(troupe::task_context& context) {
  auto f = context.client().submit<inc>(1);
  int x = co_await f;
  throw own_error(x);
}
int pass_and_throw(gate_ref g) {
  (*g)->pass();
  throw own_error(7);
}
troupe::task<int> pass_on(troupe::task_context& context) {
  auto f = context.client().submit<throw_own>(5);
  co_return co_await f;
}
int give_up() { throw troupe::cancelled_error("had enough"); }

struct throws_when_moved {
  throws_when_moved() = default;
  throws_when_moved(throws_when_moved const&) { throw std::runtime_error("no copies"); }
  throws_when_moved(throws_when_moved&&) { throw std::runtime_error("no moves"); }  // NOLINT
  friend void encode(troupe::encoder& out, throws_when_moved const&) { out.write_int(0); }
  [[maybe_unused]] friend throws_when_moved decode(troupe::decoder& in, std::type_identity<throws_when_moved>) {
    static_cast<void>(in.read_int());
    return {};
  }
};
int take(throws_when_moved) { return 1; }
throws_when_moved make() { return {}; }

}  // namespace

TEST_CASE("an exception arrives with type, message, function, attempt, worker and key") {
  stage on;
  auto f = on.client.with(task_options{}.key("doomed").retries(1)).submit<throw_own>(3);
  auto error = failure_of<task_error>(f);
  CHECK_THAT(error.type_name(), Catch::EndsWith("own_error"));
  CHECK(error.message() == "code 3");
  CHECK(error.function() == "throw_own");
  CHECK(error.attempt() == 2);
  CHECK(error.worker() == "worker-0");
  CHECK(error.key() == "doomed");
  CHECK_THAT(error.what(), Catch::Contains("own_error") && Catch::Contains("code 3") && Catch::Contains("throw_own"));
  CHECK(f.failed());
  CHECK_FALSE(f.cancelled());
}

TEST_CASE("the key in an error is that of the future") {
  stage on;
  auto f = on.client.submit<throw_own>(1);
  CHECK(failure_of<task_error>(f).key() == f.key());
}

TEST_CASE("the exception itself can be had", "[one process]") {
  stage on;
  auto f = on.client.submit<throw_own>(9);
  auto error = failure_of<task_error>(f);
  try {
    std::rethrow_exception(error.original());
  } catch (own_error const& e) {
    CHECK(e.code == 9);
  }
}

TEST_CASE("what is thrown need not be a std::exception") {
  stage on;
  auto number = on.client.submit<throw_number>(1);
  CHECK(failure_of<task_error>(number).type_name() == "int");
  auto text = on.client.submit<throw_text>();
  CHECK_THAT(failure_of<task_error>(text).type_name(), Catch::StartsWith("std::basic_string"));
  auto literal = on.client.submit<throw_literal>();
  CHECK(failure_of<task_error>(literal).type_name() == "char const*");
  auto memory = on.client.submit<throw_nothing_left>();
  CHECK(failure_of<task_error>(memory).type_name() == "std::bad_alloc");
}

TEST_CASE("a coroutine fails like a function, before and after an await") {
  stage on;
  auto before = on.client.submit<throw_in_coroutine>(4);
  CHECK(failure_of<task_error>(before).message() == "code 4");
  auto after = on.client.submit<throw_after_await>();
  CHECK(failure_of<task_error>(after).message() == "code 2");
  CHECK(failure_of<task_error>(after).function() == "throw_after_await");
}

TEST_CASE("error shows what awaiting would throw, without throwing") {
  stage on;
  auto f = on.client.submit<throw_own>(3);
  troupe::test::until_done(f);
  CHECK_THROWS_AS(std::rethrow_exception(f.error()), task_error);
  auto fine = on.client.submit<inc>(1);
  fine.get();
  CHECK(fine.error() == nullptr);
}

TEST_CASE("dependents fail with the cause, whoever they are and whenever they were submitted") {
  gate g;
  stage on(2, 1);
  opened_at_end at_end(g);
  auto bad = on.client.submit<pass_and_throw>(&g);
  auto early = on.client.submit<inc>(bad);
  auto below = on.client.submit<add>(early, 1);
  auto in_vector = on.client.submit([](std::vector<int> const&) { return 0; }, std::vector{below});
  g.open();
  troupe::test::until_done(bad);
  auto late = on.client.submit<inc>(bad);
  for (auto const& f : {early, below, in_vector, late}) {
    auto error = failure_of<task_error>(f);
    CHECK(error.function() == "pass_and_throw");
    CHECK(error.message() == "code 7");
    CHECK(error.key() == bad.key());
  }
}

TEST_CASE("a task that awaits a failed one and lets it through fails with the first cause") {
  stage on;
  auto f = on.client.submit<pass_on>();
  auto error = failure_of<task_error>(f);
  CHECK(error.function() == "throw_own");
  CHECK(error.message() == "code 5");
}

TEST_CASE("a function that says it was cancelled is cancelled, not failed, and not tried again") {
  stage on;
  auto f = on.client.with(task_options{}.retries(5)).submit<give_up>();
  troupe::test::until_done(f);
  CHECK(f.cancelled());
}

TEST_CASE("arguments and results whose move throws fail their task alone") {
  stage on;
  auto made = on.client.submit<make>();
  CHECK(failure_of<task_error>(made).message() == "no moves");
  auto taken = on.client.submit<take>(made);
  CHECK(failure_of<task_error>(taken).function() == "make");
  CHECK_THROWS_WITH(static_cast<void>(on.client.submit<take>(throws_when_moved{})), "no moves");
  auto fine = on.client.submit<inc>(1);
  CHECK(fine.get() == 2);
}

TEST_CASE("failed tasks are forgotten with their futures") {
  stage on;
  auto futures = on.client.map<throw_own>(std::vector<int>(100, 1));
  for (auto const& f : futures) troupe::test::until_done(f);
  futures.clear();
  troupe::test::until_empty(on.client);
}

TEST_CASE("a failure on one of two workers names that worker") {
  gate g;
  stage on(2, 1);
  opened_at_end at_end(g);
  auto a = on.client.submit<pass_and_throw>(&g), b = on.client.submit<pass_and_throw>(&g);
  g.wait_for(2);
  g.open();
  CHECK(failure_of<task_error>(a).worker() != failure_of<task_error>(b).worker());
}
