#pragma once

#include <troupe/futures/completion_queue.hpp>
#include <troupe/futures/future.hpp>

#include <optional>
#include <ranges>
#include <utility>
#include <vector>

namespace troupe {

/// What becomes of the futures that an as_completed still holds when it goes: let go of, or cancelled.
enum class at_end : std::uint8_t { release, cancel };

/// Futures in the order in which they are done; more may be added at any time.
///
///     auto completed = as_completed(client.map<f>(xs));
///     while (auto next = co_await completed.next()) … co_await *next …
///
/// - Success: `next()` gives the future that was done next (each as often as it was added), and nothing when none is
///   left; `add` may follow, and `next` then goes on. Futures that were done when added come in the order of adding.
/// - Failure: a failed or cancelled future is an item like others; `next` throws nothing of theirs.
/// - Cancellation: a stop request ends the wait of `next` with cancelled_error("stopped") and loses no item;
///   `cancel_rest()` cancels what was not returned yet (and then comes as cancelled items). Going early is safe.
/// - The awaiting coroutine resumes on its own executor.
/// - Cost: one small allocation and O(1) per future.
///
/// Threads: futures may be completed by any thread; the object itself is used by one at a time, and one coroutine at a
/// time waits in it.
template <class T>
class as_completed {
 public:
  as_completed() = default;
  /// Takes a range of futures.
  template <std::ranges::input_range Range>
    requires std::convertible_to<std::ranges::range_reference_t<Range>, future<T>>
  explicit as_completed(Range&& futures, at_end rest = at_end::release) : rest_(rest) {
    add(std::forward<Range>(futures));
  }
  explicit as_completed(at_end rest) : rest_(rest) {}
  as_completed(as_completed const&) = delete;
  as_completed& operator=(as_completed const&) = delete;
  ~as_completed() {
    if (rest_ == at_end::cancel) cancel_rest();
  }

  /// Throws future_invalid for an empty future.
  void add(future<T> f) {
    auto* state = detail::future_access::state(f).get();
    if (!state) throw future_invalid("adding an empty future to as_completed");
    queue_.add(*state, std::make_unique<item>(std::move(f)));
  }
  template <std::ranges::input_range Range>
    requires std::convertible_to<std::ranges::range_reference_t<Range>, future<T>>
  void add(Range&& futures) {
    for (auto&& f : futures) {
      // The elements of a view belong to somebody else.
      if constexpr (std::is_lvalue_reference_v<Range> || std::ranges::view<std::remove_cvref_t<Range>>)
        add(future<T>(f));
      else
        add(future<T>(std::move(f)));
    }
  }

  class next_await final : public detail::completion_await {
   public:
    using completion_await::completion_await;
    std::optional<future<T>> await_resume() {
      finish();
      return take_from(queue());
    }
  };
  class batch_await final : public detail::completion_await {
   public:
    using completion_await::completion_await;
    std::vector<future<T>> await_resume() {
      finish();
      std::vector<future<T>> batch;
      while (auto next = take_from(queue())) batch.push_back(std::move(*next));
      return batch;
    }
  };

  [[nodiscard]] next_await next() noexcept { return next_await(queue_); }
  /// All that are done by now, at least one; empty when none is left.
  [[nodiscard]] batch_await next_batch() noexcept { return batch_await(queue_); }

  /// Added and not yet returned by next.
  [[nodiscard]] std::size_t size() const noexcept { return queue_.size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

  void cancel_rest() noexcept { queue_.cancel_all("cancelled"); }

 private:
  struct item final : detail::completion {
    explicit item(future<T> f) noexcept : handle(std::move(f)) {}
    future<T> handle;
  };

  static std::optional<future<T>> take_from(detail::completion_queue& queue) {
    std::unique_ptr<detail::completion> next(queue.pop());
    if (!next) return std::nullopt;
    return std::move(static_cast<item&>(*next).handle);
  }

  at_end rest_ = at_end::release;
  detail::completion_queue queue_;
};

template <std::ranges::input_range Range>
explicit as_completed(Range&&) -> as_completed<typename std::ranges::range_value_t<Range>::value_type>;
template <std::ranges::input_range Range>
explicit as_completed(Range&&, at_end) -> as_completed<typename std::ranges::range_value_t<Range>::value_type>;

}  // namespace troupe
