#include <troupe/futures/executor.hpp>

#include <troupe/futures/errors.hpp>

#include <string>

namespace troupe {
namespace {

constinit thread_local executor* current_executor = nullptr;

}  // namespace

executor* executor::current() noexcept { return current_executor; }

executor::enter::enter(executor& self) noexcept : outer_(current_executor) { current_executor = &self; }
executor::enter::~enter() { current_executor = outer_; }

void executor::drive(std::function<bool()> const& finished) {
  if (!finished()) throw would_deadlock("this executor's thread cannot wait inside one of its own steps: use co_await");
}

namespace detail {

blocking_region::blocking_region(char const* operation) : executor_(executor::current()) {
  if (!executor_) return;
  if (!executor_->may_block())
    throw would_deadlock(std::string(operation) + " would block a thread of the runtime's loop: use co_await there");
  executor_->blocking_begins();
}

blocking_region::~blocking_region() {
  if (executor_) executor_->blocking_ends();
}

}  // namespace detail
}  // namespace troupe
