#pragma once

#include <string>

namespace troupe::detail {

/// How a process ended.
struct exit_cause {
  enum class kind {
    exited,         ///< of itself, with `code` as its status
    killed,         ///< by the signal `code`
    out_of_memory,  ///< by the kernel, which had no memory left for it
    unknown         ///< somebody else waited for it, and the status is gone
  };
  kind what = kind::unknown;
  int code = 0;
  bool core_dumped = false;

  friend bool operator==(exit_cause const&, exit_cause const&) = default;
};

/// `exit status 3`, `killed by SIGKILL`, `killed by SIGSEGV (core dumped)`, `killed by the kernel for want of memory`
[[nodiscard]] std::string to_string(exit_cause const& cause);

/// `SIGTERM`, `signal 42`
[[nodiscard]] std::string signal_name(int signal);

}  // namespace troupe::detail
