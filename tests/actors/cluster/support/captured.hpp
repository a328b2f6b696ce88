#pragma once

#include <unistd.h>

#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

namespace troupe::test {

/// What is written to a file descriptor of the process (1 or 2) while `body` runs.
inline std::string captured(int descriptor, std::function<void()> const& body) {
  std::fflush(nullptr);
  std::FILE* file = std::tmpfile();
  int kept = ::dup(descriptor);
  ::dup2(::fileno(file), descriptor);
  body();
  std::fflush(nullptr);
  ::dup2(kept, descriptor);
  ::close(kept);
  std::string text;
  if (std::fseek(file, 0, SEEK_SET) != 0) throw std::runtime_error("a temporary file cannot be read again");
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text.push_back(static_cast<char>(c));
  std::fclose(file);
  return text;
}

}  // namespace troupe::test
