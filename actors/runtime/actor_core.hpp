#pragma once

#include <troupe/actors/runtime/envelope.hpp>
#include <troupe/actors/runtime/exit_reason.hpp>
#include <troupe/futures/executor.hpp>
#include <troupe/futures/intrusive_ptr.hpp>
#include <troupe/futures/promise.hpp>
#include <troupe/futures/task.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

namespace troupe {

class event_loop;

namespace detail {

class caf_actor;
class caf_host;
class loop_base;
class running_handler;
struct handle_access;

/// The loop whose thread this is; null on any other.
extern constinit thread_local event_loop* current_loop;

/// The actor whose constructor runs on this thread; throws error where none does.
[[nodiscard]] intrusive_ptr<actor_core> core_being_born();

[[noreturn]] void throw_empty_reference(char const* operation);

/// What the runtime must know of an actor's class.
struct actor_type {
  std::string name;
  /// Null where the class has no handler for it.
  envelope* (*make_down)(down_msg);
  envelope* (*make_exit)(exit_msg);
};

/// The constructor call of an actor that has not started yet.
struct birth {
  birth() = default;
  birth(birth const&) = delete;
  birth& operator=(birth const&) = delete;
  virtual ~birth() = default;
  [[nodiscard]] virtual std::unique_ptr<actor> make() = 0;
};

/// What references to an actor share: its identity and its way in, valid also when the actor is gone; for the actor
/// itself the executor on which its coroutines resume. Steps run on the loop's thread, one after the other, never
/// inside a handler.
///
/// `deliver` and the executor's functions: any thread. All others: the loop's thread.
class actor_core final : public executor, public ref_counted {
 public:
  actor_core(intrusive_ptr<event_loop> loop, actor_id id, actor_type const& type, std::unique_ptr<birth> how);
  ~actor_core() override;

  [[nodiscard]] actor_id id() const noexcept { return id_; }
  [[nodiscard]] std::string name() const;
  [[nodiscard]] event_loop& loop() const noexcept { return *loop_; }

  void deliver(envelope& message) noexcept;
  void deliver_now(envelope& message) noexcept;
  /// Runs `f` on the loop's thread: at once when called there.
  void on_loop(std::function<void()> f);

  void post(work& item) noexcept override;
  void post_at(time_point when, timer& t) override;
  bool cancel(timer& t) noexcept override;
  [[nodiscard]] time_point now() const noexcept override;
  [[nodiscard]] bool may_block() const noexcept override { return false; }

  /// Asked to stop when the actor stops.
  [[nodiscard]] std::stop_token stop_token() const noexcept { return stop_.get_token(); }
  /// It has decided to end and waits for its running handlers, or has ended.
  [[nodiscard]] bool stopping() const noexcept { return phase_ >= phase::stopping; }
  /// actor_gone, with the reason.
  [[nodiscard]] std::exception_ptr gone_error() const;

  /// Ends the actor once its running handlers have ended. The first reason counts.
  void quit(exit_reason reason) noexcept;
  /// As a link or a stop request does: trapped, ignored (normal exits of linked actors) or quit.
  void exit_signal(exit_msg signal) noexcept;
  /// Any thread: an envelope for on(down_msg); null where the class has none.
  [[nodiscard]] envelope* down_message(down_msg m) const {
    return type_.make_down ? type_.make_down(std::move(m)) : nullptr;
  }
  void trap_exit(bool on) noexcept { trap_exit_ = on; }

  /// `f` runs on this loop's thread when the actor has ended, at once when it has already.
  void when_ended(std::function<void(exit_reason const&)> f);
  [[nodiscard]] future<void> started();
  [[nodiscard]] future<exit_reason> ended();

  /// Runs `body` as a handler of its own: counted, and its failure is the actor's.
  void run(task<void> body);

  /// Delivers `message` to `to` after `wait`, unless this actor has ended by then.
  std::size_t send_after(duration wait, intrusive_ptr<actor_core> to, std::unique_ptr<envelope> message);
  bool cancel_send(std::size_t id) noexcept;

