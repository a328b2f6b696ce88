#pragma once

#include "measure.hpp"

#include <troupe/futures/sleep_for.hpp>
#include <troupe/futures/task.hpp>

#include <chrono>
#include <cstddef>
#include <vector>

namespace troupe::bench {

/// Makes calls one after the other, `apart` from each other, and awaits each; µs that each took. `call(i)` gives the
/// future of a number, which has to be i + 1.
template <class Call>
task<std::vector<double>> time_calls(std::size_t calls, std::chrono::milliseconds apart, Call call) {
  std::vector<double> times;
  times.reserve(calls);
  for (std::size_t i = 0; i < calls; ++i) {
    if (apart.count() > 0) co_await sleep_for(apart);
    auto begin = std::chrono::steady_clock::now();
    auto f = call(static_cast<int>(i));
    int result = co_await f;
    times.push_back(seconds_since(begin) / us);
    require(result == static_cast<int>(i) + 1, "result of a call");
  }
  co_return times;
}

}  // namespace troupe::bench
