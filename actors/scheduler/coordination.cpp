#include <troupe/actors/scheduler/internal/coordination.hpp>

#include <algorithm>
#include <utility>

namespace troupe::detail {
namespace {

/// "" where the types agree, or nobody has said one yet.
std::string other_type(char const* of, std::string const& name, std::string const& there, std::string const& wanted) {
  if (there.empty() || wanted.empty() || there == wanted) return {};
  return std::string("the ") + of + " '" + name + "' is of " + there + ", not of " + wanted;
}

template <class Tickets, class Ticket>
bool remove(Tickets& from, Ticket const& which) {
  auto at = std::find(from.begin(), from.end(), which);
  if (at == from.end()) return false;
  from.erase(at);
  return true;
}

}  // namespace

void coordination::handle(client_id from, coordinate wish, std::vector<answer>& answers,
                          std::shared_ptr<void const> keeper) {
  out_ = &answers;
  value given{std::move(wish.bytes.bytes), {std::move(wish.handles), std::move(keeper)}};
  ticket_id who{from, wish.ticket};
  using kind = coordinate::kind;
  switch (wish.what) {
    case kind::give_up:
      return give_up({from, wish.of});
    case kind::taken:
      return arrived({from, wish.of});
    case kind::next:
      break;
    default:
      if (wish.names.empty() || std::count(wish.names.begin(), wish.names.end(), std::string()) > 0)
        return refuse(who, "it needs a name");
  }
  switch (wish.what) {
    case kind::acquire:
      return acquire(who, wish);
    case kind::set:
    case kind::clear:
    case kind::wait:
    case kind::is_set:
      return use_event(who, wish);
    case kind::put:
      return put(who, wish, std::move(given));
    case kind::get:
      return get(who, wish);
    case kind::size: {
      auto found = queues_.find(wish.names.front());
      return tell(who, found == queues_.end() ? 0 : found->second.items.size());
    }
    case kind::write:
    case kind::read:
    case kind::forget:
      return use_variable(who, wish, std::move(given));
    case kind::publish:
    case kind::subscribe:
    case kind::next:
      return use_topic(who, wish, given);
    case kind::give_up:
    case kind::taken:
      break;
  }
}

void coordination::forget(client_id client, std::vector<answer>& answers) {
  out_ = &answers;
  std::vector<ticket_id> tickets;
  auto collect = [&](auto const& from) {
    for (auto at = from.lower_bound({client, 0}); at != from.end() && at->first.client == client; ++at)
      tickets.push_back(at->first);
  };
  collect(acquired_);
  collect(subscriptions_);
  collect(at_event_);
  collect(at_variable_);
  collect(lent_);
  for (auto const& ticket : tickets) give_up(ticket);
  leave_queues(client);
  // Nobody is there to be told.
  std::erase_if(answers, [client](answer const& a) { return a.to == client; });
}

bool coordination::empty() const noexcept {
  return resources_.empty() && events_.empty() && queues_.empty() && variables_.empty() && topics_.empty() &&
         acquired_.empty() && subscriptions_.empty() && at_queue_.empty() && at_event_.empty() &&
         at_variable_.empty() && lent_.empty();
}

// ---- locks and semaphores

void coordination::acquire(ticket_id who, coordinate& wish) {
  auto& names = wish.names;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  auto limit = std::max<std::uint64_t>(wish.limit, 1);
  for (auto const& name : names) {
    auto [at, fresh] = resources_.try_emplace(name);
    if (fresh) at->second.limit = limit;
    if (at->second.limit == limit) continue;
    auto problem = "the semaphore '" + name + "' has " + std::to_string(at->second.limit) + " leases, not " +
                   std::to_string(limit);
    for (auto const& created : names) drop_if_empty(created);
    return refuse(who, std::move(problem));
  }
  for (auto const& name : names) resources_[name].waiting.push_back(who);
  auto first = names.front();
  acquired_[who] = {std::move(names), false};
  grant_first(first);
}

/// He is the first in every line, and there is something for him at the head of each.
bool coordination::can_have(ticket_id who, std::vector<std::string> const& names) const {
  return std::all_of(names.begin(), names.end(), [&](std::string const& name) {
    auto const& r = resources_.at(name);
    return r.waiting.front() == who && r.held < r.limit;
  });
}

void coordination::grant_first(std::string const& name) {
  std::vector<std::string> look{name};
  while (!look.empty()) {
    auto at = resources_.find(look.back());
    look.pop_back();
    if (at == resources_.end() || at->second.waiting.empty()) continue;
    auto who = at->second.waiting.front();
    auto& wanted = acquired_.at(who);
    if (!can_have(who, wanted.names)) continue;
    wanted.granted = true;
    for (auto const& each : wanted.names) {
      auto& r = resources_[each];
      r.waiting.pop_front();
      ++r.held;
      look.push_back(each);
    }
    tell(who, ++fencing_);
  }
}

void coordination::release(acquired const& what, ticket_id who) {
  for (auto const& name : what.names) {
    auto& r = resources_[name];
    if (what.granted)
      --r.held;
    else
      remove(r.waiting, who);
  }
  for (auto const& name : what.names) {
    grant_first(name);
    drop_if_empty(name);
  }
}

void coordination::drop_if_empty(std::string const& name) {
  auto at = resources_.find(name);
  if (at != resources_.end() && at->second.held == 0 && at->second.waiting.empty()) resources_.erase(at);
}

// ---- events

void coordination::use_event(ticket_id who, coordinate& wish) {
  auto const& name = wish.names.front();
  using kind = coordinate::kind;
  auto at = events_.find(name);
  bool on = at != events_.end() && at->second.on;
  if (wish.what == kind::is_set) return tell(who, on ? 1 : 0);
  if (wish.what == kind::clear) {
    // Nobody waits for an event that is set.
    if (on) events_.erase(at);
    return tell(who);
  }
  if (wish.what == kind::wait) {
    if (on) return tell(who);
    events_[name].waiting.push_back(who);
    at_event_[who] = name;
    return;
  }
  auto& e = events_[name];
  e.on = true;
  for (auto const& waiting : std::exchange(e.waiting, {})) {
    at_event_.erase(waiting);
    tell(waiting);
  }
  tell(who);
}

// ---- queues

void coordination::put(ticket_id who, coordinate& wish, value given) {
  auto const& name = wish.names.front();
  auto& q = queues_[name];
  if (auto problem = other_type("queue", name, q.schema, wish.schema); !problem.empty())
    return refuse(who, std::move(problem));
  q.schema = wish.schema;
  q.limit = wish.limit;
  q.putting.emplace_back(who, std::move(given));
  at_queue_[who] = name;
  serve(name, q);
}

void coordination::get(ticket_id who, coordinate& wish) {
  auto const& name = wish.names.front();
  auto& q = queues_[name];
  if (auto problem = other_type("queue", name, q.schema, wish.schema); !problem.empty())
    return refuse(who, std::move(problem));
  q.schema = wish.schema;
  q.getting.push_back(who);
  at_queue_[who] = name;
  serve(name, q);
}

/// Puts and gets as far as there is room and something to get; a queue that nobody uses is gone.
void coordination::serve(std::string const& name, queue& q) {
  for (bool more = true; more;) {
    more = false;
    while (!q.putting.empty() && (q.limit == 0 || q.items.size() < q.limit)) {
      auto [who, item] = std::move(q.putting.front());
      q.putting.pop_front();
      q.items.push_back({++q.last_number, std::move(item)});
      at_queue_.erase(who);
      tell(who);
      more = true;
    }
    while (!q.getting.empty() && !q.items.empty()) {
      auto who = q.getting.front();
      q.getting.pop_front();
      tell(who, 0, q.items.front().what);
      q.leaving.emplace(who, std::move(q.items.front()));
      q.items.pop_front();
      more = true;
    }
  }
  if (q.items.empty() && q.getting.empty() && q.putting.empty() && q.leaving.empty()) queues_.erase(name);
}

/// An item that was on its way to him is where it was.
void coordination::leave(queue& q, ticket_id who) {
  remove(q.getting, who);
  std::erase_if(q.putting, [&](auto const& waiting) { return waiting.first == who; });
  auto back = q.leaving.extract(who);
  if (!back) return;
  auto place = std::find_if(q.items.begin(), q.items.end(),
                            [&](queued_item const& other) { return other.number > back.mapped().number; });
  q.items.insert(place, std::move(back.mapped()));
}

/// Others are served when all of its items are back.
void coordination::leave_queues(client_id client) {
  std::set<std::string> left;
  auto at = at_queue_.lower_bound({client, 0});
  while (at != at_queue_.end() && at->first.client == client) {
    leave(queues_.at(at->second), at->first);
    left.insert(std::move(at->second));
    at = at_queue_.erase(at);
  }
  for (auto const& name : left) serve(name, queues_.at(name));
}

void coordination::arrived(ticket_id who) {
  if (lent_.erase(who) > 0) {
    // Of its own client's subscriptions alone.
    for (auto at = subscriptions_.lower_bound({who.client, 0});
         at != subscriptions_.end() && at->first.client == who.client; ++at)
      if (at->second.given_to == who) drop_arrived(at->second, at->second.given);
    return;
  }
  auto at = at_queue_.find(who);
  if (at == at_queue_.end()) return;
  auto name = at->second;
  at_queue_.erase(at);
  auto& q = queues_.at(name);
  q.leaving.erase(who);
  serve(name, q);
}

// ---- variables

void coordination::use_variable(ticket_id who, coordinate& wish, value given) {
  auto const& name = wish.names.front();
  using kind = coordinate::kind;
  if (wish.what == kind::forget) {
    auto at = variables_.find(name);
    if (at != variables_.end() && at->second.reading.empty()) variables_.erase(at);
    return tell(who);
  }
  auto& v = variables_[name];
  if (auto problem = other_type("variable", name, v.schema, wish.schema); !problem.empty())
    return refuse(who, std::move(problem));
  v.schema = wish.schema;
  if (wish.what == kind::read) {
    if (v.written) return lend(who, 0, v.current);
    v.reading.push_back(who);
    at_variable_[who] = name;
    return;
  }
  v.current = std::move(given);
  v.written = true;
  for (auto const& reading : std::exchange(v.reading, {})) {
    at_variable_.erase(reading);
    lend(reading, 0, v.current);
  }
  tell(who);
}

// ---- topics

void coordination::use_topic(ticket_id who, coordinate& wish, value const& given) {
  using kind = coordinate::kind;
  if (wish.what == kind::next) {
    auto at = subscriptions_.find({who.client, wish.of});
    if (at == subscriptions_.end()) return refuse(who, "there is no such subscription");
    if (at->second.asking.client) return refuse(who, "the next message is being waited for already");
    at->second.asking = who;
    drop_arrived(at->second, wish.limit);
    return send_next(at->second);
  }
  auto const& name = wish.names.front();
  if (wish.what == kind::publish && !topics_.contains(name)) return tell(who);
  auto& t = topics_[name];
  if (auto problem = other_type("topic", name, t.schema, wish.schema); !problem.empty())
    return refuse(who, std::move(problem));
  if (wish.what == kind::subscribe) {
    t.schema = wish.schema;
    t.subscribers.insert(who);
    subscriptions_[who] = {name, std::max<std::uint64_t>(wish.limit, 1), {}, 0, {}, {}, 0};
    return tell(who);
  }
  for (auto const& subscriber : t.subscribers) {
    auto& s = subscriptions_.at(subscriber);
    if (s.messages.size() == s.limit) s.messages.pop_front();
    s.messages.push_back(given);
    ++s.last_number;
    send_next(s);
  }
  tell(who, t.subscribers.size());
}

/// Messages up to this number.
void coordination::drop_arrived(subscription& s, std::uint64_t number) {
  while (!s.messages.empty() && s.first_number() <= number) s.messages.pop_front();
}

void coordination::send_next(subscription& s) {
  if (!s.asking.client || s.messages.empty()) return;
  s.given_to = std::exchange(s.asking, {});
  s.given = s.first_number();
  lend(s.given_to, s.given, s.messages.front());
}

// ----

void coordination::give_up(ticket_id who) {
  if (lent_.erase(who) > 0) return;
  if (auto node = acquired_.extract(who)) return release(node.mapped(), who);
  if (auto node = at_event_.extract(who)) {
    auto at = events_.find(node.mapped());
    remove(at->second.waiting, who);
    if (at->second.waiting.empty() && !at->second.on) events_.erase(at);
    return;
  }
  if (auto node = at_variable_.extract(who)) {
    auto at = variables_.find(node.mapped());
    remove(at->second.reading, who);
    if (at->second.reading.empty() && !at->second.written) variables_.erase(at);
    return;
  }
  if (auto node = at_queue_.extract(who)) {
    auto const& name = node.mapped();
    auto& q = queues_.at(name);
    leave(q, who);
    return serve(name, q);
  }
  if (auto node = subscriptions_.extract(who)) {
    auto const& s = node.mapped();
    if (s.asking.client) refuse(s.asking, "the subscription has ended");
    auto at = topics_.find(s.topic);
    at->second.subscribers.erase(who);
    if (at->second.subscribers.empty()) topics_.erase(at);
    return;
  }
  for (auto& [id, s] : subscriptions_)
    if (s.asking == who) s.asking = {};
}

void coordination::tell(ticket_id who, std::uint64_t number) {
  out_->push_back({who.client, who.ticket, number, {}, {}, {}});
}

void coordination::tell(ticket_id who, std::uint64_t number, value const& given) {
  out_->push_back({who.client, who.ticket, number, given.bytes, given.handles.actors, {}});
}

void coordination::lend(ticket_id who, std::uint64_t number, value const& given) {
  if (!given.handles.actors.empty()) lent_[who] = given.handles.keeper;
  tell(who, number, given);
}

void coordination::refuse(ticket_id who, std::string problem) {
  out_->push_back({who.client, who.ticket, 0, {}, {}, std::move(problem)});
}

}  // namespace troupe::detail
