#include <troupe/actors/remote/internal/served_link.hpp>

#include <utility>

namespace troupe::detail {

void served_link::receive_call(wire_reader& in) {
  auto number = in.get<std::uint64_t>();
  auto known = clients_.find(in.get<std::uint64_t>());
  auto calls = in.get_calls(heard_);
  if (calls.size() != 1) throw codec_error("a scheduler runs one call at a time");
  run_call asked{known == clients_.end() ? actor_id{} : known->second.id(), std::move(calls.front()), true};
  auto running = scheduler_.ask(std::move(asked));
  running.on_done([self = intrusive_ptr<served_link>(this), number](future<value_ptr> const& result) {
    self->send_result(number, result);
  });
}

void served_link::send_result(std::uint64_t number, future<value_ptr> const& result) {
  auto problem = result.error();
  if (!problem) {
    try {
      wire_writer out(scratch_);
      out.put(number);
      out.put(true);
      out.put(result.get());
      return out.send(*link_, wire_type::call_result);
    } catch (error const&) {
      problem = std::current_exception();  // too large
    }
  }
  try {
    wire_writer out(scratch_);
    out.put(number);
    out.put(false);
    out.put_short(problem);
    out.send(*link_, wire_type::call_result);
  } catch (std::exception const& e) {
    link_->close(e.what());
  }
}

}  // namespace troupe::detail
