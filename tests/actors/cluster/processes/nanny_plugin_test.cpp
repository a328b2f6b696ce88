#include "../../client/support/folder.hpp"
#include "support/cluster.hpp"

#include <troupe/actors/cluster/local_cluster.hpp>
#include <troupe/actors/worker/nanny_plugin.hpp>
#include <troupe/actors/worker/task_context.hpp>
#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// Plugins of nannies, which are the processes that start workers.
namespace {

using Catch::Matchers::Contains;
using troupe::block_on;
using troupe::test::folder;
using troupe::test::lines;
using troupe::test::process_cluster;
using troupe::test::read_file;
using names = std::vector<std::string>;
using ids = std::map<std::string, int>;
using texts = std::map<std::string, std::string>;

/// Gives the processes of workers a variable, and writes down what happens to itself.
class variable : public troupe::nanny_plugin {
 public:
  variable(std::string value, std::string journal) : value_(std::move(value)), journal_(std::move(journal)) {}
  void setup() override {
    if (std::getenv("TEST_REFUSES") != nullptr) throw std::runtime_error("no variables here");
    note("setup " + value_);
  }
  void before_start(troupe::worker_start& worker) override {
    worker.environment["TEST_VARIABLE"] = value_;
    note("start of " + worker.worker);
  }
  void teardown() override { note("teardown " + value_); }

 private:
  void note(std::string const& line) const { std::ofstream(journal_, std::ios::app) << line << '\n'; }

  std::string const value_, journal_;
};
/// The same for workers that run already.
class variable_now : public variable {
 public:
  using variable::variable;
  [[nodiscard]] bool restarts_workers() const override { return true; }
};
/// Lets no worker start.
class closed_door : public troupe::nanny_plugin {
 public:
  void before_start(troupe::worker_start&) override { throw std::runtime_error("closed"); }
};

int process_id() { return ::getpid(); }
std::string value() {
  auto const* text = std::getenv("TEST_VARIABLE");
  return text ? text : "none";
}
/// In a process without the variable it never ends of itself.
std::string value_at_last(troupe::task_context& context, std::string const& marker) {
  if (value() != "none") return value();
  std::ofstream(marker) << "begun\n";
  while (!context.stop_token().stop_requested()) std::this_thread::yield();
  throw troupe::cancelled_error("asked to");
}

template <class T>
std::string problem_of(troupe::task<T> change) {
  try {
    static_cast<void>(block_on(std::move(change)));
  } catch (troupe::error const& e) {
    return e.what();
  }
  return "no error";
}

/// A line of each kind, in order of the first of its kind.
names kinds(std::string const& journal) {
  names found;
  std::ifstream in(journal);
  for (std::string line; std::getline(in, line);)
    if (std::find(found.begin(), found.end(), line) == found.end()) found.push_back(line);
  return found;
}

std::map<std::string, std::string> quick() { return {{"TROUPE_NANNY__BACKOFF", "1ms"}}; }

}  // namespace

TEST_CASE("a nanny's plugin that restarts workers is in force on all of them once it is registered") {
  folder here;
  lines first_said, second_said;
  process_cluster cluster;
  cluster.begin_worker({"--name", "first"}, first_said);
  cluster.begin_worker({"--name", "second"}, second_said);
  cluster.wait_for_workers(2);
  auto client = cluster.connect();
  auto before = block_on(client.run<process_id>());
  auto journal = (here.path() / "journal").string();
  CHECK(block_on(client.register_plugin<variable_now>("on", journal)) == names{"first", "second"});
  CHECK(block_on(client.run<value>()) == texts{{"first", "on"}, {"second", "on"}});
  for (auto const& [name, process] : block_on(client.run<process_id>())) CHECK(process != before[name]);
}

