#include "child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <system_error>

extern char** environ;

namespace troupe::bench {
namespace {

/// Read end first.
std::array<descriptor, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  return {descriptor(ends[0]), descriptor(ends[1])};
}

}  // namespace

child::child(std::vector<std::string> words, group in) : group_(in), program_(words.at(0)) {
  auto input = make_pipe();
  auto output = make_pipe();
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[0].get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output[1].get(), STDOUT_FILENO);
  posix_spawnattr_t attributes{};
  posix_spawnattr_init(&attributes);
  if (group_ == group::its_own) posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  auto problem = posix_spawnp(&pid_, arguments[0], &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) throw std::system_error(problem, std::generic_category(), program_);
  to_ = std::move(input[1]);
  from_ = std::move(output[0]);
}

child::~child() {
  if (pid_ < 0) return;
  // Some end with what they are told, the others at the signal. (Of several threads one may take it that does not
  // wait.)
  to_ = descriptor();
  thaw();
  ::kill(pid_, SIGTERM);
  wait();
}

std::string child::read_line() {
  for (;;) {
    if (auto end = unread_.find('\n'); end != std::string::npos) {
      auto line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return line;
    }
    std::array<char, 4096> more{};
    auto got = ::read(from_.get(), more.data(), more.size());
    if (got <= 0) throw std::runtime_error(program_ + " ended before it answered");
    unread_.append(more.data(), static_cast<std::size_t>(got));
  }
}

void child::write_line(std::string line) {
  line += '\n';
  if (::write(to_.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    throw std::runtime_error(program_ + " does not read what it is told");
}

int child::wait() {
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void child::freeze() const noexcept {
  if (group_ == group::its_own) ::kill(-pid_, SIGSTOP);
}

void child::thaw() const noexcept {
  if (group_ == group::its_own) ::kill(-pid_, SIGCONT);
}

std::vector<std::string> this_program_as(std::vector<std::string> role) {
  role.insert(role.begin(), std::filesystem::read_symlink("/proc/self/exe").string());
  return role;
}

}  // namespace troupe::bench
