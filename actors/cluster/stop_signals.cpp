#include <troupe/actors/cluster/internal/stop_signals.hpp>
#include <troupe/futures/errors.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

namespace troupe::detail {

stop_signals::stop_signals() {
  sigset_t watched;
  sigemptyset(&watched);
  sigaddset(&watched, SIGINT);
  sigaddset(&watched, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &watched, &before_);
  signals_ = ::signalfd(-1, &watched, SFD_CLOEXEC);
  told_ = ::eventfd(0, EFD_CLOEXEC);
  if (signals_ < 0 || told_ < 0) throw error(std::string("signals cannot be waited for: ") + std::strerror(errno));
}

stop_signals::~stop_signals() {
  ::close(signals_);
  ::close(told_);
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

int stop_signals::wait() {
  std::array<pollfd, 2> watched{{{signals_, POLLIN, 0}, {told_, POLLIN, 0}}};
  while (::poll(watched.data(), watched.size(), -1) < 0)
    if (errno != EINTR) throw error(std::string("poll: ") + std::strerror(errno));
  if ((watched[0].revents & POLLIN) == 0) return 0;
  signalfd_siginfo came{};
  return ::read(signals_, &came, sizeof came) == ssize_t(sizeof came) ? int(came.ssi_signo) : 0;
}

bool stop_signals::comes_within(duration time) {
  std::array<pollfd, 2> watched{{{signals_, POLLIN, 0}, {told_, POLLIN, 0}}};
  auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(time).count();
  return ::poll(watched.data(), watched.size(), int(milliseconds)) > 0;
}

void stop_signals::tell() noexcept {
  std::uint64_t one = 1;
  // Fails only when it was told more often than a counter holds.
  static_cast<void>(!::write(told_, &one, sizeof one));
}

}  // namespace troupe::detail
