#include "function_types.hpp"

#include <troupe/actors/functions/registry.hpp>
#include <troupe/net/codec/error.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <deque>
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
using troupe::buffer;
using troupe::future;
using troupe::detail::bound_call;
using troupe::detail::call_ptr;
using troupe::detail::input;
using troupe::detail::make_encoded_call;
using troupe::detail::make_encoded_value;
using troupe::detail::pack;
using troupe::detail::unit;
using troupe::detail::value_cast;

namespace {

constexpr std::size_t large = std::size_t{1} << 16;

/// As it arrives in another process.
bound_call sent(bound_call const& bound) {
  return {make_encoded_call(bound.call->function(), pack(bound.call)), bound.inputs};
}
/// Held by nobody else.
std::vector<input> only(input in) {
  std::vector<input> inputs;
  inputs.push_back(std::move(in));
  return inputs;
}
input sent(input const& in) { return {make_encoded_value(pack(in.value), in.value->nbytes()), in.last_use}; }

int inc(int x) { return x + 1; }
int subtract(int a, int b) { return a - b; }
int nothing_calls = 0;
void nothing() { ++nothing_calls; }
int throws(int x) { throw std::invalid_argument("odd: " + std::to_string(x)); }
bool is_context(troupe::task_context& context, int x) { return &context == &some_context() && x == 5; }
std::string join(std::vector<std::string> const& parts) {
  std::string all;
  for (auto const& part : parts) all += part;
  return all;
}

struct point {
  int x = 0;
  int y = 0;
};
int area(point p, point const& q) { return (p.x - q.x) * (p.y - q.y); }

void const* seen = nullptr;
int length(std::string_view text) {
  seen = text.data();
  return static_cast<int>(text.size());
}
double sum(std::span<double const> numbers) {
  seen = numbers.data();
  double s = 0;
  for (double n : numbers) s += n;
  return s;
}
std::size_t bytes_of(buffer b) {
  seen = b.data();
  return b.size();
}
std::size_t words(std::span<std::string const> texts) { return texts.size(); }

int look(counted const& c) {
  seen = &c;
  return c.value;
}
int take(counted c) { return c.value; }
int take_owner(std::unique_ptr<int> p) { return *p; }
int take_owners(std::vector<std::unique_ptr<std::vector<int>>> all) {
  seen = all.at(0)->data();
  return static_cast<int>(all.at(0)->size());
}
std::size_t take_numbers(std::vector<double> numbers) {
  seen = numbers.data();
  return numbers.size();
}

struct account {
  int balance = 0;
  int pay(int n) { return balance -= n; }
  int after(int n) const { return balance + n; }
  int close() && { return balance; }
  int operator()(int n) const { return balance * n; }
};

int total(std::map<std::string, std::vector<int>> const& table, std::pair<int, int> ends, std::optional<int> extra) {
  int t = ends.first * 1000 + ends.second * 100 + extra.value_or(0);
  for (auto const& [key, values] : table)
    for (int v : values) t += key == "plus" ? v : -v;
  return t;
}
int by_key(std::unordered_map<int, int> const& table) {
  for (auto [key, value] : table)
    if (value != key * 10) return key;
  return -1;
}
int third(std::array<int, 3> values) { return values[2]; }
std::string ends(std::array<std::string, 2> const& values) { return values[0] + values[1]; }
int count_true(std::vector<bool> const& values) {
  int n = 0;
  for (bool v : values) n += v;
  return n;
}
int queue(std::deque<double> values) { return static_cast<int>(values.front() + values.back()); }
std::string which(std::optional<std::optional<int>> x) { return !x ? "none" : !*x ? "empty" : std::to_string(**x); }
std::string first(std::optional<std::vector<int>> x) { return !x ? "none" : std::to_string(x->at(0)); }

troupe::task<int> later(int x) { co_return x + 1; }
troupe::task<void> never_mind(std::string const&) { co_return; }

}  // namespace

TEST_CASE("a call runs on what it was packed as") {
  auto const call = sent(bind<&inc>(10));
  CHECK(result<int>(run(call)) == 11);
  CHECK(result<int>(run(call, {}, false)) == 11);
  CHECK(call.call->function().short_name == "inc");
  CHECK(call.call->nbytes() == 1);
  CHECK(result<int>(run(sent(bind<&area>(point{5, 7}, point{1, 2})))) == 20);
  CHECK(result<std::string>(run(sent(bind<&join>(std::vector<std::string>{"a", "b"})))) == "ab");
  CHECK(run(sent(bind<&nothing>()))->type() == typeid(unit));
  CHECK(nothing_calls == 1);
  CHECK(result<bool>(run(sent(bind<&is_context>(5)))));
  CHECK_THROWS_AS(run(sent(bind<&throws>(3))), std::invalid_argument);
}

