#include <troupe/actors/client/internal/actor_route.hpp>
#include <troupe/actors/client/internal/pure_key.hpp>
#include <troupe/actors/client/internal/session.hpp>
#include <troupe/actors/client/internal/session_here.hpp>
#include <troupe/actors/client/internal/task_state.hpp>
#include <troupe/actors/functions/builtin.hpp>

#include <fmt/format.h>

#include <array>
#include <mutex>
#include <utility>

namespace troupe::detail {

task_state::task_state(intrusive_ptr<session> owner, bound_call what, submission how, std::uint64_t number)
    : owner_(std::move(owner)),
      function_(what.call->function()),
      call_(std::move(what)),
      how_(std::move(how)),
      number_(number) {
  if (how_.seat) {
    route_ = std::make_unique<actor_route>();
    handle_inside_ = how_.seat->inside;
  }
  if (how_.again) {
    explicit_key_ = how_.again->explicit_key_;
    number_ = how_.again->number_;
    if (how_.again->route_) {
      route_ = std::make_unique<actor_route>();
      handle_inside_ = how_.again->handle_inside_;
    }
  }
  if (!how_.key.empty()) {
    explicit_key_ = std::exchange(how_.key, {});
    shares_key_ = !how_.only_named;
  } else if (how_.options && !how_.options->key().empty()) {
    explicit_key_ = how_.options->key();
    shares_key_ = true;
    if (how_.map_index != submission::no_index) explicit_key_ += fmt::format("-{}", how_.map_index);
  } else if (how_.options && how_.options->pure()) {
    explicit_key_ = pure_key(*call_.call, call_.inputs);
  }
  if (!explicit_key_.empty() && !how_.only_named) mark_shared();
}

task_state::~task_state() = default;

void task_state::cancel(std::string_view reason) noexcept {
  if (set_cancelled(reason)) owner_->ask_to_cancel(*this);
}

void task_state::keep() { owner_->ask_to_keep(*this); }

intrusive_ptr<task_state> task_state::retry() {
  submission how;
  how.again = intrusive_ptr<task_state>(this);
  return owner_->submit({make_dataset_call(function_), {}}, std::move(how));
}

void task_state::abandoned() noexcept {
  bool small = status() == future_status::finished && nbytes_ <= small_result;
  owner_->push(release_command_, small ? session::urgency::late : session::urgency::soon);
}

std::string task_state::key() const {
  return explicit_key_.empty() ? make_key(function_, owner_->scramble(number_)) : explicit_key_;
}

void task_state::fetch() noexcept {
  add_ref();  // given back when the command is carried out
  owner_->push(fetch_command_);
}

std::size_t task_state::nbytes() const { return status() == future_status::finished ? nbytes_ : 0; }

executor* task_state::callback_executor() const noexcept { return owner_->callback_executor(); }

void task_state::deliver(value_ptr value, std::uint64_t nbytes) noexcept {
  bool late = bool(std::exchange(place_, nullptr));
  if (!late && !claim()) return;
  nbytes_ = nbytes;
  result_ = std::move(value);
  // What came encoded, or lies in a file, is read by the first thread that wants it.
  bool packed = owner_->where() == session::reach::other_processes || !result_->data();
  set_packed(packed);
  if (!packed) {
    if (auto problem = wrong_type()) return late ? lose(std::move(problem)) : fail_claimed(std::move(problem));
    set_location(result_->data());
  }
  late ? arrive() : publish(future_status::finished);
}

void task_state::deliver_handle() noexcept {
  if (!claim()) return;
  result_ = handle_inside_ ? handle_inside_(*this) : unit_value();
  set_location(result_->data());
  publish(future_status::finished);
}

std::exception_ptr task_state::wrong_type() const {
  if (result_->type() == *function_.result) return nullptr;
  return std::make_exception_ptr(troupe::error(
      fmt::format("task {} has a result of type {}, this future wants {}: equal keys for different calls", key(),
                  readable_type_name(result_->type().name()), readable_type_name(function_.result->name()))));
}

void task_state::unpack() {
  // Few enough to be shared: one of them is held as long as it takes to read a value.
  static std::array<std::mutex, 64> locks;
  std::scoped_lock lock(locks[number_ % locks.size()]);
  if (!packed()) return;  // another thread was faster, and may be reading the value already
  reading_for whose(*owner_);
  try {
    result_->decode_as(*function_.result, function_.unpack);
  } catch (std::exception const& problem) {
    throw troupe::error(fmt::format("the result of {} cannot be read: {}", key(), problem.what()));
  }
  set_location(result_->data());
  set_packed(false);
}

void task_state::deliver_place(worker_place_ptr at, task_id task, std::uint64_t nbytes) noexcept {
  if (!place_ && !claim()) return;
  bool first = !std::exchange(place_, std::move(at));
  id_ = task;
  if (!first) return;
  nbytes_ = nbytes;
  publish_elsewhere();
}

void task_state::fail(std::exception_ptr error) noexcept {
  if (std::exchange(place_, nullptr))
    lose(std::move(error));
  else
    set_error(std::move(error));
}

}  // namespace troupe::detail
