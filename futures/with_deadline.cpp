#include <troupe/futures/with_deadline.hpp>

namespace troupe::detail {

void rethrow_as_deadline(std::exception_ptr const& error, bool passed) {
  if (passed && is_cancellation(error)) throw cancelled_error("deadline");
  std::rethrow_exception(error);
}

}  // namespace troupe::detail
