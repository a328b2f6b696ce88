#pragma once

#include <troupe/actors/functions/call.hpp>
#include <troupe/actors/functions/value.hpp>
#include <troupe/futures/future.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace troupe {

class actor_options;
class encoder;
class decoder;

namespace detail {

class session;
struct client_handle;

/// A handle on a remote actor, whatever its class: the future of the task that made it, as the session has it in which
/// the actor is called.
class actor_reference {
 public:
  actor_reference() noexcept = default;
  /// As it lies in that future itself: holds nothing. What is copied or moved from it holds the actor.
  explicit actor_reference(state_base& inside) noexcept : inside_(&inside) {}
  actor_reference(actor_reference const& other) noexcept : held_(other.strong()) {}
  actor_reference& operator=(actor_reference const& other) noexcept {
    held_ = other.strong();
    inside_ = nullptr;
    return *this;
  }
  ~actor_reference() = default;

  [[nodiscard]] bool valid() const noexcept { return bool(strong().state()); }
  /// "" for none.
  [[nodiscard]] std::string key() const;

  /// Throws error for a handle of no actor.
  [[nodiscard]] intrusive_ptr<state_base> call(bound_call what) const;
  [[nodiscard]] future<void> stop() const;

  void write(encoder& out) const;
  /// The actor is held by the session of the task that runs, or of the client whose value is read. Throws codec_error
  /// where there is neither.
  [[nodiscard]] static actor_reference read(decoder& in);

 private:
  explicit actor_reference(any_future held) noexcept : held_(std::move(held)) {}
  [[nodiscard]] any_future strong() const noexcept {
    return inside_ ? any_future(intrusive_ptr<state_base>(inside_)) : held_;
  }

  any_future held_;
  state_base* inside_ = nullptr;
};

/// Of this session, like a handle that is read there: from now on it holds the actor of this key.
[[nodiscard]] any_future hold_actor(session& by, std::string key);
/// Each once.
[[nodiscard]] std::vector<std::string> keys_of(std::vector<any_future> const& handles);

/// Submits the task that makes an actor. `inside` makes the value of its future: a handle that lies in there.
[[nodiscard]] intrusive_ptr<state_base> submit_actor(client_handle const& self, bound_call what,
                                                     actor_options const& options, value_ptr (*inside)(state_base&));

/// While it lives, notes which actors' handles this thread encodes, or measures.
class handles_written {
 public:
  handles_written() noexcept;
  handles_written(handles_written const&) = delete;
  handles_written& operator=(handles_written const&) = delete;
  ~handles_written();

  [[nodiscard]] std::vector<any_future> take() noexcept { return std::move(states_); }
  static void note(any_future const& held);

 private:
  std::vector<any_future> states_;
  handles_written* outer_;
};

}  // namespace detail
}  // namespace troupe
