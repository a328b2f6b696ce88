#pragma once

#include <troupe/actors/runtime/actor_core.hpp>

#include <atomic>
#include <memory>
#include <utility>

namespace troupe::detail {

/// An exit signal on its way, in the order of the messages of its sender. One of a link is not heard when the link has
/// been switched off by the time it arrives.
class exit_signal final : public envelope {
 public:
  using link_switch = std::shared_ptr<std::atomic<bool>>;

  explicit exit_signal(exit_msg signal, link_switch on = nullptr) : signal_(std::move(signal)), on_(std::move(on)) {}

  void handle(actor&, actor_core& core) override {
    std::unique_ptr<exit_signal> owner(this);
    if (!on_ || *on_) core.exit_signal(std::move(signal_));
  }
  void drop(actor_core&) noexcept override { delete this; }

 private:
  exit_msg signal_;
  link_switch on_;
};

}  // namespace troupe::detail
