#include <troupe/net/link/internal/acceptor.hpp>

#include <troupe/futures/errors.hpp>

#include <exception>
#include <utility>

namespace troupe::detail {

acceptor::acceptor(link_context& context, hello self, link_options options, admission admit,
                   std::function<void(link_ptr)> accepted)
    : context_(context),
      self_(std::move(self)),
      options_(options),
      admit_(std::move(admit)),
      accepted_(std::move(accepted)) {
  static_cast<void>(encode_greeting({self_, 0, 0, 0, 1}));
}

void acceptor::take(stream_ptr on) {
  intrusive_ptr<acceptor> self(this);
  handshake::answer(
      context_, std::move(on), self_, options_.connect_timeout,
      [self](greeting const& peer) { return self->decide(peer); },
      [self](handshake::outcome result) { self->greeted(std::move(result)); });
}

void acceptor::close() noexcept {
  open_ = false;
  admit_ = nullptr;
  accepted_ = nullptr;
}

std::variant<greeting, std::string> acceptor::decide(greeting const& peer) {
  // A refusal is for good, and whoever starts next at this address may welcome a new link.
  if (!open_) return peer.peer_epoch == 0 ? "" : "nobody listens here any more";
  if (peer.peer_epoch != 0 && peer.peer_epoch != self_.epoch) return "the process that the link led to is gone";
  greeting answer{self_, options_.message_limit, peer.link, peer.from.epoch, 1};
  auto known = links_.find({peer.from.epoch, peer.link});
  // Also a new link may be known: its first stream broke before the answer was there.
  if (known != links_.end()) return decide_known(*known->second, peer, std::move(answer));
  if (peer.peer_epoch != 0) return "the link is not known here any more";
  std::string no;
  try {
    if (admit_) no = admit_(peer.from);
  } catch (...) {
    no = describe(std::current_exception());
  }
  if (!no.empty()) return no;
  return answer;
}

std::variant<greeting, std::string> acceptor::decide_known(live_link& link, greeting const& peer, greeting answer) {
  if (link.who().peer.credential != peer.from.credential) return "the link was begun with another credential";
  link.let_stream_go();
  if (link.is_down()) return "the link is not known here any more";
  answer.next = link.next();
  return answer;
}

void acceptor::greeted(handshake::outcome result) {
  if (!result.on) return;
  auto& peer = result.peer;
  auto known = links_.find({peer.from.epoch, peer.link});
  if (known != links_.end()) {
    if (known->second->connected()) return result.on->close();
    return known->second->resume(std::move(result.on), std::move(result.reader), peer.next);
  }
  // Listening may have ended, or the link may have gone, while the answer was written.
  if (!open_ || peer.peer_epoch != 0) return result.on->close();
  live_link::identity who{peer.from, peer.link, peer.message_limit, options_};
  auto made = make_intrusive<live_link>(context_, std::move(who), intrusive_ptr<link_repair>(this));
  links_.emplace(key_of(*made), made.get());
  made->attach(std::move(result.on), std::move(result.reader));
  auto accepted = accepted_;
  accepted(made);
  made->begin();
}

void acceptor::repair(live_link& /*broken*/) {
  // The connecting side knows where to connect to; this one can only wait.
}

void acceptor::forget(live_link& down) noexcept { links_.erase(key_of(down)); }

}  // namespace troupe::detail
