#pragma once

#include <troupe/futures/environment.hpp>
#include <troupe/futures/shared_state.hpp>

#include <atomic>
#include <coroutine>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

namespace troupe {

/// What a wait for several futures waits for. `first_exception`: the first that fails or is cancelled, else all.
enum class wait_for : std::uint8_t { all_completed, first_completed, first_exception };

namespace detail {

/// The await of several states at once, with an optional time limit: what gather and wait are made of.
/// The states outlive it. Resumes once, on the awaiting coroutine's executor, and is then told by no state any more.
class group_wait {
 public:
  group_wait(std::vector<state_base*> states, wait_for what, std::optional<duration> timeout = {},
             awaits each = awaits::end) noexcept
      : states_(std::move(states)), what_(what), each_(each), timeout_(timeout) {}

  [[nodiscard]] bool await_ready() const noexcept;
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) {
    return suspend(handle, environment_of(handle));
  }
  /// Throws cancelled_error("stopped") when the wait was stopped. `first_failed` tells which failed first.
  void await_resume();

  [[nodiscard]] std::vector<state_base*> const& states() const noexcept { return states_; }
  /// The first that was seen to have failed; null when none was.
  [[nodiscard]] state_base* first_failed() const noexcept { return first_failed_.load(std::memory_order_acquire); }

 private:
  enum class reason : std::uint8_t { none, found, all_told, time, stop };
  struct member final : waiter {
    void ready(state_base& state) noexcept override { group->told(state); }
    void enter(group_wait& g) noexcept {
      group = &g;
      wait_for_what(g.each_);
    }
    group_wait* group = nullptr;
  };
  struct limit : timer {
    explicit limit(group_wait& g) noexcept : timer(&pass), group(g) {}
    static void pass(work& self) noexcept;
    group_wait& group;
  };
  struct on_stop {
    group_wait* self;
    void operator()() const noexcept { self->end(reason::stop); }
  };

  bool suspend(std::coroutine_handle<> handle, environment const* env);
  void told(state_base& state) noexcept;
  void end(reason why) noexcept;
  [[nodiscard]] bool settle(int parties) noexcept;

  std::vector<state_base*> states_;
  wait_for what_;
  awaits each_;
  std::optional<duration> timeout_;
  std::unique_ptr<member[]> members_;
  std::atomic<std::size_t> untold_{0};
  std::atomic<state_base*> first_failed_{nullptr};
  std::atomic<reason> ended_{reason::none};
  // Who may still touch this object: the suspending thread, whoever ends the wait, the timer. The last one resumes.
  std::atomic<int> parties_{0};
  executor* where_ = nullptr;
  resumption resumption_;
  limit limit_{*this};
  std::optional<std::stop_callback<on_stop>> on_stop_;
};

}  // namespace detail
}  // namespace troupe
