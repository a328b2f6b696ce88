#include <troupe/troupe.hpp>

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

/// Tells a file of the servers that are started with this library.
namespace {

void note(std::string const& line) {
  auto const* file = std::getenv("TEST_HOOKS");
  if (!file) throw std::runtime_error("TEST_HOOKS names no file");
  std::ofstream(file, std::ios::app) << line << '\n';
}

}  // namespace

extern "C" {

void troupe_setup(troupe::worker_context& worker) { note("setup of " + worker.name()); }
void troupe_teardown(troupe::worker_context& worker) { note("teardown of " + worker.name()); }
void troupe_setup_scheduler() { note("setup of the scheduler"); }
void troupe_teardown_scheduler() {
  note("teardown of the scheduler");
  while (std::getenv("TEST_HANGS")) ::pause();
}

}  // extern "C"
