#pragma once

#include <troupe/futures/clock.hpp>
#include <troupe/futures/intrusive_ptr.hpp>
#include <troupe/net/buffer.hpp>
#include <troupe/net/link/hello.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace troupe::detail {

/// Told what comes over a link; on the loop's thread, never inside a call of the link's own functions.
class link_handler {
 public:
  /// One message, whole. `body` is valid during the call; attachments are the receiver's, aligned as buffers are.
  /// What it throws closes the link, with its text sent to the peer as the reason.
  virtual void on_message(std::uint16_t type, std::span<std::byte const> body, std::vector<buffer> attachments) = 0;
  /// Once, last: the link is down for good (closed by the peer, broken for longer than the grace period, or closed
  /// here), with the reason for people.
  virtual void on_down(std::string const& reason) = 0;

 protected:
  ~link_handler() = default;
};

struct link_options {
  /// The largest message accepted, attachments included, in bytes.
  std::uint64_t message_limit = std::uint64_t{64} << 30;
  /// Silence after which the peer is asked for a sign of life, and after which the link counts as broken.
  duration heartbeat = std::chrono::seconds(1);
  duration silence_limit = std::chrono::seconds(30);
  /// How long a broken link may take to come back before it is down.
  duration grace = std::chrono::seconds(5);
  /// Of a connect with its hello.
  duration connect_timeout = std::chrono::seconds(10);
};

/// Messages between two processes, in order, each once, over a stream that may break and come back.
///
/// All functions on the thread of the io_context it was made for. Sending never blocks: messages are gathered and
/// written when the loop has nothing else to do. What was sent before close is written first.
class link : public ref_counted {
 public:
  /// Types from 0 to 0x7fff are the user's. The first `joined` attachments arrive as one, as if they had been put
  /// together before: who has it in pieces need not do that.
  virtual void send(std::uint16_t type, std::span<std::byte const> body, std::vector<buffer> attachments = {},
                    std::size_t joined = 0) = 0;
  /// Bytes that were sent and that the peer has not accepted yet: what back-pressure looks at.
  [[nodiscard]] virtual std::size_t backlog() const noexcept = 0;
  /// Calls `then` once: with true, later, when the backlog is at most so many bytes; with false, at once where the
  /// link is down already, when nothing that is sent goes out any more.
  virtual void when_accepted(std::size_t backlog, std::function<void(bool open)> then) = 0;
  virtual void close(std::string reason) = 0;
  /// Somebody who watches it knows that the process at the other end has ended: what it sent is still delivered, then
  /// the link is down, without waiting for its return.
  virtual void peer_ended() = 0;

  [[nodiscard]] virtual hello const& peer() const noexcept = 0;
  /// As it is connected: `tcp://127.0.0.1:41234`.
  [[nodiscard]] virtual std::string const& peer_address() const noexcept = 0;
  [[nodiscard]] virtual std::string const& local_address() const noexcept = 0;
  /// Both ends are on this machine.
  [[nodiscard]] virtual bool same_host() const noexcept = 0;

  /// Who is told from now on; outlives the link or is replaced by null. What comes before the first one is set waits
  /// for it.
  virtual void set_handler(link_handler* handler) noexcept = 0;
};

using link_ptr = intrusive_ptr<link>;

/// Accepts links. Stops listening when it goes; links stay.
class listener {
 public:
  virtual ~listener() = default;
  /// Where it listens, with the port it got: `tcp://0.0.0.0:8786`.
  [[nodiscard]] virtual std::string const& address() const noexcept = 0;
};

/// Checks a peer's hello: a non-empty answer refuses it and says why.
using admission = std::function<std::string(hello const&)>;

/// Listens on `address`: `tcp://host:port`, `tcp://[::1]:0`, `tcp://0.0.0.0:8786-8790` (the first free port of the
/// range), `inproc://name`. `accepted` runs on the loop for each link whose hello was accepted.
/// Throws error that names the address when it cannot be listened on.
[[nodiscard]] std::unique_ptr<listener> listen(boost::asio::io_context& io, std::string const& address, hello self,
                                               link_options options, admission admit,
                                               std::function<void(link_ptr)> accepted);

struct connect_failure {
  /// For people: unreachable, refused and why, no troupe at that address, protocol versions that do not meet.
  std::string reason;
  /// Whoever is there does not want this process, or cannot speak with it: trying again is of no use.
  bool refused = false;
};

/// Connects; `done` runs on the loop, once: with the link, or with null and why.
void connect(boost::asio::io_context& io, std::string const& address, hello self, link_options options,
             std::function<void(link_ptr, connect_failure)> done);

/// Tells `accepted`, a link that the process at its other end began, where that process listens itself. When the link
/// breaks and nobody listens there any more, the process is gone, and the link is down long before its grace period
/// ends. Throws error for what is no address.
void expect_listener(boost::asio::io_context& io, link& accepted, std::string const& address);

}  // namespace troupe::detail
