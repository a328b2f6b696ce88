#include "support/program.hpp"

#include <troupe/actors/cluster/process/child_process.hpp>

#include <catch2/catch.hpp>

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace {

using namespace std::chrono_literals;
using troupe::detail::child_process;
using troupe::test::lines;
using troupe::test::program;

std::vector<std::string> output_of(troupe::detail::child_options options) {
  lines output;
  options.on_output = output.collector();
  // Both the wait and the destructor: the last line is told after the end.
  {
    child_process(std::move(options)).wait();
  }
  return output.all();
}

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("both streams of a child come line by line") {
  CHECK(output_of(program({"print", "out\n", "err\n", "half a ", "line\n"})) == texts{"out", "err", "half a line"});
  CHECK(output_of(program({"print", "\n", "\n"})) == texts{"", ""});
}

TEST_CASE("a last line without newline is told too") {
  CHECK(output_of(program({"print", "one\ntwo"})) == texts{"one", "two"});
}

TEST_CASE("nothing of much output is lost") {
  auto all = output_of(program({"flood", "50000"}));
  REQUIRE(all.size() == 50000);
  CHECK(all.front() == "line 0");
  CHECK(all.back() == "line 49999");
}

TEST_CASE("the end of a child is seen though what it started holds its streams") {
  lines output;
  child_process child(program({"leave_heir"}, &output));
  CHECK(to_string(child.wait()) == "exit status 0");
  ::kill(std::stoi(output.wait_for(1).front()), SIGKILL);
}

TEST_CASE("a child gets the environment and what is added to it") {
  ::setenv("TROUPE_TEST_INHERITED", "from here", 1);
  CHECK(output_of(program({"environment", "TROUPE_TEST_INHERITED"})) == texts{"from here"});
  auto options = program({"environment", "TROUPE_TEST_INHERITED"});
  options.environment["TROUPE_TEST_INHERITED"] = "replaced";
  CHECK(output_of(options) == texts{"replaced"});
  ::unsetenv("TROUPE_TEST_INHERITED");
}

TEST_CASE("a child gets no open file but the standard ones") {
  int leaked = ::dup(0);
  REQUIRE(leaked > 2);
  CHECK(output_of(program({"open_files"})) == texts{"0 1 2 "});
  ::close(leaked);
}

TEST_CASE("a child starts with no signal blocked or ignored") {
  auto before = ::signal(SIGPIPE, SIG_IGN);
  sigset_t some, old;
  sigemptyset(&some);
  sigaddset(&some, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &some, &old);
  CHECK(output_of(program({"odd_signals"})) == texts{""});
  ::pthread_sigmask(SIG_SETMASK, &old, nullptr);
  ::signal(SIGPIPE, before);
}

TEST_CASE("a child has a process group of its own unless that is not wanted") {
  CHECK(output_of(program({"group"})) == texts{"own"});
  auto options = program({"group"});
  options.own_group = false;
  CHECK(output_of(options) == texts{"shared"});
}
