#pragma once

#include <troupe/actors/runtime/event_loop.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace troupe {

/// When a supervisor starts a child again: `permanent` always, `transient` when it failed or was killed, `temporary`
/// never.
enum class restart { permanent, transient, temporary };

/// Asks a supervisor; answered when its first children run, failed when one of them could not be started.
struct children_started {};

/// A child as its start function gives it: who it is, and when the next one may start.
struct started_child {
  actor_handle handle;
  future<void> ready;
};

/// How a supervisor starts, restarts and stops one child. A value that can be copied; each start uses a copy of the
/// arguments.
class child_spec {
 public:
  using start_function = std::function<started_child(event_loop&)>;

  /// `id` is unique among the children of a supervisor. An exception out of `start` is a failure to start, as is a
  /// failure of the future `ready`.
  child_spec(std::string id, start_function start) : id_(std::move(id)), start_(std::move(start)) {}

  /// A child that is an actor of type A on the supervisor's loop.
  template <class A, class... Args>
  [[nodiscard]] static child_spec of(std::string id, Args&&... args) {
    return child_spec(std::move(id),
                      [arguments = std::tuple<std::decay_t<Args>...>(std::forward<Args>(args)...)](
                          event_loop& loop) -> started_child {
                        auto ref =
                            std::apply([&loop](auto const&... each) { return loop.spawn<A>(each...); }, arguments);
                        if constexpr (detail::handles<A, children_started>)
                          return {ref, ref.ask(children_started{})};
                        else
                          return {ref, ref.started()};
                      });
  }

  /// Default: permanent.
  child_spec& restarts(restart when) {
    restart_ = when;
    return *this;
  }
  /// Asked to stop, and killed when it has not ended after `patience`. Default: 5 s. A killed child is waited for.
  child_spec& shutdown(duration patience) {
    patience_ = patience;
    return *this;
  }
  /// Killed without being asked first.
  child_spec& brutal_kill() { return shutdown(duration::zero()); }

  [[nodiscard]] std::string const& id() const noexcept { return id_; }
  [[nodiscard]] start_function const& start() const noexcept { return start_; }
  [[nodiscard]] restart when_to_restart() const noexcept { return restart_; }
  [[nodiscard]] duration patience() const noexcept { return patience_; }

 private:
  std::string id_;
  start_function start_;
  restart restart_ = restart::permanent;
  duration patience_ = std::chrono::seconds(5);
};

}  // namespace troupe
