#include "support/stage.hpp"

#include <troupe/net/codec/codec.hpp>

#include <catch2/catch.hpp>

#include <list>
#include <memory>
#include <ranges>
#include <set>
#include <string>
#include <vector>

namespace {

using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::stage;

int inc(int x) { return x + 1; }
int add(int a, int b) { return a + b; }
int sum_to(std::vector<int> const& xs, int more) {
  for (int x : xs) more += x;
  return more;
}
std::string join(std::string const& a, std::string const& b) { return a + b; }
int open_box(std::unique_ptr<int> p) { return *p; }
int refuse_odd(int x) {
  if (x % 2) throw std::invalid_argument("odd");
  return x;
}
std::string own_key(troupe::task_context& context, int) { return context.key(); }
int arrive(gate_ref g, int x) {
  (*g)->arrive();
  return x;
}

template <class T>
std::vector<T> values_of(std::vector<troupe::future<T>> const& futures) {
  std::vector<T> values;
  for (auto const& f : futures) values.push_back(f.get());
  return values;
}

struct weighted {
  int weight = 1;
  [[nodiscard]] int times(int x) const { return weight * x; }
};

}  // namespace

TEST_CASE("map gives one future per element, in order") {
  stage on(2, 2);
  std::vector<int> numbers{3, 1, 2};
  CHECK(values_of(on.client.map<inc>(numbers)) == std::vector{4, 2, 3});
  CHECK(values_of(on.client.map([](int x) { return -x; }, numbers)) == std::vector{-3, -1, -2});
}

TEST_CASE("the shortest of several ranges decides how many tasks map makes") {
  stage on;
  std::vector<int> three{1, 2, 3};
  std::list<int> two{10, 20};
  CHECK(values_of(on.client.map<add>(three, two)) == std::vector{11, 22});
  CHECK(values_of(on.client.map<add>(two, three)) == std::vector{11, 22});
  CHECK(values_of(on.client.map<add>(three, std::views::iota(100))) == std::vector{101, 103, 105});
}

TEST_CASE("a map of an empty range has no tasks") {
  stage on;
  CHECK(on.client.map<inc>(std::vector<int>{}).empty());
  CHECK(on.client.map<add>(std::vector{1}, std::vector<int>{}).empty());
}

TEST_CASE("an argument that is no range is the same for all calls") {
  stage on;
  CHECK(values_of(on.client.map<add>(std::vector{1, 2}, 10)) == std::vector{11, 12});
  CHECK(values_of(on.client.map<add>(10, std::vector{1, 2})) == std::vector{11, 12});
}

TEST_CASE("a range whose elements do not fit the parameter is the same for all calls") {
  stage on;
  std::vector<int> base{1, 2};
  CHECK(values_of(on.client.map<sum_to>(base, std::vector{0, 10})) == std::vector{3, 13});
  CHECK(values_of(on.client.map<join>("a", std::vector<std::string>{"b", "c"})) ==
        std::vector<std::string>{"ab", "ac"});
}

TEST_CASE("fixed keeps a range whole though its elements would fit") {
  stage on;
  auto count = [](std::vector<std::vector<int>> const& rows, int x) { return static_cast<int>(rows.size()) + x; };
  std::vector<std::vector<int>> rows{{1}, {2}, {3}};
  CHECK(values_of(on.client.map(count, troupe::fixed(rows), std::vector{0, 1})) == std::vector{3, 4});
  CHECK(values_of(on.client.map<add>(troupe::fixed(5), std::vector{0, 1})) == std::vector{5, 6});
}

TEST_CASE("a future can be the argument that all calls of a map share") {
  stage on(2, 1);
  auto base = on.client.submit<inc>(99);
  CHECK(values_of(on.client.map<add>(base, std::vector{1, 2})) == std::vector{101, 102});
  CHECK(values_of(on.client.map<add>(troupe::fixed(base), std::vector{1, 2})) == std::vector{101, 102});
}

TEST_CASE("the futures of one map are the arguments of the next") {
  stage on(2, 2);
  auto first = on.client.map<inc>(std::vector{1, 2, 3});
  CHECK(values_of(on.client.map<inc>(first)) == std::vector{3, 4, 5});
  CHECK(values_of(on.client.map<inc>(on.client.map<inc>(std::vector{1, 2, 3}))) == std::vector{3, 4, 5});
}

TEST_CASE("a view that submits while map walks through it gives futures that map keeps alive") {
  stage on;
  auto made = std::views::iota(0, 200) | std::views::transform([&](int x) { return on.client.submit<inc>(x); });
  auto values = values_of(on.client.map<inc>(made));
  REQUIRE(values.size() == 200);
  CHECK(values.front() == 2);
  CHECK(values.back() == 201);
}

