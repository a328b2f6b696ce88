#include <troupe/futures/intrusive_ptr.hpp>

namespace troupe::detail {

void ref_counted::destroy() const noexcept { delete this; }

}  // namespace troupe::detail
