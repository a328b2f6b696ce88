#pragma once

#include "recording_handler.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace troupe::test {

/// An io_context that the test drives.
struct network {
  boost::asio::io_context io{1};

  /// Runs what there is to run until it holds; a minute without is a failure.
  template <class Condition>
  void run_until(Condition holds) {
    auto const end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    io.restart();
    while (!holds()) {
      if (io.run_one_until(end) > 0) continue;
      bool const came_true = holds();
      REQUIRE(came_true);
    }
  }
};

/// A link to `where`, once it is there.
[[nodiscard]] inline detail::link_ptr connected(network& net, std::string const& where, recording_handler& handler,
                                                detail::link_options options = {}) {
  detail::link_ptr made;
  std::string failure;
  bool done = false;
  detail::connect(net.io, where, hello_of("client", 2), options, [&](detail::link_ptr l, detail::connect_failure why) {
    made = std::move(l);
    failure = std::move(why.reason);
    if (made) made->set_handler(&handler);
    done = true;
  });
  net.run_until([&] { return done; });
  INFO(failure);
  REQUIRE(made);
  return made;
}

/// Why a connect fails.
[[nodiscard]] inline std::string connect_failure(network& net, std::string const& where,
                                                 detail::hello self = hello_of("client", 2),
                                                 detail::link_options options = {}) {
  std::optional<std::string> failure;
  detail::link_ptr made;
  detail::connect(net.io, where, std::move(self), options, [&](detail::link_ptr l, detail::connect_failure why) {
    made = std::move(l);
    failure = std::move(why.reason);
  });
  net.run_until([&] { return failure.has_value(); });
  CHECK_FALSE(made);
  return *failure;
}

/// Both ends of a link.
struct pair {
  pair(network& net, std::string const& where, detail::link_options options = {}) {
    listening = detail::listen(net.io, where, hello_of("server", 1, detail::link_role::scheduler), options, {},
                               [this](detail::link_ptr l) {
                                 server = std::move(l);
                                 server->set_handler(&at_server);
                               });
    client = connected(net, listening->address(), at_client, options);
    net.run_until([this] { return static_cast<bool>(server); });
  }
  pair(pair const&) = delete;
  pair& operator=(pair const&) = delete;
  ~pair() {
    client->set_handler(nullptr);
    server->set_handler(nullptr);
  }

  recording_handler at_client, at_server;
  std::unique_ptr<detail::listener> listening;
  detail::link_ptr client, server;
};

}  // namespace troupe::test
