#include <troupe/futures/named_future.hpp>

#include <troupe/futures/gather.hpp>
#include <troupe/futures/promise.hpp>
#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <string>

namespace {

struct request {
  int number;
  std::string text;
};
struct plain {
  int number;
};

template <class T>
inline constexpr bool is_named = std::is_same_v<T, troupe::named_future<int>>;

troupe::task<int> twice(troupe::named_future<int> f) {
  int seen = co_await f;
  troupe::future<int> plain_one = f;
  co_return seen + co_await std::move(plain_one);
}

}  // namespace

TEST_CASE("only temporaries of aggregates with a destructor ask for two steps, and only where the compiler needs it") {
  using troupe::detail::compiler_frees_aggregates_twice;
  using troupe::detail::submit_result_t;
  CHECK(is_named<submit_result_t<int, request>> == compiler_frees_aggregates_twice);
  CHECK(is_named<submit_result_t<int, int, request const>> == compiler_frees_aggregates_twice);
  CHECK_FALSE(is_named<submit_result_t<int, request&, request const&>>);
  CHECK_FALSE(is_named<submit_result_t<int, plain, std::string, int>>);
  CHECK_FALSE(is_named<submit_result_t<int>>);
}

TEST_CASE("a named future is awaited by name and converts to a future") {
  CHECK(troupe::block_on(twice(troupe::make_ready_future(21))) == 42);
}

TEST_CASE("a range of named futures can be gathered") {
  std::vector<troupe::named_future<int>> fs{troupe::make_ready_future(1), troupe::make_ready_future(2)};
  CHECK(troupe::block_on(troupe::gather(fs)) == std::vector{1, 2});
}
