#include <troupe/actors/client/internal/actor_route.hpp>

#include <algorithm>
#include <utility>

namespace troupe::detail {

calls_to_send& actor_route::batch_for(worker_place_ptr const& to, std::vector<calls_to_send>& out) {
  auto found = std::find_if(out.begin(), out.end(), [&](auto const& batch) { return batch.to == to; });
  return found == out.end() ? out.emplace_back(calls_to_send{to, {}, {}}) : *found;
}

void actor_route::carry(call_state& call, std::vector<calls_to_send>& out) {
  // It came back from there: the scheduler says where the actor is when it has made it anew.
  if (call.sent_to() && call.sent_to() == at_) at_ = nullptr;
  if (std::exchange(call.awaited, false)) --awaited_;
  call.note_back();
  if (at_ && awaited_ == 0 && waiting_.empty() && !call.done())
    return batch_for(at_, out).calls.calls.push_back(call.send(at_, actor_));
  if (call.done()) {
    call.finish(nullptr);
  } else if (gone_) {
    call.finish(gone_);
  } else {
    auto sooner = [](std::uint64_t number, call_state const* other) { return number < other->number(); };
    waiting_.insert(std::upper_bound(waiting_.begin(), waiting_.end(), call.number(), sooner), &call);
  }
  send_waiting(out);
}

void actor_route::found(worker_place_ptr at, task_id actor, std::size_t awaited, std::vector<calls_to_send>& out) {
  at_ = std::move(at);
  actor_ = actor;
  awaited_ += awaited;
  send_waiting(out);
}

void actor_route::answered_elsewhere(std::vector<calls_to_send>& out) {
  --awaited_;
  send_waiting(out);
}

void actor_route::send_waiting(std::vector<calls_to_send>& out) {
  if (!at_ || awaited_ > 0 || waiting_.empty()) return;
  for (auto* call : std::exchange(waiting_, {})) {
    if (call->done())
      call->finish(nullptr);
    else
      batch_for(at_, out).calls.calls.push_back(call->send(at_, actor_));
  }
}

void actor_route::end(std::exception_ptr why) {
  gone_ = std::move(why);
  at_ = nullptr;
  for (auto* call : std::exchange(waiting_, {})) call->finish(gone_);
}

}  // namespace troupe::detail
