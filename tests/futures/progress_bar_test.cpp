#include <troupe/futures/progress_bar.hpp>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

using troupe::progress_bar;
using troupe::progress_report;

namespace {

progress_report report(std::size_t finished, std::size_t total) {
  progress_report now;
  now.finished = finished;
  now.total = total;
  return now;
}

/// What is written to a pipe, or to a terminal of so many columns.
class output {
 public:
  output() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    open(ends[0], ends[1]);
  }
  explicit output(unsigned short columns) {
    int here = ::posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE(here >= 0);
    REQUIRE(::grantpt(here) == 0);
    REQUIRE(::unlockpt(here) == 0);
    winsize size{24, columns, 0, 0};
    REQUIRE(::ioctl(here, TIOCSWINSZ, &size) == 0);
    int there = ::open(::ptsname(here), O_RDWR | O_NOCTTY);
    REQUIRE(there >= 0);
    open(here, there);
  }
  output(output const&) = delete;
  output& operator=(output const&) = delete;
  ~output() {
    std::fclose(file_);
    ::close(here_);
  }

  [[nodiscard]] std::FILE* file() const noexcept { return file_; }
  [[nodiscard]] std::string text() const {
    std::fflush(file_);
    std::string all;
    std::array<char, 4096> some{};
    for (ssize_t n = 0; (n = ::read(here_, some.data(), some.size())) > 0;) all.append(some.data(), std::size_t(n));
    return all;
  }

 private:
  void open(int here, int there) {
    here_ = here;
    ::fcntl(here_, F_SETFL, O_NONBLOCK);
    file_ = ::fdopen(there, "w");
    REQUIRE(file_);
  }
  int here_ = -1;
  std::FILE* file_ = nullptr;
};

class terminal_kind {
 public:
  explicit terminal_kind(char const* kind) { ::setenv("TERM", kind, 1); }
  ~terminal_kind() { before_.empty() ? ::unsetenv("TERM") : ::setenv("TERM", before_.c_str(), 1); }
  terminal_kind(terminal_kind const&) = delete;
  terminal_kind& operator=(terminal_kind const&) = delete;

 private:
  std::string before_ = std::getenv("TERM") ? std::getenv("TERM") : "";
};

}  // namespace

TEST_CASE("where there is no terminal progress is a line for each tenth that was reached") {
  output out;
  progress_bar bar(out.file());
  for (std::size_t i = 0; i <= 40; ++i) bar.show(report(i, 40));
  auto text = out.text();
  CHECK(std::count(text.begin(), text.end(), '\n') == 10);
  CHECK(text.starts_with(" 10 %   4 of 40 tasks\n"));
  CHECK(text.ends_with("100 %  40 of 40 tasks\n"));
  CHECK(text.find('\x1b') == text.npos);
}

TEST_CASE("notes come between the lines") {
  output out;
  progress_bar bar(out.file());
  bar.show(report(1, 2));
  bar.note("half of it");
  bar.show(report(2, 2));
  CHECK(out.text() == " 50 %  1 of 2 tasks\nhalf of it\n100 %  2 of 2 tasks\n");
}

TEST_CASE("on a terminal progress is a bar that is drawn over the one before") {
  terminal_kind kind("xterm");
  output out(70);
  {
    progress_bar bar(out.file());
    bar.show(report(1, 2));
    CHECK(out.text() == "\r\x1b[K[" + std::string(23, '#') + std::string(24, '.') + "]  50 %  1 of 2 tasks");
    bar.show(report(1, 2));
    CHECK(out.text().empty());
  }
  CHECK(out.text() == "\r\n");
}

TEST_CASE("a bar never fills a terminal's line, however narrow") {
  terminal_kind kind("xterm");
  for (unsigned short columns : {1, 2, 8, 20, 34, 35, 36, 80, 200}) {
    output out(columns);
    progress_bar bar(out.file());
    bar.show(report(7, 10));
    auto text = out.text();
    INFO(columns);
    CHECK(text.size() < columns + std::string_view("\r\x1b[K").size());
    CHECK(text.empty() == (columns == 1));
  }
}

TEST_CASE("a terminal that cannot erase gets lines") {
  terminal_kind kind("dumb");
  output out(70);
  progress_bar bar(out.file());
  bar.show(report(5, 10));
  CHECK(out.text() == " 50 %   5 of 10 tasks\r\n");
}
