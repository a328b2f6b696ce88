#include <troupe/actors/client/internal/session.hpp>
#include <troupe/actors/client/internal/session_here.hpp>
#include <troupe/actors/worker/internal/execution.hpp>

#include <utility>

namespace troupe::detail {
namespace {

thread_local session* reads_for = nullptr;

}  // namespace

intrusive_ptr<session> session_here() noexcept {
  if (reads_for) return intrusive_ptr<session>(reads_for);
  auto* running = execution::current();
  return running ? running->services().children : nullptr;
}

reading_for::reading_for(session& whose) noexcept : outer_(std::exchange(reads_for, &whose)) {}
reading_for::~reading_for() { reads_for = outer_; }

}  // namespace troupe::detail
