#include <troupe/net/link/compression.hpp>
#include <troupe/net/link/internal/block_stream.hpp>
#include <troupe/net/link/internal/handshake.hpp>

#include <troupe/net/link/internal/spelled_duration.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace troupe::detail {
namespace {

std::vector<std::byte> whole_frame(frame_type type, std::span<std::byte const> body) {
  frame_header header;
  header.type = type;
  header.body = static_cast<std::uint32_t>(body.size());
  std::vector<std::byte> bytes(sizeof header + body.size());
  std::memcpy(bytes.data(), &header, sizeof header);
  std::ranges::copy(body, bytes.begin() + sizeof header);
  return bytes;
}

/// What a process offers, but for what does not pay between two of one machine.
std::uint64_t features_over(stream const& on, hello const& self) {
  return on.same_host() ? self.features & ~compression_features : self.features;
}

}  // namespace

handshake::handshake(link_context& context, stream_ptr on, stage begin, hello self, duration timeout, decision decide,
                     callback done)
    : resident(context),
      on_(std::move(on)),
      stage_(begin),
      self_(std::move(self)),
      timeout_(timeout),
      decide_(std::move(decide)),
      done_(std::move(done)) {}

intrusive_ptr<handshake> handshake::offer(link_context& context, stream_ptr on, greeting const& self, duration timeout,
                                          callback done) {
  auto said = self;
  said.from.features = features_over(*on, said.from);
  auto h = make_intrusive<handshake>(context, std::move(on), stage::offering, said.from, timeout, decision(),
                                     std::move(done));
  h->start(whole_frame(hello_frame, encode_greeting(said)));
  return h;
}

intrusive_ptr<handshake> handshake::answer(link_context& context, stream_ptr on, hello const& self, duration timeout,
                                           decision decide, callback done) {
  auto h = make_intrusive<handshake>(context, std::move(on), stage::listening, self, timeout, std::move(decide),
                                     std::move(done));
  h->start({});
  return h;
}

void handshake::start(std::vector<std::byte> first) {
  move_in(*this);
  set(deadline_, time_after(runs().now(), timeout_));
  on_->set_user(this);
  out_ = std::move(first);
  push();
  on_->read(reader_->space());
}

void handshake::on_read(std::size_t bytes) {
  intrusive_ptr<handshake> keep(this);
  reader_->filled(bytes);
  if (stage_ == stage::refusing) {
    reader_->restart();
  } else {
    try {
      frame f;
      if (reader_->next(f)) take(f);
    } catch (frame_error const&) {
      malformed();
    }
  }
  // While it is being accepted nothing is read, so that the link begins to read where the greeting ends.
  if (on_ && stage_ != stage::accepting) on_->read(reader_->space());
}

void handshake::take(frame const& f) { stage_ == stage::offering ? take_answer(f) : take_offer(f); }

void handshake::take_answer(frame const& f) {
  if (f.header.type == reject_frame)
    return fail(problem::refused, {reinterpret_cast<char const*>(f.body.data()), f.body.size()});
  if (f.header.type != hello_frame) return malformed();
  peer_ = decode_greeting(f.body);
  std::string no = versions_meet(self_, peer_.from);
  no.empty() ? succeed() : fail(problem::refused, std::move(no));
}

void handshake::take_offer(frame const& f) {
  if (f.header.type != hello_frame) return malformed();
  peer_ = decode_greeting(f.body);
  std::string no = versions_meet(self_, peer_.from);
  if (!no.empty()) return refuse(std::move(no));
  auto decided = decide_(peer_);
  if (auto* why = std::get_if<std::string>(&decided)) {
    if (why->empty()) return fail(problem::broken, "it is not answered");
    return refuse(std::move(*why));
  }
  stage_ = stage::accepting;
  auto& said = std::get<greeting>(decided);
  self_.features = said.from.features = features_over(*on_, said.from);
  out_ = whole_frame(hello_frame, encode_greeting(said));
  push();
}

void handshake::malformed() {
  if (stage_ == stage::offering) return fail(problem::stranger, "it answered with something else");
  refuse("this is a port of troupe, and what came is not its protocol");
}

void handshake::refuse(std::string reason) {
  reason.resize(std::min<std::size_t>(reason.size(), hello_limit));
  stage_ = stage::refusing;
  refusal_ = std::move(reason);
  reader_->restart();
  out_ = whole_frame(reject_frame, std::as_bytes(std::span(refusal_.data(), refusal_.size())));
  push();
}

void handshake::push() {
  if (pushed_ < out_.size()) {
    iovec rest{out_.data() + pushed_, out_.size() - pushed_};
    pushed_ += on_->write({&rest, 1});
    if (pushed_ < out_.size()) return;
  }
  out_.clear();
  pushed_ = 0;
  if (stage_ == stage::accepting) return succeed();
  // The stream ends when the peer has read why; closing it now could take the answer from it.
  if (stage_ == stage::refusing) on_->shutdown();
}

void handshake::on_end(std::string const& reason) {
  if (stage_ == stage::refusing) return fail(problem::refused, std::move(refusal_));
  if (!reason.empty()) return fail(problem::broken, reason);
  fail(problem::broken, "it closed the connection without an answer");
}

void handshake::too_late() {
  if (stage_ == stage::refusing) return fail(problem::refused, std::move(refusal_));
  fail(problem::broken, "no answer within " + spelled_duration(timeout_));
}

void handshake::fail(problem why, std::string reason) {
  outcome result;
  result.failure = std::move(reason);
  result.why = why;
  on_->close();
  finish(std::move(result));
}

void handshake::succeed() {
  outcome result;
  auto const wanted = self_.features & compression_features;
  if (auto codecs = wanted & peer_.from.features; codecs != 0)
    on_ = block_stream::make(context(), on_, codecs, wanted != compression_features, reader_->take_rest());
  result.on = on_;
  result.reader = std::move(reader_);
  result.peer = std::move(peer_);
  finish(std::move(result));
}

void handshake::finish(outcome result) {
  intrusive_ptr<handshake> keep(this);
  auto done = std::move(done_);
  forget();
  move_out();
  done(std::move(result));
}

void handshake::cancel() noexcept {
  if (!on_) return;
  intrusive_ptr<handshake> keep(this);
  on_->close();
  forget();
  move_out();
}

void handshake::abandon() noexcept {
  on_->close();
  forget();
}

void handshake::forget() noexcept {
  unset(deadline_);
  on_->set_user(nullptr);
  on_ = nullptr;
  done_ = nullptr;
}

}  // namespace troupe::detail
