#include <troupe/actors/functions/function_info.hpp>

#include <catch2/catch.hpp>

#include <concepts>
#include <map>
#include <string>
#include <string_view>
#include <vector>

// The texts are fixed: clang and GCC must both make them, because programs of both compare full names.

int name_test_global(int x) { return x; }
int name_test_noexcept(int x) noexcept { return x; }

namespace shop {

int price(int x) { return x; }
int price(double) { return 2; }
std::string label(std::string const& text, std::vector<std::string>) { return text; }
std::map<int, bool> table() { return {}; }

template <class T>
T twice(T x) {
  return x;
}
template <int N>
std::vector<int> add(int x) {
  return {x + N};
}

template <std::integral T>
T whole(T x) {
  return x;
}
template <std::integral... T>
int several(T...) {
  return 1;
}
template <std::integral auto N>
int constant(int x) {
  return x;
}
template <template <class...> class C>
int counted_in(int x) {
  return x;
}
template <class T>
concept small = sizeof(T) < 9;
template <small T>
T tiny(T x) {
  return x;
}
template <int N>
  requires(N > 0)
int sized(int x) {
  return x;
}

struct cart {
  template <small T>
  T keep(T x) {
    return x;
  }
  int total(int) const { return 1; }
  int put(int) noexcept { return 1; }
  int operator()(int) { return 1; }
  static int count(std::string_view) { return 3; }
  template <class T>
  T as(T x) {
    return x;
  }
};
bool operator<(cart const&, cart const&) { return false; }

template <class T>
struct shelf {
  T first(T x) const { return x; }
};

namespace {
int hidden(int x) { return x; }
}  // namespace

static int file_local(int x) { return x; }
template <auto F>
int apply(int x) {
  return F(x);
}

namespace Ultra {
int lambda_L_1(int x) { return x; }
}  // namespace Ultra

enum class colour { red };
template <colour C>
int painted(int x) {
  return x;
}

}  // namespace shop

static int name_test_local(int x) { return x; }

namespace {

struct hidden_type {
  int value = 0;
  [[nodiscard]] int member(int x) const { return x + value; }
};

using troupe::detail::function_info;
using troupe::detail::function_info_of;
using troupe::detail::function_tag;

template <auto F>
function_info const& info = function_info_of<function_tag<F>>();

template <auto F>
void is_called(std::string_view short_name, std::string_view full_name) {
  CHECK(info<F>.short_name == short_name);
  CHECK(info<F>.full_name == full_name);
}

}  // namespace

TEST_CASE("free functions are called by their name and parameters") {
  is_called<&name_test_global>("name_test_global", "name_test_global(int)");
  is_called<name_test_noexcept>("name_test_noexcept", "name_test_noexcept(int)");
  is_called<&shop::label>("label",
                          "shop::label(std::string const&, std::vector<std::string, std::allocator<std::string>>)");
  is_called<&shop::table>("table", "shop::table()");
}

TEST_CASE("overloads differ in their full names") {
  is_called<static_cast<int (*)(int)>(&shop::price)>("price", "shop::price(int)");
  is_called<static_cast<int (*)(double)>(&shop::price)>("price", "shop::price(double)");
}

TEST_CASE("template arguments are part of the full name") {
  is_called<&shop::twice<long>>("twice", "shop::twice<long>(long)");
  is_called<&shop::twice<std::string>>("twice", "shop::twice<std::string>(std::string)");
  is_called<&shop::add<3>>("add", "shop::add<3>(int)");
}

TEST_CASE("templates with constraints have names") {
  is_called<&shop::whole<int>>("whole", "shop::whole<int>(int)");
  is_called<&shop::several<int, long>>("several", "shop::several<int, long>(int, long)");
  is_called<&shop::constant<3>>("constant", "shop::constant<3>(int)");
  is_called<&shop::counted_in<std::vector>>("counted_in", "shop::counted_in<std::vector>(int)");
}

