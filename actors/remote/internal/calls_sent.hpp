#pragma once

#include <troupe/actors/remote/internal/answers_taken.hpp>
#include <troupe/actors/remote/internal/wire.hpp>
#include <troupe/actors/scheduler/internal/actor_calls.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <exception>
#include <vector>

namespace troupe::detail {

/// The calls of actors that one side of a link has sent and that were not answered yet. The link's loop.
class calls_sent {
 public:
  /// Writes them as the rest of a message that goes out with `type`. What cannot be sent fails.
  void send(wire_writer& out, link& to, wire_type type, functions_told& told, actor_calls batch);
  /// Writes those among them that are still under way; empty where none is.
  [[nodiscard]] std::vector<std::uint64_t> numbers_of(stop_calls const& batch) const;
  /// A `call_answers` message, which came over the link that `taken` belongs to. Throws codec_error for what is none.
  void receive(wire_reader& in, answers_taken& taken);
  [[nodiscard]] bool empty() const noexcept { return open_.empty(); }
  /// No answer comes any more.
  void fail(std::exception_ptr const& why);

 private:
  /// Who waits for this one; nobody where it was answered already.
  [[nodiscard]] answer_slot take(std::uint64_t number);

  boost::unordered_flat_map<std::uint64_t, answer_slot> open_;
  std::uint64_t last_ = 0;
};

}  // namespace troupe::detail
