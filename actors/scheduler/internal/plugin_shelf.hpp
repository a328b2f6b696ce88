#pragma once

#include <troupe/actors/scheduler/internal/messages.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace troupe::detail {

/// The plugins that those who join later are to have: the changes, of which there is one for each name.
class plugin_shelf {
 public:
  struct change {
    /// Counts up.
    std::uint64_t number = 0;
    /// Without a call: nobody has it any more.
    give_plugin what;
  };

  [[nodiscard]] bool empty() const noexcept { return changes_.empty(); }
  [[nodiscard]] std::uint64_t last_change() const noexcept { return last_; }
  [[nodiscard]] bool has(std::string const& name) const noexcept {
    return std::any_of(changes_.begin(), changes_.end(),
                       [&](change const& one) { return one.what.name == name && one.what.call; });
  }
  void put(give_plugin what) {
    std::erase_if(changes_, [&](change const& one) { return one.what.name == what.name; });
    changes_.push_back({++last_, std::move(what)});
  }
  /// The next one for who joins and has all up to this number; null where there is none. Those that only take back
  /// something count where they came after `began`.
  [[nodiscard]] change const* next(std::uint64_t number, std::uint64_t began) const noexcept {
    for (auto const& one : changes_)
      if (one.number > number && (one.what.call || one.number > began)) return &one;
    return nullptr;
  }

 private:
  std::vector<change> changes_;  // by number
  std::uint64_t last_ = 0;
};

}  // namespace troupe::detail
