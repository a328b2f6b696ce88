#include <troupe/actors/client/actor_reference.hpp>
#include <troupe/actors/client/internal/session.hpp>
#include <troupe/futures/errors.hpp>

#include <fmt/format.h>

#include <utility>

namespace troupe::detail {

void session::encode_for_others(bound_call& what) const {
  if (reach_ != reach::other_processes) return;
  handles_written handles;
  what.call = make_encoded_call(what.call->function(), pack(what.call));
  what.held = handles.take();
}

intrusive_ptr<call_state> session::call(any_future const& actor, bound_call what) {
  encode_for_others(what);
  auto made = make_intrusive<call_state>(
      intrusive_ptr<session>(this), intrusive_ptr<task_state>(static_cast<task_state*>(actor.state().get())),
      std::move(what.call), std::move(what.held), called_actors_.fetch_add(1, std::memory_order_relaxed));
  made->add_ref();  // goes with the command, then with the call, until it is answered
  bool alone = calls_.add(*made);
  alone = alone && unfinished_.load(std::memory_order_relaxed) == 0;
  push(made->submit_command, alone ? urgency::now : urgency::soon);
  return made;
}

void session::forget(call_state& call) noexcept {
  if (!calls_.remove(call)) return;
  call.actor().add_ref();
  push(*new session_command(session_command::kind::awaited_call, call.actor()));
}

void session::ask_to_cancel(call_state& call) noexcept {
  call.add_ref();
  push(*new call_command(session_command::kind::cancel_call, call.actor(), call));
}

void session::stop_call(call_command& command) {
  auto& call = command.call;
  if (call.sent_to())
    actor_route::batch_for(call.sent_to(), calls_to_send_).stops.calls.push_back({call.sent_as(), &call});
  delete &command;
  call.release();
}

void session::hear_of_actor(task_state& actor, client_news_item const& news) {
  auto& route = *actor.route();
  if (auto const* made = std::get_if<finished_news>(&news); made && made->at) {
    route.found(made->at, made->task, calls_.await_others(actor, made->at), calls_to_send_);
    actor.deliver_handle();
  } else if (made) {
    actor.fail(std::make_exception_ptr(error(actor.key() + " is the key of a task that made no actor")));
    route.end(std::make_exception_ptr(actor_gone(actor.key() + " is no actor")));
  } else if (auto const* failed = std::get_if<failed_news>(&news)) {
    actor.fail(failed->error);
    route.end(std::make_exception_ptr(actor_gone(describe(failed->error))));
  } else if (auto const* cancelled = std::get_if<cancelled_news>(&news)) {
    actor.set_cancelled(reason_text(cancelled->reason));
    route.end(std::make_exception_ptr(
        actor_gone(fmt::format("actor {} is gone: {}", actor.key(), reason_text(cancelled->reason)))));
  }
}

}  // namespace troupe::detail
