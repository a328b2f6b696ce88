#include "support/program.hpp"

#include <troupe/actors/cluster/process/child_process.hpp>
#include <troupe/futures/errors.hpp>

#include <catch2/catch.hpp>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <thread>

namespace {

using namespace std::chrono_literals;
using troupe::detail::child_process;
using troupe::detail::exit_cause;
using troupe::test::lines;
using troupe::test::program;

std::string run(std::vector<std::string> const& arguments) {
  lines output;
  return to_string(child_process(program(arguments, &output)).wait());
}

}  // namespace

TEST_CASE("a child's end says how it came") {
  CHECK(run({"exit", "0"}) == "exit status 0");
  CHECK(run({"exit", "3"}) == "exit status 3");
  CHECK(run({"crash"}) == "killed by SIGSEGV");
}

TEST_CASE("a cause of exit is text that a person can read") {
  using kind = exit_cause::kind;
  CHECK(to_string(exit_cause{kind::killed, SIGKILL}) == "killed by SIGKILL");
  CHECK(to_string(exit_cause{kind::killed, SIGABRT, true}) == "killed by SIGABRT (core dumped)");
  CHECK(to_string(exit_cause{kind::out_of_memory, SIGKILL}) == "killed by the kernel for want of memory");
  CHECK(to_string(exit_cause{}) == "ended, nobody knows how");
  CHECK(troupe::detail::signal_name(SIGTERM) == "SIGTERM");
  CHECK(troupe::detail::signal_name(1000) == "signal 1000");
}

TEST_CASE("a program that does not exist is an error that names it") {
  CHECK_THROWS_WITH(child_process({.command = {"/no/such/program"}}),
                    "cannot start '/no/such/program': No such file or directory");
  CHECK_THROWS_AS(child_process({}), troupe::error);
}

TEST_CASE("a child that closes at SIGTERM is not killed") {
  lines output;
  child_process child(program({"on_term"}, &output));
  output.wait_for(1);
  CHECK_FALSE(child.ended());
  CHECK(to_string(child.stop(1h)) == "exit status 5");
  CHECK(child.ended() == exit_cause{exit_cause::kind::exited, 5});
}

TEST_CASE("a child that ignores SIGTERM is killed when patience ends") {
  lines output;
  child_process child(program({"ignore_term"}, &output));
  output.wait_for(1);
  CHECK(to_string(child.stop(1ms)) == "killed by SIGKILL");
}

TEST_CASE("waiting for a child with a timeout leaves it running") {
  lines output;
  child_process child(program({"sleep"}, &output));
  CHECK_FALSE(child.wait_for(1ms));
  CHECK(::kill(child.pid(), 0) == 0);
}

TEST_CASE("the destructor kills a child and waits for it") {
  lines output;
  std::optional<exit_cause> told;
  auto options = program({"ignore_term"}, &output);
  options.on_end = [&](exit_cause const& cause) { told = cause; };
  auto child = std::make_unique<child_process>(std::move(options));
  auto pid = child->pid();
  child.reset();
  CHECK(told == exit_cause{exit_cause::kind::killed, SIGKILL});
  CHECK(::kill(pid, 0) == -1);
}

TEST_CASE("on_end is told once and sees the end") {
  int calls = 0;
  {
    child_process* self = nullptr;
    std::mutex mutex;
    std::unique_lock lock(mutex);
    auto options = program({"exit", "7"});
    options.on_end = [&](exit_cause const& cause) {
      std::scoped_lock until_known(mutex);
      ++calls;
      CHECK(cause.code == 7);
      CHECK(self->ended() == cause);
    };
    child_process child(std::move(options));
    self = &child;
    lock.unlock();
    child.wait();
  }
  CHECK(calls == 1);
}

TEST_CASE("signals to a child that ended go nowhere") {
  child_process child(program({"exit", "0"}));
  child.wait();
  child.send_signal(SIGKILL);
  CHECK(to_string(child.stop(0s)) == "exit status 0");
}

TEST_CASE("a child lives on when the thread that made it ends") {
  lines output;
  std::unique_ptr<child_process> child;
  std::thread([&] { child = std::make_unique<child_process>(program({"on_term"}, &output)); }).join();
  output.wait_for(1);
  CHECK(to_string(child->stop(1h)) == "exit status 5");
}

TEST_CASE("a child dies with a parent that is killed") {
  REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);  // the orphan becomes a child of this process
  lines output;
  child_process parent(program({"parent"}, &output));
  auto orphan = std::stoi(output.wait_for(2).front());
  parent.send_signal(SIGKILL);
  parent.wait();
  int status = 0;
  CHECK(::waitpid(orphan, &status, 0) == orphan);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGKILL);
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_CASE("many children come and go at once") {
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&right, t] {
      for (int i = 0; i < 8; ++i) {
        child_process child(program({"exit", std::to_string(8 * t + i)}));
        if (child.wait() == exit_cause{exit_cause::kind::exited, 8 * t + i}) ++right;
      }
    });
  for (auto& t : threads) t.join();
  CHECK(right == 32);
}

TEST_CASE("a status that somebody else took is said to be unknown") {
  auto before = ::signal(SIGCHLD, SIG_IGN);
  child_process child(program({"exit", "4"}));
  CHECK(to_string(child.wait()) == "ended, nobody knows how");
  ::signal(SIGCHLD, before);
}

TEST_CASE("this_program is the path of the test") {
  auto path = troupe::detail::this_program();
  CHECK(path.starts_with('/'));
  CHECK(path.ends_with("/test_process"));
}
