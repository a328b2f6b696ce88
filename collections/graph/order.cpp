#include <troupe/collections/graph/order.hpp>

#include <troupe/futures/errors.hpp>

#include <algorithm>
#include <cstddef>

namespace troupe::detail {
namespace {

/// Who takes the result of each call.
dependency_table turned_round(dependency_table const& calls) {
  dependency_table users;
  auto const n = calls.size();
  users.first.assign(std::size_t{n} + 1, 0);
  users.needs.resize(calls.needs.size());
  for (auto need : calls.needs) ++users.first[need + 1];
  for (std::uint32_t i = 0; i < n; ++i) users.first[i + 1] += users.first[i];
  auto end = users.first;
  for (std::uint32_t i = 0; i < n; ++i)
    for (auto need : calls.of(i)) users.needs[end[need]++] = i;
  return users;
}

class walk {
 public:
  walk(dependency_table const& calls, std::span<std::uint32_t const> kept)
      : calls_(calls), users_(turned_round(calls)), users_left_(calls.size()), needs_left_(calls.size()) {
    for (std::uint32_t i = 0; i < calls_.size(); ++i) {
      users_left_[i] = std::uint32_t(users_.of(i).size());
      needs_left_[i] = std::uint32_t(calls_.of(i).size());
    }
    sort_needs();
    // One user more, who never comes.
    for (auto call : kept) ++users_left_[call];
  }

  std::vector<std::uint32_t> take() {
    order_.reserve(calls_.size());
    done_.assign(calls_.size(), false);
    next_need_ = calls_.first;
    for (std::uint32_t i = 0; i < calls_.size(); ++i)
      if (users_.of(i).empty()) reach(i);
    return std::move(order_);
  }

 private:
  /// Those that take most room come first: each is computed while the results of those before it are held.
  void sort_needs() {
    auto const n = calls_.size();
    auto waiting = needs_left_;
    std::vector<std::uint32_t> room(n, 1), ready;
    ready.reserve(n);
    for (std::uint32_t i = 0; i < n; ++i)
      if (waiting[i] == 0) ready.push_back(i);
    for (std::size_t at = 0; at < ready.size(); ++at) {
      auto const call = ready[at];
      auto const begin = calls_.needs.begin() + calls_.first[call], end = calls_.needs.begin() + calls_.first[call + 1];
      std::sort(begin, end, [&](auto a, auto b) { return room[a] != room[b] ? room[a] > room[b] : a < b; });
      std::uint32_t held = 0;
      for (auto need = begin; need != end; ++need) room[call] = std::max(room[call], room[*need] + held++);
      for (auto user : users_.of(call))
        if (--waiting[user] == 0) ready.push_back(user);
    }
    if (ready.size() != n) throw error("the calls of a graph need each other in a circle: there is no order for them");
  }

  void reach(std::uint32_t last) {
    path_.push_back(last);
    while (!path_.empty()) {
      auto const call = path_.back();
      auto& next = next_need_[call];
      while (next != calls_.first[call + 1] && done_[calls_.needs[next]]) ++next;
      if (next != calls_.first[call + 1]) {
        path_.push_back(calls_.needs[next++]);
        continue;
      }
      path_.pop_back();
      if (!done_[call]) run(call);
      while (!freeing_.empty()) {
        auto const user = freeing_.back();
        freeing_.pop_back();
        if (!done_[user]) run(user);
      }
    }
  }

  void run(std::uint32_t call) {
    order_.push_back(call);
    done_[call] = true;
    for (auto need : calls_.of(call))
      if (--users_left_[need] == 1) note_last_user(need);
    // The earliest of several comes first.
    auto const users = users_.of(call);
    for (auto user = users.rbegin(); user != users.rend(); ++user)
      if (--needs_left_[*user] == 0 && frees_something(*user)) freeing_.push_back(*user);
  }

  /// None where it is kept for whoever asked.
  void note_last_user(std::uint32_t of) {
    for (auto user : users_.of(of)) {
      if (done_[user]) continue;
      if (needs_left_[user] == 0) freeing_.push_back(user);
      return;
    }
  }

  [[nodiscard]] bool frees_something(std::uint32_t call) const {
    auto const needs = calls_.of(call);
    return std::any_of(needs.begin(), needs.end(), [this](auto need) { return users_left_[need] == 1; });
  }

  dependency_table calls_;
  dependency_table const users_;
  /// Of a call's result: calls that will still take it.
  std::vector<std::uint32_t> users_left_;
  /// Of a call: results that are not there yet.
  std::vector<std::uint32_t> needs_left_;
  std::vector<std::uint32_t> next_need_;
  std::vector<bool> done_;
  /// From a last call down to the one that is looked at; and what may run at once, the latest found at the end.
  std::vector<std::uint32_t> path_, freeing_;
  std::vector<std::uint32_t> order_;
};

}  // namespace

std::vector<std::uint32_t> static_order(dependency_table const& calls, std::span<std::uint32_t const> kept) {
  return walk(calls, kept).take();
}

}  // namespace troupe::detail
