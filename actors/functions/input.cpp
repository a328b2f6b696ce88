#include <troupe/actors/functions/input.hpp>
#include <troupe/actors/functions/nested_futures.hpp>

#include <string>

namespace troupe::detail {

void input_list::throw_missing(slot s) const {
  throw error("a call was given " + std::to_string(inputs_.size()) + " inputs and has none for future " +
              std::to_string(s.index));
}

void throw_input_shared(std::type_info const& type) {
  throw future_shared("an argument of type " + readable_type_name(type.name()) +
                      " cannot be copied and its future has other holders: take it by const reference, or drop the "
                      "other futures");
}

void throw_empty_future_argument() {
  throw future_invalid("an empty future (default-constructed or moved from) cannot be an argument");
}

void throw_argument_not_copyable(std::type_info const& type) {
  throw error("an argument of type " + readable_type_name(type.name()) +
              " cannot be copied, and the task may be tried again: take it by const reference, or allow no retries");
}

}  // namespace troupe::detail
