// What the tests of the process seam start: it does what its first argument says.
#include <troupe/actors/cluster/process/child_process.hpp>

#include <fmt/format.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

void say(std::string const& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

int wait_for_signal(int signal) {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, signal);
  sigprocmask(SIG_BLOCK, &wanted, nullptr);
  say("ready");
  int got = 0;
  sigwait(&wanted, &got);
  return got;
}

int sleep_forever() {
  say("ready");
  for (;;) pause();
}

void without_core(int limit = 0) {
  rlimit none{static_cast<rlim_t>(limit), static_cast<rlim_t>(limit)};
  setrlimit(RLIMIT_CORE, &none);
}

std::string open_files() {
  std::string result;
  for (int fd = 0; fd < 256; ++fd)
    if (fcntl(fd, F_GETFD) >= 0) result += fmt::format("{} ", fd);
  return result;
}

std::string odd_signals() {
  std::string result;
  sigset_t blocked;
  sigprocmask(SIG_BLOCK, nullptr, &blocked);
  for (int signal = 1; signal < SIGRTMIN; ++signal) {
    struct sigaction now = {};
    sigaction(signal, nullptr, &now);
    if (sigismember(&blocked, signal)) result += fmt::format("{} blocked ", signal);
    if (now.sa_handler == SIG_IGN) result += fmt::format("{} ignored ", signal);
  }
  return result;
}

// Leaves a process behind that holds the standard streams.
int leave_heir() {
  auto heir = fork();
  if (heir == 0) {
    setsid();
    for (;;) pause();
  }
  say(std::to_string(heir));
  return 0;
}

int start_child(char const* program) {
  troupe::detail::child_process child({.command = {program, "sleep"}, .on_output = [](std::string_view) {}});
  say(std::to_string(child.pid()));
  return sleep_forever();
}

int hold(std::size_t bytes) {
  std::vector<char> memory(bytes, 'x');
  say("ready");
  for (;;) pause();
  return memory[0];
}

}  // namespace

int main(int argc, char** argv) {
  std::string what = argc > 1 ? argv[1] : "";
  std::string value = argc > 2 ? argv[2] : "";
  if (what == "exit") return std::atoi(value.c_str());
  if (what == "crash") {
    without_core();
    signal(SIGSEGV, SIG_DFL);  // not a sanitizer's
    return raise(SIGSEGV);
  }
  if (what == "on_term") return wait_for_signal(SIGTERM) == SIGTERM ? 5 : 6;
  if (what == "ignore_term") {
    signal(SIGTERM, SIG_IGN);
    return sleep_forever();
  }
  if (what == "sleep") return sleep_forever();
  if (what == "print") {
    for (int i = 2; i < argc; ++i) fputs(argv[i], i % 2 ? stderr : stdout), fflush(stdout);
    return 0;
  }
  if (what == "flood") {
    for (int i = 0; i < std::atoi(value.c_str()); ++i) fmt::print("line {}\n", i);
    return 0;
  }
  if (what == "environment") return say(getenv(value.c_str()) ? getenv(value.c_str()) : "(none)"), 0;
  if (what == "open_files") return say(open_files()), 0;
  if (what == "odd_signals") return say(odd_signals()), 0;
  if (what == "group") return say(getpgrp() == getpid() ? "own" : "shared"), 0;
  if (what == "leave_heir") return leave_heir();
  if (what == "parent") return start_child(argv[0]);
  if (what == "hold") return hold(std::strtoull(value.c_str(), nullptr, 10));
  fmt::print(stderr, "nothing is known about '{}'\n", what);
  return 99;
}
