#include <troupe/actors/cluster/internal/stop_signals.hpp>
#include <troupe/actors/cluster/nanny/nanny.hpp>
#include <troupe/actors/cluster/nanny/nanny_core.hpp>
#include <troupe/actors/cluster/process/child_process.hpp>
#include <troupe/actors/cluster/process/internal/spawn.hpp>
#include <troupe/actors/cluster/process/memory.hpp>
#include <troupe/actors/worker/internal/local_nanny.hpp>
#include <troupe/actors/worker/internal/run_on_pool.hpp>
#include <troupe/actors/worker/log.hpp>
#include <troupe/futures/errors.hpp>

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <variant>

namespace troupe::detail {
namespace {

[[noreturn]] void refuse(std::string_view what) { throw error(fmt::format("{}: {}", what, std::strerror(errno))); }

/// Turns SIGINT and SIGTERM into something to poll, in this thread and those it starts.
class caught_signals {
 public:
  caught_signals() {
    sigset_t caught;
    ::sigemptyset(&caught);
    ::sigaddset(&caught, SIGINT);
    ::sigaddset(&caught, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &caught, &before_);
    fd_ = owned_fd(::signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK));
    if (fd_) return;
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    refuse("signalfd");
  }
  ~caught_signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  caught_signals(caught_signals const&) = delete;
  caught_signals& operator=(caught_signals const&) = delete;

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  /// The signal, or 0.
  [[nodiscard]] int next() const noexcept {
    signalfd_siginfo info{};
    return ::read(fd_.get(), &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
  }

 private:
  sigset_t before_{};
  owned_fd fd_;
};

/// What becomes of workers, told by other threads.
class workers_told {
 public:
  struct refused_start {
    std::string reason;
  };
  struct one {
    std::size_t worker;
    std::variant<exit_cause, worker_start, refused_start> what;
  };

  workers_told() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!fd_) refuse("eventfd");
  }
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  void tell(one told) {
    std::scoped_lock lock(mutex_);
    told_.push_back(std::move(told));
    std::uint64_t more = 1;
    // Fails only when the counter is full, and then there is enough to wake up for.
    [[maybe_unused]] auto written = ::write(fd_.get(), &more, sizeof more);
  }
  [[nodiscard]] std::vector<one> take() {
    std::scoped_lock lock(mutex_);
    std::uint64_t count = 0;
    [[maybe_unused]] auto taken = ::read(fd_.get(), &count, sizeof count);
    return std::exchange(told_, {});
  }

 private:
  owned_fd fd_;
  std::mutex mutex_;
  std::vector<one> told_;
};

std::map<std::string, std::string> not_set_yet(std::map<std::string, std::string> environment) {
  std::erase_if(environment, [](auto const& entry) { return std::getenv(entry.first.c_str()) != nullptr; });
  return environment;
}

class driver {
 public:
  driver(std::vector<watched_worker> const& workers, nanny_settings const& settings, std::uint64_t seed,
         nanny_services& nanny, std::function<void(std::string const&)> log)
      : settings_(settings), environment_(not_set_yet(settings.environment)), nanny_(nanny), log_(std::move(log)) {
    if (!log_) log_ = [](std::string const& text) { troupe::log("{}", text); };
    workers_.reserve(workers.size());
    for (auto const& w : workers) workers_.emplace_back(w, settings, seed++);
  }

  int run() {
    for (auto& w : workers_) feed(w, nanny_begin{});
    while (!all_done()) {
      wait();
      for (auto& [index, what] : told_->take())
        std::visit([&, &w = workers_[index]](auto& told) { take(w, told); }, what);
      while (int signal = signals_.next()) {
        log_(fmt::format("{}: closing", signal_name(signal)));
        for (auto& w : workers_) feed(w, stop_asked{});
        if (count_stop_signal() > 1 && waits_for_plugins()) {
          log_(fmt::format("{} once more: plugins do not come to an end, this process does", signal_name(signal)));
          exit_now(signal);  // and with it its workers
        }
      }
      measure();
      for (auto& w : workers_) feed(w, time_passed{});
    }
    auto failed = std::find_if(workers_.begin(), workers_.end(), [](auto const& w) { return w.status != 0; });
    return failed == workers_.end() ? 0 : failed->status;
  }

 private:
  struct watched {
    watched(watched_worker w, nanny_settings const& settings, std::uint64_t seed)
        : is(std::move(w)), core(settings, seed) {}
    watched_worker is;
    nanny_core core;
    std::unique_ptr<child_process> process;
    int status = 0;
  };

