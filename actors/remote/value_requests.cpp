#include <troupe/actors/remote/internal/value_parts.hpp>

#include <utility>

namespace troupe::detail {

value_requests::opened value_requests::open(std::size_t values, bool in_the_making) {
  auto& made = requests_[++last_];
  made.wanted = values;
  made.in_the_making = in_the_making;
  return {last_, made.answer.get_future()};
}

void value_requests::receive(wire_reader& in) {
  auto found = requests_.find(in.get<std::uint64_t>());
  auto kind = part_kind(in.in().read_uint(std::uint64_t(part_kind::is_large)));
  if (kind == part_kind::refusal) {
    auto why = std::make_exception_ptr(error(in.get<std::string>()));
    if (found != requests_.end()) requests_.extract(found).mapped().answer.set_error(why);
    return;
  }
  if (kind == part_kind::is_large) {
    if (found == requests_.end()) return;
    if (!found->second.in_the_making) throw codec_error("a value is large whose size was known");
    requests_.extract(found).mapped().answer.set_error(std::make_exception_ptr(value_is_large("the value is large")));
    return;
  }
  auto count = in.in().read_array();
  // Nobody waits any more: it is read all the same, so that what is wrong in it is noticed.
  request nobody{count, {}, {}, false};
  auto& asked = found == requests_.end() ? nobody : found->second;
  if (count > asked.wanted - asked.values.size()) throw codec_error("more values than were asked for");
  asked.values.reserve(asked.wanted);
  auto const first = asked.values.size();
  buffer heads;
  std::size_t read = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (in.in().try_nil()) {
      asked.values.emplace_back();
      continue;
    }
    auto nbytes = in.in().read_uint();
    auto head = in.in().read_uint();
    auto attachments = in.in().read_uint();
    if (heads.empty()) heads = in.get_attachment();
    if (head > heads.size() - read) throw codec_error("values that are larger than what came of them");
    packet bytes;
    bytes.head = heads.part(read, head);
    read += head;
    for (std::uint64_t k = 0; k < attachments; ++k) bytes.attachments.push_back(in.get_attachment());
    asked.values.push_back(make_encoded_value(std::move(bytes), nbytes));
  }
  for (auto& [place, why] : in.get<std::vector<std::pair<std::uint64_t, std::string>>>()) {
    if (place >= count || asked.values[first + place])
      throw codec_error("a reason for a value that is there, or for none");
    asked.values[first + place] = make_unreadable_value(std::move(why));
  }
  if (read != heads.size()) throw codec_error("bytes that belong to no value");
  if (kind == part_kind::more_follow || found == requests_.end()) return;
  if (asked.values.size() != asked.wanted) throw codec_error("fewer values than were asked for");
  auto done = requests_.extract(found);
  done.mapped().answer.set_value(std::move(done.mapped().values));
}

void value_requests::fail(std::exception_ptr const& why) {
  for (auto& [number, asked] : std::exchange(requests_, {})) asked.answer.set_error(why);
}

}  // namespace troupe::detail
