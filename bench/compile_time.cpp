#include "figures.hpp"

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cstdlib>
#include <string>

extern char** environ;

namespace troupe::bench {
namespace {

/// TROUPE_BENCH_INCLUDE and TROUPE_BENCH_SAMPLES come from CMake: the folder of <troupe/…>, that of the files compiled.
sample compile(std::string const& file) {
  std::string include = "-I" TROUPE_BENCH_INCLUDE;
  std::string source = TROUPE_BENCH_SAMPLES "/" + file;
  std::vector<std::string> words{"clang++-19", "-std=c++20", "-O1", include, "-c", source, "-o", "/dev/null"};
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  auto begin = std::chrono::steady_clock::now();
  pid_t compiler = 0;
  require(posix_spawnp(&compiler, arguments[0], nullptr, nullptr, arguments.data(), environ) == 0, "no clang++-19");
  int status = 0;
  rusage usage{};
  require(wait4(compiler, &status, 0, &usage) == compiler, "the compiler's end");
  sample s;
  s.value = seconds_since(begin);
  require(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the compiler's exit status");
  s.cpu_us = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) / us +
             static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  return s;
}

}  // namespace

std::vector<figure> compile_figures() {
  return {
      {"compile-one-submit", "s",
       "clang++-19 -O1 compiles a file that includes <troupe/troupe.hpp> and submits one function; others beside it", 5,
       [] {
         return std::vector<contender>{{"", [] { return compile("one_submit.cpp"); }},
                                       {"standard headers alone", [] { return compile("standard_headers.cpp"); }},
                                       {"asio::co_spawn of one coroutine", [] { return compile("one_co_spawn.cpp"); }}};
       }}};
}

}  // namespace troupe::bench
