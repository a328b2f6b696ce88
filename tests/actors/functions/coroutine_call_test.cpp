#include "function_types.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace function_test;
using troupe::future;
using troupe::task;
using troupe::detail::value_ptr;

namespace {

/// Runs a started call on an executor of the test's own.
class stage {
 public:
  void start(troupe::detail::bound_call const& bound, std::span<troupe::detail::input const> inputs = {},
             bool final_attempt = true) {
    body(bound.call->start(inputs, some_context(), final_attempt), *this).start({.where = &executor_, .stop = {}});
    executor_.run();
  }
  void run() { executor_.run(); }
  [[nodiscard]] bool done() const { return value_ || error_; }
  [[nodiscard]] value_ptr value() const {
    if (error_) std::rethrow_exception(error_);
    return value_;
  }

 private:
  static troupe::detail::root body(task<value_ptr> started, stage& self) {
    try {
      self.value_ = co_await std::move(started);
    } catch (...) {
      self.error_ = std::current_exception();
    }
  }

  troupe::manual_executor executor_;
  value_ptr value_;
  std::exception_ptr error_;
};

task<long> twice(long n) { co_return 2 * n; }
task<void> quiet(troupe::task_context& context) {
  if (&context != &some_context()) throw std::logic_error("another context");
  co_return;
}
task<int> fails(int n) {
  if (n > 0) throw std::invalid_argument("positive");
  co_return n;
}
task<counted> late(future<int> gate, std::string const& text, std::string_view view, std::vector<int> numbers) {
  co_await gate;
  co_return counted(static_cast<int>(text.size() + view.size() + numbers.size()));
}
troupe::promise<int>* opened = nullptr;
task<counted> waits(std::string const& text, std::string_view view, std::vector<int> numbers) {
  return late(opened->get_future(), text, view, std::move(numbers));
}
int plain(int n) { return n; }

struct service {
  int base = 0;
  task<int> answer(int n) const { co_return base + n; }
};

}  // namespace

TEST_CASE("a coroutine's value is the value of the call") {
  stage s;
  auto call = bind<&twice>(21);
  s.start(call);
  CHECK(result<long>(s.value()) == 42);
}

TEST_CASE("a coroutine without value gives the unit") {
  stage s;
  auto call = bind<&quiet>();
  s.start(call);
  CHECK(s.value()->type() == typeid(troupe::detail::unit));
}

TEST_CASE("what a coroutine throws passes through") {
  stage s;
  auto call = bind<&fails>(1);
  s.start(call);
  CHECK_THROWS_AS(s.value(), std::invalid_argument);
}

TEST_CASE("a coroutine that is a member function runs on its object") {
  stage s;
  pending<service> object;
  auto call = bind<&service::answer>(object.future, 2);
  std::vector<troupe::detail::input> inputs{ready(service{40})};
  s.start(call, inputs);
  CHECK(result<int>(s.value()) == 42);
}

TEST_CASE("arguments live until the coroutine that takes them by reference has ended") {
  {
    troupe::promise<int> gate;
    opened = &gate;
    pending<std::string> text;
    stage s;
    auto call = bind<&waits>(text.future, "a text that is too long to be kept in place", std::vector<int>(10));
    std::vector<troupe::detail::input> inputs{ready(std::string(100, 'x'))};
    s.start(call, inputs);
    CHECK_FALSE(s.done());
    gate.set_value(1);
    s.run();
    CHECK(result<counted>(s.value()).value == 100 + 43 + 10);
  }
  CHECK(counted::live == 0);
}

TEST_CASE("a missing input fails the coroutine") {
  stage s;
  pending<long> n;
  auto call = bind<&twice>(n.future);
  s.start(call);
  CHECK_THROWS_AS(s.value(), troupe::error);
}

TEST_CASE("invoking a coroutine and starting a plain function are errors") {
  CHECK_THROWS_WITH(run(bind<&twice>(1)), "twice is a coroutine: it is started, not invoked");
  CHECK_THROWS_WITH(bind<&plain>(1).call->start({}, some_context(), true),
                    "plain is no coroutine: it is invoked, not started");
}
