#include <troupe/actors/client/actor_options.hpp>
#include <troupe/actors/client/actor_reference.hpp>
#include <troupe/actors/client/internal/session.hpp>
#include <troupe/actors/client/internal/session_here.hpp>
#include <troupe/actors/functions/builtin.hpp>
#include <troupe/actors/functions/typed_call.hpp>
#include <troupe/actors/worker/internal/execution.hpp>
#include <troupe/actors/worker/internal/method_run.hpp>
#include <troupe/net/codec/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>

namespace troupe::detail {
namespace {

/// What stop() calls on the worker.
void stop_actor(task_context& context) { method_run::of(context).stop_actor(); }

std::string make_name(std::string const& short_name) {
  std::random_device source;
  return fmt::format("{}-{:08x}{:08x}", short_name, std::uint32_t(source()), std::uint32_t(source()));
}

}  // namespace

std::string actor_reference::key() const {
  auto held = strong();
  return held.state() ? held.state()->key() : std::string();
}

intrusive_ptr<state_base> actor_reference::call(bound_call what) const {
  auto held = strong();
  if (!held.state()) throw error("a call of no actor: the handle is default-constructed");
  return static_cast<task_state&>(*held.state()).owner().call(held, std::move(what));
}

future<void> actor_reference::stop() const {
  return future_access::make<void>(call(bind_call(function_tag<&stop_actor>{})));
}

void actor_reference::write(encoder& out) const {
  auto held = strong();
  if (!held.state()) return out.write_nil();
  out.write_string(held.state()->key());
  handles_written::note(held);
}

actor_reference actor_reference::read(decoder& in) {
  if (in.try_nil()) return {};
  std::string key(in.read_string());
  auto here = session_here();
  if (!here) throw codec_error("the handle of actor " + key + " can be read by a client or in a task only");
  auto read = hold_actor(*here, std::move(key));
  if (auto* reader = execution::current()) reader->note_handle(read);
  return actor_reference(std::move(read));
}

any_future hold_actor(session& by, std::string key) {
  auto options = std::make_shared<task_options>();
  options->key(std::move(key));
  submission how{std::move(options), {}};
  how.placed = std::make_shared<placement const>(placement{{}, true});
  how.seat = std::make_shared<seat_request const>();
  return any_future(by.submit(bound_call{make_actor_call(), {}}, std::move(how)));
}

std::vector<std::string> keys_of(std::vector<any_future> const& handles) {
  std::vector<std::string> keys;
  for (auto const& handle : handles) keys.push_back(handle.state()->key());
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

intrusive_ptr<state_base> submit_actor(client_handle const& self, bound_call what, actor_options const& wanted,
                                       value_ptr (*inside)(state_base&)) {
  auto options = self.options ? std::make_shared<task_options>(*self.options) : std::make_shared<task_options>();
  options->key(wanted.name().empty() ? make_name(what.call->function().short_name) : wanted.name());
  if (!wanted.workers().empty()) options->workers(worker_list(wanted.workers()), wanted.allows_other());
  submission how{options, {self.parent.task, self.parent.attempt}};
  // Actors are spread by turns, whatever the workers are busy with now.
  if (options->workers().empty() && options->resources().empty())
    how.placed = std::make_shared<placement const>(placement{{}, true});
  how.seat = std::make_shared<seat_request const>(seat_request{inside, wanted.restarts()});
  return session_of(self).submit(std::move(what), std::move(how));
}

namespace {

thread_local handles_written* notes = nullptr;

}  // namespace

handles_written::handles_written() noexcept : outer_(std::exchange(notes, this)) {}
handles_written::~handles_written() { notes = outer_; }

void handles_written::note(any_future const& held) {
  if (notes) notes->states_.push_back(held);
}

}  // namespace troupe::detail
