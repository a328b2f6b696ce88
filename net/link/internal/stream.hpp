#pragma once

#include <troupe/futures/intrusive_ptr.hpp>

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string>

namespace troupe::detail {

/// Told what a stream does: on the loop's thread, never inside a call of the stream's own functions.
class stream_user {
 public:
  /// So many bytes were put where the last read said.
  virtual void on_read(std::size_t bytes) = 0;
  /// A write that did not take everything may be followed by another.
  virtual void on_writable() = 0;
  /// Once, last: nothing comes or goes any more, with the reason for people.
  virtual void on_end(std::string const& reason) = 0;
  /// What came is not what this kind of stream carries, and why; nothing of what follows will mean anything. A read
  /// that waits is still answered, and writing goes on, so that the peer can be told.
  virtual void on_malformed(std::string const& why) { on_end(why); }

 protected:
  ~stream_user() = default;
};

/// Two directions of bytes to somewhere: the seam between links and what carries them. Frames, handshakes and repair
/// are above it, so a socket, TLS and a test that loses bytes look the same.
///
/// All functions on the thread of its loop.
class stream : public ref_counted {
 public:
  /// Who is told; null for nobody. The user outlives the stream's last event or is replaced.
  virtual void set_user(stream_user* user) noexcept = 0;
  /// Fills `space` in order with what comes, at least one byte; on_read or on_end answers. One at a time; the memory
  /// stays valid until the answer or close.
  virtual void read(std::span<iovec const> space) = 0;
  /// Takes from `pieces`, in order, what can be taken at once, and says how much; on_writable follows when that was not
  /// all. The bytes are not needed afterwards.
  [[nodiscard]] virtual std::size_t write(std::span<iovec const> pieces) = 0;
  /// Nothing more will be written; the peer reads to the end.
  virtual void shutdown() noexcept = 0;
  /// Ends both directions at once. The user is told nothing afterwards.
  virtual void close() noexcept = 0;

  [[nodiscard]] virtual std::string const& local_address() const noexcept = 0;
  [[nodiscard]] virtual std::string const& peer_address() const noexcept = 0;
  /// Both ends are on this machine.
  [[nodiscard]] virtual bool same_host() const noexcept = 0;
};

using stream_ptr = intrusive_ptr<stream>;

}  // namespace troupe::detail