TEST_CASE("templates with constraints of their own have names that tell their instances apart") {
  CHECK(info<&shop::tiny<int>>.short_name == "tiny");
  CHECK(info<&shop::tiny<char>>.full_name.starts_with("shop::tiny<"));
  CHECK(info<&shop::tiny<char>>.full_name.ends_with(">(char)"));
  CHECK(info<&shop::sized<1>>.short_name == "sized");
  CHECK(info<&shop::sized<1>>.full_name != info<&shop::sized<2>>.full_name);
  CHECK(info<&shop::cart::keep<int>>.short_name == "cart::keep");
}

TEST_CASE("members are called by their type too") {
  is_called<&shop::cart::total>("cart::total", "shop::cart::total(int) const");
  is_called<&shop::cart::put>("cart::put", "shop::cart::put(int)");
  is_called<&shop::cart::as<int>>("cart::as", "shop::cart::as<int>(int)");
  is_called<&shop::shelf<int>::first>("shelf::first", "shop::shelf<int>::first(int) const");
}

TEST_CASE("static members look like functions of a namespace") {
  is_called<&shop::cart::count>("count", "shop::cart::count(std::basic_string_view<char, std::char_traits<char>>)");
}

TEST_CASE("operators are called by their symbols") {
  is_called<&shop::cart::operator()>("cart::operator()", "shop::cart::operator()(int)");
  is_called<static_cast<bool (*)(shop::cart const&, shop::cart const&)>(&shop::operator<)>(
      "operator<", "shop::operator<(shop::cart const&, shop::cart const&)");
}

TEST_CASE("functions without a name outside of their file have the build and the place in it behind theirs") {
  auto is_placed = [](function_info const& function, std::string const& short_name, std::string const& name) {
    INFO(function.full_name);
    CHECK(function.short_name == short_name);
    CHECK(function.full_name.starts_with(name + "@"));
    CHECK(function.full_name.find("+0x", name.size()) > name.size() + 8);
  };
  is_placed(info<&shop::hidden>, "hidden", "shop::(anonymous namespace)::hidden(int)");
  is_placed(info<&shop::file_local>, "file_local", "shop::file_local(int)");
  is_placed(info<&name_test_local>, "name_test_local", "name_test_local(int)");
  is_placed(info<&shop::twice<hidden_type>>, "twice",
            "shop::twice<(anonymous namespace)::hidden_type>((anonymous namespace)::hidden_type)");
  is_placed(info<&shop::apply<&shop::file_local>>, "apply", "shop::apply<&shop::file_local>(int)");
  is_placed(info<&hidden_type::member>, "hidden_type::member", "(anonymous namespace)::hidden_type::member(int) const");
}

TEST_CASE("names that only look like local ones are left alone") {
  is_called<&shop::Ultra::lambda_L_1>("lambda_L_1", "shop::Ultra::lambda_L_1(int)");
  CHECK(info<&shop::painted<shop::colour::red>>.full_name.find('@') == std::string::npos);
}

TEST_CASE("objects with operator() are called by their type, lambdas lambda") {
  CHECK(function_info_of<shop::cart>().short_name == "cart");
  CHECK(function_info_of<shop::cart>().full_name == "shop::cart::operator()(int)");
  auto lambda = [](int x) { return x; };
  CHECK(function_info_of<decltype(lambda)>().short_name == "lambda");
  CHECK(info<[](double x) { return x; }>.short_name == "lambda");
}

TEST_CASE("what is known of a function is made once") {
  CHECK(&function_info_of<function_tag<&shop::label>>() == &function_info_of<function_tag<&shop::label>>());
  CHECK(*function_info_of<function_tag<&shop::label>>().result == typeid(std::string));
  CHECK_FALSE(function_info_of<function_tag<&shop::label>>().is_coroutine);
  CHECK_FALSE(function_info_of<function_tag<&shop::label>>().takes_context);
}
