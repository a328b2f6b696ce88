#include <troupe/actors/cluster/process/internal/spawn.hpp>
#include <troupe/futures/errors.hpp>

#include <fmt/format.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace troupe::detail {
namespace {

constexpr int first_free_fd = 3;

/// All that the child needs between vfork and exec, made before: there it may neither allocate nor lock.
struct prepared {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  int output;
  int input;
  int failure;
  pid_t parent;
  bool own_group;
  unsigned open_files;
};

std::vector<std::string> merged_environment(std::map<std::string, std::string> const& added) {
  std::vector<std::string> merged;
  for (char** entry = environ; entry && *entry; ++entry) {
    std::string_view text = *entry;
    if (!added.contains(std::string(text.substr(0, text.find('='))))) merged.emplace_back(text);
  }
  for (auto const& [name, value] : added) merged.push_back(fmt::format("{}={}", name, value));
  return merged;
}

std::vector<char*> pointers(std::vector<std::string> const& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  // exec wants char* and does not write to it.
  for (auto const& s : strings) result.push_back(const_cast<char*>(s.c_str()));
  result.push_back(nullptr);
  return result;
}

void reset_signals() noexcept {
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction now = {};
    if (signal == SIGKILL || signal == SIGSTOP || ::sigaction(signal, nullptr, &now) != 0) continue;
    if (signal == SIGHUP && now.sa_handler == SIG_IGN) continue;  // nohup goes on
    struct sigaction fresh = {};
    fresh.sa_handler = SIG_DFL;
    ::sigaction(signal, &fresh, nullptr);
  }
  // Only now: a handler of the parent must not run here, in the parent's memory.
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Libraries leave files and sockets open for children; a listening socket in a child would keep its port taken.
void close_on_exec(unsigned open_files) noexcept {
  if (::close_range(first_free_fd, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
  for (unsigned fd = first_free_fd; fd < open_files; ++fd) ::fcntl(static_cast<int>(fd), F_SETFD, FD_CLOEXEC);
}

[[noreturn]] void fail(prepared const& p) noexcept {
  int reason = errno;
  [[maybe_unused]] auto written = ::write(p.failure, &reason, sizeof reason);
  ::_exit(127);
}

[[noreturn]] void become(prepared const& p) noexcept {
  if (p.own_group) ::setpgid(0, 0);
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail(p);
  if (::getppid() != p.parent) ::_exit(127);  // it went before it was asked to announce that
  if (::dup2(p.input, STDIN_FILENO) < 0) fail(p);
  if (p.output >= 0 && (::dup2(p.output, STDOUT_FILENO) < 0 || ::dup2(p.output, STDERR_FILENO) < 0)) fail(p);
  close_on_exec(p.open_files);
  reset_signals();
  ::execvpe(p.arguments[0], p.arguments.data(), p.environment.data());
  fail(p);
}

// vfork, since fork copies the page tables of what may be many gigabytes. A function of its own: the child runs on this
// stack frame until it execs.
[[gnu::noinline]] pid_t start(prepared const& p) noexcept {
  pid_t child = ::vfork();  // NOLINT(bugprone-unsafe-functions): posix_spawn has no death signal
  if (child == 0) become(p);
  return child;
}

/// No signal reaches the calling thread while it lives.
class signals_blocked {
 public:
  signals_blocked() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  signals_blocked(signals_blocked const&) = delete;
  signals_blocked& operator=(signals_blocked const&) = delete;

 private:
  sigset_t before_;
};

unsigned open_file_limit() noexcept {
  rlimit limit = {};
  constexpr rlim_t most = 1 << 16;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return static_cast<unsigned>(most);
  return static_cast<unsigned>(std::min(limit.rlim_cur, most));
}

owned_fd above_standard(owned_fd fd) {
  if (fd.get() >= first_free_fd) return fd;
  return owned_fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, first_free_fd));
}

[[noreturn]] void cannot_start(std::string const& program, int reason) {
  throw error(fmt::format("cannot start '{}': {}", program, std::strerror(reason)));
}

}  // namespace

void owned_fd::reset(int fd) noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

pipe_ends make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw error(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  pipe_ends result{owned_fd(ends[0]), owned_fd(ends[1])};
  result.read = above_standard(std::move(result.read));
  result.write = above_standard(std::move(result.write));
  if (!result.read || !result.write) throw error(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  return result;
}

pid_t spawn(spawn_request const& request) {
  if (request.command.empty()) throw error("cannot start a process: no program was named");
  auto environment = merged_environment(request.environment);
  auto failure = make_pipe();
  owned_fd input = above_standard(owned_fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
  if (!input) cannot_start(request.command[0], errno);

  prepared p{
      pointers(request.command), pointers(environment), request.output, input.get(), failure.write.get(), ::getpid(),
      request.own_group,         open_file_limit()};
  pid_t child = -1;
  int problem = 0;
  {
    signals_blocked quiet;
    child = start(p);
    problem = errno;
  }
  if (child < 0) cannot_start(request.command[0], problem);

  failure.write.reset();
  int reason = 0;
  ssize_t got = 0;
  do got = ::read(failure.read.get(), &reason, sizeof reason);
  while (got < 0 && errno == EINTR);
  if (got == sizeof reason) {
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    cannot_start(request.command[0], reason);
  }
  return child;
}

}  // namespace troupe::detail
