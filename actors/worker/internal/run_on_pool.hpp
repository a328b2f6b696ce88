#pragma once

#include <troupe/actors/worker/internal/thread_pool.hpp>
#include <troupe/futures/future.hpp>
#include <troupe/futures/promise.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace troupe::detail {

/// What blocks for the disk and the like, on a thread that may: on a pool soon, even if all its threads are busy.
template <class Function>
[[nodiscard]] future<std::invoke_result_t<Function&>> run_on_pool(executor& where, Function function) {
  using result = std::invoke_result_t<Function&>;
  class step final : public work {
   public:
    explicit step(Function f) : work(&call), function_(std::move(f)) {}
    [[nodiscard]] future<result> answer() const { return promise_.get_future(); }

   private:
    static void call(work& item) noexcept {
      std::unique_ptr<step> self(static_cast<step*>(&item));
      try {
        if constexpr (std::is_void_v<result>) {
          self->function_();
          self->promise_.set_value();
        } else {
          self->promise_.set_value(self->function_());
        }
      } catch (...) {
        self->promise_.set_error(std::current_exception());
      }
    }
    Function function_;
    promise<result> promise_;
  };
  auto* next = new step(std::move(function));
  auto answer = next->answer();
  if (auto* pool = dynamic_cast<thread_pool*>(&where))
    pool->run_aside(*next);
  else
    where.post(*next);
  return answer;
}

}  // namespace troupe::detail
