#pragma once

#include <troupe/actors/runtime/event_loop.hpp>
#include <troupe/actors/runtime/internal/actor_registry.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>

namespace troupe::detail {

class caf_host;

/// What every loop has: an inbox between threads, timers, and a CAF actor system that only the loop's thread touches.
/// Where time and sleep come from and which step goes first is the derived class's business.
class loop_base : public event_loop {
 public:
  void post(work& item) noexcept final;
  void post_at(time_point when, timer& t) final;
  bool cancel(timer& t) noexcept final;

  /// The loop's thread: an actor has something to do.
  virtual void push_turn(actor_core& core) noexcept = 0;
  /// How many messages an actor may handle in one turn.
  [[nodiscard]] virtual std::size_t messages_per_turn() const noexcept = 0;

  /// Whether an actor that has nothing else to do handles what comes from another thread without a turn of its own.
  [[nodiscard]] bool runs_at_once() const noexcept { return runs_at_once_; }

  [[nodiscard]] caf_host& caf() noexcept { return *caf_; }
  [[nodiscard]] actor_registry& registry() noexcept { return *registry_; }

  /// Any thread.
  [[nodiscard]] std::size_t live_handlers() const noexcept { return handlers_.load(std::memory_order_acquire); }
  /// The loop's thread, the only one that changes the count.
  void handler_started() noexcept {
    handlers_.store(handlers_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  void handler_ended() noexcept {
    handlers_.store(handlers_.load(std::memory_order_relaxed) - 1, std::memory_order_release);
  }

 protected:
  loop_base(intrusive_ptr<actor_registry> registry, bool runs_at_once) noexcept;
  ~loop_base() override;

  /// On the loop's thread, before and after everything else. After `shut`, `post` runs steps on the posting thread.
  void open();
  void shut() noexcept;

  /// Any thread: the inbox was empty until now.
  virtual void wake() noexcept = 0;
  /// The loop's thread.
  virtual void push_step(work& item) noexcept = 0;

  /// The loop's thread: hands what came from other threads, and timers that are due, to push_step.
  void collect() noexcept;
  [[nodiscard]] bool inbox_empty() const noexcept { return inbox_.empty(); }
  [[nodiscard]] time_point next_due() noexcept;
  [[nodiscard]] static work& turn_of(actor_core& core) noexcept { return core.turn_; }

 private:
  [[nodiscard]] intrusive_ptr<actor_core> start(actor_type const& type, std::unique_ptr<birth> birth) override;
  class leftovers_step;
  void run_leftovers() noexcept;

  intrusive_ptr<actor_registry> registry_;
  bool const runs_at_once_;
  std::unique_ptr<caf_host> caf_;
  std::atomic<std::size_t> handlers_{0};
  work_inbox inbox_;
  std::mutex timers_mutex_;
  timer_queue timers_;
  std::atomic<bool> has_timers_{false};
  std::atomic<bool> closed_{false};
  std::mutex leftovers_mutex_;
};

[[nodiscard]] inline loop_base& base_of(event_loop& loop) noexcept { return static_cast<loop_base&>(loop); }

}  // namespace troupe::detail
