#pragma once

#include <troupe/actors/functions/actor_maker.hpp>
#include <troupe/actors/scheduler/ids.hpp>
#include <troupe/actors/scheduler/internal/actor_calls.hpp>
#include <troupe/futures/intrusive_ptr.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <typeinfo>

namespace troupe::detail {

class method_run;
class worker_services;

/// A remote actor on its worker: the object, and the calls that wait for it, which run one at a time, in order, as jobs
/// of the worker's pool. So actors share its threads with tasks; the scheduler does not count them.
class actor_seat final : public ref_counted {
 public:
  actor_seat(worker_services& services, task_id id, std::string key, std::unique_ptr<seated_object> object,
             actor_plan plan);
  ~actor_seat() override;

  [[nodiscard]] task_id id() const noexcept { return id_; }

  // Any thread.
  void post(actor_call call);
  /// Nobody waits for this call any more.
  void stop(call_answer const* call);
  /// The actor ends: calls that wait, and those to come, fail with `why`; a running one is asked to stop and goes on to
  /// its end. Undelivered: there may be another life of the actor elsewhere.
  void leave(std::string const& why, call_failure how);

  // For the running method.
  /// Throws error where the object is of another type.
  [[nodiscard]] void* object(std::type_info const& type);
  void ended(method_run& run) noexcept;

 private:
  using waiting_calls = std::deque<intrusive_ptr<method_run>>;

  [[nodiscard]] bool saves_after(method_run const& run) noexcept;
  void save(method_run& run, bool stopped);
  /// Answers, and begins the next call.
  void conclude(method_run& run, std::exception_ptr problem, call_failure how = call_failure::failed) noexcept;
  /// On a thread for users' code.
  void destroy(std::shared_ptr<seated_object> object);
  /// Under the lock: the object, to be destroyed without it, where no method runs.
  [[nodiscard]] std::unique_ptr<seated_object> end(std::string why, waiting_calls& left);
  [[nodiscard]] std::exception_ptr gone_error(std::string const& why) const;
  void refuse(waiting_calls const& calls, std::string const& why, call_failure how) const;

  worker_services& services_;
  task_id const id_;
  std::string const key_;
  actor_plan const plan_;
  std::uint32_t calls_since_save_ = 0;  // the running method's

  std::mutex mutex_;  // guards what follows; the object is the running method's
  std::unique_ptr<seated_object> object_;
  waiting_calls waiting_;
  intrusive_ptr<method_run> running_;
  std::string gone_;
  call_failure gone_how_ = call_failure::failed;
};

}  // namespace troupe::detail
