#include <troupe/actors/cluster/internal/stop_signals.hpp>
#include <troupe/actors/cluster/process/exit_cause.hpp>
#include <troupe/actors/worker/log.hpp>
#include <troupe/futures/errors.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>

namespace troupe::detail {
namespace {

int read_signal(int descriptor) {
  signalfd_siginfo came{};
  return ::read(descriptor, &came, sizeof came) == ssize_t(sizeof came) ? int(came.ssi_signo) : 0;
}

bool stops(int signal) { return signal == SIGINT || signal == SIGTERM; }

void wake(int descriptor) {
  std::uint64_t one = 1;
  // Fails only when it was told more often than a counter holds.
  static_cast<void>(!::write(descriptor, &one, sizeof one));
}

}  // namespace

int count_stop_signal() noexcept {
  static std::atomic<int> count = 0;
  return ++count;
}

void exit_now(int signal) noexcept {
  constexpr int by_signal = 128;
  std::_Exit(by_signal + signal);
}

stop_signals::stop_signals(int also) {
  sigset_t watched;
  sigemptyset(&watched);
  sigaddset(&watched, SIGINT);
  sigaddset(&watched, SIGTERM);
  if (also != 0) sigaddset(&watched, also);
  ::pthread_sigmask(SIG_BLOCK, &watched, &before_);
  signals_ = ::signalfd(-1, &watched, SFD_CLOEXEC);
  told_ = ::eventfd(0, EFD_CLOEXEC);
  over_ = ::eventfd(0, EFD_CLOEXEC);
  if (signals_ < 0 || told_ < 0 || over_ < 0)
    throw error(std::string("signals cannot be waited for: ") + std::strerror(errno));
}

stop_signals::~stop_signals() {
  if (next_.joinable()) {
    wake(over_);
    next_.join();
  }
  ::close(signals_);
  ::close(told_);
  ::close(over_);
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

int stop_signals::wait() {
  std::array<pollfd, 2> watched{{{signals_, POLLIN, 0}, {told_, POLLIN, 0}}};
  while (::poll(watched.data(), watched.size(), -1) < 0)
    if (errno != EINTR) throw error(std::string("poll: ") + std::strerror(errno));
  if ((watched[0].revents & POLLIN) == 0) return 0;
  int came = read_signal(signals_);
  if (stops(came)) count_stop_signal();
  return came;
}

bool stop_signals::comes_within(duration time) {
  std::array<pollfd, 2> watched{{{signals_, POLLIN, 0}, {told_, POLLIN, 0}}};
  auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(time).count();
  return ::poll(watched.data(), watched.size(), int(milliseconds)) > 0;
}

void stop_signals::tell() noexcept { wake(told_); }

void stop_signals::exit_at_next_signal() {
  auto watch = [this] {
    std::array<pollfd, 2> watched{{{signals_, POLLIN, 0}, {over_, POLLIN, 0}}};
    for (;;) {
      if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return;
      if (watched[1].revents != 0) return;
      if (watched[0].revents == 0) continue;
      int came = read_signal(signals_);
      if (!stops(came) || count_stop_signal() < 2) continue;
      log("{} once more: this process ends at once", signal_name(came));
      exit_now(came);
    }
  };
  try {
    next_ = std::thread(watch);
  } catch (std::system_error const& problem) {
    log("only SIGKILL ends this process before it has closed: {}", problem.what());
  }
}

}  // namespace troupe::detail
