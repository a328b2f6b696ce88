#pragma once

/// Where tasks and clients of a cluster work together: locks, semaphores, events, queues, variables and topics, known
/// to all of them by name. They live on the scheduler, as long as somebody uses them.
///
/// - `client.lock("name")` and the like give handles, which are cheap to make and to copy; any thread.
/// - What waits gives a future. Cancelling it (`cancel()`, or `with_timeout(lock.acquire(), 5s)`) takes the wish back.
///   What comes too late for that is undone where it gave something (a lease, an item, a message), and done where it
///   did something: a put, set or publish that was given up may have been carried out.
///   Who waits is served in the order in which they came.
/// - What a client holds is released when it goes or closes: also that of a task whose worker was lost, because what a
///   task does through its context's client belongs to its worker.
/// - Failure: error for an empty name, for values of another type than the queue, variable or topic has, and for a
///   semaphore of another number of leases; client_closed after close, or when the scheduler is gone.
/// - Values are kept by the scheduler, encoded: for large ones pass the name of a dataset. The thread that awaits one
///   reads it; one that cannot be read fails that wait with what was thrown, and is not given to another.
/// - Handles of actors (remote_actor) in values keep those actors: in a queue until the item is taken, in a variable
///   until the next value, or none, and for each subscriber of a topic until it takes the message, or does not get it
///   any more. Whoever takes a value holds them himself from then on.

#include <troupe/actors/client/client_handle.hpp>
#include <troupe/actors/functions/value.hpp>
#include <troupe/futures/future.hpp>
#include <troupe/futures/task.hpp>
#include <troupe/net/codec/schema.hpp>
#include <troupe/net/codec/travels.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

namespace troupe {

namespace detail {

/// A ticket that is given up when its last owner goes.
class held_ticket;
using ticket_ptr = std::shared_ptr<held_ticket>;

/// A value on its way to who wanted it, not read yet. The item of a queue goes back if that one does not take it.
struct delivery {
  value_ptr value;
  ticket_ptr ticket;
  /// Keys of those whose handles are in it: the scheduler keeps them for this ticket.
  std::vector<std::string> actors;
  /// The same, held here.
  std::vector<any_future> held;
};
/// Takes it, and reads it on this thread for the client that wanted it. The handles in it that are read hold their
/// actors; `held` may go then. Throws what decode_as throws.
void receive(delivery& what, std::type_info const& type, unpack_function unpack);

template <class T>
[[nodiscard]] value_ptr box(T value) {
  static_assert(travels<T>, "values of queues, variables and topics must be able to travel");
  return value_ptr(new value_box<T>(std::in_place, std::move(value)));
}

}  // namespace detail

/// Leases of one or more locks, or of a semaphore. Released when the last copy goes, or by `release`.
class lease {
 public:
  lease() = default;
  explicit lease(detail::ticket_ptr held, std::uint64_t fence) : held_(std::move(held)), fence_(fence) {}

  /// Larger than that of every lease which this cluster's scheduler has given before: who writes somewhere else under
  /// the lock says it there, so that a holder who was given up for lost and comes too late is refused.
  [[nodiscard]] std::uint64_t fence() const noexcept { return fence_; }
  [[nodiscard]] explicit operator bool() const noexcept { return held_ != nullptr; }
  /// Gives it back now, for all copies.
  void release();

 private:
  detail::ticket_ptr held_;
  std::uint64_t fence_ = 0;
};

/// `auto held = co_await client.lock("file").acquire();` A lock is a semaphore of one lease; a multi_lock is several
/// locks, taken all at once or not at all.
class remote_lock {
 public:
  remote_lock(detail::client_handle of, std::vector<std::string> names, std::uint64_t limit)
      : of_(std::move(of)), names_(std::move(names)), limit_(limit) {}

  [[nodiscard]] future<lease> acquire() const;

 private:
  detail::client_handle of_;
  std::vector<std::string> names_;
  std::uint64_t limit_;
};

/// Not set until somebody sets it.
class remote_event {
 public:
  remote_event(detail::client_handle of, std::string name) : of_(std::move(of)), name_(std::move(name)) {}

  [[nodiscard]] future<void> set() const;
  [[nodiscard]] future<void> clear() const;
  /// Until it is set.
  [[nodiscard]] future<void> wait() const;
  [[nodiscard]] future<bool> is_set() const;

 private:
  detail::client_handle of_;
  std::string name_;
};

namespace detail {

/// Queues, variables and topics without their type.
class remote_values {
 public:
  remote_values(client_handle of, std::string name, std::string const& schema)
      : of_(std::move(of)), name_(std::move(name)), schema_(&schema) {}

