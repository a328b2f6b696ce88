#include <troupe/net/link/internal/connector.hpp>

#include <troupe/net/link/internal/spelled_duration.hpp>

#include <algorithm>
#include <utility>

namespace troupe::detail {
namespace {

std::string spelled_failure(std::string const& address, handshake::outcome const& result) {
  if (result.why == handshake::problem::stranger) return "no troupe at " + address + " (" + result.failure + ")";
  return address + (result.why == handshake::problem::refused ? " refused: " : ": ") + result.failure;
}

}  // namespace

connector::connector(link_context& context, intrusive_ptr<dialer> dials, std::string address, hello self,
                     link_options options, std::uint64_t number)
    : resident(context),
      dials_(std::move(dials)),
      address_(std::move(address)),
      self_{std::move(self), options.message_limit, number, 0, 1},
      options_(options) {
  static_cast<void>(encode_greeting(self_));
}

void connector::start(callback done) {
  done_ = std::move(done);
  move_in(*this);
  set(deadline_, time_after(runs().now(), options_.connect_timeout));
  attempt();
}

void connector::attempt() {
  intrusive_ptr<connector> self(this);
  dials_->dial([self](dialer::outcome result) { self->dialed(std::move(result)); });
}

void connector::dialed(dialer::outcome result) {
  if (!result.on) {
    refusals_ = result.nobody_listens ? refusals_ + 1 : 0;
    bool final = !link_ || refusals_ >= (same_host_ ? 1 : most_refusals);
    return failed({"cannot connect to " + address_ + ": " + result.failure, false}, final);
  }
  refusals_ = 0;
  if (link_) self_.next = link_->next();
  intrusive_ptr<connector> self(this);
  greets_ = handshake::offer(context(), std::move(result.on), self_, options_.connect_timeout,
                             [self](handshake::outcome o) { self->greeted(std::move(o)); });
}

void connector::greeted(handshake::outcome result) {
  greets_ = nullptr;
  if (!result.on) {
    bool refused = result.why == handshake::problem::refused;
    return failed({spelled_failure(address_, result), refused}, result.why != handshake::problem::broken);
  }
  if (!link_) return made(std::move(result));
  if (result.peer.from.epoch != self_.peer_epoch) {
    result.on->close();
    return failed({address_ + ": another process answers there", false}, true);
  }
  pause_ = first_pause;
  link_->resume(std::move(result.on), std::move(result.reader), result.peer.next);
}

void connector::made(handshake::outcome result) {
  self_.peer_epoch = result.peer.from.epoch;
  same_host_ = result.on->same_host();
  live_link::identity who{result.peer.from, self_.link, result.peer.message_limit, options_};
  auto link = make_intrusive<live_link>(context(), std::move(who), intrusive_ptr<link_repair>(this));
  link_ = link.get();
  link->attach(std::move(result.on), std::move(result.reader));
  unset(deadline_);
  std::exchange(done_, nullptr)(link, {});
  link->begin();
}

void connector::failed(connect_failure why, bool final) {
  if (!link_) {
    // The answer may have been lost with its stream; the other side knows the link by its number.
    if (!final && ++lost_answers_ < most_lost_answers) return set(again_, time_after(runs().now(), pause_));
    stop_trying();
    auto done = std::exchange(done_, nullptr);
    move_out();
    return done(nullptr, std::move(why));
  }
  if (final) return link_->give_up(std::move(why.reason));
  set(again_, time_after(runs().now(), pause_));
  pause_ = std::min(pause_ * 2, longest_pause);
}

void connector::too_late() {
  failed({"no answer from " + address_ + " within " + spelled_duration(options_.connect_timeout), false}, true);
}

void connector::repair(live_link& /*broken*/) {
  // Not at once: this runs inside an event of the stream that broke.
  set(again_, runs().now());
}

void connector::forget(live_link& /*down*/) noexcept {
  link_ = nullptr;
  stop_trying();
  move_out();
}

void connector::stop_trying() noexcept {
  dials_->cancel();
  if (auto greets = std::exchange(greets_, nullptr)) greets->cancel();
  unset(deadline_);
  unset(again_);
}

void connector::abandon() noexcept {
  stop_trying();
  done_ = nullptr;
  link_ = nullptr;
}

}  // namespace troupe::detail
