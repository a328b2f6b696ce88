#include "support/captured.hpp"

#include <troupe/actors/cluster/run.hpp>
#include <troupe/actors/worker/task_context.hpp>
#include <troupe/net/codec/codec.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <condition_variable>
#include <initializer_list>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using troupe::test::captured;

/// argc and argv of a command line.
class command_line {
 public:
  command_line(std::initializer_list<std::string> words) : words_(words) {
    for (auto& w : words_) pointers_.push_back(w.data());
    pointers_.push_back(nullptr);
  }
  [[nodiscard]] int argc() const { return static_cast<int>(words_.size()); }
  [[nodiscard]] char** argv() { return pointers_.data(); }

 private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;
};

using app_type = troupe::task<int> (*)(troupe::client);
using app_with_args = troupe::task<int> (*)(troupe::client, std::vector<std::string>);

template <class App>
int run(App app, command_line line, troupe::cluster_options options = {}) {
  return troupe::run(line.argc(), line.argv(), app, std::move(options));
}

// What an app saw; apps are plain functions.
troupe::cluster_info seen_info;
std::vector<std::string> seen_args;
std::thread::id seen_thread;
troupe::client seen_client;
troupe::future<int> left_running;

int inc(int x) { return x + 1; }
int wait_for_stop(troupe::task_context& context) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait(lock, context.stop_token(), [] { return false; });
  return 0;
}

troupe::task<int> look(troupe::client client) {
  auto info = client.cluster_info();
  seen_info = co_await info;
  seen_thread = std::this_thread::get_id();
  co_return 0;
}
troupe::task<int> look_at_args(troupe::client client, std::vector<std::string> args) {
  seen_args = std::move(args);
  auto info = client.cluster_info();
  seen_info = co_await info;
  co_return static_cast<int>(seen_args.size());
}
troupe::task<int> seven(troupe::client client) {
  auto f = client.submit<inc>(6);
  co_return co_await f;
}
troupe::task<int> block(troupe::client client) { co_return client.submit<inc>(1).get(); }
troupe::task<int> throw_error(troupe::client) {
  throw std::runtime_error("the app's own trouble");
  co_return 0;
}
troupe::task<int> throw_number(troupe::client) {
  throw 5;
  co_return 0;
}
troupe::task<int> throw_at_once(troupe::client) { throw std::runtime_error("before it began"); }
troupe::task<int> leave_things_behind(troupe::client client) {
  seen_client = client;
  left_running = client.submit<wait_for_stop>();
  left_running.on_done([](troupe::future<int> const&) { seen_args = {"called"}; });
  co_return 3;
}

}  // namespace

TEST_CASE("run gives the app's result") {
  CHECK(run(app_type(seven), {"program"}) == 7);
  CHECK(run(app_type(block), {"program"}) == 2);
}

TEST_CASE("run starts one worker with a thread per core, and runs the app on the calling thread") {
  CHECK(run(app_type(look), {"program"}) == 0);
  CHECK(seen_info.workers.size() == 1);
  CHECK(seen_info.total_threads() == std::max(1u, std::thread::hardware_concurrency()));
  CHECK(seen_thread == std::this_thread::get_id());
}

TEST_CASE("run obeys its flags, in both spellings, over the options given in the program") {
  auto options = troupe::cluster_options{}.workers(5).threads_per_worker(5);
  CHECK(run(app_type(look), {"program", "--workers", "2", "--threads=3"}, options) == 0);
  CHECK(seen_info.workers.size() == 2);
  CHECK(seen_info.total_threads() == 6);
  CHECK(run(app_type(look), {"program", "--threads", "1"}, options) == 0);
  CHECK(seen_info.workers.size() == 5);
  CHECK(seen_info.total_threads() == 5);
}

TEST_CASE("run gives what it does not know to the app, in order") {
  CHECK(run(app_with_args(look_at_args), {"program", "a", "--workers=2", "-v", "b"}) == 3);
  CHECK(seen_args == std::vector<std::string>{"a", "-v", "b"});
  CHECK(seen_info.workers.size() == 2);
  CHECK(run(app_with_args(look_at_args), {"program"}) == 0);
  CHECK(run(app_with_args(look_at_args), {"program", "--workers-of-mine", "--threadsafe=1"}) == 2);
}

TEST_CASE("what follows -- belongs to the app, whatever it looks like") {
  CHECK(run(app_with_args(look_at_args), {"program", "a", "--", "--workers", "7", "--", "--help"}) == 5);
  CHECK(seen_args == std::vector<std::string>{"a", "--workers", "7", "--", "--help"});
  CHECK(seen_info.workers.size() == 1);
}

