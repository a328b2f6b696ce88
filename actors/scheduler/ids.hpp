#pragma once

#include <compare>
#include <cstdint>

namespace troupe {

/// A task at the scheduler. Indices are dense and used again; the generation tells the users of one index apart, so
/// that a late message never reaches a younger task. Generations start at 1: a default id names no task.
struct task_id {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;

  explicit operator bool() const noexcept { return generation != 0; }
  friend auto operator<=>(task_id const&, task_id const&) = default;
};

/// A worker of this scheduler. Counted from 0 and never given twice, so a message from a removed worker is known as
/// such.
struct worker_id {
  std::uint32_t value = UINT32_MAX;

  explicit operator bool() const noexcept { return value != UINT32_MAX; }
  friend auto operator<=>(worker_id const&, worker_id const&) = default;
};

/// A client of this scheduler. Counted from 0 and never given twice.
struct client_id {
  std::uint32_t value = UINT32_MAX;

  explicit operator bool() const noexcept { return value != UINT32_MAX; }
  friend auto operator<=>(client_id const&, client_id const&) = default;
};

/// One execution of one task. Unique for a scheduler's life and increasing, 0 is none.
struct attempt_id {
  std::uint64_t value = 0;

  explicit operator bool() const noexcept { return value != 0; }
  friend auto operator<=>(attempt_id const&, attempt_id const&) = default;
};

/// What the actor around a core keeps under a number: a call with its arguments, or an error. The actor never gives a
/// number twice, so forgetting an unknown one is harmless. 0 is none.
struct payload_id {
  std::uint64_t value = 0;

  explicit operator bool() const noexcept { return value != 0; }
  friend auto operator<=>(payload_id const&, payload_id const&) = default;
};

/// A function name as the scheduler's actor interned it: dense, from 0.
struct function_id {
  std::uint32_t value = 0;

  friend auto operator<=>(function_id const&, function_id const&) = default;
};

/// A client's name for a task it submitted. The client gives dense indices and uses one again, with a larger generation
/// (from 1), after it released it.
struct client_ref {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;

  friend auto operator<=>(client_ref const&, client_ref const&) = default;
};

}  // namespace troupe
