#include "function_types.hpp"
#include "libraries/prices.hpp"

#include <troupe/actors/functions/export_task.hpp>
#include <troupe/actors/functions/named_call.hpp>
#include <troupe/actors/functions/task_library.hpp>
#include <troupe/net/codec/error.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <list>
#include <memory>
#include <string>
#include <vector>

// TASK_LIBRARIES comes from CMake: the folder of the libraries in libraries/.

using namespace function_test;
using Catch::Matchers::Contains;
using troupe::detail::bind_named_call;
using troupe::detail::find_function;
using troupe::detail::load_task_library;
using troupe::detail::local_functions;
using troupe::detail::make_encoded_call;

namespace exported_here {

int inc(int x) { return x + 1; }
int inc(double x) { return static_cast<int>(x) + 2; }
double sum(std::vector<double> const& numbers) {
  double s = 0;
  for (double n : numbers) s += n;
  return s;
}
std::vector<std::string> words(std::string const& text) { return {text, text}; }
void nothing() {}

inline auto const first = troupe::export_task<static_cast<int (*)(int)>(&inc)>("inc");
inline auto const second = troupe::export_task<static_cast<int (*)(double)>(&inc)>("inc");
inline auto const third = troupe::export_task<&sum>("sum");
inline auto const fourth = troupe::export_task<&words>("words");
inline auto const fifth = troupe::export_task<&nothing>("nothing");
// The same function again is no other function.
inline auto const again = troupe::export_task<&sum>("sum");
inline auto const inline_one = troupe::export_task<&shop::highest>("highest");

}  // namespace exported_here

