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
  if (call.done()) return call.finish(nullptr);
  if (gone_) return call.finish(gone_);
  if (at_) {
    batch_for(at_, out).calls.calls.push_back(call.send(at_, actor_));
    return;
  }
  auto later = [&](call_state const* other) { return other->number() > call.number(); };
  waiting_.insert(std::find_if(waiting_.begin(), waiting_.end(), later), &call);
}

void actor_route::found(worker_place_ptr at, task_id actor, std::vector<calls_to_send>& out) {
  at_ = std::move(at);
  actor_ = actor;
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
