#pragma once

#include <troupe/futures/executor.hpp>

#include <functional>

namespace troupe::detail {

/// Runs `f` on `where`, at its next turn.
void run_on(executor& where, std::function<void()> f);

}  // namespace troupe::detail
