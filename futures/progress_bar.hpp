#pragma once

#include <troupe/futures/progress_report.hpp>

#include <cstdio>
#include <string>
#include <string_view>

namespace troupe {

/// Shows how far some work is: a bar that is drawn again and again where `out` is a terminal, elsewhere a line each
/// time another tenth is done. Standard output stays the result's. One thread at a time; writes and does not wait.
class progress_bar {
 public:
  /// `out` outlives it.
  explicit progress_bar(std::FILE* out = stderr);
  progress_bar(progress_bar const&) = delete;
  progress_bar& operator=(progress_bar const&) = delete;
  /// Leaves a bar where it is, and goes to the next line.
  ~progress_bar();

  void show(progress_report const& now);
  /// A line that stays, above the bar.
  void note(std::string_view line);

 private:
  void draw();
  [[nodiscard]] std::string bar(std::size_t beside) const;

  std::FILE* out_;
  bool terminal_;
  progress_report now_;
  /// What is on the terminal, or the last line.
  std::string shown_;
  int tenth_ = 0;
};

}  // namespace troupe
