#include <troupe/actors/remote/internal/remote_peers.hpp>
#include <troupe/actors/remote/internal/served_link.hpp>
#include <troupe/futures/errors.hpp>

#include <algorithm>
#include <exception>
#include <utility>

/// What goes to the other end without being asked for: news, orders, and what is too large for one message of them.

namespace troupe::detail {
namespace {

std::vector<place_on_wire> to_wire(std::vector<worker_place_ptr> const& places) {
  std::vector<place_on_wire> named;
  for (auto const& p : places) named.push_back({p->id, p->name, p->address, p->epoch});
  return named;
}

}  // namespace

template <class Send>
void served_link::or_close(Send send) noexcept {
  try {
    send();
  } catch (...) {
    link_->close(describe(std::current_exception()));
  }
}

void served_link::send(std::uint64_t client, client_news const& news) {
  or_close([&] {
    std::vector<worker_place_ptr> places;
    for (auto const& item : news.items)
      if (auto const* done = std::get_if<finished_news>(&item))
        if (done->at && std::find(places.begin(), places.end(), done->at) == places.end() &&
            !places_told_.contains(done->at->id.value)) {
          places_told_.insert(done->at->id.value);
          places.push_back(done->at);
        }
    if (try_news(client, places, news.items).empty()) return;
    if (auto problem = try_news(client, places, {}); !problem.empty()) throw error(problem);
    send_news(client, news.items);
  });
}

/// In halves where they are too large for one message; of what is too large alone the client hears that it is.
void served_link::send_news(std::uint64_t client, std::span<client_news_item const> items) {
  auto why = try_news(client, {}, items);
  if (why.empty()) return;
  if (items.size() > 1) {
    auto half = items.size() / 2;
    send_news(client, items.first(half));
    return send_news(client, items.subspan(half));
  }
  failed_news failed;
  if (auto const* known = std::get_if<failed_news>(&items.front())) {
    failed = *known;
  } else {
    auto ref = std::visit([](auto const& item) { return item.ref; }, items.front());
    failed = {ref, std::make_exception_ptr(error("the result cannot be sent to its client: " + why))};
  }
  wire_writer out(scratch_);
  out.put(client);
  out.out().write_array(0);
  out.out().write_array(1);
  out.put(failed.ref);
  out.out().write_uint(2);
  out.put_short(failed.error);
  out.send(*link_, wire_type::client_news);
}

std::string served_link::try_news(std::uint64_t client, std::vector<worker_place_ptr> const& places,
                                  std::span<client_news_item const> items) {
  try {
    wire_writer out(scratch_);
    out.put(client);
    out.put(to_wire(places));
    out.out().write_array(items.size());
    for (auto const& item : items) {
      if (auto const* done = std::get_if<finished_news>(&item)) {
        out.put(done->ref);
        out.out().write_uint(done->value ? 0 : 1);
        if (!done->value) out.put(done->task);
        out.put(done->nbytes);
        if (done->value)
          out.put(done->value);
        else
          out.put(done->at->id);
      } else if (auto const* failed = std::get_if<failed_news>(&item)) {
        out.put(failed->ref);
        out.out().write_uint(2);
        out.put(failed->error);
      } else if (auto const* cancelled = std::get_if<cancelled_news>(&item)) {
        out.put(cancelled->ref);
        out.out().write_uint(3);
        out.put(cancelled->reason);
      }
    }
    out.send(*link_, wire_type::client_news);
    return {};
  } catch (...) {
    return describe_caught();
  }
}

void served_link::send(std::uint64_t client, cluster_changed const& change) {
  or_close([&] {
    wire_writer out(scratch_);
    out.put(client);
    out.put(change.info);
    out.send(*link_, wire_type::cluster_changed);
  });
}

void served_link::send(worker_welcome const& message) {
  or_close([&] {
    welcomed_as_ = message.id;
    refusal_ = message.refusal;
    wire_writer out(scratch_);
    out.put(message.id);
    out.put(message.refusal);
    out.put(message.for_good);
    out.send(*link_, wire_type::worker_welcome);
  });
}

void served_link::send(compute_batch const& batch) {
  or_close([&] {
    if (try_orders(batch.peers, batch.orders, batch.calls).empty()) return;
    if (auto problem = try_orders(batch.peers, {}, {}); !problem.empty()) throw error(problem);
    send_orders(batch.orders, batch.calls);
  });
}

/// In halves where they are too large for one message; what is too large alone fails.
void served_link::send_orders(std::span<compute_order const> orders, std::span<call_ptr const> calls) {
  auto why = try_orders({}, orders, calls);
  if (why.empty()) return;
  if (orders.size() == 1) return refuse(orders.front(), why);
  auto half = orders.size() / 2;
  send_orders(orders.first(half), calls.first(half));
  send_orders(orders.subspan(half), calls.subspan(half));
}

std::string served_link::try_orders(std::vector<worker_place_ptr> const& peers, std::span<compute_order const> orders,
                                    std::span<call_ptr const> calls) {
  auto told = told_.count();
  try {
    wire_writer out(scratch_);
    out.put(to_wire(peers));
    out.out().write_array(orders.size());
    for (auto const& order : orders) out.put(order);
    out.put(told_, calls);
    out.send(*link_, wire_type::compute_batch);
    return {};
  } catch (...) {
    told_.keep(told);
    return describe_caught();
  }
}

/// In the name of the worker, which never hears of it.
void served_link::refuse(compute_order const& order, std::string const& why) {
  worker_news news;
  news.worker = welcomed_as_;
  auto& failed = news.report.failed.emplace_back();
  failed.task = order.task;
  failed.attempt = order.attempt;
  news.errors.push_back(
      std::make_exception_ptr(error("the call cannot be sent to worker " + worker_name_ + ": " + why)));
  scheduler_.send(std::move(news));
}

void served_link::send(stop_batch const& batch) {
  or_close([&] {
    wire_writer out(scratch_);
    out.put(batch.orders);
    out.send(*link_, wire_type::stop_batch);
  });
}

void served_link::send(free_batch const& batch) {
  or_close([&] {
    wire_writer out(scratch_);
    out.put(batch.tasks);
    out.send(*link_, wire_type::free_batch);
  });
}

}  // namespace troupe::detail