  [[nodiscard]] future<void> put(value_ptr const& value, std::size_t limit) const;
  [[nodiscard]] future<delivery> get() const;
  [[nodiscard]] future<std::size_t> size() const;
  [[nodiscard]] future<void> write(value_ptr const& value) const;
  [[nodiscard]] future<delivery> read() const;
  [[nodiscard]] future<void> forget() const;
  [[nodiscard]] future<std::size_t> publish(value_ptr const& value) const;
  [[nodiscard]] future<ticket_ptr> subscribe(std::size_t behind) const;
  /// Of a subscription: the next message after that of number `last`, and its number.
  [[nodiscard]] future<std::pair<delivery, std::uint64_t>> next(ticket_ptr const& subscription,
                                                                std::uint64_t last) const;

 private:
  client_handle of_;
  std::string name_;
  std::string const* schema_;
};

template <class T>
[[nodiscard]] T value_of(delivery& what) {
  receive(what, typeid(T), &unpack_value<T>);
  return std::move(value_cast<T>(*what.value));
}

template <class T>
[[nodiscard]] task<T> take_delivery(future<delivery> from) {
  auto what = co_await std::move(from);
  co_return value_of<T>(what);
}

}  // namespace detail

/// First in, first out. A queue with a limit makes `put` wait for room; the limit is that of the last put.
template <class T>
class remote_queue {
 public:
  remote_queue(detail::client_handle of, std::string name, std::size_t limit)
      : values_(std::move(of), std::move(name), schema_of<T>()), limit_(limit) {}

  /// Done when the item is in the queue.
  [[nodiscard]] future<void> put(T item) const { return values_.put(detail::box<T>(std::move(item)), limit_); }
  /// An item goes to one getter only. Should that one be lost on the way, it goes to the next.
  [[nodiscard]] task<T> get() const { return detail::take_delivery<T>(values_.get()); }
  [[nodiscard]] future<std::size_t> size() const { return values_.size(); }

 private:
  detail::remote_values values_;
  std::size_t limit_;
};

/// One value, the last that was set.
template <class T>
class remote_variable {
 public:
  remote_variable(detail::client_handle of, std::string name)
      : values_(std::move(of), std::move(name), schema_of<T>()) {}

  [[nodiscard]] future<void> set(T value) const { return values_.write(detail::box<T>(std::move(value))); }
  /// Waits until there is one.
  [[nodiscard]] task<T> get() const { return detail::take_delivery<T>(values_.read()); }
  /// Who gets it from now on waits for the next value.
  [[nodiscard]] future<void> reset() const { return values_.forget(); }

 private:
  detail::remote_values values_;
};

/// What is published from its beginning on, in order, until the last copy goes.
template <class T>
class subscription {
 public:
  subscription(detail::remote_values of, detail::ticket_ptr held) : of_(std::move(of)), held_(std::move(held)) {}

  /// One at a time. A message whose wait was given up is that of the following wait.
  [[nodiscard]] task<T> next() {
    auto taken = taken_;
    auto asked = of_.next(held_, taken->last);
    auto message = co_await std::move(asked);
    taken->dropped += message.second - taken->last - 1;
    taken->last = message.second;
    co_return detail::value_of<T>(message.first);
  }
  /// Messages that were dropped, the oldest first, because this subscriber was too far behind.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return taken_->dropped; }

 private:
  struct progress {
    std::uint64_t last = 0;  // number of the last message that was taken
    std::uint64_t dropped = 0;
  };

  detail::remote_values of_;
  detail::ticket_ptr held_;
  std::shared_ptr<progress> taken_ = std::make_shared<progress>();
};

/// Messages for all who have subscribed.
template <class T>
class topic {
 public:
  topic(detail::client_handle of, std::string name) : values_(std::move(of), std::move(name), schema_of<T>()) {}

  /// Gives the number of subscribers it goes to.
  [[nodiscard]] future<std::size_t> publish(T message) const {
    return values_.publish(detail::box<T>(std::move(message)));
  }
  /// With room for so many messages that were not taken yet.
  [[nodiscard]] task<subscription<T>> subscribe(std::size_t behind = 1000) const {
    auto values = values_;
    auto asked = values.subscribe(behind);
    auto held = co_await std::move(asked);
    co_return subscription<T>(std::move(values), std::move(held));
  }

 private:
  detail::remote_values values_;
};

}  // namespace troupe
