#include <troupe/actors/runtime/actor.hpp>

#include <troupe/actors/runtime/internal/exit_signal.hpp>

#include <utility>

namespace troupe {

using detail::handle_access;

actor::actor() : core_(detail::core_being_born()) {}
actor::~actor() = default;

actor_handle actor::self() const noexcept { return handle_access::untyped(core_); }
event_loop& actor::loop() const noexcept { return core_->loop(); }
executor& actor::where() const noexcept { return *core_; }
time_point actor::now() const noexcept { return core_->now(); }
std::stop_token actor::stop_token() const noexcept { return core_->stop_token(); }
void actor::quit(exit_reason reason) noexcept { core_->quit(std::move(reason)); }
void actor::start(task<void> body) { core_->run(std::move(body)); }
void actor::trap_exit(bool on) noexcept { core_->trap_exit(on); }
bool actor::cancel_send(std::size_t id) noexcept { return core_->cancel_send(id); }

void actor::link(actor_handle const& other) {
  auto theirs = handle_access::core(other);
  if (!theirs) detail::throw_empty_reference("link");
  if (theirs == core_ || links_.contains(theirs->id())) return;
  auto on = std::make_shared<std::atomic<bool>>(true);
  links_.emplace(theirs->id(), on);
  core_->when_ended([on, theirs, id = core_->id()](exit_reason const& reason) {
    if (*on) theirs->deliver(*new detail::exit_signal({id, reason}, on));
  });
  theirs->on_loop([on, theirs, mine = core_] {
    theirs->when_ended([on, mine, id = theirs->id()](exit_reason const& reason) {
      if (*on) mine->deliver(*new detail::exit_signal({id, reason}, on));
    });
  });
}

void actor::unlink(actor_handle const& other) {
  auto at = links_.find(other.id());
  if (at == links_.end()) return;
  *at->second = false;
  links_.erase(at);
}

void actor::monitor(actor_handle const& other) {
  auto theirs = handle_access::core(other);
  if (!theirs) detail::throw_empty_reference("monitor");
  auto on = std::make_shared<std::atomic<bool>>(true);
  monitors_.emplace(theirs->id(), on);
  theirs->on_loop([on, theirs, mine = core_] {
    theirs->when_ended([on, mine, id = theirs->id()](exit_reason const& reason) {
      if (auto* message = *on ? mine->down_message({id, reason}) : nullptr) mine->deliver(*message);
    });
  });
}

void actor::demonitor(actor_handle const& other) {
  auto [first, last] = monitors_.equal_range(other.id());
  for (auto at = first; at != last; ++at) *at->second = false;
  monitors_.erase(first, last);
}

void actor_handle::stop(exit_reason reason) const {
  core("stop").deliver(*new detail::exit_signal({actor_id{}, std::move(reason)}));
}

void actor_handle::kill() const {
  core("kill").on_loop([core = core_] { core->quit(exit_reason::killed()); });
}

future<void> actor_handle::started() const { return core("started").started(); }
future<exit_reason> actor_handle::ended() const { return core("ended").ended(); }

}  // namespace troupe
