#include <troupe/actors/cluster/internal/memory_policy.hpp>

#include <algorithm>

namespace troupe::detail {
namespace {

std::uint64_t share(std::uint64_t of, double part) {
  return static_cast<std::uint64_t>(static_cast<double>(of) * part);
}

bool exceeds(std::uint64_t taken, std::uint64_t allowed, double threshold) {
  return threshold > 0 && taken > share(allowed, threshold);
}

}  // namespace

std::vector<memory_policy::order> memory_policy::look(std::uint64_t taken, std::uint64_t allowed,
                                                      std::span<worker const> workers) {
  std::vector<order> orders(workers.size());
  std::uint64_t managed = 0;
  for (auto const& w : workers) managed += w.managed;
  if (managed > 0 && exceeds(taken, allowed, at_.spill)) {
    auto until = at_.target > 0 ? std::min(at_.target, at_.spill) : at_.spill;
    auto excess = std::min(taken - share(allowed, until), managed);
    auto part = static_cast<double>(excess) / static_cast<double>(managed);
    for (std::size_t i = 0; i < workers.size(); ++i) orders[i].spill = share(workers[i].managed, part);
  }

  short_ = exceeds(taken, allowed, at_.pause);
  if (!short_) {
    idle_looks_ = 0;
    return orders;
  }
  for (auto& one : orders) one.pause = true;
  bool idle = std::none_of(workers.begin(), workers.end(), [](auto const& w) { return w.running > 0 || w.spilling; });
  idle_looks_ = idle ? idle_looks_ + 1 : 0;
  if (!someone_goes_on_ || workers.empty() || idle_looks_ < patience) return orders;
  turn_ = (turn_ + 1) % workers.size();
  orders[turn_].pause = false;
  return orders;
}

}  // namespace troupe::detail
