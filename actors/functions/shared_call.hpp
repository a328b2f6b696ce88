#pragma once

#include <troupe/actors/functions/call.hpp>

namespace troupe::detail {

/// Another run of `original`, which keeps its arguments: parameters taken by value are copied, those by const reference
/// refer to it. Several such calls may run at once, where the callable's state is not changed by calling it.
[[nodiscard]] call_ptr make_shared_call(call_ptr original);

}  // namespace troupe::detail
