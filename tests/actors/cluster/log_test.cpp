#include "support/captured.hpp"

#include <troupe/actors/cluster/local_cluster.hpp>
#include <troupe/actors/worker/log.hpp>
#include <troupe/actors/worker/task_context.hpp>
#include <troupe/net/codec/codec.hpp>

#include <catch2/catch.hpp>

#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using troupe::test::captured;

int say(std::string const& what, int number) {
  troupe::log("{} {}", what, number);
  return number;
}
troupe::task<int> say_twice(troupe::task_context& context) {
  troupe::log("before");
  auto f = context.client().submit<say>("child", 1);
  int x = co_await f;
  troupe::log("after {}", x);
  co_return x;
}

constexpr auto time_of_day = R"(\d\d:\d\d:\d\d\.\d{3} )";

struct small_cluster {
  troupe::runtime runtime;
  troupe::local_cluster cluster{runtime, troupe::cluster_options{}.workers(1).threads_per_worker(2).worker_name("w")};
  troupe::client client = cluster.connect();
};

}  // namespace

TEST_CASE("outside of tasks a line of the log has the time and the text") {
  auto text = captured(2, [] { troupe::log("hello {}", 5); });
  CHECK_THAT(text, Catch::Matches(std::string(time_of_day) + "hello 5\n"));
}

TEST_CASE("in a task a line of the log carries its key and its worker") {
  small_cluster on;
  auto text = captured(2, [&] {
    auto f = on.client.with(troupe::task_options{}.key("greeting")).submit<say>("x", 1);
    f.get();
  });
  CHECK_THAT(text, Catch::Matches(std::string(time_of_day) + R"(\[greeting w-0\] x 1\n)"));
}

TEST_CASE("a coroutine's lines carry its key before and after an await") {
  small_cluster on;
  std::string key;
  auto text = captured(2, [&] {
    auto f = on.client.submit<say_twice>();
    key = f.key();
    f.get();
  });
  CHECK_THAT(text, Catch::Contains("[" + key + " w-0] before\n") && Catch::Contains("[" + key + " w-0] after 1\n"));
  CHECK_THAT(text, Catch::Contains("w-0] child 1\n"));
}

TEST_CASE("lines of several threads do not mix") {
  small_cluster on;
  auto text = captured(2, [&] {
    auto futures = on.client.map<say>(std::string(200, 'x'), std::vector<int>(200, 7));
    for (auto const& f : futures) f.get();
  });
  std::istringstream lines(text);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count)
    CHECK_THAT(line, Catch::EndsWith(std::string(200, 'x') + " 7"));
  CHECK(count == 200);
}
