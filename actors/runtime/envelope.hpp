#pragma once

#include <troupe/futures/intrusive_ptr.hpp>
#include <troupe/futures/work.hpp>

#include <cstddef>
#include <memory>

namespace troupe {
class actor;
}

namespace troupe::detail {

class actor_core;

/// A message on its way to an actor: a step of the loop's inbox when it comes from another thread, then at the actor's
/// hand or an element of its mailbox, all in the one allocation that holds the message.
/// Owned by whoever holds the pointer until `handle` or `drop`, exactly one of which is called.
class envelope : public work {
 public:
  envelope() noexcept;
  virtual ~envelope();

  /// On the actor's turn: runs the handler. What a plain handler throws comes out.
  virtual void handle(actor& self, actor_core& core) = 0;
  /// The actor is gone, or about to be. Once a loop is closed this is called on whatever thread still sends.
  virtual void drop(actor_core& core) noexcept = 0;
  /// On the loop's thread, before the message waits for the actor's turn.
  virtual void arrived(actor_core&) noexcept {}

 private:
  friend actor_core;
  friend class mailbox_entry;
  static constexpr std::size_t entry_size = 80;

  intrusive_ptr<actor_core> to_;
  alignas(std::max_align_t) std::byte entry_[entry_size];
};

/// An envelope whose sender waits for an answer, perhaps until a deadline that the actor's loop watches.
class ask_envelope : public envelope {
 public:
  explicit ask_envelope(time_point deadline) noexcept;
  ~ask_envelope() override;

  void arrived(actor_core& core) noexcept override;

 protected:
  /// The handler has ended or will not run.
  void forget_deadline(actor_core& core) noexcept;
  /// On the loop's thread.
  virtual void deadline_passed() noexcept = 0;
  /// While the deadline is watched it holds a reference.
  virtual void hold() noexcept = 0;
  virtual void let_go() noexcept = 0;

 private:
  class watch;
  time_point deadline_;
  std::unique_ptr<watch> watch_;
};

}  // namespace troupe::detail
