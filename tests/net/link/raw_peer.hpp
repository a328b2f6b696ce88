#pragma once

#include "recording_handler.hpp"

#include <troupe/net/link/internal/frame.hpp>
#include <troupe/net/link/internal/handshake.hpp>
#include <troupe/net/link/internal/stream.hpp>

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace troupe::test {

[[nodiscard]] inline std::string frame_bytes(detail::frame_header header, std::string const& body = "",
                                             std::vector<std::uint64_t> const& sizes = {}) {
  header.body = static_cast<std::uint32_t>(body.size());
  header.attachments = static_cast<std::uint32_t>(sizes.size());
  std::string bytes(sizeof header, '\0');
  std::memcpy(bytes.data(), &header, sizeof header);
  bytes.append(reinterpret_cast<char const*>(sizes.data()), sizes.size() * 8);
  return bytes + body;
}
[[nodiscard]] inline std::string message_bytes(std::uint64_t sequence, std::string const& body,
                                               std::vector<std::uint64_t> const& sizes = {}) {
  detail::frame_header h;
  h.type = 1;
  h.sequence = sequence;
  return frame_bytes(h, body, sizes);
}
[[nodiscard]] inline std::string control_bytes(std::uint16_t type, std::string const& body = "") {
  detail::frame_header h;
  h.type = type;
  return frame_bytes(h, body);
}
[[nodiscard]] inline std::string greeting_bytes(detail::hello const& self, std::uint64_t link = 77,
                                                std::uint64_t peer_epoch = 0) {
  return control_bytes(detail::hello_frame,
                       text_of(detail::encode_greeting({self, std::uint64_t{1} << 30, link, peer_epoch, 1})));
}

/// Somebody at the other end of a stream who says bytes and writes down what is answered.
class raw_peer final : public detail::stream_user {
 public:
  explicit raw_peer(detail::stream_ptr on) : on_(std::move(on)) {
    on_->set_user(this);
    read();
  }
  raw_peer(raw_peer const&) = delete;
  raw_peer& operator=(raw_peer const&) = delete;
  ~raw_peer() { on_->set_user(nullptr); }

  void say(std::string const& bytes) {
    // What is not taken any more is not missed: the stream ended.
    iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    static_cast<void>(on_->write({&piece, 1}));
  }
  void hang_up() { on_->close(); }
  void shutdown() { on_->shutdown(); }

  /// Types of the frames that came.
  [[nodiscard]] std::vector<std::uint16_t> types() const {
    std::vector<std::uint16_t> all;
    for_each_frame([&](detail::frame_header const& h, std::string const&) { all.push_back(h.type); });
    return all;
  }
  /// The body of the last frame that came.
  [[nodiscard]] std::string last_body() const {
    std::string last;
    for_each_frame([&](detail::frame_header const&, std::string const& body) { last = body; });
    return last;
  }

  std::string heard;
  bool ended = false;
  /// Reads on after what comes next.
  bool listens = true;

 private:
  template <class F>
  void for_each_frame(F f) const {
    for (std::size_t at = 0; at + sizeof(detail::frame_header) <= heard.size();) {
      auto h = detail::load<detail::frame_header>(reinterpret_cast<std::byte const*>(heard.data() + at));
      f(h, heard.substr(at + sizeof h, h.body));
      at += sizeof h + h.body;
    }
  }
  void read() {
    iovec piece{space_.data(), space_.size()};
    on_->read({&piece, 1});
  }
  void on_read(std::size_t bytes) override {
    heard.append(space_.data(), bytes);
    if (listens) read();
  }
  void on_writable() override {}
  void on_end(std::string const& /*reason*/) override { ended = true; }

  detail::stream_ptr on_;
  std::array<char, 4096> space_{};
};

}  // namespace troupe::test
