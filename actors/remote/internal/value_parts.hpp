#pragma once

/// The answer to a get_values, both sides of it. An answer comes in parts, made one after the other, so that neither
/// side has all of it in memory as bytes, and who asked begins to read while the rest is made: see docs/wire.md.

#include <troupe/actors/functions/value.hpp>
#include <troupe/actors/remote/internal/wire.hpp>
#include <troupe/futures/errors.hpp>
#include <troupe/futures/promise.hpp>
#include <troupe/futures/task.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe::detail {

class thread_pool;

/// A part ends with the first value that makes it at least so many encoded bytes, attachments included.
inline constexpr std::size_t part_size = std::size_t{1} << 20;
/// No further part goes to who has not accepted so many bytes of earlier ones.
inline constexpr std::size_t most_unaccepted = std::size_t{32} << 20;

enum class part_kind : std::uint8_t { more_follow, last, refusal, is_large };

/// What was asked for while it was made is a large_request now that it is there: it is to be asked for as such.
class value_is_large : public error {
 public:
  using error::error;
};

/// Who answers, as readers are told it, and where it encodes values.
struct value_sender {
  std::string name;
  /// Null: on the calling thread, for values that came encoded.
  std::shared_ptr<thread_pool> pool;
};

/// Answers request `number` over `to`: with the values, null ones too; in the place of one that cannot be encoded, or
/// is too large for the receiver, with the reason. Each part is encoded while the one before is on its way. Ends when
/// the last part was sent or the link is down; runs on the link's loop. `end`: what kind the last part is; more_follow
/// where these values are not all of the answer.
[[nodiscard]] task<void> send_values(link_ptr to, std::uint64_t number, std::vector<value_ptr> values, value_sender by,
                                     part_kind end = part_kind::last);
/// True when there is room for more values, false when nothing goes over the link any more. All who wait hear at once.
[[nodiscard]] future<bool> room_for_values(link& to);
/// Answers it with why there are none.
void refuse_values(link& to, std::uint64_t number, std::string const& why);
/// Answers what was asked for while it was made with no more than that it is large.
void say_it_is_large(link& to, std::uint64_t number);

/// The requests for values of one side of a link that were not answered yet.
class value_requests {
 public:
  struct opened {
    std::uint64_t number;
    /// Fails with error where the values cannot be sent.
    future<std::vector<value_ptr>> answer;
  };
  /// `in_the_making`: what is asked for may not be made yet; the answer may fail with value_is_large.
  [[nodiscard]] opened open(std::size_t values, bool in_the_making = false);
  [[nodiscard]] bool empty() const noexcept { return requests_.empty(); }
  /// A `values` message; what cannot be given is make_unreadable_value. Throws codec_error for one that does not fit
  /// what was asked.
  void receive(wire_reader& in);
  /// No answer comes any more.
  void fail(std::exception_ptr const& why);

 private:
  struct request {
    std::size_t wanted;
    std::vector<value_ptr> values;
    promise<std::vector<value_ptr>> answer;
    bool in_the_making = false;
  };

  std::map<std::uint64_t, request> requests_;
  std::uint64_t last_ = 0;
};

}  // namespace troupe::detail
