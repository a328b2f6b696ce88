#include "../process/support/beside.hpp"
#include "../process/support/lines.hpp"

#include <troupe/actors/cluster/process/child_process.hpp>

#include <catch2/catch.hpp>

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using troupe::detail::child_process;
using troupe::test::beside;
using troupe::test::lines;
using texts = std::vector<std::string>;

/// A nanny in a process of its own, and what it and its workers say.
class nanny {
 public:
  /// Of each worker the behaviours of its lives, see nanny_test_worker, with commas between.
  explicit nanny(texts const& workers, texts settings = {}) {
    std::string pattern = (fs::temp_directory_path() / "troupe-nanny-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    troupe::detail::child_options options;
    options.command = std::move(settings);
    options.command.insert(options.command.begin(), beside("nanny_test_program"));
    for (std::size_t i = 0; i < workers.size(); ++i) {
      auto name = "w" + std::to_string(i);
      options.command.push_back(name + "," + beside("nanny_test_worker") + "," + (folder_ / name).string() + "," +
                                workers[i]);
    }
    options.on_output = said_.collector();
    process_ = std::make_unique<child_process>(std::move(options));
  }
  ~nanny() {
    process_.reset();
    fs::remove_all(folder_);
  }
  nanny(nanny const&) = delete;
  nanny& operator=(nanny const&) = delete;

  texts wait_for(std::size_t count) { return said_.wait_for(count); }
  void send(int signal) { process_->send_signal(signal); }
  /// How it ended, and all that was said.
  std::pair<std::string, texts> end() {
    auto cause = to_string(process_->wait());
    process_.reset();
    return {cause, said_.all()};
  }

 private:
  fs::path folder_;
  lines said_;
  std::unique_ptr<child_process> process_;
};

bool says(texts const& all, std::string const& text) { return std::find(all.begin(), all.end(), text) != all.end(); }

}  // namespace

TEST_CASE("a nanny ends with its worker that closed, and with its status") {
  CHECK(nanny({"0"}).end() == std::pair<std::string, texts>("exit status 0", {"w0: worker ended: exit status 0"}));
  CHECK(nanny({"3"}).end() == std::pair<std::string, texts>("exit status 3", {"w0: worker ended: exit status 3"}));
}

TEST_CASE("a worker that crashes is started again") {
  auto [cause, said] = nanny({"crash,7,0"}).end();
  CHECK(cause == "exit status 0");
  REQUIRE(said.size() == 3);
  CHECK(said[0] == "w0: worker ended: killed by SIGSEGV; it is started again");
  CHECK(said[1].starts_with("w0: worker ended: exit status 7; it is started again in "));
  CHECK(said[2] == "w0: worker ended: exit status 0");
}

TEST_CASE("a worker that fails again and again is given up") {
  auto [cause, said] = nanny({"1"}, {"--attempts=3"}).end();
  CHECK(cause == "exit status 1");
  CHECK(said.back() == "w0: worker ended: exit status 1; after 3 attempts it is given up");
}

TEST_CASE("SIGTERM and SIGINT close the worker in order and are waited for") {
  for (int signal : {SIGTERM, SIGINT}) {
    nanny n({"serve"});
    CHECK(n.wait_for(1).front() == "serving");
    n.send(signal);
    auto [cause, said] = n.end();
    CHECK(cause == "exit status 0");
    CHECK(says(said, "closing in order"));
  }
}

TEST_CASE("a second signal kills a worker that takes its time") {
  nanny n({"stubborn"});
  n.wait_for(1);
  n.send(SIGTERM);
  n.wait_for(2);
  n.send(SIGTERM);
  auto [cause, said] = n.end();
  CHECK(cause == "exit status 1");
  CHECK(said.back() == "w0: worker ended: killed by SIGKILL");
}

TEST_CASE("a worker that does not close in time is killed by its nanny") {
  nanny n({"stubborn"}, {"--close-timeout=1ms"});
  n.wait_for(1);
  n.send(SIGTERM);
  auto [cause, said] = n.end();
  CHECK(cause == "exit status 1");
  CHECK(says(said, "w0: worker did not close in time: it is killed"));
}

TEST_CASE("a worker that uses too much memory is killed and started again") {
  auto [cause, said] = nanny({"grow,0"}, {"--memory=128MB"}).end();
  CHECK(cause == "exit status 0");
  CHECK(std::any_of(said.begin(), said.end(), [](std::string const& line) {
    return line.starts_with("w0: worker uses ") && line.ends_with(" of memory and may use 128.0 MB: it is killed");
  }));
  CHECK(says(said, "w0: worker ended: killed by SIGKILL; it is started again"));
}

TEST_CASE("a worker closes when its lifetime is over") {
  auto [cause, said] = nanny({"serve"}, {"--lifetime=50ms"}).end();
  CHECK(cause == "exit status 0");
}

TEST_CASE("several workers are watched apart from each other") {
  nanny n({"0", "crash,serve", "serve"});
  while (true) {
    auto said = n.wait_for(1);
    if (std::count(said.begin(), said.end(), "serving") == 2) break;
    n.wait_for(said.size() + 1);
  }
  n.send(SIGTERM);
  auto [cause, said] = n.end();
  CHECK(cause == "exit status 0");
  CHECK(std::count(said.begin(), said.end(), "closing in order") == 2);
}

TEST_CASE("workers get the nanny's environment unless it is set already") {
  CHECK(says(nanny({"environment"}).end().second, "from the nanny"));
  ::setenv("NANNY_TEST_DEFAULT", "from outside", 1);
  CHECK(says(nanny({"environment"}).end().second, "from outside"));
  ::unsetenv("NANNY_TEST_DEFAULT");
}

TEST_CASE("a nanny whose program cannot be started says so") {
  lines said;
  child_process n({.command = {beside("nanny_test_program"), "--attempts=1", "w0,/no/such/program"},
                   .on_output = said.collector()});
  CHECK(to_string(n.wait()) == "exit status 1");
  CHECK(
      said.wait_for(1).back() ==
      "w0: worker ended: cannot start '/no/such/program': No such file or directory; after 1 attempts it is given up");
}

TEST_CASE("a nanny that gets no thread for its worker counts that as a start that failed") {
  lines said;
  child_process n(
      {.command = {beside("nanny_test_program"), "--attempts=2", "w0,no_thread"}, .on_output = said.collector()});
  CHECK(to_string(n.wait()) == "exit status 1");
  CHECK(said.wait_for(2).back() ==
        "w0: worker ended: Resource temporarily unavailable; after 2 attempts it is given up");
}
