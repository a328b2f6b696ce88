#include <troupe/actors/client/actor_reference.hpp>
#include <troupe/actors/client/internal/passed_answer.hpp>
#include <troupe/actors/client/internal/session.hpp>
#include <troupe/actors/worker/internal/actor_seats.hpp>
#include <troupe/actors/worker/internal/execution.hpp>
#include <troupe/actors/worker/internal/method_run.hpp>
#include <troupe/actors/worker/internal/run_on_pool.hpp>
#include <troupe/actors/worker/log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace troupe::detail {

actor_seat::actor_seat(worker_services& services, task_id id, std::string key, std::unique_ptr<seated_object> object,
                       actor_plan plan)
    : services_(services), id_(id), key_(std::move(key)), plan_(plan), object_(std::move(object)) {
  if (!object_) gone_ = "it was stopped";
}

actor_seat::~actor_seat() = default;

void actor_seat::post(actor_call call) {
  call.call->name_task(key_, 0);
  std::unique_lock lock(mutex_);
  if (!gone_.empty()) {
    auto why = gone_;
    auto how = gone_how_;
    lock.unlock();
    return call.answer.fail(gone_error(why), how);
  }
  auto run = make_intrusive<method_run>(services_, intrusive_ptr<actor_seat>(this), std::move(call));
  if (running_) {
    waiting_.push_back(std::move(run));
    return;
  }
  running_ = run;
  services_.seats.note_begin();
  lock.unlock();
  run->next = nullptr;
  services_.pool->submit(run.get());
}

void actor_seat::stop(call_answer const* call) {
  intrusive_ptr<method_run> found;
  std::unique_lock lock(mutex_);
  if (running_ && running_->id() == call) {
    found = running_;
    lock.unlock();
    if (found->ask_to_stop()) conclude(*found, nullptr);
    return;
  }
  auto at = std::find_if(waiting_.begin(), waiting_.end(), [&](auto const& run) { return run->id() == call; });
  if (at == waiting_.end()) return;
  found = std::move(*at);
  waiting_.erase(at);
  lock.unlock();
  found->answer(nullptr);
}

void actor_seat::leave(std::string const& why, call_failure how) {
  waiting_calls left;
  std::unique_lock lock(mutex_);
  auto running = running_;
  if (gone_.empty()) gone_how_ = how;
  std::shared_ptr<seated_object> object = end(why, left);
  lock.unlock();
  refuse(left, why, how);
  if (running && running->ask_to_stop()) conclude(*running, gone_error(why), how);
  destroy(std::move(object));
}

void actor_seat::destroy(std::shared_ptr<seated_object> object) {
  if (!object) return;
  auto destroyed = [self = intrusive_ptr<actor_seat>(this), object = std::move(object)]() mutable {
    object = nullptr;
    if (self->services_.seats.note_destroyed(*self)) self->services_.wake(false);
  };
  static_cast<void>(run_on_pool(*services_.pool, std::move(destroyed)));
}

std::unique_ptr<seated_object> actor_seat::end(std::string why, waiting_calls& left) {
  if (gone_.empty()) gone_ = std::move(why);
  left = std::exchange(waiting_, {});
  return running_ ? nullptr : std::move(object_);
}

std::exception_ptr actor_seat::gone_error(std::string const& why) const {
  return std::make_exception_ptr(actor_gone(fmt::format("actor {} is gone: {}", key_, why)));
}

void actor_seat::refuse(waiting_calls const& calls, std::string const& why, call_failure how) const {
  for (auto const& run : calls) run->refuse(gone_error(why), how);
}

void* actor_seat::object(std::type_info const& type) {
  if (object_->type() != type)
    throw error(fmt::format("actor {} is a {}, and was called as a {}", key_,
                            readable_type_name(object_->type().name()), readable_type_name(type.name())));
  return object_->get();
}

void actor_seat::ended(method_run& run) noexcept {
  try {
    if (saves_after(run)) return save(run, run.stops_actor());
  } catch (...) {
    return conclude(run, as_task_error(std::current_exception(), {"snapshot", key_, services_.name, 1}));
  }
  conclude(run, nullptr);
}

bool actor_seat::saves_after(method_run const& run) noexcept {
  // That it is stopped is for who makes another of its name as well.
  if (run.stops_actor()) return true;
  if (!plan_.can_restart) return false;
  if (!object_->can_save() || ++calls_since_save_ < plan_.snapshot_every) return false;
  calls_since_save_ = 0;
  return true;
}

void actor_seat::save(method_run& run, bool stopped) {
  save_actor what{id_, {stopped, !stopped, {}}};
  handles_written handles;
  if (!stopped) what.state.bytes = {object_->save()};
  what.handles = keys_of(handles.take());
  auto saved = services_.children->ask({std::move(what), {}});
  saved.on_done([self = intrusive_ptr<actor_seat>(this), run = intrusive_ptr<method_run>(&run)](auto const& answer) {
    self->conclude(*run, answer.failed() ? std::make_exception_ptr(
                                               actor_gone(fmt::format("what actor {} knows cannot be saved: {}",
                                                                      self->key_, troupe::describe(answer.error()))))
                                         : nullptr);
  });
}

void actor_seat::conclude(method_run& run, std::exception_ptr problem, call_failure how) noexcept {
  waiting_calls left;
  std::unique_ptr<seated_object> stopped, gone;
  intrusive_ptr<method_run> next, done(&run);
  {
    std::scoped_lock lock(mutex_);
    running_ = nullptr;
    // It was stopped because the actor goes: who called has not asked for that.
    if (!problem && !gone_.empty() && run.was_cancelled()) problem = gone_error(gone_);
    if (run.stops_actor())
      stopped = end("it was stopped", left);
    else if (!gone_.empty())
      gone = std::move(object_);
    if (!waiting_.empty()) {
      next = std::move(waiting_.front());
      waiting_.pop_front();
      running_ = next;
    }
  }
  stopped = nullptr;
  destroy(std::move(gone));
  run.answer(std::move(problem), how);
  refuse(left, "it was stopped", call_failure::failed);
  if (next) {
    next->next = nullptr;
    services_.pool->submit(next.get());
  } else if (services_.seats.note_end()) {
    services_.wake(false);
  }
}

future<saved_actor> find_saved(task_context& context) {
  auto& run = execution_of(context);
  if (run.order().attempt_number <= 1) return make_ready_future(saved_actor());
  return passed_answer<query_result, saved_actor>::of(
      run.services().children->ask({load_actor{run.order().task}, {}}), [](auto const& asked) {
        auto const& found = asked.get().actor;
        return saved_actor{found.stopped, found.has_state, found.bytes.bytes};
      });
}

void take_seat(task_context& context, std::unique_ptr<seated_object> object, actor_plan plan) {
  auto& run = execution_of(context);
  auto& services = run.services();
  services.seats.put(make_intrusive<actor_seat>(services, run.order().task, run.call().key(), std::move(object), plan));
}

}  // namespace troupe::detail
