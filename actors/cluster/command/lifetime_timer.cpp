#include <troupe/actors/cluster/command/internal/lifetime_timer.hpp>
#include <troupe/actors/cluster/internal/stop_signals.hpp>
#include <troupe/futures/errors.hpp>

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace troupe::detail {

lifetime_timer::lifetime_timer(duration lifetime, duration patience)
    : over_(lifetime, lifetime_over), close_(lifetime + std::min(patience, duration::max() - lifetime), SIGTERM) {}

lifetime_timer::timer::timer(duration wanted, int signal) {
  sigevent notify{};
  notify.sigev_notify = SIGEV_SIGNAL;
  notify.sigev_signo = signal;
  if (::timer_create(CLOCK_MONOTONIC, &notify, &timer_) != 0)
    throw error(fmt::format("cannot limit the lifetime: {}", std::strerror(errno)));
  // Zero would mean never.
  auto after = std::max<duration>(wanted, std::chrono::nanoseconds(1));
  auto seconds = std::chrono::floor<std::chrono::seconds>(after);
  itimerspec when{};
  when.it_value.tv_sec = static_cast<std::time_t>(seconds.count());
  when.it_value.tv_nsec = static_cast<long>(std::chrono::nanoseconds(after - seconds).count());
  ::timer_settime(timer_, 0, &when, nullptr);
}

lifetime_timer::timer::~timer() { ::timer_delete(timer_); }

}  // namespace troupe::detail
