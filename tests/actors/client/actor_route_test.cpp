#include <troupe/actors/client/internal/actor_route.hpp>
#include <troupe/actors/client/internal/call_list.hpp>
#include <troupe/actors/client/internal/session.hpp>
#include <troupe/actors/functions/builtin.hpp>
#include <troupe/actors/scheduler/internal/scheduler_actor.hpp>
#include <troupe/actors/worker/internal/worker_actor.hpp>
#include <troupe/futures/errors.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace {

using namespace troupe::detail;
using troupe::task_id;
using troupe::worker_id;

constexpr task_id some_actor{3, 1};

/// A session without a loop, so that the test is the loop, and calls of one actor.
class calls {
 public:
  calls()
      : owner_(make_intrusive<session>(troupe::actor_ref<scheduler_actor>(), nullptr, session::reach::this_process)),
        actor_(make_intrusive<task_state>(owner_, bound_call{make_actor_call(), {}}, submission{}, 0)) {
    owner_->close();
    actor_->add_ref();  // as the session's
    held_ = any_future(intrusive_ptr<state_base>(actor_));
  }

  call_state& make(std::uint64_t number) {
    std::vector<any_future> none;
    made_.push_back(make_intrusive<call_state>(owner_, actor_, make_actor_call(), std::move(none), number));
    return *made_.back();
  }
  /// As a command brings it.
  void carry(actor_route& route, call_state& call) {
    call.add_ref();
    route.carry(call, out_);
  }
  /// Which calls were sent to this worker, since the last time.
  std::vector<call_answer const*> sent_to(worker_place_ptr const& to) {
    std::vector<call_answer const*> sent;
    for (auto& batch : out_)
      if (batch.to == to)
        for (auto& call : batch.calls.calls) {
          sent.push_back(call.answer.id());
          under_way_.push_back(std::move(call));
        }
    std::erase_if(out_, [&](auto const& batch) { return batch.to == to; });
    return sent;
  }
  [[nodiscard]] std::vector<calls_to_send>& out() noexcept { return out_; }
  [[nodiscard]] task_state const& actor() const noexcept { return *actor_; }

 private:
  intrusive_ptr<session> owner_;
  intrusive_ptr<task_state> actor_;
  any_future held_;
  std::vector<intrusive_ptr<call_state>> made_;
  std::vector<calls_to_send> out_;
  std::vector<actor_call> under_way_;
};

worker_place_ptr place(std::uint32_t number) {
  auto made = std::make_shared<worker_place>();
  made->id = worker_id{number};
  return made;
}
using answers = std::vector<call_answer const*>;

}  // namespace

TEST_CASE("calls wait until the place is known and go there in their order") {
  calls of;
  actor_route route;
  auto& first = of.make(1);
  auto& second = of.make(2);
  of.carry(route, second);
  of.carry(route, first);
  CHECK(of.out().empty());
  auto at = place(1);
  route.found(at, some_actor, 0, of.out());
  CHECK(of.sent_to(at) == answers{&first, &second});
  auto& third = of.make(3);
  of.carry(route, third);
  CHECK(of.sent_to(at) == answers{&third});
}

TEST_CASE("later calls of an actor that has moved wait for those that may come back from its old place") {
  calls of;
  actor_route route;
  call_list under_way;
  auto old_place = place(1);
  auto new_place = place(2);
  auto& first = of.make(1);
  auto& second = of.make(2);
  auto& third = of.make(3);
  route.found(old_place, some_actor, 0, of.out());
  for (auto* call : {&first, &second}) {
    under_way.add(*call);
    of.carry(route, *call);
  }
  CHECK(of.sent_to(old_place) == answers{&first, &second});

  auto awaited = under_way.await_others(of.actor(), new_place);
  CHECK(awaited == 2);
  CHECK(under_way.await_others(of.actor(), new_place) == 0);
  route.found(new_place, some_actor, awaited, of.out());
  of.carry(route, third);
  CHECK(of.out().empty());
  of.carry(route, second);
  CHECK(of.out().empty());
  SECTION("and are behind one that comes back") {
    of.carry(route, first);
    CHECK(of.sent_to(new_place) == answers{&first, &second, &third});
    CHECK_FALSE(under_way.remove(first));
  }
  SECTION("and not for one that was answered there") {
    CHECK(under_way.remove(first));
    route.answered_elsewhere(of.out());
    CHECK(of.sent_to(new_place) == answers{&second, &third});
    first.awaited = false;
  }
  SECTION("and fail with it when it is gone") {
    route.end(std::make_exception_ptr(troupe::actor_gone("it is gone")));
    CHECK(second.done());
    CHECK(third.done());
    of.carry(route, first);
    CHECK(first.done());
    CHECK(of.out().empty());
  }
  under_way.remove(second);
}

TEST_CASE("calls that are where the actor is, or have not been sent, are not awaited") {
  calls of;
  actor_route route;
  call_list under_way;
  auto at = place(1);
  route.found(at, some_actor, 0, of.out());
  auto& sent = of.make(1);
  auto& fresh = of.make(2);
  under_way.add(sent);
  under_way.add(fresh);
  of.carry(route, sent);
  CHECK(under_way.await_others(of.actor(), place(1)) == 0);
  CHECK(of.sent_to(at) == answers{&sent});
  CHECK_FALSE(under_way.remove(sent));
  CHECK_FALSE(under_way.remove(fresh));
}
