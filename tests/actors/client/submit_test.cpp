#include "support/stage.hpp"

#include <troupe/net/codec/codec.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using troupe::test::stage;

int inc(int x) { return x + 1; }
int plain_noexcept(int x) noexcept { return x + 2; }
void nothing() {}
std::string describe_both(std::string_view text, std::span<int const> numbers) {
  return std::string(text) + std::to_string(std::accumulate(numbers.begin(), numbers.end(), 0));
}
double half(double x) { return x / 2; }

int overloaded(int x) { return x; }
std::string overloaded(std::string const& x) { return x + "!"; }

template <class T>
T twice(T x) {
  return x + x;
}

struct point {
  int x = 0;
  int y = 0;

  static int dot(point const& a, point const& b) { return a.x * b.x + a.y * b.y; }
  [[nodiscard]] int sum(int more) const { return x + y + more; }
  int moved(int by) noexcept {
    x += by;
    return x;
  }
  int consumed() && { return x * 100 + y; }
};

struct scaler {
  int factor = 1;
  int operator()(int x) const { return factor * x; }
};

std::unique_ptr<int> wrap(std::unique_ptr<int> p) {
  *p += 1;
  return p;
}

troupe::task<int> add_slowly(int a, int b) { co_return a + b; }
std::string own_function(troupe::task_context& context) { return context.function(); }
std::string own_worker(troupe::worker_context& worker, int number) {
  return worker.name() + ' ' + std::to_string(worker.threads()) + ' ' + std::to_string(number);
}

struct late_to_convert {
  operator int() const { throw std::out_of_range("no int in here"); }  // NOLINT(google-explicit-constructor)
};

}  // namespace

TEST_CASE("a free function runs with converted arguments") {
  stage on;
  auto f = on.client.submit<inc>(10);
  CHECK(f.get() == 11);
  auto h = on.client.submit<half>(3);
  CHECK(h.get() == 1.5);
}

TEST_CASE("a noexcept function can be submitted") {
  stage on;
  auto f = on.client.submit<plain_noexcept>(1);
  CHECK(f.get() == 3);
}

TEST_CASE("a void function gives a future of void") {
  stage on;
  troupe::future<void> f = on.client.submit<nothing>();
  f.get();
  CHECK(f.status() == troupe::future_status::finished);
}

TEST_CASE("views travel as what they look at") {
  stage on;
  auto f = on.client.submit<describe_both>("sum ", std::vector{1, 2, 3});
  CHECK(f.get() == "sum 6");
}

TEST_CASE("an overload is chosen with a cast") {
  stage on;
  auto text = on.client.submit<static_cast<std::string (*)(std::string const&)>(overloaded)>("a");
  auto number = on.client.submit<static_cast<int (*)(int)>(overloaded)>(4);
  CHECK(text.get() == "a!");
  CHECK(number.get() == 4);
}

TEST_CASE("an instance of a function template can be submitted") {
  stage on;
  auto number = on.client.submit<twice<int>>(21);
  auto text = on.client.submit<twice<std::string>>("ab");
  CHECK(number.get() == 42);
  CHECK(text.get() == "abab");
}

TEST_CASE("a static member function is a free function") {
  stage on;
  auto f = on.client.submit<&point::dot>(point{1, 2}, point{3, 4});
  CHECK(f.get() == 11);
}

TEST_CASE("a member function takes its object first, as a value or a future") {
  stage on;
  auto direct = on.client.submit<&point::sum>(point{1, 2}, 3);
  CHECK(direct.get() == 6);
  auto made = on.client.submit([](int x, int y) { return point{x, y}; }, 4, 5);
  auto later = on.client.submit<&point::sum>(made, 1);
  CHECK(later.get() == 10);
}

TEST_CASE("a member function that changes its object changes a copy") {
  stage on;
  auto object = on.client.submit([] { return point{1, 1}; });
  auto changed = on.client.submit<&point::moved>(object, 5);
  CHECK(changed.get() == 6);
  CHECK(object.get().x == 1);
}

TEST_CASE("a member function that consumes its object can be submitted") {
  stage on;
  auto f = on.client.submit<&point::consumed>(point{3, 4});
  CHECK(f.get() == 304);
}

TEST_CASE("a lambda without captures can be submitted") {
  stage on;
  auto f = on.client.submit([](int a, std::string const& b) { return b + std::to_string(a); }, 7, "x");
  CHECK(f.get() == "x7");
}

TEST_CASE("a function object travels with its state") {
  stage on;
  auto f = on.client.submit(scaler{3}, 5);
  CHECK(f.get() == 15);
  scaler named{4};
  auto g = on.client.submit(named, 5);
  CHECK(g.get() == 20);
}

TEST_CASE("values that can only be moved are moved in and out") {
  stage on;
  auto f = on.client.submit<wrap>(std::make_unique<int>(1));
  auto p = std::move(f).get();
  CHECK(*p == 2);
}

TEST_CASE("a coroutine can be submitted") {
  stage on;
  auto f = on.client.submit<add_slowly>(3, 4);
  CHECK(f.get() == 7);
  auto lambda = on.client.submit([](int x) -> troupe::task<int> { co_return x; }, 9);
  CHECK(lambda.get() == 9);
}

TEST_CASE("context parameters come from the worker") {
  stage on(1, 3);
  auto name = on.client.submit<own_function>();
  CHECK(name.get() == "own_function");
  auto worker = on.client.submit<own_worker>(8);
  CHECK(worker.get() == "worker-0 3 8");
}

TEST_CASE("what the conversion of an argument throws comes out of submit") {
  stage on;
  CHECK_THROWS_AS(static_cast<void>(on.client.submit<inc>(late_to_convert{})), std::out_of_range);
  auto after = on.client.submit<inc>(1);
  CHECK(after.get() == 2);
}

TEST_CASE("a future that is awaited once more gives the same value") {
  stage on;
  auto f = on.client.submit<inc>(1);
  CHECK(&f.get() == &f.get());
  auto copy = f;
  CHECK(&copy.get() == &f.get());
}

TEST_CASE("a local value passes without an encoding", "[one process]") {
  stage on;
  int here = 5;
  auto f = on.client.submit([](troupe::local<int*> p) { return ++**p; }, &here);
  CHECK(f.get() == 6);
  CHECK(here == 6);
}
