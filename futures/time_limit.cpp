#include <troupe/futures/time_limit.hpp>

#include <troupe/futures/sleep_for.hpp>

#include <algorithm>

namespace troupe::detail {

time_point time_bound::when(executor const& where) const noexcept {
  return by_ ? time_after(where.now(), *by_) : when_;
}

duration time_bound::left(executor const& where) const noexcept {
  if (by_) return *by_;
  auto now = where.now();
  return when_ > now ? when_ - now : duration::zero();
}

time_limit::time_limit(environment const& outer, time_bound bound)
    : inner_{outer.where, stop_.get_token(), outer.owner}, from_outer_(outer.stop, on_stop{&stop_}) {
  inner_.where->post_at(bound.when(*inner_.where), alarm_);
}

void time_limit::alarm::ring(work& self) noexcept {
  auto& limit = static_cast<alarm&>(self).limit;
  limit.stop_.request_stop();
  if (limit.phase_.exchange(passed_by, std::memory_order_acq_rel) == waited_for)
    limit.resumption_.run(limit.resumption_);
}

bool time_limit::wait() noexcept {
  auto expected = armed;
  return phase_.compare_exchange_strong(expected, waited_for, std::memory_order_acq_rel);
}

}  // namespace troupe::detail