  /// Handler coroutines that have not ended.
  [[nodiscard]] std::size_t running_handlers() const noexcept { return running_; }

 private:
  friend caf_actor;
  friend caf_host;
  friend loop_base;
  friend running_handler;
  enum class phase : std::uint8_t { unborn, alive, stopping, ended };
  class delayed_send;

  /// A step that is part of its actor.
  template <class Step, void (actor_core::*Run)() noexcept>
  class own final : public Step {
   public:
    explicit own(actor_core& core) noexcept : Step(&call), core_(core) {}

   private:
    static void call(work& item) noexcept { (static_cast<own&>(item).core_.*Run)(); }
    actor_core& core_;
  };

  static void arrive(work& item) noexcept;
  void knocked() noexcept;
  void take_turn() noexcept;
  void alarm_rang() noexcept;

  void enter_system();
  void bury() noexcept;
  void accept(envelope& message) noexcept;
  void schedule() noexcept;
  [[nodiscard]] bool can_run_now() const noexcept;
  template <class F>
  void run_now(F&& f) noexcept;
  void give_birth();
  void run_steps() noexcept;
  [[nodiscard]] bool takes_in_hand() const noexcept;
  void handle_in_hand() noexcept;
  /// Something for a turn to do.
  [[nodiscard]] bool has_work() const noexcept {
    return has_mail_ || !in_hand_.empty() || !steps_.empty() || ready_to_end();
  }
  void dispatch(envelope& message) noexcept;
  void handler_failed(std::exception_ptr error) noexcept;
  void set_alarm();
  void drop_delayed_sends() noexcept;
  [[nodiscard]] bool ready_to_end() const noexcept {
    return phase_ == phase::stopping && running_ == 0 && steps_.empty();
  }
  void refuse(exit_reason reason) noexcept;
  void ended_in_caf() noexcept;

  intrusive_ptr<event_loop> loop_;
  actor_id id_;
  actor_type const& type_;
  std::unique_ptr<birth> birth_;
  std::unique_ptr<actor> object_;
  caf_actor* caf_ = nullptr;

  phase phase_ = phase::unborn;
  bool scheduled_ = false;
  bool has_mail_ = false;  ///< in the mailbox
  bool trap_exit_ = false;
  bool born_ = false;
  std::size_t running_ = 0;
  running_handler* handlers_ = nullptr;
  exit_reason reason_;
  std::stop_source stop_;

  own<work, &actor_core::take_turn> turn_{*this};
  work_list steps_;
  /// The first few messages for its next turn, which all came before those in the mailbox: to go through there costs
  /// several times what it costs to handle a small one.
  work_list in_hand_;
  static constexpr std::uint8_t most_in_hand = 4;
  std::uint8_t count_in_hand_ = 0;
  own<work, &actor_core::knocked> knock_{*this};
  work_inbox inbox_;

  std::mutex timers_mutex_;
  timer_queue timers_;
  own<timer, &actor_core::alarm_rang> alarm_{*this};
  time_point alarm_due_ = time_point::max();

  std::map<std::size_t, std::unique_ptr<delayed_send>> delayed_;
  std::size_t last_delayed_ = 0;
  std::vector<promise<void>> started_;
};

/// A handler coroutine that runs: counted, and asked to stop when its actor stops. Lives in the coroutine's frame.
class running_handler {
 public:
  explicit running_handler(actor_core& core, std::stop_source* stop = nullptr) noexcept;
  ~running_handler();
  running_handler(running_handler const&) = delete;
  running_handler& operator=(running_handler const&) = delete;

  void failed(std::exception_ptr error) noexcept { core_.handler_failed(std::move(error)); }

 private:
  friend actor_core;
  actor_core& core_;
  std::stop_source* stop_;
  running_handler* next_ = nullptr;
  running_handler* previous_ = nullptr;
};

}  // namespace detail
}  // namespace troupe
