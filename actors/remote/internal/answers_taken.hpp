#pragma once

#include <troupe/actors/remote/internal/wire.hpp>
#include <troupe/actors/runtime/event_loop.hpp>
#include <troupe/futures/intrusive_ptr.hpp>
#include <troupe/futures/work.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace troupe::detail {

/// Tells the other side of a link which of its answers with handles of actors in them were taken: whoever reads them
/// holds those actors himself, or nobody will read them. Outlives the link as long as there are such answers.
class answers_taken final : public ref_counted {
 public:
  /// Goes out over `link`, whose loop is `loop`.
  answers_taken(link_ptr link, event_loop& loop) : loop_(&loop), link_(std::move(link)), flush_(*this) {}

  /// The answer of this number counts as taken when this goes, on whatever thread.
  [[nodiscard]] std::shared_ptr<void const> when_released(std::uint64_t number);
  /// The link is down.
  void close() noexcept;

 private:
  struct flush_step : work {
    explicit flush_step(answers_taken& of) noexcept : work(&run), owner(of) {}
    static void run(work& self) noexcept;
    answers_taken& owner;
  };

  void take(std::uint64_t number) noexcept;
  void flush() noexcept;

  intrusive_ptr<event_loop> const loop_;
  std::mutex mutex_;  // guards what follows
  link_ptr link_;
  std::vector<std::uint64_t> numbers_;
  flush_step flush_;
};

}  // namespace troupe::detail
