#pragma once

#include <troupe/net/link/internal/dialer.hpp>
#include <troupe/net/link/internal/handshake.hpp>
#include <troupe/net/link/internal/live_link.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace troupe::detail {

/// The connecting side of one link: makes it, and connects again when it broke. One thread.
class connector final : public link_repair, public resident {
 public:
  using callback = std::function<void(link_ptr, connect_failure)>;

  /// Throws error where `self` is too long to be told. `number` is the link's name between the two processes.
  connector(link_context& context, intrusive_ptr<dialer> dials, std::string address, hello self, link_options options,
            std::uint64_t number);

  void start(callback done);
  void abandon() noexcept override;

 private:
  /// Between two attempts to connect again; doubles from attempt to attempt.
  static constexpr duration first_pause = std::chrono::milliseconds(20), longest_pause = std::chrono::milliseconds(500);

  static constexpr int most_lost_answers = 3;
  /// Of another machine, in a row, after which nobody is there: what stands between may refuse once while it starts.
  static constexpr int most_refusals = 3;

  void repair(live_link& broken) override;
  void forget(live_link& down) noexcept override;

  void attempt();
  void dialed(dialer::outcome result);
  void greeted(handshake::outcome result);
  void made(handshake::outcome result);
  void failed(connect_failure why, bool final);
  void too_late();
  void stop_trying() noexcept;

  intrusive_ptr<dialer> dials_;
  std::string address_;
  greeting self_;
  link_options options_;
  callback done_;
  /// Once it exists.
  live_link* link_ = nullptr;
  bool same_host_ = false;
  intrusive_ptr<handshake> greets_;
  int lost_answers_ = 0;
  int refusals_ = 0;
  duration pause_ = first_pause;
  alarm<connector, &connector::too_late> deadline_{*this};
  alarm<connector, &connector::attempt> again_{*this};
};

}  // namespace troupe::detail
