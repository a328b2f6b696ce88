#pragma once

#include <troupe/net/link/link.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace troupe::test {

[[nodiscard]] inline std::span<std::byte const> bytes_of(std::string const& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
[[nodiscard]] inline std::string text_of(std::span<std::byte const> bytes) {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

/// Writes down what comes over a link.
class recording_handler final : public detail::link_handler {
 public:
  struct message {
    std::uint16_t type;
    std::string body;
    std::vector<buffer> attachments;
  };

  void on_message(std::uint16_t type, std::span<std::byte const> body, std::vector<buffer> attachments) override {
    messages.push_back({type, text_of(body), std::move(attachments)});
    if (then) then(messages.back());
  }
  void on_down(std::string const& why) override {
    ++downs;
    reason = why;
  }

  [[nodiscard]] bool is_down() const { return downs > 0; }
  [[nodiscard]] std::vector<std::string> bodies() const {
    std::vector<std::string> all;
    for (auto const& m : messages) all.push_back(m.body);
    return all;
  }

  std::vector<message> messages;
  int downs = 0;
  std::string reason;
  /// Called after a message was written down.
  std::function<void(message const&)> then;
};

[[nodiscard]] inline detail::hello hello_of(std::string name, std::uint64_t epoch,
                                            detail::link_role role = detail::link_role::client) {
  detail::hello h;
  h.name = std::move(name);
  h.epoch = epoch;
  h.role = role;
  return h;
}

}  // namespace troupe::test
