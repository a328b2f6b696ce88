#include "support/cluster.hpp"

#include <troupe/actors/client/export_plugin.hpp>
#include <troupe/actors/worker/task_context.hpp>
#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <unistd.h>

#include <csignal>
#include <string>
#include <utility>
#include <vector>

/// Plugins where scheduler, workers and client are processes.
namespace {

using Catch::Matchers::Contains;
using troupe::block_on;
using troupe::test::lines;
using troupe::test::process_cluster;
using names = std::vector<std::string>;

struct database : troupe::worker_plugin {
  explicit database(std::string url) : url_(std::move(url)) {}
  void setup(troupe::worker_context&) override { process_ = ::getpid(); }
  [[nodiscard]] std::string const& url() const { return url_; }
  [[nodiscard]] int process() const { return process_; }

 private:
  std::string const url_;
  int process_ = 0;
};
std::string url(troupe::worker_context& worker) { return worker.plugin<database>()->url(); }
int process_id(troupe::worker_context& worker) { return worker.plugin<database>()->process(); }

template <class T>
std::string problem_of(troupe::task<T> change) {
  try {
    static_cast<void>(block_on(std::move(change)));
  } catch (troupe::error const& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a plugin of a library is registered and unregistered by its name by a program that does not have it") {
  process_cluster cluster;
  cluster.add_troupe_worker("shop", TEST_TILL);
  auto client = cluster.connect();
  CHECK(block_on(client.register_plugin("till", "EUR", 5)) == names{"shop"});
  CHECK(client.submit<std::string>("pay", 2).get() == "7 EUR");
  CHECK(client.submit<std::string>("pay", 3).get() == "10 EUR");
  CHECK(block_on(client.register_plugin("till", "USD", 0)) == names{"shop"});
  CHECK(client.submit<std::string>("pay", 1).get() == "1 USD");
  CHECK_THAT(problem_of(client.register_plugin("till", "", 0)), Contains("a till of no currency on shop"));
  CHECK(block_on(client.register_plugin("till", "GBP", 0)) == names{"shop"});
  CHECK(block_on(client.unregister_plugin("till")) == names{"shop"});
  CHECK_THROWS_WITH(client.submit<std::string>("pay", 1).get(), Contains("shop has no plugin") && Contains("till"));
  CHECK_THAT(problem_of(client.unregister_plugin("till")), Contains("no plugin till is registered"));
}

TEST_CASE("a plugin of an uploaded library is registered by its name, and workers that join have both") {
  process_cluster cluster;
  cluster.add_worker("first");
  auto client = cluster.connect();
  CHECK_THAT(problem_of(client.register_plugin("till", "EUR", 5)), Contains("no worker has the plugin till"));
  block_on(client.upload_library(TEST_TILL));
  CHECK(block_on(client.register_plugin("till", "EUR", 5)) == names{"first"});
  cluster.add_worker("second");
  auto on_second = client.with(troupe::task_options{}.workers(troupe::on_workers("second")));
  CHECK(on_second.submit<std::string>("pay", 1).get() == "6 EUR");
}

TEST_CASE("a plugin that no worker has is refused, with both programs and what they have") {
  process_cluster cluster;
  cluster.add_troupe_worker("shop", TEST_TILL);
  auto client = cluster.connect();
  CHECK_THAT(problem_of(client.register_plugin("safe", "EUR")),
             Contains("no worker has the plugin safe, made by void(str), which ") &&
                 Contains("test_processes, process") && Contains("shop (") && Contains("command/troupe, process") &&
                 Contains("does not have it"));
  CHECK_THAT(problem_of(client.register_plugin("till", 5)), Contains("has it as void(str,i32)"));
  CHECK_THAT(problem_of(client.register_plugin<database>("db")),
             Contains("no worker has the plugin") && Contains("database") && Contains("does not have it"));
  CHECK_THAT(problem_of(client.unregister_plugin("safe")), Contains("no plugin safe is registered"));
  // Nothing of it is kept.
  cluster.add_troupe_worker("second", TEST_TILL);
}

TEST_CASE("where some workers have a plugin's class, those keep it and the others are named") {
  process_cluster cluster;
  cluster.add_troupe_worker("shop", TEST_TILL);
  cluster.add_worker("own");
  auto client = cluster.connect();
  CHECK_THAT(problem_of(client.register_plugin("till", "EUR", 5)),
             Contains("1 of 2 workers: own: its program (") && Contains("does not have it"));
  CHECK(client.submit<std::string>("pay", 2).get() == "7 EUR");
}

TEST_CASE("a scheduler's plugin of a library that it preloads is registered by its name") {
  process_cluster cluster({"--preload", TEST_TILL});
  auto client = cluster.connect();
  CHECK(block_on(client.register_plugin<troupe::scheduler_plugin>("bell")) == names{"scheduler"});
  CHECK(block_on(client.run_on_scheduler<int>("rings")) == 1);
  CHECK(block_on(client.unregister_plugin<troupe::scheduler_plugin>("bell")) == names{"scheduler"});
  CHECK(block_on(client.run_on_scheduler<int>("rings")) == 0);
  CHECK_THAT(problem_of(client.register_plugin<troupe::scheduler_plugin>("gong")),
             Contains("command/troupe, process") && Contains("gong") && Contains("test_processes, process") &&
                 Contains("--preload"));
}

TEST_CASE("a worker that its nanny starts again sets its plugins up again") {
  lines said;
  process_cluster cluster;
  cluster.begin_worker({"--name", "only"}, said, {{"TROUPE_NANNY__BACKOFF", "1ms"}});
  cluster.wait_for_workers(1);
  auto client = cluster.connect();
  CHECK(block_on(client.register_plugin<database>("db")) == names{"only"});
  auto first = client.submit<process_id>().get();
  ::kill(first, SIGKILL);
  // It runs where the plugin is.
  CHECK(client.submit<url>().get() == "db");
  CHECK(client.submit<process_id>().get() != first);
}
