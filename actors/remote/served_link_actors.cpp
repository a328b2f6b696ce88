#include <troupe/actors/remote/internal/served_link.hpp>

#include <utility>

namespace troupe::detail {

void served_link::receive_calls(wire_reader& in) {
  auto to = in.get<worker_id>();
  scheduler_.send(relay_calls{to, relayed_->read(in, heard_)});
}

void served_link::receive_stops(wire_reader& in) {
  auto to = in.get<worker_id>();
  scheduler_.send(relay_stop_calls{to, relayed_->read_stops(in)});
}

void served_link::send(actor_calls batch) {
  wire_writer out(scratch_);
  calls_.send(out, *link_, wire_type::call_actors, told_, std::move(batch));
}

void served_link::send(stop_calls const& batch) {
  auto numbers = calls_.numbers_of(batch);
  if (numbers.empty()) return;
  wire_writer out(scratch_);
  out.put(numbers);
  out.send(*link_, wire_type::stop_calls);
}

}  // namespace troupe::detail
