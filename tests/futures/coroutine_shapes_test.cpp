// What each compiler does with a temporary that lies in the full expression of a co_await. GCC 12 destroys some of them
// twice in the calling coroutine; these programs would free memory twice, so they count instead.
#include <troupe/futures/named_future.hpp>
#include <troupe/futures/promise.hpp>
#include <troupe/futures/run_loop.hpp>

#include "support/counted.hpp"

#include <catch2/catch.hpp>

using troupe::test::counted;

namespace {

struct aggregate {
  int number;
  counted held;
};

class with_constructor {
 public:
  with_constructor(int number, counted held) : number_(number), held_(std::move(held)) {}
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_;
  counted held_;
};

template <class F>
troupe::future<int> call(F&& function) {
  return troupe::make_ready_future(function());
}
troupe::future<int> submit(aggregate&& in) { return troupe::make_ready_future(in.number); }
troupe::future<int> submit(with_constructor&& in) { return troupe::make_ready_future(in.number()); }

troupe::task<int> await_call_with_capturing_lambda() {
  counted outside(1);
  co_return co_await call([outside] { return outside.value; });
}
troupe::task<int> await_call_with_aggregate() { co_return co_await submit(aggregate{1, counted(2)}); }
troupe::task<int> await_call_with_aggregate_in_two_steps() {
  auto f = submit(aggregate{1, counted(2)});
  co_return co_await f;
}
troupe::task<int> await_call_with_object() { co_return co_await submit(with_constructor(1, counted(2))); }

/// How many objects were destroyed more often than made.
int destroyed_too_often(troupe::task<int> body) {
  int const before = counted::live();
  int const value = troupe::block_on(std::move(body));
  CHECK(value == 1);
  int const difference = before - counted::live();
  counted::correct_by(difference);
  return difference;
}

constexpr bool gcc_12 = troupe::detail::compiler_frees_aggregates_twice;

}  // namespace

TEST_CASE("awaiting a call with a capturing lambda in one step destroys the lambda once, with GCC 12 twice") {
  CHECK((destroyed_too_often(await_call_with_capturing_lambda()) > 0) == gcc_12);
}

TEST_CASE("awaiting a call with an aggregate in one step destroys it once, with GCC 12 twice") {
  CHECK((destroyed_too_often(await_call_with_aggregate()) > 0) == gcc_12);
}

TEST_CASE("two steps destroy an aggregate once with every compiler") {
  CHECK(destroyed_too_often(await_call_with_aggregate_in_two_steps()) == 0);
}

TEST_CASE("an object of a class with a constructor is destroyed once with every compiler") {
  CHECK(destroyed_too_often(await_call_with_object()) == 0);
}
