#include <troupe/actors/client/actor_reference.hpp>
#include <troupe/actors/remote/internal/calls_received.hpp>
#include <troupe/futures/errors.hpp>
#include <troupe/futures/frame_pool.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

namespace troupe::detail {

/// The answer to one call; it keeps itself until it is on its way.
class calls_received::answer final : public call_answer, public work, public pooled_object {
 public:
  answer(intrusive_ptr<calls_received> of, std::uint64_t n) noexcept : work(nullptr), number(n), owner(std::move(of)) {}
  ~answer() = default;
  answer(answer const&) = delete;
  answer& operator=(answer const&) = delete;

  void succeed(value_ptr result, handles_lent with) noexcept override {
    try {
      auto nbytes = result->nbytes();
      handles_written written;
      value = make_encoded_value(pack(result), nbytes);
      handles = std::move(with);
      if (auto held = written.take(); !held.empty()) {
        handles.actors = keys_of(held);
        handles.keeper = std::make_shared<std::vector<any_future>>(std::move(held));
      }
      how = 0;
    } catch (...) {
      problem = std::current_exception();
      how = 1;
    }
    give();
  }
  void fail(std::exception_ptr error, call_failure kind) noexcept override {
    problem = std::move(error);
    how = 1 + unsigned(kind);
    give();
  }

  std::uint64_t const number;
  unsigned how = 0;
  value_ptr value;
  handles_lent handles;
  std::exception_ptr problem;

 private:
  void give() noexcept {
    // This object may be gone, and with it the last other reference, as soon as it is handed over.
    auto to = std::move(owner);
    to->give(*this);
  }
  intrusive_ptr<calls_received> owner;
};

actor_calls calls_received::read(wire_reader& in, functions_heard& heard) {
  auto number = in.get<std::uint64_t>();
  auto actors = in.get<std::vector<task_id>>();
  auto calls = in.get_calls(heard);
  if (actors.size() != calls.size()) throw codec_error("calls and actors differ in number");
  actor_calls batch;
  batch.calls.reserve(calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i, ++number) {
    if (open_.contains(number)) throw codec_error("two calls of one number");
    auto* made = new answer(intrusive_ptr<calls_received>(this), number);
    open_.emplace(number, std::pair(actors[i], made));
    batch.calls.push_back({actors[i], std::move(calls[i]), answer_slot(*made)});
  }
  return batch;
}

stop_calls calls_received::read_stops(wire_reader& in) {
  stop_calls batch;
  for (auto number : in.get<std::vector<std::uint64_t>>())
    if (auto found = open_.find(number); found != open_.end())
      batch.calls.push_back({found->second.first, found->second.second});
  return batch;
}

void calls_received::read_taken(wire_reader& in) {
  for (auto number : in.get<std::vector<std::uint64_t>>()) lent_.erase(number);
}

void calls_received::close() noexcept {
  link_ = nullptr;
  lent_.clear();
}

void calls_received::give(answer& ready) noexcept {
  if (!ready_.push(ready)) return;
  add_ref();  // given back by the step
  loop_.post(flush_);
}

void calls_received::flush_step::run(work& self) noexcept {
  auto& owner = static_cast<flush_step&>(self).owner;
  auto alive = intrusive_ptr<calls_received>::adopt(&owner);
  owner.flush();
}

void calls_received::flush() noexcept {
  std::vector<std::unique_ptr<answer>> answers;
  for (work* next = ready_.take(); next;) {
    answers.emplace_back(static_cast<answer*>(std::exchange(next, next->next)));
    open_.erase(answers.back()->number);
  }
  if (!link_ || try_to_send(answers).empty()) return;
  // One of them is too large.
  for (auto& one : answers) {
    auto why = try_to_send({&one, 1});
    if (why.empty()) continue;
    if (one->how == 0) one->problem = std::make_exception_ptr(error("the answer cannot be sent: " + why));
    one->how = std::max(one->how, 1U);
    try {
      wire_writer out(scratch_);
      out.out().write_array(1);
      out.put(one->number);
      out.put(std::uint64_t(one->how));
      out.put_short(one->problem);
      out.send(*link_, wire_type::call_answers);
    } catch (std::exception const& problem) {
      return link_->close(problem.what());
    }
  }
}

std::string calls_received::try_to_send(std::span<std::unique_ptr<answer> const> answers) noexcept {
  try {
    wire_writer out(scratch_);
    out.out().write_array(answers.size());
    for (auto const& one : answers) {
      out.put(one->number);
      out.put(std::uint64_t(one->how));
      if (one->how == 0) {
        out.put(one->value);
        out.put(one->handles.actors);
      } else {
        out.put(one->problem);
      }
    }
    out.send(*link_, wire_type::call_answers);
    for (auto const& one : answers)
      if (!one->handles.actors.empty()) lent_.emplace(one->number, std::move(one->handles.keeper));
    return {};
  } catch (...) {
    return describe_caught();
  }
}

}  // namespace troupe::detail
