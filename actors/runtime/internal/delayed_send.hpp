#pragma once

#include <troupe/actors/runtime/actor_core.hpp>

namespace troupe::detail {

/// A message that its sender's loop sends later. Owned by the sender, whose end takes it back.
class actor_core::delayed_send final : public timer {
 public:
  delayed_send(actor_core& from, std::size_t id, intrusive_ptr<actor_core> to, std::unique_ptr<envelope> message)
      : timer(&due_now), from_(&from), id_(id), to_(std::move(to)), message_(std::move(message)) {}

  /// Its actor has ended, but the loop has taken the timer out already: it frees itself when it runs.
  void orphan() noexcept { from_ = nullptr; }

 private:
  static void due_now(work& item) noexcept {
    auto& self = static_cast<delayed_send&>(item);
    auto owner =
        self.from_ ? std::move(self.from_->delayed_.extract(self.id_).mapped()) : std::unique_ptr<delayed_send>(&self);
    if (!self.from_) return;
    self.to_->deliver(*self.message_.release());
  }

  actor_core* from_;
  std::size_t id_;
  intrusive_ptr<actor_core> to_;
  std::unique_ptr<envelope> message_;
};

}  // namespace troupe::detail
