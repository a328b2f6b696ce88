#include <troupe/actors/remote/internal/value_parts.hpp>
#include <troupe/actors/worker/internal/thread_pool.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace troupe::detail {
namespace {

/// Values that were encoded one behind the other.
struct value_part {
  struct item {
    bool present = false;
    std::uint64_t nbytes = 0;
    std::size_t head = 0;
    std::size_t attachments = 0;
  };
  std::vector<item> items;
  encoder::pieces bytes;
  /// Why the only one cannot be given.
  std::string problem;
};

constexpr std::size_t most_items = std::size_t{1} << 16;
constexpr std::size_t most_encoded_here = 64;

/// What is to be encoded, and who does it.
struct packing {
  std::vector<value_ptr> values;
  value_sender by;
};
using shared_packing = std::shared_ptr<packing const>;

value_part without_value(std::string problem) {
  value_part part;
  part.items.emplace_back();
  problem.resize(std::min(problem.size(), longest_problem));
  part.problem = std::move(problem);
  return part;
}

value_part one_that_is_not_there() {
  value_part part;
  part.items.emplace_back();
  return part;
}

/// From `first` on, as much as makes a part and not more than `most`. What cannot be encoded is a part of its own.
value_part pack_from(packing const& what, std::size_t first, std::size_t most) noexcept {
  value_part part;
  auto const end = std::min(what.values.size(), first + most);
  auto at = first;
  try {
    encoder out;
    // A copy of all of it would be memory that is fresh for each part, and as much work again as to send it.
    out.refer_to_runs();
    std::size_t attached = 0;
    for (std::size_t size = 0; at < end && size < part_size; ++at) {
      auto& item = part.items.emplace_back();
      auto const& value = what.values[at];
      if (!value) continue;
      item = {true, value->nbytes(), out.size(), out.attachments().size()};
      out.share_counted(*value);
      value->encode(out);
      for (auto k = item.attachments; k < out.attachments().size(); ++k) attached += out.attachments()[k].size();
      size = out.size() + attached;
      item.head = out.size() - item.head;
      item.attachments = out.attachments().size() - item.attachments;
    }
    part.bytes = out.take_pieces();
    return part;
  } catch (...) {
    // Those before it once more: what it left in the encoder cannot be taken out.
    if (at > first) return pack_from(what, first, at - first);
    if (what.values[at]->lost()) return one_that_is_not_there();
    auto const* known = why_unreadable(*what.values[at]);
    return without_value(known ? *known : what.by.name + " cannot encode it: " + describe(std::current_exception()));
  }
}

/// Few values, each of which takes no time.
bool encodes_quickly(packing const& what, std::size_t first, std::size_t most) noexcept {
  auto from = what.values.begin() + static_cast<std::ptrdiff_t>(first);
  auto count = std::min(what.values.size() - first, most);
  return count <= most_encoded_here && std::all_of(from, from + static_cast<std::ptrdiff_t>(count),
                                                   [](auto const& v) { return !v || v->encodes_quickly(); });
}

class pack_step final : public work {
 public:
  static future<value_part> of(shared_packing what, std::size_t first, std::size_t most = most_items) {
    auto* pool = encodes_quickly(*what, first, most) ? nullptr : what->by.pool.get();
    if (!pool) return make_ready_future(pack_from(*what, first, most));
    auto* self = new pack_step(std::move(what), first, most);
    auto answer = self->packed_.get_future();
    // Others wait for these values, and this worker's threads may be busy for long.
    pool->run_aside(*self);
    return answer;
  }

 private:
  pack_step(shared_packing what, std::size_t first, std::size_t most)
      : work(&pack), what_(std::move(what)), first_(first), most_(most) {}

  static void pack(work& item) noexcept {
    std::unique_ptr<pack_step> self(static_cast<pack_step*>(&item));
    auto part = pack_from(*self->what_, self->first_, self->most_);
    self->what_ = nullptr;
    self->packed_.set_value(std::move(part));
  }

  shared_packing what_;
  std::size_t first_;
  std::size_t most_;
  promise<value_part> packed_;
};

void send_part(link& to, std::uint64_t number, value_part part, part_kind kind) {
  encoder out;
  out.write_uint(number);
  out.write_uint(std::uint64_t(kind));
  out.write_array(part.items.size());
  for (auto const& item : part.items) {
    if (!item.present) {
      out.write_nil();
      continue;
    }
    out.write_uint(item.nbytes);
    out.write_uint(item.head);
    out.write_uint(item.attachments);
  }
  out.write_array(part.problem.empty() ? 0 : 1);
  if (!part.problem.empty()) encode(out, std::pair<std::uint64_t, std::string>(0, part.problem));
  auto& [pieces, attachments] = part.bytes;
  auto const of_head = pieces.size();
  std::ranges::move(attachments, std::back_inserter(pieces));
  to.send(std::uint16_t(wire_type::values), out.bytes(), std::move(pieces), of_head);
}

/// What is wrong with it; "" when it was sent.
std::string try_to_send(link& to, std::uint64_t number, value_part part, part_kind kind) {
  try {
    send_part(to, number, std::move(part), kind);
    return {};
  } catch (error const& problem) {
    return problem.what();
  }
}

}  // namespace

void refuse_values(link& to, std::uint64_t number, std::string const& why) {
  encoder out;
  out.write_uint(number);
  out.write_uint(std::uint64_t(part_kind::refusal));
  out.write_string(std::string_view(why).substr(0, longest_problem));
  to.send(std::uint16_t(wire_type::values), out.bytes());
}

void say_it_is_large(link& to, std::uint64_t number) {
  encoder out;
  out.write_uint(number);
  out.write_uint(std::uint64_t(part_kind::is_large));
  to.send(std::uint16_t(wire_type::values), out.bytes());
}

future<bool> room_for_values(link& to) {
  auto shared = std::make_shared<promise<bool>>();
  to.when_accepted(most_unaccepted, [shared](bool open) { shared->set_value(open); });
  return shared->get_future();
}

task<void> send_values(link_ptr to, std::uint64_t number, std::vector<value_ptr> values, value_sender by,
                       part_kind end) {
  auto shared = std::make_shared<packing const>(packing{std::move(values), std::move(by)});
  // What is encoded while something before it is on its way.
  std::optional<future<value_part>> next;
  std::size_t most = most_items;
  bool last = false;
  for (std::size_t sent = 0; !last;) {
    // All who wait are told of room at once: who is not the first looks again.
    do {
      auto room = room_for_values(*to);
      if (!co_await std::move(room)) co_return;
    } while (to->backlog() > most_unaccepted);
    if (!next) next = pack_step::of(shared, sent, most);
    auto packing = std::move(*next);
    next.reset();
    auto part = co_await std::move(packing);
    while (to->backlog() > most_unaccepted) {
      auto room = room_for_values(*to);
      if (!co_await std::move(room)) co_return;
    }
    auto const count = part.items.size();
    last = sent + count == shared->values.size();
    if (!last && to->backlog() <= most_unaccepted / 2) next = pack_step::of(shared, sent + count);
    auto const kind = last ? end : part_kind::more_follow;
    auto refused = try_to_send(*to, number, std::move(part), kind);
    most = most_items;
    if (refused.empty()) {
      sent += count;
    } else if (count > 1) {
      // One of them is too large.
      last = false;
      next.reset();
      most = count / 2;
    } else {
      send_part(*to, number, without_value(shared->by.name + " cannot send it: " + refused), kind);
      sent += count;
    }
  }
}

}  // namespace troupe::detail
