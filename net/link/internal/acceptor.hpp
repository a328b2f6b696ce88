#pragma once

#include <troupe/net/link/internal/handshake.hpp>
#include <troupe/net/link/internal/live_link.hpp>

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <variant>

namespace troupe::detail {

/// The accepting side of links, whatever the streams are: answers greetings, makes links, and gives links that broke
/// their new streams. One thread.
class acceptor final : public link_repair {
 public:
  /// Throws error where `self` is too long to be told.
  acceptor(link_context& context, hello self, link_options options, admission admit,
           std::function<void(link_ptr)> accepted);

  /// A stream that somebody opened.
  void take(stream_ptr on);
  /// No new links from here on, and none that broke comes back.
  void close() noexcept;

 private:
  /// The epoch of the connecting process and the number it gave the link.
  struct key {
    std::uint64_t epoch, number;
    friend auto operator<=>(key const&, key const&) = default;
  };

  std::variant<greeting, std::string> decide(greeting const& peer);
  std::variant<greeting, std::string> decide_known(live_link& link, greeting const& peer, greeting answer);
  void greeted(handshake::outcome result);
  void repair(live_link& broken) override;
  void forget(live_link& down) noexcept override;
  [[nodiscard]] static key key_of(live_link const& l) noexcept { return {l.who().peer.epoch, l.who().number}; }

  link_context& context_;
  hello self_;
  link_options options_;
  admission admit_;
  std::function<void(link_ptr)> accepted_;
  bool open_ = true;
  std::map<key, live_link*> links_;
};

}  // namespace troupe::detail
