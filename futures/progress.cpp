#include <troupe/futures/progress.hpp>

#include <troupe/futures/group_wait.hpp>
#include <troupe/futures/progress_bar.hpp>
#include <troupe/futures/promise.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace troupe::detail {
namespace {

/// Counts futures as they are done, and completes one of its own with the last. It lives until it is told of no more.
class progress_count final : public ref_counted, public work {
 public:
  explicit progress_count(std::vector<state_base*> states)
      : work(&tell), states_(std::move(states)), members_(std::make_unique<member[]>(states_.size())) {}

  void begin() {
    untold_.store(states_.size() + 1, std::memory_order_relaxed);
    for (std::size_t i = 0; i < states_.size(); ++i) {
      members_[i].count = this;
      if (!states_[i]->add(members_[i])) note(*states_[i]);
    }
    if (untold_.fetch_sub(1, std::memory_order_acq_rel) == 1) all_.set_value();
  }
  /// Its states may go.
  void end() noexcept {
    for (std::size_t i = 0; i < states_.size(); ++i) states_[i]->remove(members_[i]);
  }

  [[nodiscard]] future<void> all() const { return all_.get_future(); }
  [[nodiscard]] progress_report report() const noexcept {
    progress_report now;
    now.total = states_.size();
    now.finished = ended_as(future_status::finished).load(std::memory_order_relaxed);
    now.failed = ended_as(future_status::failed).load(std::memory_order_relaxed);
    now.cancelled = ended_as(future_status::cancelled).load(std::memory_order_relaxed);
    return now;
  }

 private:
  struct member final : waiter {
    void ready(state_base& state) noexcept override {
      if (count->note(state)) run_after_telling(*count);
    }
    progress_count* count = nullptr;
  };

  [[nodiscard]] std::atomic<std::size_t>& ended_as(future_status how) noexcept {
    return ended_[static_cast<std::size_t>(how)];
  }
  [[nodiscard]] std::atomic<std::size_t> const& ended_as(future_status how) const noexcept {
    return ended_[static_cast<std::size_t>(how)];
  }
  /// True with the last; it is then kept until `tell`.
  bool note(state_base const& state) noexcept {
    ended_as(state.status()).fetch_add(1, std::memory_order_relaxed);
    if (untold_.fetch_sub(1, std::memory_order_acq_rel) != 1) return false;
    add_ref();
    return true;
  }
  static void tell(work& self) noexcept {
    auto& count = static_cast<progress_count&>(self);
    count.all_.set_value();
    count.release();
  }

  std::vector<state_base*> const states_;
  std::unique_ptr<member[]> const members_;
  std::atomic<std::size_t> untold_{0};
  std::array<std::atomic<std::size_t>, 4> ended_{};
  promise<void> all_;
};

class watched {
 public:
  explicit watched(std::vector<state_base*> states) : count_(make_intrusive<progress_count>(std::move(states))) {
    count_->begin();
  }
  watched(watched const&) = delete;
  watched& operator=(watched const&) = delete;
  ~watched() { count_->end(); }
  [[nodiscard]] progress_count const& operator*() const noexcept { return *count_; }

 private:
  intrusive_ptr<progress_count> count_;
};

}  // namespace

progress_sink draw_progress() {
  return [bar = std::make_shared<progress_bar>()](progress_report const& now) { bar->show(now); };
}

task<void> watch_progress(std::vector<state_base*> states, progress_sink sink, duration interval) {
  auto& where = co_await this_task::where();
  auto const begin = where.now();
  watched futures(std::move(states));
  auto all = (*futures).all();
  for (auto shown = std::optional<std::size_t>();;) {
    auto now = (*futures).report();
    now.elapsed = where.now() - begin;
    if (shown != now.done()) sink(now);
    shown = now.done();
    if (now.complete()) co_return;
    group_wait change({future_access::state(all).get()}, wait_for::all_completed, interval);
    co_await change;
  }
}

}  // namespace troupe::detail
