#include "function_types.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>

using namespace function_test;
using Catch::Matchers::Contains;
using troupe::future;
using troupe::detail::input;
using troupe::detail::unit;

namespace {

int inc(int x) { return x + 1; }
int subtract(int a, int b) { return a - b; }
void nothing() {}
int throws(int x) { throw std::invalid_argument("odd: " + std::to_string(x)); }
int length(std::string_view text) { return static_cast<int>(text.size()); }
double sum(std::span<double const> numbers) {
  double s = 0;
  for (double n : numbers) s += n;
  return s;
}
bool is_context(troupe::task_context& context, int x) { return &context == &some_context() && x == 5; }

counted const* seen = nullptr;
int look(counted const& c) {
  seen = &c;
  return c.value;
}
int take(counted c) { return c.value; }
int take_two(counted a, counted b) { return a.value + b.value; }
int take_owner(std::unique_ptr<int> p) { return *p; }
int look_owner(std::unique_ptr<int> const& p) { return *p; }
counted make(int x) { return counted(x); }

struct account {
  int balance = 0;
  int pay(int n) { return balance -= n; }
  int after(int n) const { return balance + n; }
  int close() && { return balance; }
  static int fee(int n) { return n / 10; }
  int operator()(int n) const { return balance * n; }
};

std::string join(std::vector<std::string> const& parts) {
  std::string all;
  for (auto const& part : parts) all += part;
  return all;
}
int nested(std::map<std::string, std::vector<int>> const& table, std::pair<int, int> ends, std::optional<int> extra) {
  int total = ends.first * 1000 + ends.second * 100 + extra.value_or(0);
  for (auto const& [key, values] : table)
    for (int v : values) total += key == "plus" ? v : -v;
  return total;
}
int by_key(std::unordered_map<int, int> const& table) {
  for (auto [key, value] : table)
    if (value != key * 10) return key;
  return -1;
}
int third(std::array<int, 3> values) { return values[2]; }
int keep_owners(std::vector<std::unique_ptr<int>> all) { return static_cast<int>(all.size()); }
int owners(std::vector<std::unique_ptr<int>> const& all) { return static_cast<int>(all.size()); }

}  // namespace

TEST_CASE("a call gives the function's result") {
  CHECK(result<int>(run(bind<&inc>(10))) == 11);
  CHECK(result<int>(run(bind<inc>('a'))) == 'b');
}

TEST_CASE("a call of a void function gives the unit") {
  auto first = run(bind<&nothing>()), second = run(bind<&nothing>());
  CHECK(first->type() == typeid(unit));
  CHECK(first == second);
}

TEST_CASE("what the function throws passes through") { CHECK_THROWS_AS(run(bind<&throws>(3)), std::invalid_argument); }

TEST_CASE("views see what was stored for them") {
  std::string text = "four";
  auto call = bind<&length>(text.c_str());
  text.clear();
  CHECK(result<int>(run(call)) == 4);
  CHECK(result<int>(run(bind<&length>(std::string_view("abc")))) == 3);
  CHECK(result<double>(run(bind<&sum>(std::vector<double>{1, 2}))) == 3);
  CHECK(result<double>(run(bind<&sum>(std::array<double, 2>{1, 2}))) == 3);
  pending<std::vector<double>> numbers;
  CHECK(result<double>(run(bind<&sum>(numbers.future), {ready(std::vector<double>{4, 5})})) == 9);
}

TEST_CASE("the context is handed to a function that asks for it") {
  CHECK(result<bool>(run(bind<&is_context>(5))));
  CHECK(bind<&is_context>(5).call->function().takes_context);
}

TEST_CASE("member functions are called on the object that is the first argument") {
  CHECK(result<int>(run(bind<&account::after>(account{5}, 2))) == 7);
  CHECK(result<int>(run(bind<&account::fee>(100))) == 10);
  CHECK(result<int>(run(bind<&account::close>(account{5}))) == 5);
  auto pay = bind<&account::pay>(account{5}, 2);
  CHECK(result<int>(run(pay, {}, false)) == 3);
  CHECK(result<int>(run(pay, {}, false)) == 3);  // each attempt has an object of its own
  pending<account> object;
  CHECK(result<int>(run(bind<&account::pay>(object.future, 2), {ready(account{9})})) == 7);
}