  [[nodiscard]] bool all_done() const {
    return std::all_of(workers_.begin(), workers_.end(), [](auto const& w) { return w.core.done(); });
  }

  /// Whether the start of a worker has not come back from the plugins.
  [[nodiscard]] bool waits_for_plugins() const {
    return std::any_of(workers_.begin(), workers_.end(), [](auto const& w) { return !w.core.done() && !w.process; });
  }

  void wait() {
    auto until = time_point::max();
    for (auto const& w : workers_) {
      until = std::min(until, w.core.deadline());
      if (w.core.measures()) until = std::min(until, time_after(measured_, settings_.monitor_interval));
    }
    std::array<pollfd, 2> polled{{{told_->fd(), POLLIN, 0}, {signals_.fd(), POLLIN, 0}}};
    timespec timeout{};
    if (until != time_point::max()) {
      auto left = std::max(duration::zero(), until - clock::now());
      auto seconds = std::chrono::floor<std::chrono::seconds>(left);
      timeout.tv_sec = static_cast<time_t>(seconds.count());
      timeout.tv_nsec = static_cast<long>(std::chrono::nanoseconds(left - seconds).count());
    }
    auto* limit = until == time_point::max() ? nullptr : &timeout;
    if (::ppoll(polled.data(), polled.size(), limit, nullptr) < 0 && errno != EINTR) refuse("ppoll");
  }

  void measure() {
    auto now = clock::now();
    if (now < time_after(measured_, settings_.monitor_interval)) return;
    measured_ = now;
    for (auto& w : workers_)
      if (w.process && w.core.measures())
        if (auto resident = resident_memory(w.process->pid())) feed(w, memory_measured{*resident});
  }

  void feed(watched& w, nanny_event const& event) {
    std::deque<nanny_event> events{event};
    while (!events.empty()) {
      auto actions = w.core.handle(clock::now(), events.front());
      events.pop_front();
      for (auto const& action : actions) {
        if (std::holds_alternative<start_worker>(action))
          prepare(w);
        else if (auto const* kill = std::get_if<signal_worker>(&action); kill && w.process)
          w.process->send_signal(kill->signal);
        else if (auto const* said = std::get_if<note>(&action))
          log_(fmt::format("{}: {}", w.is.name, said->text));
        else if (auto const* done = std::get_if<nanny_done>(&action))
          w.status = done->status;
      }
    }
  }

  [[nodiscard]] std::size_t index_of(watched const& w) const { return static_cast<std::size_t>(&w - workers_.data()); }

  void prepare(watched const& w) {
    auto preparing = run_on_pool(nanny_.pool(), [told = told_, &nanny = nanny_, index = index_of(w), name = w.is.name] {
      try {
        told->tell({index, nanny.plugins().begin_start(name)});
      } catch (std::exception const& problem) {
        told->tell({index, workers_told::refused_start{problem.what()}});
      }
    });
    static_cast<void>(preparing);  // the core is not done before it is told of the outcome
  }

  void take(watched& w, worker_start& start) {
    try {
      child_options options;
      options.command = w.is.command(start.number);
      options.environment = std::move(start.environment);
      options.environment.insert(environment_.begin(), environment_.end());
      options.on_end = [this, index = index_of(w)](exit_cause const& cause) { told_->tell({index, cause}); };
      w.process = std::make_unique<child_process>(std::move(options));
    } catch (std::exception const& e) {  // also where the system has no thread left for it
      return feed(w, worker_not_started{e.what()});
    }
    feed(w, worker_started{});
  }
  void take(watched& w, workers_told::refused_start const& told) { feed(w, worker_not_started{told.reason}); }
  void take(watched& w, exit_cause const& cause) {
    w.process.reset();
    feed(w, worker_ended{cause});
  }

  nanny_settings const& settings_;
  std::map<std::string, std::string> const environment_;
  nanny_services& nanny_;
  std::function<void(std::string const&)> log_;
  caught_signals signals_;
  std::shared_ptr<workers_told> const told_ = std::make_shared<workers_told>();
  time_point measured_;
  std::vector<watched> workers_;  // last: their threads tell told_
};

}  // namespace

int watch_workers(std::vector<watched_worker> const& workers, nanny_settings const& settings, std::uint64_t seed,
                  nanny_services& nanny, std::function<void(std::string const&)> const& log) {
  return driver(workers, settings, seed, nanny, log).run();
}

}  // namespace troupe::detail
