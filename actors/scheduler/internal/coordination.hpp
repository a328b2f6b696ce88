#pragma once

#include <troupe/actors/scheduler/ids.hpp>
#include <troupe/actors/scheduler/internal/actor_calls.hpp>
#include <troupe/actors/scheduler/internal/coordinate.hpp>
#include <troupe/net/buffer.hpp>

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe::detail {

/// Locks, semaphores, events, queues, variables and topics of a cluster: a state machine without clock or thread, whose
/// answers come when they can. Who waits is served in the order in which he came. What a client holds goes when the
/// client does, and items that were on their way to it go back to their places in their queue; what it has put stays.
///
/// Handles of actors that are in a value are kept with it: in a queue, in a variable until the next value, for each
/// subscriber of a topic who has not taken it yet, and then on the way, until the ticket that it was given to is taken
/// or given up.
class coordination {
 public:
  struct answer {
    client_id to;
    std::uint64_t ticket = 0;
    std::uint64_t number = 0;
    buffer bytes;
    /// Keys of the actors whose handles are in `bytes`: kept for the ticket, if there are some.
    std::vector<std::string> handles;
    /// Why there is none.
    std::string problem;
  };

  /// `keeper`: while a copy of it lives, the actors are kept whose handles are in the wish's bytes.
  void handle(client_id from, coordinate wish, std::vector<answer>& answers,
              std::shared_ptr<void const> keeper = nullptr);
  /// The client is gone.
  void forget(client_id client, std::vector<answer>& answers);

  [[nodiscard]] bool empty() const noexcept;
  [[nodiscard]] bool has_subscribers(std::string const& name) const { return topics_.contains(name); }

 private:
  struct ticket_id {
    client_id client;
    std::uint64_t ticket = 0;
    friend auto operator<=>(ticket_id const&, ticket_id const&) = default;
  };
  struct acquired {
    std::vector<std::string> names;
    bool granted = false;
  };
  struct resource {
    std::uint64_t limit = 1;
    std::uint64_t held = 0;
    std::deque<ticket_id> waiting;
  };
  struct event {
    bool on = false;
    std::vector<ticket_id> waiting;
  };
  struct value {
    buffer bytes;
    handles_lent handles;
  };
  struct queued_item {
    std::uint64_t number = 0;
    value what;
  };
  struct queue {
    std::uint64_t limit = 0;
    std::string schema;
    /// In the order of their numbers, which is that in which they came.
    std::deque<queued_item> items;
    std::uint64_t last_number = 0;
    std::deque<ticket_id> getting;
    std::deque<std::pair<ticket_id, value>> putting;
    /// Given, and not known to have arrived.
    std::map<ticket_id, queued_item> leaving;
  };
  struct variable {
    std::string schema;
    value current;
    bool written = false;
    std::vector<ticket_id> reading;
  };
  struct subscription {
    std::string topic;
    std::uint64_t limit = 0;
    /// Those not known to have arrived; a message that was given stays until the subscriber asks for one after it.
    std::deque<value> messages;
    std::uint64_t last_number = 0;  ///< of the last message
    ticket_id asking;               ///< of no client: nobody is
    ticket_id given_to;             ///< message number `given`
    std::uint64_t given = 0;

    [[nodiscard]] std::uint64_t first_number() const noexcept { return last_number + 1 - messages.size(); }
  };
  struct topic {
    std::string schema;
    std::set<ticket_id> subscribers;
  };

  void acquire(ticket_id who, coordinate& wish);
  void grant_first(std::string const& name);
  [[nodiscard]] bool can_have(ticket_id who, std::vector<std::string> const& names) const;
  void put(ticket_id who, coordinate& wish, value given);
  void get(ticket_id who, coordinate& wish);
  void serve(std::string const& name, queue& q);
  static void leave(queue& q, ticket_id who);
  void leave_queues(client_id client);
  void use_variable(ticket_id who, coordinate& wish, value given);
  void use_event(ticket_id who, coordinate& wish);
  void use_topic(ticket_id who, coordinate& wish, value const& given);
  static void drop_arrived(subscription& s, std::uint64_t number);
  void send_next(subscription& s);
  void give_up(ticket_id who);
  void arrived(ticket_id who);
  void release(acquired const& what, ticket_id who);
  void drop_if_empty(std::string const& name);
  void tell(ticket_id who, std::uint64_t number = 0);
  void tell(ticket_id who, std::uint64_t number, value const& given);
  /// The same for what the ticket does not own: the handles in it are kept until that is taken, or given up.
  void lend(ticket_id who, std::uint64_t number, value const& given);
  void refuse(ticket_id who, std::string problem);

  std::map<std::string, resource> resources_;
  std::map<std::string, event> events_;
  std::map<std::string, queue> queues_;
  std::map<std::string, variable> variables_;
  std::map<std::string, topic> topics_;
  /// What each ticket is about, where it is one that can be given up.
  std::map<ticket_id, acquired> acquired_;
  std::map<ticket_id, subscription> subscriptions_;
  std::map<ticket_id, std::string> at_queue_, at_event_, at_variable_;
  std::map<ticket_id, std::shared_ptr<void const>> lent_;
  std::uint64_t fencing_ = 0;
  std::vector<answer>* out_ = nullptr;
};

}  // namespace troupe::detail
