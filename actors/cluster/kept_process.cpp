#include <troupe/actors/cluster/internal/kept_process.hpp>
#include <troupe/actors/cluster/process/memory.hpp>
#include <troupe/actors/worker/log.hpp>
#include <troupe/futures/errors.hpp>

#include <exception>
#include <functional>
#include <utility>

namespace troupe::detail {

kept_process::kept_process(std::string name, nanny_settings const& settings, prepare_life prepare,
                           std::function<void()> told, std::function<void()> over)
    : name_(std::move(name)),
      prepare_(std::move(prepare)),
      told_(std::move(told)),
      over_(std::move(over)),
      core_(settings, std::hash<std::string>{}(name_)) {
  std::unique_lock lock(mutex_);
  static_cast<void>(core_.handle(clock::now(), nanny_begin{}));
  start(lock);
}

kept_process::~kept_process() { let_go(); }

void kept_process::keep() {
  std::scoped_lock lock(mutex_);
  fate_ = fate::kept;
  changed_.notify_all();
}

void kept_process::let_go() {
  std::scoped_lock lock(mutex_);
  fate_ = fate::let_go;
  changed_.notify_all();
}

// None is started any more, so the last one can be waited for without the mutex.
void kept_process::end_within(duration patience) {
  if (!current_->wait_for(patience)) current_->stop(duration::zero());
}

void kept_process::measure() {
  // Where it is just being started there is nothing to measure yet, and no reason to wait.
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock || !core_.measures() || current_->ended()) return;
  auto resident = resident_memory(current_->pid());
  if (resident) static_cast<void>(carry_out(core_.handle(clock::now(), memory_measured{*resident}), lock));
}

std::optional<exit_cause> kept_process::ended() const {
  std::scoped_lock lock(mutex_);
  return current_->ended();
}

void kept_process::start(std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  std::exception_ptr problem;
  child_options child;
  try {
    child = prepare_();
  } catch (...) {
    problem = std::current_exception();
  }
  lock.lock();
  if (problem) std::rethrow_exception(problem);
  if (fate_ == fate::let_go) return;
  child.on_end = [this](exit_cause const& cause) {
    told_();
    after_end(cause);
  };
  auto fresh = std::make_unique<child_process>(std::move(child));
  previous_ = std::exchange(current_, std::move(fresh));
  static_cast<void>(core_.handle(clock::now(), worker_started{}));
}

void kept_process::after_end(exit_cause const& cause) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return fate_ != fate::open; });
  auto const* ended = current_.get();
  nanny_event event = worker_ended{cause};
  while (fate_ == fate::kept && !carry_out(core_.handle(clock::now(), event), lock)) {
    auto gone = [this] { return fate_ == fate::let_go; };
    if (core_.deadline() == time_point::max())
      changed_.wait(lock, gone);
    else
      changed_.wait_until(lock, core_.deadline(), gone);
    event = time_passed{};
  }
  if (current_.get() != ended) return;  // started again
  over_now_.store(true);
  lock.unlock();
  over_();
}

bool kept_process::carry_out(std::vector<nanny_action> actions, std::unique_lock<std::mutex>& lock) {
  for (std::size_t i = 0; i < actions.size(); ++i) {
    if (auto const* said = std::get_if<note>(&actions[i])) log("{}: {}", name_, said->text);
    if (auto const* sent = std::get_if<signal_worker>(&actions[i])) current_->send_signal(sent->signal);
    if (std::holds_alternative<nanny_done>(actions[i])) return true;
    if (!std::holds_alternative<start_worker>(actions[i])) continue;
    try {
      start(lock);
      return true;
    } catch (std::exception const& problem) {  // also where the system has no thread left for it
      auto more = core_.handle(clock::now(), worker_not_started{problem.what()});
      actions.insert(actions.end(), more.begin(), more.end());
    }
  }
  return false;
}

}  // namespace troupe::detail
