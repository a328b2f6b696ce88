#pragma once

#include <troupe/actors/functions/call.hpp>
#include <troupe/futures/intrusive_ptr.hpp>
#include <troupe/futures/shared_state.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::detail {

/// `inc-5d41…`: the same for equal functions of equal arguments, whoever calls them. Arguments are compared as they
/// travel; those that are futures by their keys. Throws what encoding throws.
[[nodiscard]] std::string pure_key(call_base const& call, std::vector<intrusive_ptr<state_base>> const& inputs);

/// What to tell calls apart by: equal for equal arguments that travel, and one number for all that cannot; never 0.
/// Futures, which are states of tasks, count by the keys that they were given.
[[nodiscard]] std::uint64_t digest_of_arguments(call_base const& call,
                                                std::vector<intrusive_ptr<state_base>> const& inputs);

}  // namespace troupe::detail