TEST_CASE("packing an encoded call gives its bytes back") {
  auto const p = pack(bind<&subtract>(5, 3).call);
  auto const call = make_encoded_call(bind<&subtract>(0, 0).call->function(), p);
  CHECK(pack(call).head.data() == p.head.data());
  troupe::encoder out;
  call->encode(out);
  CHECK(buffer::copy_of(out.bytes()) == p.head);
}

TEST_CASE("members, lambdas and objects with state are called elsewhere") {
  CHECK(result<int>(run(sent(bind<&account::after>(account{5}, 2)))) == 7);
  CHECK(result<int>(run(sent(bind<&account::close>(account{5})))) == 5);
  auto const pay = sent(bind<&account::pay>(account{5}, 2));
  CHECK(result<int>(run(pay, {}, false)) == 3);
  CHECK(result<int>(run(pay, {}, false)) == 3);
  CHECK(result<int>(run(sent(troupe::detail::bind_call([](int x) { return x * x; }, 7)))) == 49);
  CHECK(result<int>(run(sent(troupe::detail::bind_call(account{3}, 4)))) == 12);
  pending<account> object;
  CHECK(result<int>(run(sent(bind<&account::pay>(object.future, 2)), {ready(account{9})})) == 7);
}

TEST_CASE("the places of futures travel as numbers") {
  pending<int> a, b;
  auto const call = sent(bind<&subtract>(a.future, b.future));
  CHECK(result<int>(run(call, {ready(10), ready(3)})) == 7);
  CHECK(result<int>(run(sent(bind<&subtract>(10, b.future)), {ready(3)})) == 7);
  CHECK(result<int>(run(call, {sent(ready(10)), sent(ready(3))})) == 7);
  CHECK_THROWS_WITH(run(call, {ready(10)}), Contains("has none for future 1"));
  CHECK_THROWS_WITH(run(call, {ready(10), ready(1.5)}), Contains("double") && Contains("int"));
}

TEST_CASE("futures inside containers travel as numbers") {
  std::vector<pending<int>> p(5);
  std::map<std::string, std::vector<future<int>>> table{{"plus", {p[0].future, p[1].future}}, {"minus", {p[2].future}}};
  auto const call = sent(bind<&total>(table, std::pair(p[3].future, 2), std::optional(p[4].future)));
  // minus, plus, plus, pair, optional: the order of the walk
  CHECK(result<int>(run(call, {ready(1), ready(20), ready(30), ready(4), ready(5)})) == 4254);
  CHECK(result<int>(run(call, {sent(ready(1)), ready(20), sent(ready(30)), ready(4), sent(ready(5))})) == 4254);
  CHECK(result<int>(run(sent(bind<&total>(std::map<std::string, std::vector<int>>{{"plus", {7}}}, std::pair(1, 2),
                                          std::optional<int>())))) == 1207);

  CHECK(result<int>(run(sent(bind<&third>(std::array{p[0].future, p[1].future, p[2].future})),
                        {ready(1), ready(2), ready(3)})) == 3);
  CHECK(result<int>(run(sent(bind<&third>(std::array{1, 2, 3})))) == 3);
  pending<std::string> s;
  CHECK(result<std::string>(run(sent(bind<&ends>(std::array{s.future, s.future})),
                                {ready(std::string("a")), ready(std::string("b"))})) == "ab");
  pending<bool> t;
  CHECK(result<int>(run(sent(bind<&count_true>(std::vector{t.future, t.future})), {ready(true), ready(false)})) == 1);
  CHECK(result<int>(run(sent(bind<&count_true>(std::vector{true, true})))) == 2);
  pending<double> d;
  CHECK(result<int>(run(sent(bind<&queue>(std::deque{d.future, d.future})), {ready(1.0), ready(2.0)})) == 3);
}

TEST_CASE("the values of an unordered map keep their keys elsewhere") {
  std::vector<pending<int>> p(20);
  std::unordered_map<int, future<int>> table;
  for (int i = 0; i < 20; ++i) table.emplace(i, p[static_cast<std::size_t>(i)].future);
  auto const call = sent(bind<&by_key>(table));
  std::vector<input> inputs;
  for (auto const& [key, value] : table) inputs.push_back(ready(key * 10));
  CHECK(result<int>(run(call, inputs)) == -1);
}

