#include <troupe/actors/client/actor_reference.hpp>
#include <troupe/actors/client/coordination.hpp>
#include <troupe/actors/client/internal/ask.hpp>
#include <troupe/futures/errors.hpp>
#include <troupe/net/codec/encoder.hpp>

#include <fmt/format.h>

#include <atomic>
#include <utility>

namespace troupe {
namespace detail {

class held_ticket {
 public:
  explicit held_ticket(client_handle of) : of_(std::move(of)), number_(session_of(of_).next_ticket()) {}
  held_ticket(held_ticket const&) = delete;
  held_ticket& operator=(held_ticket const&) = delete;
  ~held_ticket() { give_up(); }

  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
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

/// For what is over with its answer.
future<void> carry_out(client_handle const& of, coordinate wish) {
  return ask_for<void>(of, std::move(wish), [](query_result const&, ticket_ptr const& ticket) { ticket->end(); });
}

future<std::size_t> count(client_handle const& of, coordinate wish) {
  return ask_for<std::size_t>(of, std::move(wish), [](query_result const& answer, ticket_ptr const& ticket) {
    ticket->end();
    return static_cast<std::size_t>(answer.offset);
  });
}

/// Not attached: the scheduler keeps one run of bytes.
shared_bytes bytes_of(value_base const& value) {
  encoder out;
  handles_written handles;
  value.encode(out);
  // The scheduler would have to keep the actor for as long as it keeps the bytes.
  if (auto held = handles.take(); !held.empty())
    throw error(
        fmt::format("the handle of actor {} cannot lie in a queue, a variable or a topic: pass the actor's name",
                    held.front().state()->key()));
  return {buffer::copy_of(out.bytes())};
}

/// Read by whoever awaits it: here the loop would run code of users.
value_ptr value_of(shared_bytes const& bytes) { return make_encoded_value({bytes.bytes, {}}, bytes.bytes.size()); }

}  // namespace

future<void> remote_values::put(value_ptr const& value, std::size_t limit) const {
  auto wish = wish_for(coordinate::kind::put, {name_});
  wish.limit = limit;
  wish.schema = *schema_;
  wish.bytes = bytes_of(*value);
  return carry_out(of_, std::move(wish));
}

future<delivery> remote_values::get() const {
  auto wish = wish_for(coordinate::kind::get, {name_});
  wish.schema = *schema_;
  return ask_for<delivery>(of_, std::move(wish), [](query_result const& answer, ticket_ptr const& ticket) {
    return delivery{value_of(answer.bytes), ticket};
  });
}

void take_over(delivery const& item) { item.ticket->taken(); }

future<std::size_t> remote_values::size() const { return count(of_, wish_for(coordinate::kind::size, {name_})); }

future<void> remote_values::write(value_ptr const& value) const {
  auto wish = wish_for(coordinate::kind::write, {name_});
  wish.schema = *schema_;
  wish.bytes = bytes_of(*value);
  return carry_out(of_, std::move(wish));
}

future<value_ptr> remote_values::read() const {
  auto wish = wish_for(coordinate::kind::read, {name_});
  wish.schema = *schema_;
  return ask_for<value_ptr>(of_, std::move(wish), [](query_result const& answer, ticket_ptr const& ticket) {
    ticket->end();
    return value_of(answer.bytes);
  });
}

future<void> remote_values::forget() const { return carry_out(of_, wish_for(coordinate::kind::forget, {name_})); }

future<std::size_t> remote_values::publish(value_ptr const& value) const {
  auto wish = wish_for(coordinate::kind::publish, {name_});
  wish.schema = *schema_;
  wish.bytes = bytes_of(*value);
  return count(of_, std::move(wish));
}

future<ticket_ptr> remote_values::subscribe(std::size_t behind) const {
  auto wish = wish_for(coordinate::kind::subscribe, {name_});
  wish.schema = *schema_;
  wish.limit = behind;
  return ask_for<ticket_ptr>(of_, std::move(wish),
                             [](query_result const&, ticket_ptr const& ticket) { return ticket; });
}

future<std::pair<value_ptr, std::uint64_t>> remote_values::next(ticket_ptr const& subscription) const {
  coordinate wish;
  wish.what = coordinate::kind::next;
  wish.of = subscription->number();
  using message = std::pair<value_ptr, std::uint64_t>;
  return ask_for<message>(of_, std::move(wish), [](query_result const& answer, ticket_ptr const& ticket) {
    ticket->end();
    return message(value_of(answer.bytes), answer.offset);
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
