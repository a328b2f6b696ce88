#pragma once

#include "fault_loopback.hpp"
#include "recording_handler.hpp"

#include <troupe/futures/manual_executor.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace troupe::test {

/// A client and a server joined by wires that break as planned; nothing happens, and no time passes, unless told.
struct world {
  explicit world(std::vector<faults> plan = {}, detail::link_options with = {})
      : options(with), plan_(std::move(plan)) {}
  world(world const&) = delete;
  world& operator=(world const&) = delete;

  /// The client connects; what either side does first is said by `client_begins` and `server_begins`.
  void connect(detail::hello self = hello_of("client", 2)) {
    listens = detail::make_intrusive<detail::acceptor>(
        context, listener, options, [this](detail::hello const& h) { return admit ? admit(h) : std::string(); },
        [this](detail::link_ptr l) {
          ++accepted;
          server = std::move(l);
          server->set_handler(&at_server);
          if (server_begins) server_begins();
        });
    dials = detail::make_intrusive<fault_dialer>(runs, plan_, [this](detail::stream_ptr s) {
      if (instead) return instead(std::move(s));
      if (dialed) dialed();
      listens->take(std::move(s));
    });
    dials->usual = usual;
    auto connects =
        detail::make_intrusive<detail::connector>(context, dials, "fault://accepter", std::move(self), options, 77);
    connects->start([this](detail::link_ptr l, detail::connect_failure why) {
      ++connected;
      client = std::move(l);
      failure = std::move(why.reason);
      refused = why.refused;
      if (!client) return;
      client->set_handler(&at_client);
      if (client_begins) client_begins();
    });
    runs.run();
  }

  /// Lets virtual time pass, step by step.
  void pass(duration d) { runs.advance(d); }

  manual_executor runs;
  detail::link_context context{runs};
  detail::link_options options;
  detail::hello listener = hello_of("server", 1, detail::link_role::scheduler);
  std::function<std::string(detail::hello const&)> admit;
  /// Who gets the other ends of wires, in place of the server.
  std::function<void(detail::stream_ptr)> instead;
  std::function<void()> client_begins, server_begins;
  /// Before the server gets the other end of a wire.
  std::function<void()> dialed;
  faults usual;

  detail::intrusive_ptr<detail::acceptor> listens;
  detail::intrusive_ptr<fault_dialer> dials;
  detail::link_ptr client, server;
  recording_handler at_client, at_server;
  int connected = 0, accepted = 0;
  std::string failure;
  bool refused = false;

 private:
  std::vector<faults> plan_;
};

}  // namespace troupe::test