TEST_CASE("lambdas and objects with state are called") {
  auto square = troupe::detail::bind_call([](int x) { return x * x; }, 7);
  CHECK(result<int>(run(square)) == 49);
  CHECK(result<int>(run(troupe::detail::bind_call(account{3}, 4))) == 12);
}

TEST_CASE("futures among the arguments are the inputs, in the order of the arguments") {
  pending<int> a, b;
  auto call = bind<&subtract>(a.future, b.future);
  REQUIRE(call.inputs.size() == 2);
  CHECK(call.inputs[0] == troupe::detail::future_access::state(a.future));
  CHECK(call.inputs[1] == troupe::detail::future_access::state(b.future));
  CHECK(result<int>(run(call, {ready(10), ready(3)})) == 7);
  CHECK(result<int>(run(bind<&subtract>(10, b.future), {ready(3)})) == 7);
}

TEST_CASE("an empty future is refused when the call is made") {
  CHECK_THROWS_AS(bind<&inc>(future<int>()), troupe::future_invalid);
}

TEST_CASE("a const reference sees the stored value itself") {
  counted::reset();
  {
    pending<counted> c;
    auto call = bind<&look>(c.future);
    auto in = ready(counted(3));
    counted::reset();
    CHECK(result<int>(run(call, {in})) == 3);
    CHECK(seen == &troupe::detail::value_cast<counted>(*in.value));
    auto plain = bind<&look>(counted(4));
    counted::reset();
    CHECK(result<int>(run(plain)) == 4);
    CHECK(result<int>(run(plain, {}, false)) == 4);
    CHECK(counted::copies + counted::moves == 0);
  }
  CHECK(counted::live == 0);
}

TEST_CASE("a value parameter takes its input over at the last use, and copies it before") {
  pending<counted> c;
  auto call = bind<&take>(c.future);

  SECTION("not the last use") {
    auto in = ready(counted(3));
    counted::reset();
    CHECK(result<int>(run(call, {in})) == 3);
    CHECK(counted::copies == 1);
    CHECK(result<int>(run(call, {in})) == 3);
  }
  SECTION("the last use, but somebody else holds it") {
    auto in = ready(counted(3), true);
    auto other = in.value;
    counted::reset();
    CHECK(result<int>(run(call, {in})) == 3);
    CHECK(counted::copies == 1);
    CHECK(result<counted>(other).value == 3);
  }
  SECTION("the last use and the last holder") {
    std::vector<input> inputs;
    inputs.push_back(ready(counted(3), true));
    counted::reset();
    CHECK(result<int>(run(call, inputs)) == 3);
    CHECK(counted::copies == 0);
  }
  SECTION("the same value twice") {
    auto twice = bind<&take_two>(c.future, c.future);
    REQUIRE(twice.inputs.size() == 2);
    auto in = ready(counted(3), true);
    std::vector<input> inputs{in, std::move(in)};
    CHECK(result<int>(run(twice, inputs)) == 6);
  }
}

TEST_CASE("a stored argument is moved in the final attempt and copied before") {
  auto call = bind<&take>(counted(3));
  counted::reset();
  CHECK(result<int>(run(call, {}, false)) == 3);
  CHECK(counted::copies == 1);
  CHECK(result<int>(run(call, {}, true)) == 3);
  CHECK(counted::copies == 1);
  CHECK(result<int>(run(call, {}, true)) == -1);  // and is gone
}

TEST_CASE("arguments that only move are moved, or refused where they would have to be copied") {
  CHECK(result<int>(run(bind<&take_owner>(std::make_unique<int>(3)))) == 3);
  CHECK(result<int>(run(bind<&look_owner>(std::make_unique<int>(4)), {}, false)) == 4);
  CHECK_THROWS_WITH(run(bind<&take_owner>(std::make_unique<int>(3)), {}, false), Contains("cannot be copied"));

  pending<std::unique_ptr<int>> p;
  auto call = bind<&take_owner>(p.future);
  {
    auto in = ready(std::make_unique<int>(5), true);
    CHECK_THROWS_AS(run(call, {in}), troupe::future_shared);
  }
  std::vector<input> inputs;
  inputs.push_back(ready(std::make_unique<int>(5), true));
  CHECK(result<int>(run(call, inputs)) == 5);
  CHECK(result<int>(run(bind<&look_owner>(p.future), {ready(std::make_unique<int>(6))})) == 6);
}