TEST_CASE("a nanny sets a plugin up once and goes through it before each start of its worker, until it is taken back") {
  folder here;
  auto journal = (here.path() / "journal").string();
  lines said;
  process_cluster cluster;
  auto& nanny = cluster.begin_worker({"--name", "only"}, said, quick());
  cluster.wait_for_workers(1);
  auto client = cluster.connect();
  CHECK(block_on(client.register_plugin<variable>("on", journal)) == names{"only"});
  auto before = client.submit<process_id>().get();
  CHECK(client.submit<value>().get() == "none");
  ::kill(before, SIGKILL);
  CHECK(client.submit<value>().get() == "on");
  CHECK(read_file(journal) == "setup on\nstart of only\n");
  client.restart().get();
  CHECK(client.submit<value>().get() == "on");
  CHECK(read_file(journal) == "setup on\nstart of only\nstart of only\n");
  CHECK(block_on(client.unregister_plugin<variable>()) == names{"only"});
  CHECK(read_file(journal) == "setup on\nstart of only\nstart of only\nteardown on\n");
  client.restart().get();
  CHECK(client.submit<value>().get() == "none");
  CHECK_THAT(problem_of(client.unregister_plugin<variable>()), Contains("is registered"));
  nanny.send_signal(SIGTERM);
  CHECK(to_string(nanny.wait()) == "exit status 0");
}

TEST_CASE("a nanny that comes later has the plugin before it starts its workers, and ends it after them") {
  folder here;
  auto journal = (here.path() / "journal").string();
  lines said;
  process_cluster cluster;
  auto client = cluster.connect();
  CHECK(block_on(client.register_plugin<variable>("early", journal)).empty());
  auto& nanny = cluster.begin_worker({"--name", "late", "--nworkers", "2"}, said);
  cluster.wait_for_workers(2);
  CHECK(block_on(client.run<value>()) == texts{{"late-0", "early"}, {"late-1", "early"}});
  nanny.send_signal(SIGTERM);
  CHECK(to_string(nanny.wait()) == "exit status 0");
  auto happened = kinds(journal);
  REQUIRE(happened.size() == 4);
  CHECK(happened.front() == "setup early");
  CHECK(happened.back() == "teardown early");
}

TEST_CASE("a plugin takes the place of the one of its type in a nanny, which is torn down before") {
  folder here;
  auto journal = (here.path() / "journal").string();
  lines said;
  process_cluster cluster;
  cluster.begin_worker({"--name", "only"}, said);
  cluster.wait_for_workers(1);
  auto client = cluster.connect();
  block_on(client.register_plugin<variable_now>("old", journal));
  block_on(client.register_plugin<variable_now>("new", journal));
  CHECK(client.submit<value>().get() == "new");
  CHECK(kinds(journal) == names{"setup old", "start of only", "teardown old", "setup new"});
}

TEST_CASE("what a plugin's setup throws in a nanny is said with its workers, which live on, and others keep theirs") {
  folder here;
  auto journal = (here.path() / "journal").string();
  lines first_said, second_said;
  process_cluster cluster;
  cluster.begin_worker({"--name", "first"}, first_said, {{"TEST_REFUSES", "1"}});
  cluster.wait_for_workers(1);
  auto client = cluster.connect();
  auto before = client.submit<process_id>().get();
  CHECK_THAT(problem_of(client.register_plugin<variable_now>("on", journal)),
             Contains("1 of 1 workers: first: ") && Contains("no variables here"));
  CHECK_THAT(problem_of(client.unregister_plugin<variable_now>()), Contains("is registered"));
  cluster.begin_worker({"--name", "second"}, second_said);
  cluster.wait_for_workers(2);
  CHECK_THAT(problem_of(client.register_plugin<variable_now>("on", journal)),
             Contains("1 of 2 workers: first: ") && Contains("no variables here"));
  CHECK(block_on(client.run<value>()) == texts{{"first", "none"}, {"second", "on"}});
  CHECK(block_on(client.run<process_id>()).at("first") == before);
}

TEST_CASE("a nanny that comes later and cannot set a plugin up starts no worker, and says why") {
  folder here;
  lines said;
  process_cluster cluster;
  auto client = cluster.connect();
  block_on(client.register_plugin<variable>("on", (here.path() / "journal").string()));
  auto& nanny = cluster.begin_worker({"--name", "late"}, said, {{"TEST_REFUSES", "1"}});
  CHECK(to_string(nanny.wait()) == "exit status 1");
  CHECK(says(said, "this nanny cannot take the plugin"));
  CHECK(says(said, "no variables here"));
  CHECK_FALSE(says(said, "works for"));
  CHECK_THAT(cluster.wait_for_word("may not join"), Contains("no variables here"));
}

