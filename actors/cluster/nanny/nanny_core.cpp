#include <troupe/actors/cluster/config/values.hpp>
#include <troupe/actors/cluster/internal/stop_signals.hpp>
#include <troupe/actors/cluster/nanny/nanny_core.hpp>
#include <troupe/actors/cluster/server_options.hpp>

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace troupe::detail {
namespace {

constexpr int wrong_command_line = 2;

bool ended_with(exit_cause const& cause, server_end status) {
  return cause == exit_cause{exit_cause::kind::exited, static_cast<int>(status)};
}

bool ended_for_good(exit_cause const& cause) {
  return ended_with(cause, server_end::closed) || ended_with(cause, server_end::lost_scheduler) ||
         ended_with(cause, server_end::refused) || cause == exit_cause{exit_cause::kind::exited, wrong_command_line};
}

duration rounded(duration d) { return std::chrono::round<std::chrono::milliseconds>(d); }

}  // namespace

nanny_core::nanny_core(nanny_settings settings, std::uint64_t seed) : settings_(std::move(settings)), random_(seed) {}

std::vector<nanny_action> nanny_core::handle(time_point now, nanny_event const& event) {
  std::visit([&](auto const& e) { on(now, e); }, event);
  return std::exchange(actions_, {});
}

bool nanny_core::measures() const noexcept { return state_ == state::running && settings_.memory_limit != 0; }

void nanny_core::on(time_point, nanny_begin const&) {
  if (state_ == state::idle) start();
}

void nanny_core::on(time_point now, worker_started const&) {
  if (state_ != state::starting) return;
  state_ = state::running;
  started_ = now;
  deadline_ = time_point::max();
  if (stop_wanted_) return close(now, reason::stop, settings_.close_timeout);
  if (settings_.lifetime == duration::zero()) return;
  std::chrono::duration<double> stagger = settings_.lifetime_stagger;
  auto shift = std::chrono::round<duration>(stagger * (2 * random() - 1));
  deadline_ = time_after(now, std::max(duration::zero(), settings_.lifetime + shift));
}

void nanny_core::on(time_point now, worker_not_started const& event) {
  if (state_ != state::starting) return;
  if (stop_wanted_) return finish(static_cast<int>(server_end::closed));
  started_ = now;
  after_failure(now, event.reason, true);
}

void nanny_core::on(time_point now, worker_ended const& event) {
  auto const& cause = event.cause;
  if (state_ == state::retiring) return after_lifetime(cause);
  if (state_ == state::closing) {
    if (reason_ == reason::stop) return after_stop(cause);
    return reason_ == reason::memory ? after_failure(now, to_string(cause), false) : after_lifetime(cause);
  }
  if (state_ != state::running) return;
  if (ended_for_good(cause)) {
    say(fmt::format("worker ended: {}", to_string(cause)));
    return finish(cause.code);
  }
  if (ended_with(cause, server_end::begin_anew)) {
    say("worker ended because the cluster is restarted; it begins anew");
    return start();
  }
  after_failure(now, to_string(cause), ended_with(cause, server_end::failed));
}

void nanny_core::on(time_point, memory_measured const& event) {
  if (!measures() || event.resident < settings_.memory_limit) return;
  say(fmt::format("worker uses {} of memory and may use {}: it is killed", size_text(event.resident),
                  size_text(settings_.memory_limit)));
  // Not asked to close: it would hand its tasks back, and the one that takes so much would go round all workers,
  // blamed for nothing.
  state_ = state::closing;
  reason_ = reason::memory;
  deadline_ = time_point::max();
  actions_.emplace_back(signal_worker{SIGKILL});
}

void nanny_core::on(time_point now, stop_asked const&) {
  bool again = std::exchange(stop_wanted_, true);
  switch (state_) {
    case state::idle:
    case state::waiting:
      return finish(static_cast<int>(server_end::closed));
    case state::running:
    case state::retiring:
      return close(now, reason::stop, settings_.close_timeout);
    case state::closing:
      reason_ = reason::stop;
      if (again) actions_.emplace_back(signal_worker{SIGKILL});
      return;
    case state::starting:
    case state::done:
      return;
  }
}

void nanny_core::on(time_point now, time_passed const&) {
  if (now < deadline_) return;
  deadline_ = time_point::max();
  if (state_ == state::waiting) return start();
  if (state_ == state::running) {
    say(fmt::format("worker has lived for {}: it is closed", duration_text(rounded(now - started_))));
    state_ = state::retiring;
    deadline_ = time_after(now, settings_.close_timeout);
    actions_.emplace_back(signal_worker{lifetime_over});
    return;
  }
  if (state_ == state::retiring) {
    say("worker did not hand over what it holds in time: it is closed all the same");
    return close(now, reason::lifetime, settings_.close_timeout);
  }
  if (state_ == state::closing) {
    say("worker did not close in time: it is killed");
    actions_.emplace_back(signal_worker{SIGKILL});
  }
}

void nanny_core::start() {
  state_ = state::starting;
  deadline_ = time_point::max();
  actions_.emplace_back(start_worker{});
}

void nanny_core::close(time_point now, reason why, duration patience) {
  state_ = state::closing;
  reason_ = why;
  deadline_ = time_after(now, patience);
  actions_.emplace_back(signal_worker{SIGTERM});
}

void nanny_core::after_lifetime(exit_cause const& cause) {
  say(fmt::format("worker ended: {}", to_string(cause)));
  settings_.lifetime_restart ? start() : finish(static_cast<int>(server_end::closed));
}

void nanny_core::after_stop(exit_cause const& cause) {
  // By SIGTERM: it was asked before it could listen.
  bool in_order = ended_for_good(cause) || ended_with(cause, server_end::begin_anew) ||
                  cause == exit_cause{exit_cause::kind::killed, SIGTERM};
  if (!in_order) say(fmt::format("worker ended: {}", to_string(cause)));
  finish(static_cast<int>(in_order ? server_end::closed : server_end::failed));
}

void nanny_core::after_failure(time_point now, std::string const& what, bool refused_to_start) {
  bool steady = now - started_ >= settings_.steady_after;
  if (steady) restarts_in_row_ = 0;
  failed_starts_ = refused_to_start && !steady ? failed_starts_ + 1 : 0;
  if (settings_.attempts != 0 && failed_starts_ >= settings_.attempts) {
    say(fmt::format("worker ended: {}; after {} attempts it is given up", what, failed_starts_));
    return finish(static_cast<int>(server_end::failed));
  }
  auto wait = next_wait();
  if (wait == duration::zero()) {
    say(fmt::format("worker ended: {}; it is started again", what));
    return start();
  }
  say(fmt::format("worker ended: {}; it is started again in {}", what, duration_text(rounded(wait))));
  state_ = state::waiting;
  deadline_ = time_after(now, wait);
}

void nanny_core::finish(int status) {
  state_ = state::done;
  deadline_ = time_point::max();
  actions_.emplace_back(nanny_done{status});
}

duration nanny_core::next_wait() {
  auto restart = restarts_in_row_++;
  if (restart == 0) return duration::zero();
  std::chrono::duration<double> full = settings_.backoff, limit = settings_.backoff_limit;
  full = std::min(limit, full * std::exp2(std::min(restart - 1, 64U)));
  return std::chrono::round<duration>(full * (0.5 + 0.5 * random()));
}

double nanny_core::random() noexcept {
  // Not a distribution of the standard library: those differ from one to another.
  constexpr int digits = 53;
  return std::ldexp(static_cast<double>(random_() >> (64 - digits)), -digits);
}

}  // namespace troupe::detail