TEST_CASE("a vector of futures becomes a vector of values in its order") {
  pending<std::string> a, b;
  auto call = bind<&join>(std::vector<future<std::string>>{b.future, a.future, b.future});
  REQUIRE(call.inputs.size() == 3);
  CHECK(call.inputs[0] == call.inputs[2]);
  CHECK(call.inputs[0] == troupe::detail::future_access::state(b.future));
  CHECK(result<std::string>(run(call, {ready<std::string>("x"), ready<std::string>("y"), ready<std::string>("x")})) ==
        "xyx");
  CHECK(result<std::string>(run(bind<&join>(std::vector<future<std::string>>()))).empty());
}

TEST_CASE("futures nested in containers become nested values") {
  pending<int> a, b, c, d;
  std::map<std::string, std::vector<future<int>>> table{{"minus", {a.future}}, {"plus", {b.future, c.future}}};
  auto call = bind<&nested>(table, std::pair(7, d.future), std::optional<future<int>>(a.future));
  REQUIRE(call.inputs.size() == 5);
  CHECK(result<int>(run(call, {ready(1), ready(10), ready(20), ready(8), ready(3)})) == 7803 - 1 + 10 + 20);
  auto without = bind<&nested>(table, std::pair(7, d.future), std::optional<future<int>>());
  CHECK(without.inputs.size() == 4);
  CHECK(result<int>(run(without, {ready(1), ready(10), ready(20), ready(8)})) == 7800 - 1 + 10 + 20);
  pending<int> e;
  CHECK(result<int>(run(bind<&third>(std::array{a.future, b.future, e.future}), {ready(1), ready(2), ready(3)})) == 3);
}

TEST_CASE("values of a hash map stay with their keys") {
  std::vector<pending<int>> all(200);
  std::unordered_map<int, future<int>> table;
  for (int i = 0; i < 200; ++i) table.emplace(i * 7919, all[static_cast<std::size_t>(i)].future);
  auto call = bind<&by_key>(table);
  std::vector<input> inputs;
  for (auto const& state : call.inputs)
    for (int i = 0; i < 200; ++i)
      if (state == troupe::detail::future_access::state(all[static_cast<std::size_t>(i)].future))
        inputs.push_back(ready(i * 79190));
  REQUIRE(inputs.size() == 200);
  CHECK(result<int>(run(call, inputs)) == -1);
}

TEST_CASE("a container of values that only move counts as one that cannot be copied") {
  std::vector<std::unique_ptr<int>> all(3);
  CHECK_THROWS_WITH(run(bind<&keep_owners>(std::move(all)), {}, false), Contains("cannot be copied"));
  all.resize(3);
  CHECK(result<int>(run(bind<&keep_owners>(std::move(all)))) == 3);
}

TEST_CASE("containers of values that only move take over what they can") {
  pending<std::unique_ptr<int>> p;
  auto call = bind<&owners>(std::vector<future<std::unique_ptr<int>>>{p.future});
  std::vector<input> inputs;
  inputs.push_back(ready(std::make_unique<int>(1), true));
  CHECK(result<int>(run(call, inputs)) == 1);
}

TEST_CASE("a missing input and one of another type are errors that say so") {
  pending<int> a;
  CHECK_THROWS_WITH(run(bind<&inc>(a.future)), Contains("0 inputs"));
  CHECK_THROWS_WITH(run(bind<&inc>(a.future), {ready(std::string("x"))}),
                    Contains("std::basic_string") && Contains("int"));
}

TEST_CASE("nbytes of a call is the payload of its plain arguments") {
  pending<std::string> s;
  CHECK(bind<&inc>(1).call->nbytes() == 4);
  CHECK(bind<&length>("four").call->nbytes() == 4);
  CHECK(bind<&length>(s.future).call->nbytes() == 0);
  CHECK(bind<&join>(std::vector<future<std::string>>{s.future}).call->nbytes() == 0);
}

TEST_CASE("values are counted, typed and sized") {
  {
    auto value = run(bind<&make>(3));
    CHECK(value->nbytes() == 4);
    CHECK(value->type() == typeid(counted));
    CHECK(value->unique());
    auto other = value;
    CHECK_FALSE(value->unique());
    CHECK_THROWS_AS(troupe::detail::value_cast<int>(*value), troupe::error);
  }
  CHECK(counted::live == 0);
}
