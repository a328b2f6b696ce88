#include <troupe/actors/client/control.hpp>
#include <troupe/actors/client/internal/local_client.hpp>
#include <troupe/actors/client/internal/passed_answer.hpp>
#include <troupe/actors/client/internal/session.hpp>

#include <utility>

namespace troupe {
namespace detail {
namespace {

task<value_ptr> run_on_scheduler(client_handle self, call_ptr call) {
  auto& s = session_of(self);
  if (s.refusing()) std::rethrow_exception(client_closed_error());
  try {
    // By the client's actor, which gives the waiting up when the client closes.
    auto running = s.actor().ask(run_call{{}, std::move(call), s.where() == session::reach::other_processes});
    co_return co_await std::move(running);
  } catch (actor_gone const&) {
    std::rethrow_exception(client_closed_error());
  }
}

}  // namespace
}  // namespace detail

task<detail::value_ptr> control_client::call_scheduler(detail::bound_call what) const {
  auto const& s = detail::session_of(self_);
  auto call = std::move(what.call);
  call->name_task(call->function().short_name, 0);
  if (s.where() == detail::session::reach::other_processes) {
    auto name = call->task_name();
    call = detail::make_encoded_call(call->function(), pack(call));
    call->name_task(std::move(name), 0);
  }
  return detail::run_on_scheduler(self_, std::move(call));
}

}  // namespace troupe
