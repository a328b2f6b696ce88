#include <troupe/actors/remote/internal/plugin_wire.hpp>
#include <troupe/actors/remote/internal/remote_scheduler.hpp>
#include <troupe/actors/worker/internal/nanny_actor.hpp>
#include <troupe/actors/worker/internal/worker_actor.hpp>

#include <utility>

namespace troupe::detail {

task<query_result> remote_scheduler::on(change_plugin&& asked) {
  auto number = ++last_request_;
  auto told = told_.count();
  try {
    wire_writer out(scratch_);
    out.put(number);
    out.put(std::uint64_t(asked.from));
    out.put(asked.where);
    write_plugin(out, told_, asked.name, asked.call);
    out.send(*link_, wire_type::change_plugin);
  } catch (error const& problem) {
    told_.keep(told);
    throw error(std::string("the plugin cannot be sent to the scheduler: ") + problem.what());
  }
  auto answer = queries_[number].get_future();
  co_return co_await std::move(answer);
}

void remote_scheduler::on(attach_nanny&& message) {
  nanny_ = message.nanny;
  monitor(message.nanny);
  wire_writer out(scratch_);
  out.put(message.number);
  out.send(*link_, wire_type::attach_nanny);
}

void remote_scheduler::receive_plugin(wire_reader& in) {
  auto number = in.get<std::uint64_t>();
  auto given = read_plugin(in, heard_);
  if (worker_) return start(give_to(worker_, number, std::move(given)));
  if (nanny_) return start(give_to(nanny_, number, std::move(given)));
  throw codec_error("a scheduler sent a plugin, and there is neither worker nor nanny here");
}

template <class Receiver>
task<void> remote_scheduler::give_to(actor_ref<Receiver> receiver, std::uint64_t request, give_plugin given) {
  plugin_taken taken;
  std::exception_ptr problem;
  try {
    auto asked = receiver.ask(std::move(given));
    taken = co_await std::move(asked);
  } catch (error const&) {
    problem = std::current_exception();
  }
  wire_writer out(scratch_);
  out.put(request);
  out.put(!problem);
  if (problem)
    out.put(problem);
  else
    out.put(taken);
  out.send(*link_, wire_type::plugin_state);
}

}  // namespace troupe::detail
