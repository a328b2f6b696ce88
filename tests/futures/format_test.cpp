#include <troupe/futures/format.hpp>

#include <troupe/futures/promise.hpp>

#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

class keyed_state final : public troupe::detail::state_base {
 public:
  [[nodiscard]] std::string key() const override { return "inc-7f3a"; }
};

}  // namespace

TEST_CASE("a future prints its type, its key and how it is") {
  using troupe::to_string;
  auto state = troupe::detail::make_intrusive<keyed_state>();
  CHECK(to_string(troupe::detail::future_access::make<int>(state)) == "future<int> inc-7f3a: pending");

  troupe::promise<int> p;
  auto f = p.get_future();
  CHECK(to_string(f) == "future<int>: pending");
  p.set_value(1);
  CHECK(to_string(f) == "future<int>: finished 4 B");

  auto error = std::make_exception_ptr(std::runtime_error("no luck"));
  CHECK(to_string(troupe::make_failed_future<double>(error)) == "future<double>: failed no luck");

  troupe::promise<void> never;
  auto c = never.get_future();
  c.cancel();
  CHECK(to_string(c) == "future<void>: cancelled");
  CHECK(to_string(troupe::future<int>()) == "future<int>: empty");

  troupe::promise<void> done;
  done.set_value();
  CHECK(to_string(done.get_future()) == "future<void>: finished");
}

TEST_CASE("a future prints through streams and fmt") {
  auto f = troupe::make_ready_future('x');
  std::ostringstream out;
  out << f;
  CHECK(out.str() == "future<char>: finished 1 B");
  CHECK(fmt::format("{}", f) == out.str());
}

TEST_CASE("types are spelled as one writes them") {
  using troupe::detail::spelled_type;
  CHECK(spelled_type(typeid(std::string)) == "std::string");
  CHECK(spelled_type(typeid(std::vector<double>)) == "std::vector<double>");
  CHECK(spelled_type(typeid(std::vector<std::vector<std::string>>)) == "std::vector<std::vector<std::string>>");
  CHECK(spelled_type(typeid(std::map<std::string, std::vector<int>>)) == "std::map<std::string, std::vector<int>>");
  CHECK(spelled_type(typeid(std::unordered_map<int, std::string>)) == "std::unordered_map<int, std::string>");
  CHECK(spelled_type(typeid(std::unique_ptr<int>)) == "std::unique_ptr<int>");
}

TEST_CASE("sizes are spelled with three figures") {
  using troupe::detail::spelled_bytes;
  CHECK(spelled_bytes(0) == "0 B");
  CHECK(spelled_bytes(999) == "999 B");
  CHECK(spelled_bytes(1'000) == "1.00 kB");
  CHECK(spelled_bytes(23'400'000'000) == "23.4 GB");
  CHECK(spelled_bytes(999'600) == "1.00 MB");
  CHECK(spelled_bytes(123'456) == "123 kB");
}
