#pragma once

#include <troupe/net/link/internal/block_reader.hpp>
#include <troupe/net/link/internal/block_writer.hpp>
#include <troupe/net/link/internal/resident.hpp>
#include <troupe/net/link/internal/stream.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace troupe::detail {

/// A stream whose bytes travel over another in blocks, compressed where that pays. Whoever uses it sees bytes as over
/// any stream; a malformed block is told as such. Lives until it is closed.
class block_stream final : public stream, public resident, private stream_user {
 public:
  /// `codecs`: features both sides have; `told`: see compression_choice; `begun`: what was read of `over` already.
  [[nodiscard]] static stream_ptr make(link_context& context, stream_ptr over, std::uint64_t codecs, bool told,
                                       std::span<std::byte const> begun);

  void set_user(stream_user* user) noexcept override { user_ = user; }
  void read(std::span<iovec const> space) override;
  [[nodiscard]] std::size_t write(std::span<iovec const> pieces) override;
  void shutdown() noexcept override { over_->shutdown(); }
  void close() noexcept override;
  [[nodiscard]] std::string const& local_address() const noexcept override { return over_->local_address(); }
  [[nodiscard]] std::string const& peer_address() const noexcept override { return over_->peer_address(); }
  [[nodiscard]] bool same_host() const noexcept override { return over_->same_host(); }

  void abandon() noexcept override;

 private:
  block_stream(link_context& context, stream_ptr over, std::uint64_t codecs, bool told,
               std::span<std::byte const> begun);
  template <class T, class... Args>
  friend intrusive_ptr<T> make_intrusive(Args&&... args);

  void on_read(std::size_t bytes) override;
  void on_writable() override;
  void on_end(std::string const& reason) override;

  void give_held() { give(0); }
  /// Gives the user what there is, `filled` bytes of which lie where it wants them, and asks for more.
  void give(std::size_t filled);
  [[nodiscard]] std::span<iovec const> wanted() const noexcept { return {wanted_.data(), wants_}; }

  stream_ptr over_;
  stream_user* user_ = nullptr;
  block_reader reader_;
  block_writer writer_;
  std::array<iovec, 32> wanted_{};
  /// Pieces of it; 0: the user does not read.
  std::size_t wants_ = 0;
  bool giving_ = false, reading_ = false;
  step<block_stream, &block_stream::give_held> give_held_{*this};
};

}  // namespace troupe::detail
