#pragma once

#include <troupe/actors/client/task_options.hpp>
#include <troupe/actors/functions/call.hpp>
#include <troupe/actors/scheduler/events.hpp>
#include <troupe/actors/scheduler/internal/messages.hpp>
#include <troupe/futures/shared_state.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::detail {

class actor_route;
class session;
class task_state;
struct seat_request;

/// What a user's thread asks the session's loop to do with a task.
struct session_command : work {
  enum class kind : std::uint8_t { submit, cancel, keep, fetch, release, call, cancel_call, awaited_call };
  session_command(kind k, task_state& t) noexcept : work(nullptr), what(k), task(t) {}
  kind what;
  task_state& task;
};

/// Where a task is to run, for those that are not left to the scheduler.
struct placement {
  /// Empty: any.
  std::vector<worker_id> workers;
  /// See compute_order::aside.
  bool aside = false;
  /// See submitted_task::once.
  bool once = false;
};

/// How a task is submitted.
struct submission {
  /// Null for the defaults.
  std::shared_ptr<task_options const> options;
  /// The attempt it is submitted from; a default id outside of tasks.
  submitted_parent parent{};
  static constexpr std::size_t no_index = ~std::size_t{0};
  /// Its place in a map.
  std::size_t map_index = no_index;
  /// Null: anywhere.
  std::shared_ptr<placement const> placed = nullptr;
  /// The task is this one's, once more.
  intrusive_ptr<task_state> again = nullptr;
  /// Null: it makes no actor.
  std::shared_ptr<seat_request const> seat = nullptr;
  /// In place of the options' key, while the task is prepared.
  std::string_view key = {};
  /// Its key is a name for people: the task is nobody else's.
  bool only_named = false;
  /// See submitted_task::in_order.
  bool in_order = false;
};

/// The shared state of a task's futures, and the task on its way to the scheduler. The session keeps a reference from
/// submission until it has learned that the last future went.
class task_state final : public state_base {
 public:
  task_state(intrusive_ptr<session> owner, bound_call what, submission how, std::uint64_t number);
  ~task_state() override;

  // Any thread.
  void cancel(std::string_view reason) noexcept override;
  /// It runs even if all its futures go.
  void keep();
  /// A future of the same task, which runs again if it failed.
  [[nodiscard]] intrusive_ptr<task_state> retry();
  [[nodiscard]] std::string key() const override;
  [[nodiscard]] std::size_t nbytes() const override;
  [[nodiscard]] executor* callback_executor() const noexcept override;
  [[nodiscard]] bool belongs_to(session const& s) const noexcept { return owner_.get() == &s; }
  [[nodiscard]] session& owner() const noexcept { return *owner_; }

  /// As the user gave it; "" where the task is nobody else's.
  [[nodiscard]] std::string const& explicit_key() const noexcept { return explicit_key_; }
  /// The user gave it a key that it shares with equal calls.
  [[nodiscard]] bool shares_key() const noexcept { return shares_key_; }

  // The session's loop.

  /// Where calls go; null for a task that makes no actor. That there is one is known to all threads.
  [[nodiscard]] actor_route* route() const noexcept { return route_.get(); }
  /// The actor is made. What is read is a handle on it.
  void deliver_handle() noexcept;
  /// The result has come. A value of another type than the futures' is an error of those.
  void deliver(value_ptr value, std::uint64_t nbytes) noexcept;
  /// The result lies on a worker.
  void deliver_place(worker_place_ptr at, task_id task, std::uint64_t nbytes) noexcept;
  /// Has no effect when the value is here, or another error.
  void fail(std::exception_ptr error) noexcept;
  /// Where it lies; null when it is here, or not done.
  [[nodiscard]] worker_place_ptr const& place() const noexcept { return place_; }
  [[nodiscard]] task_id id() const noexcept { return id_; }
  [[nodiscard]] bool fetching() const noexcept { return fetching_; }
  void set_fetching() noexcept { fetching_ = true; }

  [[nodiscard]] bound_call& call() noexcept { return call_; }
  [[nodiscard]] function_info const& function() const noexcept { return function_; }
  [[nodiscard]] submission const& how() const noexcept { return how_; }
  [[nodiscard]] client_ref ref() const noexcept { return ref_; }
  void set_ref(client_ref ref) noexcept { ref_ = ref; }
  /// Once it is handed over: what it comes after is kept by the scheduler from then on.
  void forget_options() noexcept {
    how_.options = nullptr;
    how_.placed = nullptr;
    how_.again = nullptr;
    how_.seat = nullptr;
  }

  session_command submit_command{session_command::kind::submit, *this};

 private:
  void abandoned() noexcept override;
  void fetch() noexcept override;
  void unpack() override;
  [[nodiscard]] std::exception_ptr wrong_type() const;

  intrusive_ptr<session> owner_;
  function_info const& function_;
  bound_call call_;
  submission how_;
  std::string explicit_key_;
  std::uint64_t number_;
  client_ref ref_;
  value_ptr result_;
  std::uint64_t nbytes_ = 0;
  worker_place_ptr place_;
  task_id id_;
  bool fetching_ = false;
  bool shares_key_ = false;
  std::unique_ptr<actor_route> route_;
  value_ptr (*handle_inside_)(state_base&) = nullptr;
  session_command fetch_command_{session_command::kind::fetch, *this};
  session_command release_command_{session_command::kind::release, *this};
};

}  // namespace troupe::detail
