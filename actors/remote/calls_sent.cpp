#include <troupe/actors/remote/internal/calls_sent.hpp>
#include <troupe/futures/errors.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace troupe::detail {

void calls_sent::send(wire_writer& out, link& to, wire_type type, functions_told& told, actor_calls batch) {
  auto before = told.count();
  auto first = last_ + 1;
  std::vector<task_id> actors;
  std::vector<call_ptr> calls;
  for (auto& call : batch.calls) {
    actors.push_back(call.actor);
    calls.push_back(std::move(call.call));
  }
  try {
    out.put(first);
    out.put(actors);
    out.put(told, calls);
    out.send(to, type);
  } catch (error const& problem) {
    told.keep(before);
    auto why = std::make_exception_ptr(error(std::string("the calls cannot be sent: ") + problem.what()));
    for (auto& call : batch.calls) call.answer.fail(why, call_failure::failed);
    return;
  }
  for (auto& call : batch.calls) open_.emplace(++last_, std::move(call.answer));
}

std::vector<std::uint64_t> calls_sent::numbers_of(stop_calls const& batch) const {
  std::vector<std::uint64_t> numbers;
  for (auto const& [number, answer] : open_) {
    auto same = [id = answer.id()](stop_calls::item const& item) { return item.call == id; };
    if (std::any_of(batch.calls.begin(), batch.calls.end(), same)) numbers.push_back(number);
  }
  return numbers;
}

void calls_sent::receive(wire_reader& in, answers_taken& taken) {
  auto count = in.in().read_array();
  for (std::size_t i = 0; i < count; ++i) {
    auto const number = in.in().read_uint();
    // Only what was read whole answers a call: should the rest be malformed, it is not known how the call went.
    if (auto how = in.in().read_uint(3); how == 0) {
      auto value = in.get_value();
      if (!value) throw codec_error("an answer without a value");
      handles_lent handles{in.get<std::vector<std::string>>(), nullptr};
      if (!handles.actors.empty()) handles.keeper = taken.when_released(number);
      if (auto answer = take(number); answer.id()) answer.succeed(std::move(value), std::move(handles));
    } else {
      auto problem = in.get_error();
      if (auto answer = take(number); answer.id()) answer.fail(std::move(problem), call_failure(how - 1));
    }
  }
}

answer_slot calls_sent::take(std::uint64_t number) {
  auto found = open_.find(number);
  if (found == open_.end()) return {};
  auto answer = std::move(found->second);
  open_.erase(found);
  return answer;
}

void calls_sent::fail(std::exception_ptr const& why) {
  for (auto& [number, answer] : std::exchange(open_, {})) answer.fail(why, call_failure::lost);
}

}  // namespace troupe::detail
