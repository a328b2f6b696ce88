// A nanny of its own: `nanny_test_program SETTINGS… -- WORKER…`, where each worker is `name program argument…`, the
// words of one joined by commas. For the program `no_thread` the system refuses a thread.
#include <troupe/actors/cluster/config/values.hpp>
#include <troupe/actors/cluster/nanny/nanny.hpp>
#include <troupe/actors/worker/internal/local_nanny.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <system_error>
#include <vector>

int main(int argc, char** argv) {
  using namespace troupe::detail;
  nanny_settings settings;
  settings.backoff = settings.backoff_limit = std::chrono::milliseconds(1);
  settings.monitor_interval = std::chrono::milliseconds(1);
  settings.environment = {{"NANNY_TEST_DEFAULT", "from the nanny"}};
  std::vector<watched_worker> workers;
  for (int i = 1; i < argc; ++i) {
    std::string_view arg = argv[i];
    auto value = arg.substr(arg.find('=') + 1);
    if (arg.starts_with("--memory=")) {
      settings.memory_limit = parse_size(value);
    } else if (arg.starts_with("--attempts=")) {
      settings.attempts = parse_count(value);
    } else if (arg.starts_with("--close-timeout=")) {
      settings.close_timeout = parse_duration(value);
    } else if (arg.starts_with("--lifetime=")) {
      settings.lifetime = parse_duration(value);
    } else {
      auto words = parse_list(arg);
      std::vector<std::string> command(words.begin() + 1, words.end());
      workers.push_back({words[0], [command](std::uint64_t) {
                           if (command.front() == "no_thread")
                             throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
                           return command;
                         }});
    }
  }
  nanny_services nanny("nanny_test_program", {});
  int status = watch_workers(workers, settings, 1, nanny, [](std::string const& text) {
    fmt::print("{}\n", text);
    std::fflush(stdout);
  });
  return status;
}
