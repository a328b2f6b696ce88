#include "support/cluster.hpp"

#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <string>

int twice(int x) { return 2 * x; }
int thrice(int x) { return 3 * x; }

namespace {

int hidden(int x) { return x; }

template <class T>
std::string problem_of(troupe::future<T> const& f) {
  try {
    static_cast<void>(f.get());
  } catch (troupe::error const& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a function that no worker has is refused at submit, naming both programs") {
  troupe::test::process_cluster cluster;
  cluster.add_worker("stranger", TEST_STRANGER);
  auto client = cluster.connect();
  auto f = client.submit<thrice>(1);
  CHECK_THAT(problem_of(f), Catch::Contains("thrice(int)") && Catch::Contains("test_processes") &&
                                Catch::Contains("test_stranger") && Catch::Contains("stranger"));
  auto below = client.submit<thrice>(f);
  CHECK_THAT(problem_of(below), Catch::Contains("thrice(int)"));
}

TEST_CASE("a function of the same name and another type is refused, and both types are shown") {
  troupe::test::process_cluster cluster;
  cluster.add_worker("stranger", TEST_STRANGER);
  auto f = cluster.connect().submit<twice>(1);
  CHECK_THAT(problem_of(f), Catch::Contains("twice") && Catch::Contains("i32(i32)"));
}

TEST_CASE("lambdas and functions of one file run on workers of the same build and are refused by others") {
  troupe::test::process_cluster cluster;
  auto client = cluster.connect();
  {
    cluster.add_worker("stranger", TEST_STRANGER);
    CHECK_THAT(problem_of(client.submit([](int x) { return x + 1; }, 1)), Catch::Contains("lambda"));
    CHECK_THAT(problem_of(client.submit<hidden>(1)), Catch::Contains("hidden"));
  }
  cluster.add_worker("own");
  CHECK(client.submit([](int x) { return x + 1; }, 1).get() == 2);
  CHECK(client.submit<hidden>(7).get() == 7);
}

TEST_CASE("where some workers have a function and others do not, it runs on those that have it") {
  troupe::test::process_cluster cluster;
  cluster.add_worker("stranger", TEST_STRANGER);
  cluster.add_worker("own");
  auto client = cluster.connect();
  std::vector<troupe::future<int>> results;
  for (int i = 0; i < 200; ++i) results.push_back(client.submit<thrice>(i));
  for (int i = 0; i < 200; ++i) CHECK(results[std::size_t(i)].get() == 3 * i);
}

TEST_CASE("an exported function of a library is called by its name on workers that loaded it") {
  troupe::test::process_cluster cluster;
  cluster.add_troupe_worker("shop", TEST_PRICES);
  auto client = cluster.connect();
  auto counted = client.submit<std::size_t>("count", std::vector<int>{1, 2, 3});
  CHECK(counted.get() == 3);
  auto greeted = client.submit<std::string>("greeting", "troupe");
  CHECK(greeted.get() == "hello troupe");
  auto wrong = client.submit<std::size_t>("count", 3);
  CHECK_THAT(problem_of(wrong), Catch::Contains("count") && Catch::Contains("has it as"));
  auto unknown = client.submit<int>("no_such_task", 3);
  CHECK_THAT(problem_of(unknown), Catch::Contains("no_such_task") && Catch::Contains("does not have it"));
}

TEST_CASE("a scheduler runs functions of the libraries that it preloads") {
  troupe::test::process_cluster cluster({"--preload", TEST_PRICES});
  auto client = cluster.connect();
  CHECK(troupe::block_on(client.run_on_scheduler<std::size_t>("count", std::vector<int>{1, 2, 3})) == 3);
  CHECK(troupe::block_on(client.run_on_scheduler<std::string>("greeting", "troupe")) == "hello troupe");
  CHECK(troupe::block_on(client.run_on_scheduler<double>("highest", std::vector<double>{1, 3, 2})) == 3);
}

TEST_CASE("a function that the program of the scheduler does not have is refused there, naming both programs") {
  troupe::test::process_cluster cluster;
  auto client = cluster.connect();
  try {
    static_cast<void>(troupe::block_on(client.run_on_scheduler<thrice>(1)));
    FAIL("nothing was thrown");
  } catch (troupe::error const& e) {
    CHECK_THAT(e.what(), Catch::Contains("thrice(int)") && Catch::Contains("i32(i32)") &&
                             Catch::Contains("command/troupe, process") && Catch::Contains("test_processes, process"));
  }
}

TEST_CASE("a second worker of a name that is taken is told so and leaves") {
  troupe::test::process_cluster cluster;
  cluster.add_worker("only");
  std::vector<std::string> said;
  troupe::detail::child_options options;
  options.command = {troupe::detail::this_program(),
                     "--worker",
                     cluster.address(),
                     "--name",
                     "only",
                     "--host",
                     "127.0.0.1",
                     "--no-nanny"};
  options.on_output = [&](std::string_view line) { said.emplace_back(line); };
  troupe::detail::child_process second(std::move(options));
  auto cause = second.wait();
  CHECK(cause.what == troupe::detail::exit_cause::kind::exited);
  CHECK(cause.code != 0);
  REQUIRE_FALSE(said.empty());
  CHECK_THAT(said.back(), Catch::Contains("there is a worker named 'only' already"));
  cluster.wait_for_workers(1);
}
