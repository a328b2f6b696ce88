#pragma once

#include <troupe/actors/scheduler/internal/shared_bytes.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::detail {

/// The topic on which a scheduler itself tells what happens, as lists of cluster_event; clients publish nothing there.
inline constexpr char const* events_topic = "troupe events";

/// What clients and tasks ask for to work together. Each wish has a ticket, unique among its client's, by which it is
/// given up: while it waits, or when what it was given is not wanted any more.
struct coordinate {
  enum class kind : std::uint8_t {
    acquire,    ///< one unit of each of `names`, each of which has `limit`; answered with a fencing token
    set,        ///< the event `names[0]`
    clear,      ///< it
    wait,       ///< until it is set
    is_set,     ///< answered with 1 or 0
    put,        ///< `bytes` into the queue `names[0]`, which holds `limit` items (0: any number)
    get,        ///< one of its items, the oldest
    size,       ///< answered with their number
    write,      ///< `bytes` as the value of the variable `names[0]`
    read,       ///< its value, as soon as it has one
    forget,     ///< its value
    publish,    ///< `bytes` to all who subscribed to the topic `names[0]`; answered with their number
    subscribe,  ///< to it, for as long as the ticket is not given up, at most `limit` messages behind
    next,       ///< message of the subscription of ticket `of` after message `limit`; answered with its number, from 1
    give_up,    ///< the ticket `of`
    taken,      ///< what ticket `of` was given has arrived: an item, or another value with handles of actors in it
  };
  kind what = kind::acquire;
  std::uint64_t ticket = 0;
  std::vector<std::string> names;
  std::uint64_t limit = 1;
  std::uint64_t of = 0;
  /// Of `bytes`, as the codec spells types: one for all items of a queue, variable or topic.
  std::string schema;
  shared_bytes bytes;
  /// Keys of the actors whose handles are in `bytes`: they are kept with it.
  std::vector<std::string> handles;
};

}  // namespace troupe::detail
