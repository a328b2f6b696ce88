#pragma once

#include <troupe/actors/functions/builtin.hpp>
#include <troupe/actors/scheduler/internal/data_desk.hpp>

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

namespace troupe::detail {

template <class T>
[[nodiscard]] bool contains(std::vector<T> const& all, T const& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

/// Copies of results being made, which are given up with this object.
class local_scheduler::data_desk::copies {
 public:
  /// How many had better be made at a time, for their memory and for the time until a change of the cluster is noticed.
  static constexpr std::size_t round_size = 64;

  explicit copies(data_desk& desk) : desk_(desk) {}
  copies(copies const&) = delete;
  copies& operator=(copies const&) = delete;
  ~copies() {
    for (auto const& one : started_) {
      desk_.waiting_.erase(one.touch.index);
      desk_.give_back({one.data, one.touch});
    }
  }

  void start(task_id what, worker_id onto) {
    auto& one = started_.emplace_back(entry{what, desk_.take_ref(), desk_.take_ref(), {}, nullptr});
    one.end = desk_.waiting_[one.touch.index].get_future();
    auto& s = desk_.scheduler_;
    auto call = make_touch_call();
    submitted_task touch;
    touch.ref = one.touch;
    touch.function = s.intern(call->function());
    touch.payload = payload_id{s.calls_.put(std::move(call))};
    touch.workers = {onto};
    touch.aside = true;
    touch.deps = {{one.data, false}};
    s.handle(to_scheduler::refer{s.now(), desk_.self_, one.data, what, {}});
    s.handle(to_scheduler::submit{s.now(), desk_.self_, {std::move(touch)}});
  }
  [[nodiscard]] std::size_t size() const noexcept { return started_.size(); }
  /// When all have ended.
  [[nodiscard]] task<void> ended() {
    for (auto& one : started_) {
      auto const& problem = co_await one.end;
      one.problem = problem;
    }
  }
  /// What the first of them has failed with; null where all were copied, or have gone.
  [[nodiscard]] std::exception_ptr problem() const noexcept {
    auto failed = std::find_if(started_.begin(), started_.end(), [](entry const& one) { return bool(one.problem); });
    return failed == started_.end() ? nullptr : failed->problem;
  }
  /// Calls `note(task, problem)` for each that has failed.
  template <class Note>
  void for_each_problem(Note note) const {
    for (auto const& one : started_)
      if (one.problem) note(one.what, one.problem);
  }

 private:
  struct entry {
    task_id what;
    client_ref data;
    client_ref touch;
    future<std::exception_ptr> end;
    std::exception_ptr problem;
  };
  data_desk& desk_;
  std::vector<entry> started_;
};

}  // namespace troupe::detail
