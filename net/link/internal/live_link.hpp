#pragma once

#include <troupe/net/link/internal/dialer.hpp>
#include <troupe/net/link/internal/frame_reader.hpp>
#include <troupe/net/link/internal/outbox.hpp>
#include <troupe/net/link/internal/resident.hpp>
#include <troupe/net/link/internal/stream.hpp>
#include <troupe/net/link/link.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace troupe::detail {

class live_link;

/// Who brings a broken link back: the connecting side connects again, the accepting side waits for that.
class link_repair : public ref_counted {
 public:
  /// `broken` waits for a resume, at most its grace period.
  virtual void repair(live_link& broken) = 0;
  /// `down` needs no repair any more.
  virtual void forget(live_link& down) noexcept = 0;
};

/// A link over one stream after another.
class live_link final : public link, public resident, private stream_user {
 public:
  struct identity {
    hello peer;
    /// The number that the connecting side gave it.
    std::uint64_t number = 0;
    /// The largest message that the peer accepts.
    std::uint64_t peer_limit = 0;
    link_options options;
  };

  live_link(link_context& context, identity who, intrusive_ptr<link_repair> repair);

  /// Its first stream, after the handshake. Nothing is read before `begin`, so that a handler can be set.
  void attach(stream_ptr on, std::unique_ptr<frame_reader> reader);
  /// Reads what came behind the handshake, and goes on.
  void begin();
  /// Ends the current stream, if there still is one: the peer has begun another.
  void let_stream_go();
  /// Goes on over another stream, on which the peer waits for message `next`. What either side had not accepted is
  /// sent again.
  void resume(stream_ptr on, std::unique_ptr<frame_reader> reader, std::uint64_t next);
  /// It cannot come back.
  void give_up(std::string reason);
  /// Opens streams to where the peer's process listens for others.
  void expect_listener(intrusive_ptr<dialer> there);

  [[nodiscard]] identity const& who() const noexcept { return who_; }
  /// The message that this side waits for.
  [[nodiscard]] std::uint64_t next() const noexcept { return accepted_ + 1; }
  [[nodiscard]] bool connected() const noexcept { return static_cast<bool>(on_); }
  [[nodiscard]] bool is_down() const noexcept { return down_; }

  void send(std::uint16_t type, std::span<std::byte const> body, std::vector<buffer> attachments,
            std::size_t joined) override;
  [[nodiscard]] std::size_t backlog() const noexcept override { return outbox_.unaccepted(); }
  void when_accepted(std::size_t backlog, std::function<void(bool open)> then) override;
  void close(std::string reason) override;
  void peer_ended() override;
  [[nodiscard]] hello const& peer() const noexcept override { return who_.peer; }
  [[nodiscard]] std::string const& peer_address() const noexcept override { return peer_address_; }
  [[nodiscard]] std::string const& local_address() const noexcept override { return local_address_; }
  [[nodiscard]] bool same_host() const noexcept override { return same_host_; }
  void set_handler(link_handler* handler) noexcept override;

  void abandon() noexcept override;

 private:
  /// Written at once rather than when the loop is idle, so that the peer begins while this side goes on.
  static constexpr std::size_t eager_write = std::size_t{256} << 10;
  /// Written in one go at most, so that others on the loop get their turn.
  static constexpr std::size_t longest_turn = std::size_t{8} << 20;
  /// Received since the peer was last told what was accepted.
  static constexpr std::size_t untold_limit = std::size_t{128} << 10;
  /// After a break a peer that lives comes back, before it is looked for; and from look to look.
  static constexpr duration first_look = std::chrono::milliseconds(100), next_look = std::chrono::milliseconds(250);

  void on_read(std::size_t bytes) override;
  void on_writable() override;
  void on_end(std::string const& reason) override;
  void on_malformed(std::string const& why) override { fail("malformed: " + why); }

  void handle_frames();
  /// Now that there is a handler, or need not be one.
  void begin_to_read() noexcept;
  void read_first();
  void read_on();
  void handle(frame& f);
  void deliver(frame& f);
  void handle_control(frame const& f);

  void check_size(std::uint64_t body, std::span<buffer const> attachments, std::size_t joined) const;
  void add_control(frame_type type, std::string const& text = {});
  void flush_later();
  void flush();
  void write();
  void all_written();
  /// The peer has its grace period from now on, and again as long as it takes something meanwhile.
  void wait_for_close();

  /// Tells the peer why, hears nothing more, and goes down.
  void fail(std::string const& reason);
  void broke(std::string reason);
  void drop_stream() noexcept;
  void down(std::string reason);
  void tell_down();
  /// Somebody may be told that there is room.
  void look_for_room();
  void tell_room();
  void tick();
  void out_of_time();
  void look_for_peer();
  void looked(dialer::outcome const& found);
  void stop_looking() noexcept;
  void set_tick();

  identity who_;
  intrusive_ptr<link_repair> repair_;
  link_handler* handler_ = nullptr;
  std::string local_address_, peer_address_;
  bool same_host_ = false;

  stream_ptr on_;
  std::unique_ptr<frame_reader> reader_;
  outbox outbox_;
  /// The highest sequence number that came in order.
  std::uint64_t accepted_ = 0;
  /// Bytes received since the peer was last told.
  std::size_t untold_ = 0;

  struct waits_for_room {
    std::size_t backlog;
    std::function<void(bool)> then;
  };
  std::vector<waits_for_room> wait_for_room_;
  bool room_queued_ = false;

  bool flush_queued_ = false;
  bool blocked_ = false;      ///< the stream takes no more for now
  bool heard_ = false;        ///< something came since the last tick
  bool closing_ = false;      ///< asked to, or failed: what comes is not delivered
  bool deaf_ = false;         ///< failed: what comes is not even read
  bool peer_closed_ = false;  ///< nobody waits for it at the other end
  bool peer_ended_ = false;   ///< its process: no stream comes after the present one
  bool down_ = false;
  bool pong_waits_ = false;         ///< to be written
  bool listened_ = false;           ///< a handler was set, once
  bool waits_for_handler_ = false;  ///< and reads nothing before
  bool read_queued_ = false;
  bool tells_later_ = false;  ///< down, and nobody is there to hear of it
  std::uint32_t silent_ticks_ = 0;
  /// Of the outbox, when the time began to run for a close.
  std::uint64_t went_ = 0;
  /// Why it is, or will be, down.
  std::string reason_;
  std::string broken_by_;

  step<live_link, &live_link::flush> flush_{*this};
  step<live_link, &live_link::tell_down> tell_down_{*this};
  step<live_link, &live_link::tell_room> tell_room_{*this};
  step<live_link, &live_link::read_first> read_first_{*this};
  alarm<live_link, &live_link::tick> tick_{*this};
  /// Ends what waits for the peer: repair, or the peer's part of a close.
  alarm<live_link, &live_link::out_of_time> deadline_{*this};
  /// Null where it is not known where the peer listens.
  intrusive_ptr<dialer> peer_listens_;
  alarm<live_link, &live_link::look_for_peer> look_{*this};
};

}  // namespace troupe::detail
