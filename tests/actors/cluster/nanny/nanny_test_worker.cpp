// A worker for tests of the nanny: `nanny_test_worker COUNTER BEHAVIOUR…` behaves in its n-th life as the n-th word
// says, in later ones as the last. COUNTER is a file in which lives are counted.
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace {

int count_life(char const* file) {
  int life = 0;
  std::ifstream(file) >> life;
  std::ofstream(file) << life + 1;
  return life;
}

void say(std::string const& text) {
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

int close_in_order() {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGTERM);
  sigaddset(&wanted, SIGUSR1);
  sigprocmask(SIG_BLOCK, &wanted, nullptr);
  say("serving");
  int signal = 0;
  sigwait(&wanted, &signal);
  say(signal == SIGUSR1 ? "lifetime over" : "closing in order");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::string what = argv[std::min(argc - 1, 2 + count_life(argv[1]))];
  if (what == "serve") return close_in_order();
  if (what == "stubborn") {
    signal(SIGTERM, SIG_IGN);
    say("serving");
    for (;;) pause();
  }
  if (what == "grow") {
    signal(SIGTERM, SIG_IGN);
    // More each time, so that a nanny that only now begins to look sees it too.
    std::vector<std::vector<char>> all;
    for (int i = 0; i < 16; ++i) all.emplace_back(16 << 20, 'x');
    say("grown");
    for (;;) pause();
  }
  if (what == "crash") {
    rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(SIGSEGV, SIG_DFL);
    return raise(SIGSEGV);
  }
  if (what == "environment") return say(getenv("NANNY_TEST_DEFAULT") ? getenv("NANNY_TEST_DEFAULT") : "(none)"), 0;
  return std::atoi(what.c_str());
}
