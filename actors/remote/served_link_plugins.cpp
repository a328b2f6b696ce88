#include <troupe/actors/remote/internal/plugin_wire.hpp>
#include <troupe/actors/remote/internal/served_link.hpp>

#include <utility>

namespace troupe::detail {

void served_link::receive_plugin_change(wire_reader& in) {
  auto number = in.get<std::uint64_t>();
  auto client = in.get<std::uint64_t>();
  auto known = clients_.find(client);
  if (changes_asked_.contains(number)) throw codec_error("two changes of one number");
  change_plugin asked;
  if (known != clients_.end()) asked.from = known->second.id();
  asked.where = in.get<plugin_place>();
  auto made = read_plugin(in, heard_);
  asked.name = std::move(made.name);
  asked.call = std::move(made.call);
  auto answer = scheduler_.ask(std::move(asked));
  changes_asked_.insert_or_assign(number, asked_change{client, answer});
  answer_query(number, answer);
}

/// So that they keep nobody waiting: what was begun elsewhere goes on.
void served_link::give_up_changes(std::uint64_t client) {
  std::vector<future<query_result>> asked;
  std::erase_if(changes_asked_, [&](auto const& one) {
    if (one.second.client != client) return false;
    asked.push_back(one.second.answer);
    return true;
  });
  for (auto const& one : asked) one.cancel();
}

future<plugin_taken> served_link::request(give_plugin const& given) {
  auto number = ++last_request_;
  auto told = told_.count();
  try {
    wire_writer out(scratch_);
    out.put(number);
    write_plugin(out, told_, given.name, given.call);
    out.send(*link_, wire_type::give_plugin);
  } catch (error const&) {
    told_.keep(told);
    throw;
  }
  return plugin_requests_[number].get_future();
}

task<plugin_taken> remote_worker::on(give_plugin&& given) {
  auto asked = over_->request(given);
  co_return co_await std::move(asked);
}

task<plugin_taken> remote_nanny::on(give_plugin&& given) {
  auto asked = over_->request(given);
  co_return co_await std::move(asked);
}

void served_link::receive_plugin_state(wire_reader& in) {
  auto asked = plugin_requests_.extract(in.get<std::uint64_t>());
  if (in.get<bool>()) {
    auto taken = in.get<plugin_taken>();
    if (asked) asked.mapped().set_value(taken);
  } else {
    auto problem = in.get_error();
    if (asked) asked.mapped().set_error(std::move(problem));
  }
}

void served_link::receive_nanny(wire_reader& in) {
  auto number = in.get<std::uint64_t>();
  if (number == 0) throw codec_error("a nanny of the number that says that there is none");
  if (nanny_) throw codec_error("a second nanny joins over one link");
  nanny_ = loop_.spawn<remote_nanny>(intrusive_ptr<served_link>(this));
  scheduler_.send(attach_nanny{nanny_, number, link_->peer().name});
}

void served_link::send(nanny_welcome const& message) {
  wire_writer out(scratch_);
  out.put(message);
  out.send(*link_, wire_type::nanny_welcome);
}

}  // namespace troupe::detail
