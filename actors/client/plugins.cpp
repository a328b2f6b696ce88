#include <troupe/actors/client/control.hpp>
#include <troupe/actors/client/internal/local_client.hpp>
#include <troupe/actors/client/internal/passed_answer.hpp>
#include <troupe/actors/client/internal/session.hpp>

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <utility>

namespace troupe {
namespace detail {
namespace {

task<std::vector<std::string>> send_change(client_handle self, change_plugin what) {
  auto& s = session_of(self);
  if (s.refusing()) std::rethrow_exception(client_closed_error());
  auto name = what.name;
  query_result result;
  try {
    // By the client's actor, which gives the waiting up when the client closes.
    auto changing = s.actor().ask(std::move(what));
    result = co_await std::move(changing);
  } catch (actor_gone const&) {
    std::rethrow_exception(client_closed_error());
  }
  if (result.problems.empty()) co_return result.names;
  std::string text;
  for (auto const& [worker, problem] : result.problems)
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", worker, problem);
  throw error(fmt::format("the plugin {} could not be set up on {} of {} workers: {}", name, result.problems.size(),
                          result.problems.size() + result.names.size(), text));
}

}  // namespace

std::string maker_name(plugin_place place, std::string_view name) {
  constexpr std::array whose{"workers", "the scheduler", "nannies"};
  return fmt::format("{} (plugin of {})", name, whose.at(std::size_t(place)));
}

}  // namespace detail

task<std::vector<std::string>> control_client::change_plugin(std::string name, detail::plugin_place of,
                                                             detail::bound_call what) const {
  static_cast<void>(detail::session_of(self_));
  detail::change_plugin asked;
  asked.name = std::move(name);
  asked.where = of;
  // Encoded, because several workers run it, at once if they like.
  if (what.call) asked.call = detail::make_encoded_call(what.call->function(), pack(what.call));
  if (asked.call) asked.call->name_task(asked.call->function().short_name, 0);
  return detail::send_change(self_, std::move(asked));
}

task<cluster_event> event_stream::next() {
  while (here_.empty()) {
    auto asked = from_.next();
    for (auto& event : co_await std::move(asked)) here_.push_back(std::move(event));
  }
  auto event = std::move(here_.front());
  here_.pop_front();
  if (last_ > 0) dropped_ += event.number - last_ - 1;
  last_ = event.number;
  co_return event;
}

namespace {

task<event_stream> listen(topic<std::vector<cluster_event>> to, std::size_t behind) {
  auto subscribing = to.subscribe(behind);
  auto subscribed = co_await std::move(subscribing);
  co_return event_stream(std::move(subscribed));
}

}  // namespace

task<event_stream> control_client::events(std::size_t behind) const {
  return listen({self_, detail::events_topic}, behind);
}

}  // namespace troupe
