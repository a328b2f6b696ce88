#include <troupe/actors/functions/check_call.hpp>
#include <troupe/actors/functions/signature.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

using namespace troupe::detail;
using troupe::future;
using troupe::task;
using troupe::task_context;
using troupe::worker_context;

// Only their types matter.
namespace signature_test {

int plain(int, std::string const&);
void silent() noexcept;
task<long> coroutine(task_context&, long);
int both(task_context&, worker_context&, int);
int late_context(int);
int const& reference_result(int);

struct shape {
  int area(int) const;
  int grow(task_context&, int) noexcept;
  int consume() &&;
  static int count(int);
};
struct functor {
  int operator()(task_context&, int) const;
};
struct overloaded {
  int operator()(int) const;
  int operator()(double) const;
};

}  // namespace signature_test

namespace {

using namespace signature_test;

template <auto F>
using of = signature_of<function_tag<F>>;

template <class T, class... P>
constexpr bool takes = std::is_same_v<typename T::parameters, type_list<P...>>;

}  // namespace

TEST_CASE("parameters and value of every kind of function are known") {
  STATIC_REQUIRE(takes<of<&plain>, int, std::string const&>);
  STATIC_REQUIRE(std::is_same_v<of<&plain>::value, int>);
  STATIC_REQUIRE(takes<of<&silent>>);
  STATIC_REQUIRE(std::is_void_v<of<&silent>::value>);
  STATIC_REQUIRE(takes<of<&shape::count>, int>);
  STATIC_REQUIRE(std::is_same_v<of<&reference_result>::value, int>);
}

TEST_CASE("contexts come first and are no arguments") {
  STATIC_REQUIRE(takes<of<&coroutine>, long>);
  STATIC_REQUIRE(std::is_same_v<of<&coroutine>::contexts, type_list<task_context&>>);
  STATIC_REQUIRE(takes<of<&both>, int>);
  STATIC_REQUIRE(std::is_same_v<of<&both>::contexts, type_list<task_context&, worker_context&>>);
}

TEST_CASE("a function that returns a task is a coroutine, its value that of the task") {
  STATIC_REQUIRE(of<&coroutine>::is_coroutine);
  STATIC_REQUIRE(std::is_same_v<of<&coroutine>::value, long>);
  STATIC_REQUIRE_FALSE(of<&plain>::is_coroutine);
}

TEST_CASE("the object is the first parameter of a member function, const or by value") {
  STATIC_REQUIRE(takes<of<&shape::area>, shape const&, int>);
  STATIC_REQUIRE(takes<of<&shape::grow>, shape, int>);
  STATIC_REQUIRE(std::is_same_v<of<&shape::grow>::contexts, type_list<task_context&>>);
  STATIC_REQUIRE(takes<of<&shape::consume>, shape>);
}

TEST_CASE("objects with one operator() are callables, lambdas too") {
  auto lambda = [](int, double) { return true; };
  STATIC_REQUIRE(takes<signature_of<decltype(lambda)>, int, double>);
  STATIC_REQUIRE(takes<signature_of<functor>, int>);
  STATIC_REQUIRE(takes<of<[](int) {}>, int>);
  auto generic = [](auto) {};
  STATIC_REQUIRE_FALSE(signature_of<decltype(generic)>::valid);
  STATIC_REQUIRE_FALSE(signature_of<overloaded>::valid);
  STATIC_REQUIRE_FALSE(signature_of<int>::valid);
  STATIC_REQUIRE_FALSE(signature_of<int (*)(int)>::valid);
}

TEST_CASE("views are stored as what they view") {
  STATIC_REQUIRE(std::is_same_v<parameter_value<std::string_view>, std::string>);
  STATIC_REQUIRE(std::is_same_v<parameter_value<std::string_view const&>, std::string>);
  STATIC_REQUIRE(std::is_same_v<parameter_value<std::span<double const>>, std::vector<double>>);
  STATIC_REQUIRE(std::is_same_v<parameter_value<std::vector<int> const&>, std::vector<int>>);
}

TEST_CASE("a parameter says how it takes its argument, or why it cannot") {
  STATIC_REQUIRE(parameter<int>::how == passing::by_value);
  STATIC_REQUIRE(parameter<int const&>::how == passing::by_const_reference);
  STATIC_REQUIRE(parameter<std::span<int const>>::how == passing::as_view);
  STATIC_REQUIRE(parameter<int&>::how == passing::refused_reference);
  STATIC_REQUIRE(parameter<int&&>::how == passing::refused_reference);
  STATIC_REQUIRE(parameter<char const*>::how == passing::refused_pointer);
  STATIC_REQUIRE(parameter<int* const&>::how == passing::refused_pointer);
  STATIC_REQUIRE(parameter<std::span<int>>::how == passing::refused_view);
  STATIC_REQUIRE(parameter<std::span<int const, 3>>::how == passing::refused_view);
}

TEST_CASE("containers of futures become containers of values, nested ones too") {
  STATIC_REQUIRE(std::is_same_v<replaced_t<to_value, future<int>>, int>);
  STATIC_REQUIRE(std::is_same_v<replaced_t<to_value, future<void>>, unit>);
  STATIC_REQUIRE(std::is_same_v<replaced_t<to_value, std::vector<future<int>>>, std::vector<int>>);
  STATIC_REQUIRE(std::is_same_v<replaced_t<to_value, std::array<future<int>, 3>>, std::array<int, 3>>);
  STATIC_REQUIRE(
      std::is_same_v<replaced_t<to_value, std::optional<std::vector<future<int>>>>, std::optional<std::vector<int>>>);
  STATIC_REQUIRE(std::is_same_v<replaced_t<to_value, std::map<std::string, future<int>, std::greater<>>>,
                                std::map<std::string, int, std::greater<>>>);
  STATIC_REQUIRE(std::is_same_v<replaced_t<to_value, std::unordered_map<int, std::pair<future<int>, bool>>>,
                                std::unordered_map<int, std::pair<int, bool>>>);
  STATIC_REQUIRE(
      std::is_same_v<replaced_t<to_value, std::tuple<int, future<std::string>>>, std::tuple<int, std::string>>);
  STATIC_REQUIRE(std::is_same_v<replaced_t<to_value, std::vector<std::string>>, std::vector<std::string>>);
}

TEST_CASE("calls that are right pass the check") {
  STATIC_REQUIRE(check_call<function_tag<&plain>, int, char const(&)[4]>());
  STATIC_REQUIRE(check_call<function_tag<&plain>, double, future<std::string>&>());
  STATIC_REQUIRE(check_call<function_tag<&shape::area>, shape, int>());
  STATIC_REQUIRE(check_call<function_tag<&coroutine>, future<long> const&>());
  STATIC_REQUIRE(check_call<functor, int>());
}
