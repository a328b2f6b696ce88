#include <troupe/actors/remote/internal/served_link.hpp>

#include <utility>

namespace troupe::detail {

future<upload_state> served_link::request(give_upload const& given) {
  auto number = ++last_request_;
  auto answer = upload_requests_[number].get_future();
  wire_writer out(scratch_);
  out.put(number);
  out.put(given);
  out.send(*link_, wire_type::give_upload);
  return answer;
}

task<upload_state> remote_worker::on(give_upload&& given) {
  auto asked = over_->request(given);
  co_return co_await std::move(asked);
}

void served_link::receive_upload_state(wire_reader& in) {
  auto asked = upload_requests_.extract(in.get<std::uint64_t>());
  if (in.get<bool>()) {
    auto state = in.get<upload_state>();
    if (asked) asked.mapped().set_value(std::move(state));
  } else {
    auto problem = in.get_error();
    if (asked) asked.mapped().set_error(std::move(problem));
  }
}

}  // namespace troupe::detail