TEST_CASE("a future of an optional and an optional future are told apart") {
  using empty = std::optional<int>;
  pending<std::optional<int>> inner;
  pending<std::optional<std::optional<int>>> whole;
  auto const in_optional = sent(bind<&which>(std::optional(inner.future)));
  auto const as_whole = sent(bind<&which>(whole.future));
  CHECK(result<std::string>(run(in_optional, {ready(empty())})) == "empty");
  CHECK(result<std::string>(run(in_optional, {ready(empty(4))})) == "4");
  CHECK(result<std::string>(run(as_whole, {ready(std::optional<empty>())})) == "none");
  CHECK(result<std::string>(run(as_whole, {ready(std::optional<empty>(empty(5)))})) == "5");
  CHECK(result<std::string>(run(sent(bind<&which>(std::optional<future<empty>>())))) == "none");
  pending<int> deep;
  using nested = std::optional<std::optional<future<int>>>;
  CHECK(result<std::string>(run(sent(bind<&which>(nested(deep.future))), {ready(6)})) == "6");

  pending<std::vector<int>> vector;
  CHECK(result<std::string>(run(sent(bind<&first>(std::optional(vector.future))), {ready(std::vector{8, 9})})) == "8");
  CHECK(result<std::string>(run(sent(bind<&first>(std::optional(std::vector{deep.future}))), {ready(9)})) == "9");
  CHECK(result<std::string>(run(sent(bind<&first>(std::optional(std::vector{10}))))) == "10");
}

TEST_CASE("a const reference sees the value of an input where it lies") {
  counted::reset();
  pending<counted> c;
  auto const call = sent(bind<&look>(c.future));
  auto const in = ready(counted(3));
  counted::reset();
  CHECK(result<int>(run(call, {in})) == 3);
  CHECK(seen == &value_cast<counted>(*in.value));
  CHECK(counted::copies == 0);
}

TEST_CASE("by value, an input is moved out at its last use, else copied") {
  pending<counted> c;
  auto const call = sent(bind<&take>(c.future));
  auto const in = ready(counted(3));
  counted::reset();
  CHECK(result<int>(run(call, {in})) == 3);
  CHECK(counted::copies == 1);
  counted::reset();
  CHECK(result<int>(run(call, only(ready(counted(4), true)))) == 4);
  CHECK(counted::copies == 0);
  pending<std::unique_ptr<int>> p;
  auto const owner = sent(bind<&take_owner>(p.future));
  CHECK(result<int>(run(owner, only(ready(std::make_unique<int>(5), true)))) == 5);
  CHECK_THROWS_AS(run(owner, {ready(std::make_unique<int>(5))}), troupe::future_shared);
  CHECK(result<int>(run(sent(bind<&take_owner>(std::make_unique<int>(6))))) == 6);
}

TEST_CASE("views see text and runs in the message itself") {
  auto const text = sent(bind<&length>("some text"));
  auto const head = pack(text.call).head;
  CHECK(result<int>(run(text)) == 9);
  CHECK((seen >= head.data() && seen < head.data() + head.size()));

  auto const numbers = sent(bind<&sum>(std::vector<double>(large, 0.5)));
  auto const p = pack(numbers.call);
  REQUIRE(p.attachments.size() == 1);
  CHECK(result<double>(run(numbers)) == large / 2);
  CHECK(seen == p.attachments[0].data());

  CHECK(result<double>(run(sent(bind<&sum>(std::vector<double>{1, 2})))) == 3);
  CHECK(result<std::size_t>(run(sent(bind<&words>(std::vector<std::string>{"a", "b"})))) == 2);
  pending<std::vector<double>> f;
  auto const in = ready(std::vector<double>{4, 5});
  CHECK(result<double>(run(sent(bind<&sum>(f.future)), {in})) == 9);
  CHECK(seen == value_cast<std::vector<double>>(*in.value).data());
  std::vector<future<double>> parts(2, pending<double>().future);
  CHECK(result<double>(run(sent(bind<&sum>(parts)), {ready(1.5), ready(2.5)})) == 4);
}