TEST_CASE("a plugin that lets no worker start is named by the nanny, which tries again and gives up") {
  lines said;
  process_cluster cluster;
  auto client = cluster.connect();
  block_on(client.register_plugin<closed_door>());
  auto environment = quick();
  environment["TROUPE_NANNY__ATTEMPTS"] = "2";
  auto& nanny = cluster.begin_worker({"--name", "outside"}, said, environment);
  CHECK(to_string(nanny.wait()) == "exit status 1");
  CHECK(says(said, "closed_door does not let it start: "));
  CHECK(says(said, "closed; after 2 attempts it is given up"));
}

TEST_CASE("a worker without a nanny is named when a nanny's plugin is registered, and the others have it") {
  folder here;
  auto journal = (here.path() / "journal").string();
  lines said;
  process_cluster cluster;
  cluster.add_worker("plain");
  auto client = cluster.connect();
  CHECK_THAT(problem_of(client.register_plugin<variable_now>("on", journal)),
             Contains("1 of 1 workers: plain: it has no nanny: it was started with --no-nanny"));
  cluster.begin_worker({"--name", "watched"}, said);
  cluster.wait_for_workers(2);
  CHECK_THAT(problem_of(client.register_plugin<variable_now>("on", journal)),
             Contains("1 of 2 workers: plain: it has no nanny"));
  CHECK(block_on(client.run<value>()) == texts{{"plain", "none"}, {"watched", "on"}});
  CHECK(block_on(client.unregister_plugin<variable_now>()) == names{"watched"});
}

TEST_CASE("a task that runs on a worker which begins anew for a plugin runs again, and is not blamed") {
  folder here;
  auto marker = (here.path() / "marker").string();
  lines said;
  process_cluster cluster({"--allowed-failures", "0"});
  cluster.begin_worker({"--name", "only"}, said);
  cluster.wait_for_workers(1);
  auto client = cluster.connect();
  auto running = client.submit<value_at_last>(marker);
  while (read_file(marker).empty()) std::this_thread::yield();
  block_on(client.register_plugin<variable_now>("on", (here.path() / "journal").string()));
  CHECK(running.get() == "on");
}

TEST_CASE("a nanny's plugin of a library is registered by its name") {
  lines said;
  process_cluster cluster;
  cluster.begin_troupe_worker({"--name", "shop", "--preload", TEST_TILL}, said);
  cluster.wait_for_workers(1);
  auto client = cluster.connect();
  CHECK(block_on(client.register_plugin<troupe::nanny_plugin>("sign", "open")) == names{"shop"});
  CHECK(client.submit<std::string>("read_sign").get() == "open");
  CHECK_THAT(problem_of(client.register_plugin<troupe::nanny_plugin>("gong")),
             Contains("shop: its nanny's program (") && Contains("command/troupe, process") &&
                 Contains("has no gong") && Contains("--preload"));
  CHECK(block_on(client.unregister_plugin<troupe::nanny_plugin>("sign")) == names{"shop"});
  client.restart().get();
  CHECK(client.submit<std::string>("read_sign").get() == "none");
}

TEST_CASE("a program is the nanny of the processes of its own cluster") {
  folder here;
  auto journal = (here.path() / "journal").string();
  {
    troupe::runtime in;
    troupe::local_cluster cluster(in, troupe::cluster_options{}.workers(2).threads_per_worker(1).processes());
    auto client = cluster.connect();
    CHECK(block_on(client.register_plugin<variable_now>("here", journal)) == names{"worker-0", "worker-1"});
    CHECK(block_on(client.run<value>()) == texts{{"worker-0", "here"}, {"worker-1", "here"}});
    client.restart().get();
    CHECK(block_on(client.run<value>()) == texts{{"worker-0", "here"}, {"worker-1", "here"}});
    CHECK(std::getenv("TEST_VARIABLE") == nullptr);
  }
  auto happened = kinds(journal);
  REQUIRE(happened.size() == 4);
  CHECK(happened.front() == "setup here");
  CHECK(happened.back() == "teardown here");
}
