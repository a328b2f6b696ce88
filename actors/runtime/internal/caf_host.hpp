#pragma once

#include <troupe/actors/runtime/actor_core.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/execution_unit.hpp>
#include <caf/mailbox_element.hpp>

#include <deque>
#include <functional>
#include <memory>

namespace troupe::detail {

/// An envelope as CAF sees it: an element of a mailbox, built inside the envelope's own memory. The mailbox of
/// `receiver`, and so the entry, goes before the receiver does.
class mailbox_entry final : public caf::mailbox_element {
 public:
  /// Builds the entry of `message` for the mailbox of `receiver`.
  [[nodiscard]] static mailbox_entry& build(envelope& message, actor_core& receiver) noexcept;
  /// Null for messages that CAF itself makes.
  [[nodiscard]] static mailbox_entry* from(caf::mailbox_element& element) noexcept;

  /// The message, which then no longer goes with the entry.
  [[nodiscard]] envelope& take() noexcept { return *std::exchange(message_, nullptr); }

  void request_deletion(bool decremented) const noexcept override;
  caf::type_erased_tuple& content() override;
  caf::type_erased_tuple const& content() const override;
  caf::message move_content_to_message() override { return {}; }
  caf::message copy_content_to_message() const override { return {}; }

 private:
  friend envelope;
  mailbox_entry(envelope& message, actor_core& receiver) noexcept;
  envelope* message_;
  actor_core& receiver_;
};

/// The CAF actor behind an actor_core: its mailbox, what is attached to its end, its life as CAF counts it.
class caf_actor final : public caf::event_based_actor {
 public:
  caf_actor(caf::actor_config& config, intrusive_ptr<actor_core> core);
  ~caf_actor() override;

  char const* name() const override { return "troupe::actor"; }
  void initialize() override;
  void on_exit() override;
  /// Takes messages out of the mailbox and handles at most `most` of them. True when it has ended.
  bool take_mail(caf::execution_unit& unit, std::size_t most);
  resume_result resume(caf::execution_unit* unit, std::size_t most) override;
  void when_ended(std::function<void()> f);
  /// True when the actor had nothing to do until now.
  bool put(envelope& message) noexcept;

 private:
  struct collector;
  bool end_if_ready();

  intrusive_ptr<actor_core> core_;
  work_list fetched_;
};

/// One CAF actor system, made, used and destroyed by one thread. CAF's own scheduler, clock and printer are replaced:
/// the loop gives actors their turns, waits are troupe's timers, and no thread is started.
class caf_host {
 public:
  caf_host();
  ~caf_host();
  caf_host(caf_host const&) = delete;
  caf_host& operator=(caf_host const&) = delete;

  [[nodiscard]] caf::strong_actor_ptr spawn(intrusive_ptr<actor_core> core);
  [[nodiscard]] caf::execution_unit& unit() noexcept { return *unit_; }

 private:
  class coordinator;
  class loop_unit;

  // Actors of CAF's own (its registry's servers): they run only while the system is taken down.
  std::deque<caf::resumable*> internal_;
  std::unique_ptr<caf::actor_system_config> config_;
  std::unique_ptr<caf::actor_system> system_;
  std::unique_ptr<caf::execution_unit> unit_;
};

}  // namespace troupe::detail
