#pragma once

#include <troupe/actors/remote/internal/peer_links.hpp>
#include <troupe/actors/scheduler/internal/messages.hpp>
#include <troupe/actors/worker/internal/value_source.hpp>
#include <troupe/futures/clock.hpp>
#include <troupe/net/codec/codec.hpp>
#include <troupe/net/link/link.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace troupe::detail {

class scheduler_actor;

/// A worker as it is told of on a link.
struct place_on_wire {
  worker_id id;
  std::string name;
  std::string address;
  /// Of its process.
  std::uint64_t epoch = 0;
};

/// Links as futures, for coroutines on the loop. Fails with refused_for_good where trying again is of no use, else with
/// error.
[[nodiscard]] future<link_ptr> connect_link(event_loop& on, std::string address, hello self, link_options options);

/// Stands for a worker of another process whose values are wanted here, or whose actors are called. What is large comes
/// over a link of its own, beside that for small values and calls; each is connected when it is needed, and closed when
/// it was not used for long, or others are needed more. Where one of them cannot be had, all values come over the
/// other; where neither can, the scheduler passes values and calls on.
class remote_peer final : public value_source {
 public:
  struct setup {
    worker_id id;
    std::string name;
    std::string address;
    /// Another process that answers there is not asked. 0: whoever answers is.
    std::uint64_t epoch = 0;
    hello self;
    link_options options;
    actor_ref<scheduler_actor> scheduler;
    /// Those that share its limit; null for no limit.
    std::shared_ptr<peer_links> links = nullptr;
    /// A link that was not used for so long is closed: that for what is large, and that for what is small.
    duration idle_limit = std::chrono::minutes(1);
    duration small_idle_limit = std::chrono::minutes(5);
    /// Who cannot be reached is not tried again before each request: that may take seconds.
    duration directly_again_after = std::chrono::seconds(30);
    /// How it connects.
    std::function<future<link_ptr>(event_loop&, std::string, hello, link_options)> connect = connect_link;
  };
  /// To itself: are the links still used?
  struct look_idle {};
  explicit remote_peer(setup with);
  ~remote_peer() override;

  [[nodiscard]] task<std::vector<value_ptr>> on(get_values const& request) override;
  void on(actor_calls&& batch) override;
  void on(stop_calls&& batch) override;
  void on(look_idle);
  /// The scheduler's stand-in: nobody is left who could ask.
  void on(down_msg const&) { quit(); }

 private:
  class lane;
  class passed_on;
  [[nodiscard]] task<void> send_when_connected();
  void pass_on(actor_calls batch);
  void relay(actor_calls batch);
  /// For a while nobody tries to open what is not open.
  void avoid_what_is_down();
  void begin_to_look(duration until);

  setup with_;
  encoder scratch_;
  std::unique_ptr<lane> small_, large_;
  /// A look_idle is on its way.
  bool looks_ = false;
  /// Calls that the scheduler was given and that were not answered yet. While there are any, those behind them go the
  /// same way: they could overtake them on a shorter one.
  std::shared_ptr<passed_on> relayed_;
  /// Calls, and stops of them, that wait for the link, in order.
  std::vector<std::variant<actor_calls, stop_calls>> waiting_;
};

}  // namespace troupe::detail
