#pragma once

#include <troupe/actors/remote/internal/wire.hpp>
#include <troupe/actors/scheduler/internal/actor_calls.hpp>
#include <troupe/futures/executor.hpp>
#include <troupe/futures/intrusive_ptr.hpp>
#include <troupe/futures/work.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace troupe::detail {

/// The calls of actors that came over a link, and their way back: answers are encoded by the threads that give them,
/// and all that have gathered until the loop's next turn are one message. The actors whose handles are in an answer
/// live until it was taken, or the link is down. Outlives the link as long as calls run.
class calls_received final : public ref_counted {
 public:
  /// Answers go out over `link`, whose loop is `loop`.
  calls_received(link_ptr link, executor& loop) : link_(std::move(link)), loop_(loop), flush_(*this) {}

  // The loop.
  /// The rest of a message with calls. Throws codec_error for what is none.
  [[nodiscard]] actor_calls read(wire_reader& in, functions_heard& heard);
  /// A `stop_calls` message; those that were answered meanwhile are left out.
  [[nodiscard]] stop_calls read_stops(wire_reader& in);
  /// An `answers_taken` message.
  void read_taken(wire_reader& in);
  /// The link is down.
  void close() noexcept;

 private:
  class answer;
  struct flush_step : work {
    explicit flush_step(calls_received& of) noexcept : work(&run), owner(of) {}
    static void run(work& self) noexcept;
    calls_received& owner;
  };

  void give(answer& ready) noexcept;
  void flush() noexcept;
  /// What is wrong with them; "" when they were sent.
  [[nodiscard]] std::string try_to_send(std::span<std::unique_ptr<answer> const> answers) noexcept;

  link_ptr link_;
  executor& loop_;
  encoder scratch_;
  boost::unordered_flat_map<std::uint64_t, std::pair<task_id, answer const*>> open_;
  /// What keeps the actors whose handles are in answers, until those have been taken.
  boost::unordered_flat_map<std::uint64_t, std::shared_ptr<void const>> lent_;
  work_inbox ready_;
  flush_step flush_;
};

}  // namespace troupe::detail
