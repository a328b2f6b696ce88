#include <troupe/futures/progress_bar.hpp>

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace troupe {
namespace {

constexpr char const* erase_line = "\r\x1b[K";

bool draws_bars(std::FILE* out) {
  char const* kind = std::getenv("TERM");
  return ::isatty(::fileno(out)) && kind && kind != std::string_view("dumb");
}

std::size_t columns(std::FILE* out) {
  winsize size{};
  return ::ioctl(::fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

std::string to_string(progress_report const& report) {
  auto total = std::to_string(report.total);
  auto text = fmt::format("{:3} %  {:>{}} of {} tasks", report.percent(), report.done(), total.size(), total);
  if (report.failed > 0) text += fmt::format(", {} failed", report.failed);
  if (report.cancelled > 0) text += fmt::format(", {} cancelled", report.cancelled);
  return text;
}

progress_bar::progress_bar(std::FILE* out) : out_(out), terminal_(draws_bars(out)) {}

progress_bar::~progress_bar() {
  if (!terminal_ || shown_.empty()) return;
  std::fputc('\n', out_);
  std::fflush(out_);
}

void progress_bar::show(progress_report const& now) {
  now_ = now;
  draw();
}

void progress_bar::note(std::string_view line) {
  fmt::print(out_, "{}{}\n", terminal_ ? erase_line : "", line);
  if (terminal_ && !std::exchange(shown_, {}).empty()) draw();
}

void progress_bar::draw() {
  auto text = to_string(now_);
  if (terminal_) {
    // A line that fills the terminal would wrap.
    auto const room = columns(out_) - 1;
    text = text.size() <= room ? bar(text.size()) + text : fmt::format("{} %", now_.percent());
    text.resize(std::min(text.size(), room));
  } else if (std::exchange(tenth_, now_.percent() / 10) == now_.percent() / 10) {
    return;
  }
  if (text == shown_) return;
  fmt::print(out_, "{}{}{}", terminal_ ? erase_line : "", text, terminal_ ? "" : "\n");
  std::fflush(out_);
  shown_ = std::move(text);
}

std::string progress_bar::bar(std::size_t beside) const {
  constexpr std::size_t shortest = 10, longest = 50, frame = 4;
  auto all = columns(out_);
  if (all < beside + frame + shortest) return {};
  auto width = std::min(all - beside - frame, longest);
  auto filled = now_.total == 0 ? width : width * now_.done() / now_.total;
  return fmt::format("[{}{}] ", std::string(filled, '#'), std::string(width - filled, '.'));
}

}  // namespace troupe
