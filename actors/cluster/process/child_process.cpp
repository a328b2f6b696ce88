#include <troupe/actors/cluster/process/child_process.hpp>
#include <troupe/actors/cluster/process/internal/kernel_kills.hpp>
#include <troupe/actors/cluster/process/internal/spawn.hpp>
#include <troupe/futures/errors.hpp>

#include <fmt/format.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace troupe::detail {

// The child's thread starts it, since the kernel kills a child when the thread that started it ends, and so lives as
// long as the child. It reads the output, sleeps until the end, and tells.
class child_process::impl {
 public:
  explicit impl(child_options options) : options_(std::move(options)), thread_([this] { run(); }) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return pid_ != 0 || failure_; });
    if (!failure_) return;
    lock.unlock();
    thread_.join();
    std::rethrow_exception(failure_);
  }

  ~impl() {
    send_signal(SIGKILL);
    thread_.join();
  }
  impl(impl const&) = delete;
  impl& operator=(impl const&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  [[nodiscard]] std::optional<exit_cause> ended() const {
    std::scoped_lock lock(mutex_);
    return ended_;
  }

  exit_cause wait() const {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_.has_value(); });
    return *ended_;
  }

  std::optional<exit_cause> wait_for(duration timeout) const {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout, [this] { return ended_.has_value(); });
    return ended_;
  }

  void send_signal(int signal) {
    std::scoped_lock lock(mutex_);
    if (ended_) return;  // reaped: the number may belong to another process by now
    if (signal == SIGKILL) killed_here_ = true;
    ::kill(pid_, signal);
  }

 private:
  void run() {
    try {
      start();
    } catch (...) {
      std::scoped_lock lock(mutex_);
      failure_ = std::current_exception();
      changed_.notify_all();
      return;
    }
    if (output_) read_output();
    auto cause = wait_and_reap();
    if (options_.on_end) options_.on_end(cause);
  }

  void start() {
    pipe_ends output;
    if (options_.on_output) output = make_pipe();
    kills_before_ = kernel_kills();
    auto started = spawn({options_.command, options_.environment, output.write.get(), options_.own_group});
    output_ = std::move(output.read);
    std::scoped_lock lock(mutex_);
    pid_ = started;
    changed_.notify_all();
  }

  // Until the child ends, not until the pipe does: what the child started may hold the pipe for longer. A kernel
  // without pidfd leaves only the pipe to go by.
  void read_output() {
    owned_fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    std::array<pollfd, 2> watched{pollfd{output_.get(), POLLIN, 0}, pollfd{process.get(), POLLIN, 0}};
    if (process) ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
    for (;;) {
      if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) break;
      if (watched[1].revents != 0) {
        read_rest();
        break;
      }
      if (watched[0].revents != 0 && !read_some()) break;
    }
    if (!line_.empty()) options_.on_output(std::exchange(line_, {}));
  }

  // What is there now, not what others may go on to write.
  void read_rest() {
    int left = 0;
    if (::ioctl(output_.get(), FIONREAD, &left) != 0) return;
    while (left > 0) {
      auto before = bytes_read_;
      if (!read_some() || bytes_read_ == before) return;
      left -= static_cast<int>(bytes_read_ - before);
    }
  }

  bool read_some() {
    std::array<char, 8192> bytes;
    auto got = ::read(output_.get(), bytes.data(), bytes.size());
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    bytes_read_ += static_cast<std::uint64_t>(got);
    line_.append(bytes.data(), static_cast<std::size_t>(got));
    std::size_t begin = 0;
    for (auto end = line_.find('\n'); end != std::string::npos; end = line_.find('\n', begin)) {
      options_.on_output(std::string_view(line_).substr(begin, end - begin));
      begin = end + 1;
    }
    line_.erase(0, begin);
    return true;
  }

  exit_cause wait_and_reap() {
    siginfo_t info = {};
    auto wait = [&](int how) {
      int result = 0;
      do result = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | how);
      while (result < 0 && errno == EINTR);
      return result == 0;
    };
    // Waits without the lock and leaves the process its number, which is given back under the lock.
    bool known = wait(WNOWAIT);
    std::scoped_lock lock(mutex_);
    if (known) known = wait(0);
    ended_ = known ? cause_of(info) : exit_cause{};
    changed_.notify_all();
    return *ended_;
  }

  [[nodiscard]] exit_cause cause_of(siginfo_t const& info) const {
    if (info.si_code == CLD_EXITED) return {exit_cause::kind::exited, info.si_status};
    if (info.si_status == SIGKILL && !killed_here_ && kernel_kills() > kills_before_)
      return {exit_cause::kind::out_of_memory, SIGKILL};
    return {exit_cause::kind::killed, info.si_status, info.si_code == CLD_DUMPED};
  }

  child_options const options_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  pid_t pid_ = 0;
  std::exception_ptr failure_;
  std::optional<exit_cause> ended_;
  bool killed_here_ = false;
  std::uint64_t kills_before_ = 0;
  owned_fd output_;
  std::string line_;
  std::uint64_t bytes_read_ = 0;
  std::thread thread_;
};

child_process::child_process(child_options options) : impl_(std::make_unique<impl>(std::move(options))) {}
child_process::~child_process() = default;

pid_t child_process::pid() const noexcept { return impl_->pid(); }
std::optional<exit_cause> child_process::ended() const { return impl_->ended(); }
exit_cause child_process::wait() const { return impl_->wait(); }
std::optional<exit_cause> child_process::wait_for(duration timeout) const { return impl_->wait_for(timeout); }
void child_process::send_signal(int signal) { impl_->send_signal(signal); }

exit_cause child_process::stop(duration patience) {
  send_signal(SIGTERM);
  if (auto cause = wait_for(patience)) return *cause;
  send_signal(SIGKILL);
  return wait();
}

std::string this_program() {
  std::string path(256, '\0');
  for (;;) {
    auto length = ::readlink("/proc/self/exe", path.data(), path.size());
    if (length < 0)
      throw error(fmt::format("cannot tell which program this is: /proc/self/exe: {}", std::strerror(errno)));
    if (static_cast<std::size_t>(length) < path.size()) {
      path.resize(static_cast<std::size_t>(length));
      // What replaced the file since is what runs next.
      constexpr std::string_view replaced = " (deleted)";
      if (path.ends_with(replaced)) path.resize(path.size() - replaced.size());
      return path;
    }
    path.resize(path.size() * 2);
  }
}

}  // namespace troupe::detail