TEST_CASE("a run that does not lie aligned is copied for a view") {
  auto const call = bind<&sum>(std::vector<double>{1, 2});
  auto p = pack(call.call);
  for (std::size_t shift = 0; shift < 8; ++shift) {
    buffer memory(p.head.size() + shift);
    std::copy(p.head.bytes().begin(), p.head.bytes().end(), memory.writable().begin() + std::ptrdiff_t(shift));
    auto const shifted = make_encoded_call(call.call->function(), {memory.part(shift, p.head.size()), {}});
    CHECK(result<double>(shifted->invoke({}, some_context(), true)) == 3);
    CHECK(reinterpret_cast<std::uintptr_t>(seen) % alignof(double) == 0);
  }
}

TEST_CASE("a buffer argument is shared from client to function") {
  buffer const b(large);
  auto const call = sent(bind<&bytes_of>(b));
  CHECK(result<std::size_t>(run(call)) == large);
  CHECK(seen == b.data());
}

TEST_CASE("a large argument is packed without a copy, and then no longer moved into the function") {
  auto const call = bind<&take_numbers>(std::vector<double>(large));
  auto const p = pack(call.call);
  REQUIRE(p.attachments.size() == 1);
  auto const* data = p.attachments[0].data();
  CHECK(result<std::size_t>(run(call, {}, true)) == large);
  CHECK(seen != data);
  CHECK(p.attachments[0].as<double>()[large - 1] == 0);

  auto const unpacked = bind<&take_numbers>(std::vector<double>(large));
  CHECK(result<std::size_t>(run(unpacked, {}, true)) == large);
}

TEST_CASE("an argument that cannot be copied is packed by copying its bytes") {
  std::vector<std::unique_ptr<std::vector<int>>> all;
  all.push_back(std::make_unique<std::vector<int>>(large));
  auto const call = bind<&take_owners>(std::move(all));
  auto const p = pack(call.call);
  CHECK(p.attachments.empty());
  CHECK(result<int>(run(call, {}, true)) == int(large));
  CHECK(result<int>(make_encoded_call(call.call->function(), p)->invoke({}, some_context(), true)) == int(large));
}

TEST_CASE("a coroutine is started from what it was packed as") {
  troupe::manual_executor executor;
  auto await = [&](call_ptr const& call) {
    troupe::detail::value_ptr value;
    auto body = [](call_ptr c, troupe::detail::value_ptr& out) -> troupe::detail::root {
      auto started = c->start({}, some_context(), true);
      out = co_await std::move(started);
    };
    body(call, value).start_here({&executor});
    executor.run();
    return value;
  };
  auto const call = sent(bind<&later>(4));
  CHECK(result<int>(await(call.call)) == 5);
  CHECK(await(sent(bind<&never_mind>("x")).call)->type() == typeid(unit));
  CHECK_THROWS_WITH(run(call), Contains("later is a coroutine"));
  CHECK_THROWS_WITH(sent(bind<&inc>(1)).call->start({}, some_context(), true), Contains("inc is no coroutine"));
}

TEST_CASE("a call of a function that the program does not have names it when it is run") {
  auto const& function = troupe::detail::foreign_function({"shrink", "far::shrink(int)", "i32(i32)", false, false});
  auto const call = make_encoded_call(function, pack(bind<&inc>(1).call));
  CHECK_THROWS_WITH(call->invoke({}, some_context(), true),
                    "this program has no function far::shrink(int) of type i32(i32)");
  CHECK_THROWS_WITH(call->start({}, some_context(), true), Contains("far::shrink(int)"));
  CHECK(call->key() == "shrink-0000");
}

TEST_CASE("arguments that are not what the function takes are codec errors") {
  auto const& function = bind<&subtract>(1, 2).call->function();
  auto refuse = [&](auto const& call) {
    CHECK_THROWS_AS(make_encoded_call(function, pack(call.call))->invoke({}, some_context(), true),
                    troupe::codec_error);
  };
  refuse(bind<&inc>(1));
  refuse(bind<&length>("text"));
  refuse(bind<&third>(std::array{1, 2, 3}));
  CHECK_THROWS_AS(make_encoded_call(function, {})->invoke({}, some_context(), true), troupe::codec_error);
}

TEST_CASE("a result of a function is read by what is known of the function") {
  auto const call = bind<&join>(std::vector<std::string>{"x"});
  auto const value = call.call->function().unpack(pack(run(call)));
  CHECK(result<std::string>(value) == "x");
}

TEST_CASE("name and number of a task can be asked for") {
  auto const call = bind<&inc>(1).call;
  call->name_task("mine", 7);
  CHECK(call->task_name() == "mine");
  CHECK(call->task_number() == 7);
}
