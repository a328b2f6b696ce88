#include <troupe/actors/cluster/internal/adaptive_core.hpp>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace troupe::detail {

adaptive_advice adaptive_core::look(time_point now, adaptive_sample const& seen) {
  if (now < due_) return {};
  due_ = time_after(now, limits_.interval);
  auto there = static_cast<std::uint32_t>(seen.workers.size());
  auto target = std::clamp(seen.target, limits_.minimum, limits_.maximum);
  auto before = std::exchange(counts_, {});
  adaptive_advice advice;
  if (target > there) advice.start = target - there;
  if (target >= there) return advice;
  for (auto& name : superfluous(seen, target)) {
    auto known = before.find(name);
    auto count = known == before.end() ? 1U : known->second + 1;
    if (count >= limits_.wait_count)
      advice.close.push_back(std::move(name));
    else
      counts_.emplace(std::move(name), count);
  }
  return advice;
}

std::vector<std::string> adaptive_core::superfluous(adaptive_sample const& seen, std::uint32_t target) const {
  auto there = static_cast<std::uint32_t>(seen.workers.size());
  auto too_many = there - target;
  std::vector<std::string> found;
  for (auto w = seen.workers.rbegin(); w != seen.workers.rend() && found.size() < too_many; ++w)
    if (!w->arrived) found.push_back(w->name);
  // Beyond the maximum the busy ones go, too, once they have ended what they do.
  auto must = there > limits_.maximum ? there - limits_.maximum : 0;
  std::set<std::string_view> arrived;
  for (auto const& w : seen.workers)
    if (w.arrived) arrived.insert(w.name);
  for (std::size_t i = 0; i < seen.leaving.size() && found.size() < too_many; ++i)
    if ((i < seen.spare || found.size() < must) && arrived.contains(seen.leaving[i])) found.push_back(seen.leaving[i]);
  return found;
}

}  // namespace troupe::detail
