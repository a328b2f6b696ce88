#include <troupe/net/link/internal/io_links.hpp>

#include <boost/asio/post.hpp>

#include <utility>

namespace troupe::detail {

boost::asio::execution_context::id io_links::id;

io_links::io_links(boost::asio::execution_context& owner)
    : service(owner),
      io_(static_cast<boost::asio::io_context&>(owner)),
      turns_(io_turns::of(owner)),
      wakes_(io_),
      context_(*this) {}

link_context& io_links::of(boost::asio::io_context& io) { return boost::asio::use_service<io_links>(io).context_; }

void io_links::shutdown() noexcept { context_.abandon_all(); }

void io_links::post(work& item) noexcept {
  bool first = ready_.empty();
  ready_.push(item);
  if (!first || turns_.at_end(end_of_turn_)) return;
  boost::asio::post(io_, [this] {
    io_turn here(turns_);
    run_steps();
  });
}

void io_links::run_steps() noexcept {
  // What is posted from here on waits for the next turn.
  work_list now = std::exchange(ready_, work_list());
  while (work* item = now.pop()) item->run(*item);
}

void io_links::post_at(time_point when, timer& t) {
  timers_.push(t, when);
  if (when < wakes_at_) wait_for_timers();
}

bool io_links::cancel(timer& t) noexcept { return timers_.erase(t); }

void io_links::wait_for_timers() {
  wakes_at_ = timers_.next_due();
  wakes_.expires_at(wakes_at_);
  if (wakes_at_ == time_point::max()) return;
  wakes_.async_wait([this](boost::system::error_code problem) {
    io_turn here(turns_);
    if (!problem) run_timers();
  });
}

void io_links::run_timers() noexcept {
  wakes_at_ = time_point::min();
  time_point const now = clock::now();
  while (timer* due = timers_.pop_due(now)) due->run(*due);
  wait_for_timers();
}

}  // namespace troupe::detail
