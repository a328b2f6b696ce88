#include <troupe/actors/client/task_options.hpp>
#include <troupe/futures/errors.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace troupe {

task_options& task_options::resource(std::string const& name, double amount) {
  if (!(amount > 0)) throw error(fmt::format("a task can hold no {} of the resource '{}'", amount, name));
  resources_[name] = amount;
  return *this;
}

task_options task_options::with(task_options const& inner) const {
  task_options both = *this;
  if (!inner.key_.empty()) both.key_ = inner.key_;
  both.pure_ |= inner.pure_;
  if (inner.priority_ != 0) both.priority_ = inner.priority_;
  if (inner.retries_ != 0) both.retries_ = inner.retries_;
  if (inner.deadline_) both.deadline_ = inner.deadline_;
  both.after_.insert(both.after_.end(), inner.after_.begin(), inner.after_.end());
  if (inner.batch_size_ != 0) both.batch_size_ = inner.batch_size_;
  for (auto const& [name, amount] : inner.resources_) both.resources_[name] = amount;
  if (!inner.workers_.empty()) {
    both.workers_ = inner.workers_;
    both.allow_other_ = inner.allow_other_;
  }
  return both;
}

bool operator==(task_options const& a, task_options const& b) noexcept {
  auto settings = [](task_options const& o) {
    return std::tie(o.key_, o.pure_, o.priority_, o.retries_, o.speculate_, o.deadline_, o.batch_size_, o.resources_,
                    o.workers_, o.allow_other_);
  };
  auto state = [](detail::any_future const& f) { return f.state().get(); };
  return settings(a) == settings(b) && std::ranges::equal(a.after_, b.after_, {}, state, state);
}

}  // namespace troupe
