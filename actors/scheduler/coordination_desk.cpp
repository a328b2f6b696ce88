#include <troupe/actors/scheduler/internal/coordination_desk.hpp>
#include <troupe/futures/errors.hpp>

#include <exception>
#include <utility>

namespace troupe::detail {

task<query_result> coordination_desk::answer(client_id from, coordinate wish) {
  if (!from) throw error("it is not known who asks");
  if (wish.what == coordinate::kind::publish && !wish.names.empty() && wish.names.front() == events_topic)
    throw error("only the scheduler publishes events");
  bool answered = wish.what != coordinate::kind::give_up && wish.what != coordinate::kind::taken;
  if (!answered) {
    std::pair given_up(from, wish.of);
    state_.handle(from, std::move(wish), answers_);
    asking_.erase(given_up);
    give_answers();
    co_return query_result{};
  }
  auto [asking, fresh] = asking_.try_emplace({from, wish.ticket});
  if (!fresh) throw error("a ticket that is in use");
  auto told = asking->second.get_future();
  auto keeper = keep(wish.handles);
  state_.handle(from, std::move(wish), answers_, std::move(keeper));
  give_answers();
  co_return co_await std::move(told);
}

std::shared_ptr<void const> coordination_desk::keep(std::vector<std::string> handles) {
  if (handles.empty()) return nullptr;
  auto number = ++values_;
  tell_core_(to_scheduler::keep_for_value{{}, number, std::move(handles)});
  return {static_cast<void const*>(this), [this, number](void const*) { dropped_.push_back(number); }};
}

void coordination_desk::forget(client_id client) {
  state_.forget(client, answers_);
  auto first = asking_.lower_bound({client, 0});
  auto last = first;
  while (last != asking_.end() && last->first.first == client) ++last;
  asking_.erase(first, last);
  give_answers();
}

void coordination_desk::publish(std::string topic, std::string schema, buffer message) {
  coordinate wish;
  wish.what = coordinate::kind::publish;
  wish.names.push_back(std::move(topic));
  wish.schema = std::move(schema);
  wish.bytes = {std::move(message)};
  state_.handle({}, std::move(wish), answers_);
  give_answers();
}

void coordination_desk::give_answers() {
  for (auto& a : std::exchange(answers_, {})) {
    auto asking = asking_.extract({a.to, a.ticket});
    if (!asking) continue;
    if (!a.problem.empty()) {
      asking.mapped().set_error(std::make_exception_ptr(error(a.problem)));
      continue;
    }
    query_result result;
    result.offset = a.number;
    result.bytes = {std::move(a.bytes)};
    result.names = std::move(a.handles);
    asking.mapped().set_value(std::move(result));
  }
  if (!dropped_.empty()) tell_core_(to_scheduler::drop_values{{}, std::exchange(dropped_, {})});
}

}  // namespace troupe::detail
