#include <troupe/actors/client/control.hpp>
#include <troupe/actors/client/internal/ask.hpp>

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace troupe {

future<void> control_client::restart(duration timeout) const {
  auto read = [timeout](future<detail::query_result> const& asked) {
    std::string missing;
    for (auto const& [worker, problem] : asked.get().problems) missing += (missing.empty() ? "" : ", ") + worker;
    if (!missing.empty())
      throw timeout_error(fmt::format("the cluster was restarted, and these workers are not back after {:g} s: {}",
                                      std::chrono::duration<double>(timeout).count(), missing));
  };
  return detail::ask<void>(self_, {detail::restart_cluster{timeout}, {}}, std::move(read));
}

}  // namespace troupe