TEST_CASE("an app without arguments refuses leftovers by name") {
  int status = 0;
  seen_info = {};
  auto text = captured(2, [&] { status = run(app_type(look), {"program", "--workers", "1", "extra"}); });
  CHECK(status == 2);
  CHECK_THAT(text, Catch::StartsWith("program: ") && Catch::Contains("'extra'"));
  CHECK(seen_info.workers.empty());
  text = captured(2, [&] { status = run(app_type(look), {"program", "--", "--workers"}); });
  CHECK(status == 2);
  CHECK_THAT(text, Catch::Contains("'--workers'"));
}

TEST_CASE("a flag with a bad value ends the program before it began") {
  std::vector<std::vector<std::string>> bad = {
      {"--workers"},        {"--workers", "0"}, {"--workers=0"},     {"--workers", "-1"},
      {"--workers", "two"}, {"--workers="},     {"--threads", "2x"}, {"--threads", "99999999999"},
      {"--threads", ""},    {"--scheduler"},    {"--worker"}};
  for (auto words : bad) {
    CAPTURE(words);
    words.insert(words.begin(), "program");
    std::vector<char*> argv;
    for (auto& w : words) argv.push_back(w.data());
    int status = 0;
    seen_args = {"not called"};
    auto text = captured(
        2, [&] { status = troupe::run(static_cast<int>(argv.size()), argv.data(), app_with_args(look_at_args)); });
    CHECK(status == 2);
    CHECK_THAT(text, Catch::StartsWith("program: --") && Catch::EndsWith("\n"));
    CHECK(seen_args == std::vector<std::string>{"not called"});
  }
}

TEST_CASE("the help names the flags, and the app is not run") {
  int status = 1;
  seen_args = {"not called"};
  auto text = captured(1, [&] { status = run(app_with_args(look_at_args), {"./program", "--help"}); });
  CHECK(status == 0);
  CHECK_THAT(text, Catch::Contains("usage: ./program") && Catch::Contains("--workers") &&
                       Catch::Contains("--threads") && Catch::Contains("arguments"));
  CHECK(seen_args == std::vector<std::string>{"not called"});
  text = captured(1, [&] { status = run(app_type(look), {"program", "--help"}); });
  CHECK_THAT(text, !Catch::Contains("arguments"));
}

TEST_CASE("an app that throws makes run give 1 and say why") {
  int status = 0;
  auto text = captured(2, [&] { status = run(app_type(throw_error), {"program"}); });
  CHECK(status == 1);
  CHECK(text == "program: the app's own trouble\n");
  text = captured(2, [&] { status = run(app_type(throw_number), {"program"}); });
  CHECK(status == 1);
  CHECK(text == "program: unknown exception\n");
  text = captured(2, [&] { status = run(app_type(throw_at_once), {"program"}); });
  CHECK(status == 1);
  CHECK(text == "program: before it began\n");
}

TEST_CASE("a cluster of zero workers is an error of the program's options") {
  int status = 0;
  auto text = captured(2, [&] { status = run(app_type(look), {"program"}, troupe::cluster_options{}.workers(0)); });
  CHECK(status == 1);
  CHECK_THAT(text, Catch::Contains("at least one worker"));
}

TEST_CASE("run closes everything before it returns, and what the app left behind says so") {
  seen_args.clear();
  CHECK(run(app_type(leave_things_behind), {"program"}) == 3);
  CHECK(seen_client.closed());
  CHECK_THROWS_AS(left_running.get(), troupe::client_closed);
  CHECK_THROWS_AS(seen_client.submit<inc>(1).get(), troupe::client_closed);
  CHECK(seen_args == std::vector<std::string>{"called"});
  seen_client = {};
  left_running = {};
}

TEST_CASE("a command line without any word is one without flags") {
  char* none[] = {nullptr};
  CHECK(troupe::run(0, none, app_type(seven)) == 7);
}

TEST_CASE("connect makes a cluster that lives as long as its runtime, and obeys the flags it knows") {
  troupe::client client;
  {
    troupe::runtime in;
    command_line line{"program", "--workers", "2", "file", "--threads=1", "--other"};
    troupe::init(line.argc(), line.argv());
    client = troupe::connect(in, line.argc(), line.argv());
    auto info = client.cluster_info().get();
    CHECK(info.workers.size() == 2);
    CHECK(info.total_threads() == 2);
    CHECK(client.submit<inc>(1).get() == 2);
    auto another = troupe::connect(in, line.argc(), line.argv(), troupe::cluster_options{}.worker_name("w"));
    CHECK(another.cluster_info().get().workers[0].name == "w-0");
  }
  CHECK(client.closed());
  CHECK_THROWS_AS(client.submit<inc>(1).get(), troupe::client_closed);
}

TEST_CASE("connect throws for a flag with a bad value") {
  troupe::runtime in;
  command_line line{"program", "--workers", "none"};
  CHECK_THROWS_WITH(static_cast<void>(troupe::connect(in, line.argc(), line.argv())), Catch::Contains("--workers"));
  CHECK(in.live_actors() == 0);
}
