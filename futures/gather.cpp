#include <troupe/futures/gather.hpp>

#include <utility>

namespace troupe::detail {

task<void> all_done(std::vector<state_base*> states, on_error failures) {
  group_wait wait(std::move(states), failures == on_error::raise ? wait_for::first_exception : wait_for::all_completed,
                  {}, awaits::value);
  co_await wait;
  if (failures == on_error::skip) co_return;
  if (auto* failed = wait.first_failed()) failed->rethrow_if_failed();
  for (auto* state : wait.states()) state->rethrow_if_failed();
}

}  // namespace troupe::detail
