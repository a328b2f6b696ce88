#include <troupe/actors/worker/internal/spilled_value.hpp>
#include <troupe/actors/worker/internal/value_store.hpp>

#include <algorithm>
#include <utility>

namespace troupe::detail {

void value_store::put(task_id task, value_ptr value, std::uint64_t nbytes) {
  auto& e = entries_[number(task)];
  forget(e);
  e = {std::move(value), nbytes, ++uses_, nullptr, true, false};
  enter_memory(nbytes);
}

void value_store::enter_memory(std::uint64_t nbytes) noexcept {
  in_memory_ += nbytes;
  most_in_memory_ = std::max(most_in_memory_, in_memory_);
}

value_ptr value_store::find(task_id task) const {
  auto at = entries_.find(number(task));
  return at == entries_.end() || at->second.value->lost() ? nullptr : at->second.value;
}

bool value_store::lost(task_id task) const {
  auto at = entries_.find(number(task));
  return at != entries_.end() && at->second.value->lost();
}

value_ptr value_store::use(task_id task) {
  auto at = entries_.find(number(task));
  if (at == entries_.end()) return nullptr;
  auto& e = at->second;
  e.used = ++uses_;
  if (!std::exchange(e.in_memory, true)) {
    enter_memory(e.nbytes);
    spilled_ -= e.nbytes;
  }
  return e.value;
}

void value_store::erase(task_id task) {
  auto at = entries_.find(number(task));
  if (at == entries_.end()) return;
  forget(at->second);
  entries_.erase(at);
}

void value_store::forget(entry const& e) noexcept {
  if (e.value) (e.in_memory ? in_memory_ : spilled_) -= e.nbytes;
}

void value_store::leave_memory(entry& e) {
  e.value = value_ptr(new spilled_value(e.file, e.nbytes));
  e.in_memory = false;
  in_memory_ -= e.nbytes;
  spilled_ += e.nbytes;
}

std::vector<value_store::candidate> value_store::coldest(std::uint64_t nbytes) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> unused;
  for (auto const& [task, e] : entries_)
    if (e.in_memory && !e.stays && e.nbytes >= smallest && e.value->travels() && e.value->sole())
      unused.emplace_back(e.used, task);
  std::sort(unused.begin(), unused.end());
  std::vector<candidate> found;
  std::uint64_t sum = 0;
  for (auto [used, task] : unused) {
    if (sum >= nbytes) break;
    auto& e = entries_.find(task)->second;
    sum += e.nbytes;
    if (e.file)
      leave_memory(e);
    else
      found.push_back({{static_cast<std::uint32_t>(task), static_cast<std::uint32_t>(task >> 32)}, e.value, e.nbytes});
  }
  return found;
}

void value_store::spilled(candidate const& what, std::shared_ptr<spill_file const> file) {
  auto at = entries_.find(number(what.task));
  if (at == entries_.end() || at->second.value != what.value) return;
  at->second.file = std::move(file);
  leave_memory(at->second);
}

void value_store::keep_in_memory(candidate const& what) {
  auto at = entries_.find(number(what.task));
  if (at != entries_.end() && at->second.value == what.value) at->second.stays = true;
}

}  // namespace troupe::detail
