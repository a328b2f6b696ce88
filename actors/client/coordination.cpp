#include <troupe/actors/client/actor_reference.hpp>
#include <troupe/actors/client/coordination.hpp>
#include <troupe/actors/client/internal/ask.hpp>
#include <troupe/actors/client/internal/session_here.hpp>
#include <troupe/futures/errors.hpp>
#include <troupe/net/codec/encoder.hpp>

#include <atomic>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

namespace troupe {
namespace detail {

class held_ticket {
 public:
  explicit held_ticket(client_handle of) : of_(std::move(of)), number_(session_of(of_).next_ticket()) {}
  held_ticket(held_ticket const&) = delete;
  held_ticket& operator=(held_ticket const&) = delete;
  ~held_ticket() { give_up(); }

  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  [[nodiscard]] session& holder() const { return session_of(of_); }
  /// There is nothing to be given up any more.
  void end() noexcept { ended_.store(true, std::memory_order_release); }
  void give_up() { say(coordinate::kind::give_up); }
  /// What it was given has arrived.
  void taken() { say(coordinate::kind::taken); }

 private:
  void say(coordinate::kind what) {
    if (ended_.exchange(true, std::memory_order_acq_rel)) return;
    coordinate word;
    word.what = what;
    word.of = number_;
    session_of(of_).tell(std::move(word));
  }

  client_handle of_;
  std::uint64_t number_;
  std::atomic<bool> ended_{false};
};

namespace {

coordinate wish_for(coordinate::kind what, std::vector<std::string> names) {
  coordinate wish;
  wish.what = what;
  wish.names = std::move(names);
  return wish;
}

/// What `read` makes of the answer. The wish is taken back where nobody gets that.
template <class Answer, class Read>
future<Answer> ask_for(client_handle const& of, coordinate wish, Read read) {
  auto ticket = std::make_shared<held_ticket>(of);
  wish.ticket = ticket->number();
  return ask<Answer>(of, {std::move(wish), {}},
                     [ticket, read](future<query_result> const& asked) { return read(asked.get(), ticket); });
}

/// Actors that have to be held until the answer is there.
using held_actors = std::vector<any_future>;

/// For what is over with its answer.
future<void> carry_out(client_handle const& of, coordinate wish, held_actors held = {}) {
  return ask_for<void>(of, std::move(wish),
                       [held = std::move(held)](query_result const&, ticket_ptr const& ticket) { ticket->end(); });
}

future<std::size_t> count(client_handle const& of, coordinate wish, held_actors held = {}) {
  return ask_for<std::size_t>(of, std::move(wish),
                              [held = std::move(held)](query_result const& answer, ticket_ptr const& ticket) {
                                ticket->end();
                                return static_cast<std::size_t>(answer.offset);
                              });
}

/// Puts the value into the wish, and gives back those who are in it: the scheduler keeps them from when it has
/// answered.
held_actors write_into(coordinate& wish, value_base const& value) {
  encoder out;
  handles_written handles;
  value.encode(out);
  // Not attached: the scheduler keeps one run of bytes.
  wish.bytes = {buffer::copy_of(out.bytes())};
  auto held = handles.take();
  wish.handles = keys_of(held);
  return held;
}

/// Read by whoever awaits it: here the loop would run code of users.
delivery deliver(query_result const& answer, ticket_ptr const& ticket) {
  auto const& bytes = answer.bytes.bytes;
  return {make_encoded_value({bytes, {}}, bytes.size()), ticket, answer.names, {}};
}

/// The same of what is over with its answer, if no actor is kept for it.
delivery deliver_copy(query_result const& answer, ticket_ptr const& ticket) {
  if (answer.names.empty()) ticket->end();
  return deliver(answer, ticket);
}

}  // namespace

void receive(delivery& what, std::type_info const& type, unpack_function unpack) {
  auto& here = what.ticket->holder();
  for (auto& actor : std::exchange(what.actors, {})) what.held.push_back(hold_actor(here, std::move(actor)));
  // Before it is read: what cannot be read here would come again and again.
  what.ticket->taken();
  reading_for whose(here);
  what.value->decode_as(type, unpack);
}

future<void> remote_values::put(value_ptr const& value, std::size_t limit) const {
  auto wish = wish_for(coordinate::kind::put, {name_});
  wish.limit = limit;
  wish.schema = *schema_;
  auto held = write_into(wish, *value);
  return carry_out(of_, std::move(wish), std::move(held));
}

future<delivery> remote_values::get() const {
  auto wish = wish_for(coordinate::kind::get, {name_});
  wish.schema = *schema_;
  return ask_for<delivery>(of_, std::move(wish), &deliver);
}

future<std::size_t> remote_values::size() const { return count(of_, wish_for(coordinate::kind::size, {name_})); }

future<void> remote_values::write(value_ptr const& value) const {
  auto wish = wish_for(coordinate::kind::write, {name_});
  wish.schema = *schema_;
  auto held = write_into(wish, *value);
  return carry_out(of_, std::move(wish), std::move(held));
}

future<delivery> remote_values::read() const {
  auto wish = wish_for(coordinate::kind::read, {name_});
  wish.schema = *schema_;
  return ask_for<delivery>(of_, std::move(wish), &deliver_copy);
}

future<void> remote_values::forget() const { return carry_out(of_, wish_for(coordinate::kind::forget, {name_})); }

future<std::size_t> remote_values::publish(value_ptr const& value) const {
  auto wish = wish_for(coordinate::kind::publish, {name_});
  wish.schema = *schema_;
  auto held = write_into(wish, *value);
  return count(of_, std::move(wish), std::move(held));
}

future<ticket_ptr> remote_values::subscribe(std::size_t behind) const {
  auto wish = wish_for(coordinate::kind::subscribe, {name_});
  wish.schema = *schema_;
  wish.limit = behind;
  return ask_for<ticket_ptr>(of_, std::move(wish),
                             [](query_result const&, ticket_ptr const& ticket) { return ticket; });
}

future<std::pair<delivery, std::uint64_t>> remote_values::next(ticket_ptr const& subscription,
                                                               std::uint64_t last) const {
  coordinate wish;
  wish.what = coordinate::kind::next;
  wish.of = subscription->number();
  wish.limit = last;
  using message = std::pair<delivery, std::uint64_t>;
  return ask_for<message>(of_, std::move(wish), [](query_result const& answer, ticket_ptr const& ticket) {
    return message(deliver_copy(answer, ticket), answer.offset);
  });
}

}  // namespace detail

using detail::coordinate;
using detail::query_result;
using detail::wish_for;

void lease::release() {
  if (held_) held_->give_up();
  held_ = nullptr;
}

future<lease> remote_lock::acquire() const {
  auto wish = wish_for(coordinate::kind::acquire, names_);
  wish.limit = limit_;
  return detail::ask_for<lease>(of_, std::move(wish), [](query_result const& answer, detail::ticket_ptr const& ticket) {
    return lease(ticket, answer.offset);
  });
}

future<void> remote_event::set() const { return detail::carry_out(of_, wish_for(coordinate::kind::set, {name_})); }
future<void> remote_event::clear() const { return detail::carry_out(of_, wish_for(coordinate::kind::clear, {name_})); }
future<void> remote_event::wait() const { return detail::carry_out(of_, wish_for(coordinate::kind::wait, {name_})); }

future<bool> remote_event::is_set() const {
  auto wish = wish_for(coordinate::kind::is_set, {name_});
  return detail::ask_for<bool>(of_, std::move(wish), [](query_result const& answer, detail::ticket_ptr const& ticket) {
    ticket->end();
    return answer.offset != 0;
  });
}

}  // namespace troupe
