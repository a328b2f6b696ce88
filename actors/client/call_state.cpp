#include <troupe/actors/client/actor_reference.hpp>
#include <troupe/actors/client/internal/call_state.hpp>
#include <troupe/actors/client/internal/session.hpp>
#include <troupe/actors/client/internal/session_here.hpp>

#include <fmt/format.h>

#include <mutex>
#include <utility>

namespace troupe::detail {

call_state::call_state(intrusive_ptr<session> owner, intrusive_ptr<task_state> actor, call_ptr what,
                       std::vector<any_future> arguments, std::uint64_t number)
    : submit_command(session_command::kind::call, *actor, *this),
      owner_(std::move(owner)),
      actor_(std::move(actor)),
      held_(std::move(arguments)),
      function_(what->function()),
      call_(std::move(what)),
      number_(number) {
  held_.emplace_back(intrusive_ptr<state_base>(actor_));
}

call_state::~call_state() = default;

void call_state::cancel(std::string_view reason) noexcept {
  if (set_cancelled(reason)) owner_->ask_to_cancel(*this);
}

std::string call_state::key() const { return actor_->key(); }
std::size_t call_state::nbytes() const { return status() == future_status::finished ? result_->nbytes() : 0; }
executor* call_state::callback_executor() const noexcept { return owner_->callback_executor(); }

actor_call call_state::send(worker_place_ptr to, task_id actor) {
  sent_to_ = std::move(to);
  sent_as_ = actor;
  return {actor, call_, answer_slot(*this)};
}

void call_state::succeed(value_ptr value, handles_lent handles) noexcept {
  result_ = std::move(value);
  if (handles.actors.empty() || done()) return give();
  for (auto& actor : handles.actors) answered_.push_back(hold_actor(*owner_, std::move(actor)));
  // Whoever answered and this session speak to the scheduler on ways of their own: it has to have heard from here
  // before the other lets go.
  owner_->heard_so_far().on_done([this, keeper = std::move(handles.keeper)](auto const& /*heard*/) { give(); });
}

void call_state::give() noexcept {
  if (claim()) {
    // What came encoded is read by the first thread that wants it.
    bool packed = result_->type() != *function_.result;
    set_packed(packed);
    if (!packed) set_location(result_->data());
    publish(future_status::finished);
  } else {
    answered_.clear();
  }
  leave();
}

void call_state::fail(std::exception_ptr error, call_failure how) noexcept {
  if (how == call_failure::undelivered && !done() && !std::exchange(came_back_, true)) {
    // To where the actor is now; its reference goes with the command.
    owner_->push(submit_command);
    return;
  }
  finish(std::move(error));
}

void call_state::finish(std::exception_ptr error) noexcept {
  set_error(std::move(error));
  leave();
}

void call_state::leave() noexcept {
  owner_->forget(*this);
  held_.clear();
  release();
}

void call_state::unpack() {
  static std::mutex lock;
  std::scoped_lock reading(lock);
  if (!packed()) return;  // another thread was faster, and may be reading the value already
  reading_for whose(*owner_);
  try {
    result_->decode_as(*function_.result, function_.unpack);
  } catch (std::exception const& problem) {
    throw troupe::error(
        fmt::format("the answer of {} to {} cannot be read: {}", key(), function_.short_name, problem.what()));
  }
  // Whoever reads it has handles of his own.
  answered_.clear();
  set_location(result_->data());
  set_packed(false);
}

}  // namespace troupe::detail
