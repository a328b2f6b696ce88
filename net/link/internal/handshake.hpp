#pragma once

#include <troupe/net/link/hello.hpp>
#include <troupe/net/link/internal/frame_reader.hpp>
#include <troupe/net/link/internal/resident.hpp>
#include <troupe/net/link/internal/stream.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace troupe::detail {

/// What the first frame in each direction says: the hello of the process, and which link this stream is for.
struct greeting {
  hello from;
  /// The largest message its sender accepts.
  std::uint64_t message_limit = 0;
  /// Chosen at random by the connecting side.
  std::uint64_t link = 0;
  /// For a link that broke: the epoch of the process at its other end. 0 for a new link.
  std::uint64_t peer_epoch = 0;
  /// The sequence number that its sender waits for.
  std::uint64_t next = 1;
};

/// The body of a hello frame. Throws error when it would be larger than a peer accepts.
[[nodiscard]] std::vector<std::byte> encode_greeting(greeting const& g);
/// Throws frame_error for what is not one. Bytes that follow are ignored.
[[nodiscard]] greeting decode_greeting(std::span<std::byte const> body);
/// Why two processes cannot speak with each other; "" when they can.
[[nodiscard]] std::string versions_meet(hello const& self, hello const& peer);

/// The beginning of a stream: the connecting side says its greeting, the accepting side answers with its own or
/// refuses. Nothing but a greeting of limited size is read before. One thread; ends with exactly one call of `done`,
/// but for cancel.
class handshake final : public ref_counted, public resident, private stream_user {
 public:
  enum class problem {
    none,
    broken,    ///< the stream ended, or time ran out: trying again may help
    stranger,  ///< whoever is there does not speak troupe's protocol
    refused    ///< the peer, or this side, does not want the other
  };
  struct outcome {
    /// Null when it failed.
    stream_ptr on;
    /// Has what came behind the greeting.
    std::unique_ptr<frame_reader> reader;
    greeting peer;
    /// For people, without the address.
    std::string failure;
    problem why = problem::none;
  };
  using callback = std::function<void(outcome)>;
  /// Answers a greeting: with one's own, or with why it is refused; with "" it gets no answer, and may try again.
  using decision = std::function<std::variant<greeting, std::string>(greeting const&)>;

  static intrusive_ptr<handshake> offer(link_context& context, stream_ptr on, greeting const& self, duration timeout,
                                        callback done);
  static intrusive_ptr<handshake> answer(link_context& context, stream_ptr on, hello const& self, duration timeout,
                                         decision decide, callback done);

  /// Closes the stream, without calling `done`.
  void cancel() noexcept;
  void abandon() noexcept override;

 private:
  enum class stage { offering, listening, accepting, refusing };

  handshake(link_context& context, stream_ptr on, stage begin, hello self, duration timeout, decision decide,
            callback done);
  template <class T, class... Args>
  friend intrusive_ptr<T> make_intrusive(Args&&... args);

  void start(std::vector<std::byte> first);
  void on_read(std::size_t bytes) override;
  void on_writable() override { push(); }
  void on_end(std::string const& reason) override;
  void too_late();

  void take(frame const& f);
  void take_answer(frame const& f);
  void take_offer(frame const& f);
  void malformed();
  void refuse(std::string reason);
  void push();
  void succeed();
  void fail(problem why, std::string reason);
  void finish(outcome result);
  void forget() noexcept;

  stream_ptr on_;
  stage stage_;
  hello self_;
  duration timeout_;
  decision decide_;
  callback done_;
  std::unique_ptr<frame_reader> reader_ = std::make_unique<frame_reader>(hello_limit);
  greeting peer_;
  std::string refusal_;
  std::vector<std::byte> out_;
  std::size_t pushed_ = 0;
  alarm<handshake, &handshake::too_late> deadline_{*this};
};

}  // namespace troupe::detail
