#include <troupe/actors/cluster/internal/adaptive_core.hpp>
#include <troupe/futures/errors.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace troupe::detail {
namespace {

/// So many workers, and what says so.
struct bound {
  std::int64_t workers = 0;
  std::string origin;
};

std::string named(char const* option, std::int64_t value) { return fmt::format("{}({})", option, value); }

void refuse_negative(char const* option, std::optional<std::int64_t> value) {
  if (value && *value < 0) throw error(fmt::format("adapt: {} is negative", named(option, *value)));
}

/// The larger of the two.
void raise(bound& least, char const* option, std::optional<std::int64_t> amount, std::int64_t of_one) {
  if (!amount || of_one == 0) return;
  auto workers = *amount / of_one + (*amount % of_one == 0 ? 0 : 1);
  if (workers > least.workers) least = {workers, named(option, *amount)};
}

/// The smaller of the two.
void lower(bound& most, char const* option, std::optional<std::int64_t> amount, std::int64_t of_one) {
  if (!amount || of_one == 0) return;
  if (*amount / of_one < most.workers) most = {*amount / of_one, named(option, *amount)};
}

}  // namespace

adaptive_limits limits_of(adapt_options const& options, std::uint32_t threads, std::uint64_t memory) {
  refuse_negative("minimum", options.minimum());
  refuse_negative("maximum", options.maximum());
  refuse_negative("minimum_cores", options.minimum_cores());
  refuse_negative("maximum_cores", options.maximum_cores());
  refuse_negative("minimum_memory", options.minimum_memory());
  refuse_negative("maximum_memory", options.maximum_memory());
  if (options.wait_count() < 1)
    throw error(fmt::format("adapt: {} is less than 1", named("wait_count", options.wait_count())));
  if (options.interval() <= duration::zero()) throw error("adapt: interval is not above zero");
  if (options.target_duration() <= duration::zero()) throw error("adapt: target_duration is not above zero");

  auto bytes = static_cast<std::int64_t>(std::min<std::uint64_t>(memory, INT64_MAX));
  bound least{options.minimum(), named("minimum", options.minimum())};
  raise(least, "minimum_cores", options.minimum_cores(), threads);
  raise(least, "minimum_memory", options.minimum_memory(), bytes);
  bound most{UINT32_MAX, ""};
  lower(most, "maximum", options.maximum(), 1);
  lower(most, "maximum_cores", options.maximum_cores(), threads);
  lower(most, "maximum_memory", options.maximum_memory(), bytes);

  auto shape = fmt::format("a worker has {} thread{} and {} bytes", threads, threads == 1 ? "" : "s", memory);
  if (most.workers == 0) throw error(fmt::format("adapt: {} leaves no worker: {}", most.origin, shape));
  if (least.workers > most.workers)
    throw error(fmt::format("adapt: {} and {} contradict each other: at least {} workers, at most {} ({})",
                            least.origin, most.origin.empty() ? "no maximum" : most.origin, least.workers, most.workers,
                            shape));
  adaptive_limits limits;
  limits.minimum = static_cast<std::uint32_t>(least.workers);
  limits.maximum = static_cast<std::uint32_t>(most.workers);
  limits.wait_count = static_cast<std::uint32_t>(std::min<std::int64_t>(options.wait_count(), UINT32_MAX));
  limits.interval = options.interval();
  limits.target_duration = options.target_duration();
  return limits;
}

}  // namespace troupe::detail
