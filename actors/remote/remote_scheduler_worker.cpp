#include <troupe/actors/functions/registry.hpp>
#include <troupe/actors/remote/internal/remote_scheduler.hpp>
#include <troupe/actors/worker/internal/worker_actor.hpp>

#include <utility>

namespace troupe::detail {

void remote_scheduler::send_functions() {
  auto known = local_functions();
  wire_writer out(scratch_);
  out.put(known.digest);
  out.put(identities_of(known));
  out.send(*link_, wire_type::functions);
}

task<void> remote_scheduler::finish_up_worker(std::uint64_t request) {
  auto asked = worker_.ask(finish_up{});
  co_await std::move(asked);
  wire_writer out(scratch_);
  out.put(request);
  out.send(*link_, wire_type::finished_up);
}

task<void> remote_scheduler::give_to_worker(std::uint64_t request, give_upload given) {
  upload_state state;
  std::exception_ptr problem;
  try {
    auto asked = worker_.ask(std::move(given));
    state = co_await std::move(asked);
  } catch (error const&) {
    problem = std::current_exception();
  }
  wire_writer out(scratch_);
  out.put(request);
  out.put(!problem);
  if (problem)
    out.put(problem);
  else
    out.put(state);
  out.send(*link_, wire_type::upload_state);
}

void remote_scheduler::receive_orders(wire_reader& in) {
  compute_batch batch;
  for (auto& place : in.get<std::vector<place_on_wire>>()) {
    batch.peers.push_back(open_place(std::move(place)));
  }
  batch.orders = in.get<std::vector<compute_order>>();
  batch.calls = in.get_calls(heard_);
  if (batch.calls.size() != batch.orders.size()) throw codec_error("orders and calls differ in number");
  worker_.send(std::move(batch));
}

}  // namespace troupe::detail
