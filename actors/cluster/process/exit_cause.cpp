#include <troupe/actors/cluster/process/exit_cause.hpp>

#include <fmt/format.h>

#include <cstring>

namespace troupe::detail {

std::string signal_name(int signal) {
  if (char const* name = ::sigabbrev_np(signal)) return fmt::format("SIG{}", name);
  return fmt::format("signal {}", signal);
}

std::string to_string(exit_cause const& cause) {
  switch (cause.what) {
    case exit_cause::kind::exited:
      return fmt::format("exit status {}", cause.code);
    case exit_cause::kind::killed:
      return fmt::format("killed by {}{}", signal_name(cause.code), cause.core_dumped ? " (core dumped)" : "");
    case exit_cause::kind::out_of_memory:
      return "killed by the kernel for want of memory";
    case exit_cause::kind::unknown:
      break;
  }
  return "ended, nobody knows how";
}

}  // namespace troupe::detail
