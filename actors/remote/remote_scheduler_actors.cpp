#include <troupe/actors/remote/internal/remote_scheduler.hpp>

#include <utility>

namespace troupe::detail {

void remote_scheduler::on(relay_calls&& message) {
  wire_writer out(scratch_);
  out.put(message.to);
  relayed_.send(out, *link_, wire_type::relay_calls, told_, std::move(message.what));
}

void remote_scheduler::on(relay_stop_calls&& message) {
  auto numbers = relayed_.numbers_of(message.what);
  if (numbers.empty()) return;
  wire_writer out(scratch_);
  out.put(message.to);
  out.put(numbers);
  out.send(*link_, wire_type::relay_stop_calls);
}

}  // namespace troupe::detail
