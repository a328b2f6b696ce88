#include <troupe/actors/client/internal/session.hpp>
#include <troupe/actors/client/submission_batch.hpp>

#include <utility>

namespace troupe::detail {

submission_batch::submission_batch(client_handle of)
    : of_(std::move(of)), portion_(of_.options && of_.options->batch_size() > 0 ? of_.options->batch_size() : 64) {
  static_cast<void>(session_of(of_));
}

submission_batch::~submission_batch() { flush(); }

intrusive_ptr<state_base> submission_batch::submit(bound_call what) {
  submission how{of_.options, {of_.parent.task, of_.parent.attempt}};
  if (of_.options && !of_.options->key().empty()) how.map_index = submitted_;
  return submit(std::move(what), std::move(how));
}

intrusive_ptr<state_base> submission_batch::submit(bound_call what, graph_task const& how) {
  submission made{how.options, {of_.parent.task, of_.parent.attempt}};
  made.key = how.key;
  made.only_named = !how.shares_key;
  made.in_order = true;
  return submit(std::move(what), std::move(made));
}

intrusive_ptr<state_base> submission_batch::submit(bound_call what, submission how) {
  for (auto const& input : what.inputs) inputs_.emplace_back(input);
  auto task = session_of(of_).prepare(std::move(what), std::move(how));
  ++submitted_;
  held_.push(task->submit_command);
  if (++held_count_ == portion_) flush();
  return task;
}

void submission_batch::flush() noexcept {
  held_count_ = 0;
  while (work* next = held_.pop()) session_of(of_).push(static_cast<session_command&>(*next));
  inputs_.clear();
}

}  // namespace troupe::detail