TEST_CASE("a range that expires gives its elements away") {
  stage on;
  std::vector<std::unique_ptr<int>> boxes;
  for (int i = 0; i < 3; ++i) boxes.push_back(std::make_unique<int>(i));
  CHECK(values_of(on.client.map<open_box>(std::move(boxes))) == std::vector{0, 1, 2});
}

TEST_CASE("views can be mapped, also those that make their elements as they go") {
  stage on;
  std::vector<int> numbers{1, 2, 3, 4};
  CHECK(values_of(on.client.map<inc>(numbers | std::views::drop(2))) == std::vector{4, 5});
  CHECK(values_of(on.client.map<inc>(numbers | std::views::transform([](int x) { return 10 * x; }))) ==
        std::vector{11, 21, 31, 41});
  CHECK(values_of(on.client.map<open_box>(numbers | std::views::transform([](int x) {
                                            return std::make_unique<int>(x);
                                          }))) == std::vector{1, 2, 3, 4});
  CHECK(values_of(on.client.map<inc>(std::set{2, 1})) == std::vector{2, 3});
  CHECK(values_of(on.client.map([](bool b) { return !b; }, std::vector<bool>{true, false})) ==
        std::vector<bool>{false, true});
}

TEST_CASE("a view does not lose its elements to map") {
  stage on;
  std::vector<std::string> texts{std::string(100, 'a'), std::string(100, 'b')};
  auto first = on.client.map<join>(std::views::all(texts), "x");
  CHECK(first[1].get() == std::string(100, 'b') + "x");
  CHECK(texts[1] == std::string(100, 'b'));
}

TEST_CASE("a member function is mapped over objects or over arguments") {
  stage on;
  CHECK(values_of(on.client.map<&weighted::times>(std::vector<weighted>{{2}, {3}}, 10)) == std::vector{20, 30});
  CHECK(values_of(on.client.map<&weighted::times>(weighted{2}, std::vector{1, 5})) == std::vector{2, 10});
}

TEST_CASE("a failure in a map is that of its own future alone") {
  stage on;
  auto futures = on.client.map<refuse_odd>(std::vector{0, 1, 2});
  for (auto const& f : futures) troupe::test::until_done(f);
  CHECK_FALSE(futures[0].failed());
  CHECK(futures[1].failed());
  CHECK_FALSE(futures[2].failed());
}

TEST_CASE("the key of a map is a prefix") {
  stage on;
  auto keyed = on.client.with(troupe::task_options{}.key("row"));
  auto futures = keyed.map<own_key>(std::vector{7, 8});
  CHECK(futures[0].key() == "row-0");
  CHECK(futures[1].key() == "row-1");
  CHECK(values_of(futures) == std::vector<std::string>{"row-0", "row-1"});
}

TEST_CASE("a map gives the same results whatever its batch_size") {
  for (std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{0}, std::size_t{1'000'000}}) {
    CAPTURE(size);
    stage on;
    std::vector<int> numbers(100);
    std::vector<int> expected(100);
    for (int i = 0; i < 100; ++i) {
      numbers[static_cast<std::size_t>(i)] = i;
      expected[static_cast<std::size_t>(i)] = i + 1;
    }
    auto batched = on.client.with(troupe::task_options{}.batch_size(size));
    CHECK(values_of(batched.map<inc>(numbers)) == expected);
  }
}

TEST_CASE("with batch_size the first tasks of a map run while the range is still being walked") {
  gate ran;
  stage on;
  auto batched = on.client.with(troupe::task_options{}.batch_size(2));
  auto slow_range = std::views::iota(0, 4) | std::views::transform([&](int x) {
                      if (x == 3) ran.wait_for(2);
                      return x;
                    });
  CHECK(values_of(batched.map<arrive>(&ran, slow_range)) == std::vector{0, 1, 2, 3});
}

TEST_CASE("a range that throws in the middle of a map lets the tasks before it go") {
  gate ran;
  stage on;
  auto broken = std::views::iota(0, 10) | std::views::transform([](int x) {
                  if (x == 5) throw std::runtime_error("no more");
                  return x;
                });
  CHECK_THROWS_WITH(static_cast<void>(on.client.map<inc>(broken)), "no more");
  troupe::test::until_empty(on.client);
}

TEST_CASE("a map of many thousand tasks gives every result") {
  stage on(2, 2);
  auto futures = on.client.map<inc>(std::views::iota(0, 20'000));
  long sum = 0;
  for (auto const& f : futures) sum += f.get();
  CHECK(sum == 20'000L * 20'001 / 2);
  futures.clear();
  troupe::test::until_empty(on.client);
}