namespace {

std::filesystem::path const libraries(TASK_LIBRARIES);

std::string refusal(std::filesystem::path const& path) {
  try {
    static_cast<void>(load_task_library(path));
  } catch (troupe::error const& problem) {
    return problem.what();
  }
  return "it was loaded";
}

/// A file that is gone with the test.
class written_file {
 public:
  written_file(std::string const& name, std::string const& text)
      : path_(std::filesystem::temp_directory_path() / name) {
    std::ofstream(path_) << text;
  }
  ~written_file() { std::filesystem::remove(path_); }
  [[nodiscard]] std::filesystem::path const& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::vector<std::string> names(troupe::detail::task_library const& library) {
  std::vector<std::string> result;
  for (auto const* f : library.functions)
    if (f->full_name.find('(') == std::string::npos) result.push_back(f->full_name + " " + f->schema);
  std::sort(result.begin(), result.end());
  return result;
}

troupe::detail::value_ptr await(troupe::detail::bound_call const& bound) {
  troupe::manual_executor executor;
  troupe::detail::value_ptr value;
  auto body = [](troupe::detail::call_ptr c, troupe::detail::value_ptr& out) -> troupe::detail::root {
    auto started = c->start({}, some_context(), true);
    out = co_await std::move(started);
  };
  body(bound.call, value).start_here({&executor});
  executor.run();
  return value;
}

}  // namespace

TEST_CASE("an exported function is called by its name and the types of the arguments") {
  CHECK(result<int>(run(bind_named_call<int>("inc", 1))) == 2);
  CHECK(result<int>(run(bind_named_call<int>("inc", 1.5))) == 3);
  CHECK(result<double>(run(bind_named_call<double>("sum", std::vector<double>{1, 2}))) == 3);
  CHECK(run(bind_named_call<void>("nothing"))->type() == typeid(troupe::detail::unit));
  CHECK(bind_named_call<int>("inc", 1).call->key() == "inc-0000");
}

TEST_CASE("text is an argument for a string") {
  using strings = std::vector<std::string>;
  CHECK(result<strings>(run(bind_named_call<strings>("words", "a"))) == strings{"a", "a"});
  CHECK(result<strings>(run(bind_named_call<strings>("words", std::string_view("b")))) == strings{"b", "b"});
}

TEST_CASE("futures are arguments of a call by name") {
  pending<int> number;
  auto const call = bind_named_call<int>("inc", number.future);
  REQUIRE(call.inputs.size() == 1);
  CHECK(result<int>(run(call, {ready(4)})) == 5);
  pending<double> part;
  CHECK(result<double>(run(bind_named_call<double>("sum", std::vector{part.future, part.future}),
                           {ready(1.0), ready(2.5)})) == 3.5);
  CHECK_THROWS_AS(bind_named_call<int>("inc", troupe::future<int>()), troupe::future_invalid);
}

TEST_CASE("the result of a call by name comes as the type that is wanted") {
  using strings = std::list<std::string>;
  auto const value = run(bind_named_call<strings>("words", "a"));
  CHECK(result<strings>(value) == strings{"a", "a"});
}

TEST_CASE("a large argument of a call by name is not copied") {
  std::vector<double> numbers(100'000, 0.5);
  auto const* data = numbers.data();
  auto const call = bind_named_call<double>("sum", std::move(numbers));
  auto const p = troupe::detail::pack(call.call);
  REQUIRE(p.attachments.size() == 1);
  CHECK(p.attachments[0].as<double>().data() == data);
  CHECK(result<double>(run(call)) == 50'000);
}

TEST_CASE("a name that nobody has, with these types, is said when the call is run") {
  CHECK_THROWS_WITH(run(bind_named_call<int>("inc", 1L)), "this program has no function inc of type i32(i64)");
  CHECK_THROWS_WITH(run(bind_named_call<long>("inc", 1)), "this program has no function inc of type i64(i32)");
  auto const call = bind_named_call<int>("dec", 1);
  CHECK_THROWS_WITH(run(call), "this program has no function dec of type i32(i32)");
  CHECK(call.call->function().unpack != nullptr);
}

TEST_CASE("a library brings its exported functions, once") {
  auto const early = bind_named_call<shop::item>("doubled", shop::item{"early", {1}});
  CHECK_THROWS_WITH(run(early), Contains("has no function doubled"));

  auto const before = local_functions().digest;
  auto const library = load_task_library(libraries / "prices.so");
  CHECK(names(library) == std::vector<std::string>{"count u64(list<i32>)",
                                                   "doubled struct{str,list<f64>}(struct{str,list<f64>})",
                                                   "greeting str(str)", "total f64(struct{str,list<f64>},f64)"});
  CHECK(local_functions().digest != before);
  CHECK(load_task_library(libraries / "prices.so").functions.empty());

  shop::item const tea{"tea", {1, 2}};
  CHECK(result<double>(run(bind_named_call<double>("total", tea, 2.0))) == 6);
  CHECK(result<shop::item>(run(bind_named_call<shop::item>("doubled", tea))).prices == std::vector<double>{2, 4});
  CHECK(result<std::string>(await(bind_named_call<std::string>("greeting", "you"))) == "hello you");
  // What was bound before finds it too.
  CHECK(result<shop::item>(run(early)).prices == std::vector<double>{2});
}

TEST_CASE("a library that has hooks as well brings its exported functions") {
  CHECK(names(load_task_library(libraries / "greeter.so")) == std::vector<std::string>{"greet str(str)"});
}

TEST_CASE("a coroutine's result comes as the type that is wanted") {
  static_cast<void>(load_task_library(libraries / "prices.so"));
  CHECK(result<std::string>(await(bind_named_call<std::string>("greeting", "you"))) == "hello you");
}

TEST_CASE("functions of one name and type in two libraries are refused unless they are the same") {
  static_cast<void>(load_task_library(libraries / "discount.so"));
  CHECK(result<int>(run(bind_named_call<int>("discount", 10))) == 9);
  CHECK(load_task_library(libraries / "discount_copy.so").functions.empty());
  CHECK_THAT(refusal(libraries / "other_discount.so"),
             Contains("two functions are called discount and have the type i32(i32)") && Contains("/discount.so") &&
                 Contains("/other_discount.so"));
  CHECK(result<int>(run(bind_named_call<int>("discount", 10))) == 9);
}

TEST_CASE("what is no library of tasks is refused with the reason") {
  CHECK_THAT(refusal("/nowhere/tasks.so"), Contains("/nowhere/tasks.so cannot be loaded") && Contains("no such file"));
  CHECK_THAT(refusal("/"), Contains("it is no regular file"));
  written_file const text("troupe_text.so", "I am a text that is called like a library, and long enough for a header.");
  CHECK_THAT(refusal(text.path()), Contains("no shared library (no ELF file)"));
  written_file const empty("troupe_empty.so", "");
  CHECK_THAT(refusal(empty.path()), Contains("no shared library (no ELF file)"));
  written_file const cut("troupe_cut.so",
                         "\x7f"
                         "ELF");
  CHECK_THAT(refusal(cut.path()), Contains("it is cut off"));
  CHECK_THAT(refusal(libraries / "no_tasks.so"), Contains("it has no tasks"));
  CHECK_THAT(refusal(libraries / "unresolved.so"), Contains("function_that_nobody_has"));
}

TEST_CASE("a program is no library") { CHECK(refusal("/proc/self/exe") != "it was loaded"); }
