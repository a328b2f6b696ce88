#include <troupe/actors/client/internal/local_client.hpp>

#include <troupe/actors/scheduler/internal/scheduler_actor.hpp>
#include <troupe/actors/worker/internal/worker_actor.hpp>
#include <troupe/actors/worker/log.hpp>
#include <troupe/futures/sleep_for.hpp>

#include <utility>

namespace troupe::detail {
namespace {

/// Long enough that calls one after the other take the release of the last result along with the next task.
constexpr duration late_look = std::chrono::milliseconds(5);

}  // namespace

local_client::local_client(intrusive_ptr<session> whose, actor_ref<scheduler_actor> scheduler, std::string name,
                           place where)
    : session_(std::move(whose)), scheduler_(std::move(scheduler)) {
  scheduler_.send(attach_client{self(this), std::move(name), "a client of this program", where == place::of_its_own});
  monitor(scheduler_);
}

local_client::~local_client() {
  session_->close();
  scheduler_.send(detach_client{self().id()});
}

void local_client::on(collect_now) {
  auto batch = session_->collect();
  if (!batch.events.empty()) {
    batch.from = self().id();
    scheduler_.send(std::move(batch));
  }
  if (session_->has_rest()) self(this).send(collect_now{});
  for (auto& wanted : session_->take_fetches()) start(fetch(std::move(wanted)));
  send_calls();
  on(leave_if_unused{});
}

void local_client::send_calls() {
  for (auto& batch : session_->take_calls()) {
    if (!batch.calls.calls.empty()) batch.to->values.send(std::move(batch.calls));
    if (!batch.stops.calls.empty()) batch.to->values.send(std::move(batch.stops));
  }
}

task<query_result> local_client::on(question&& asked) {
  // Wishes are given up at any time, and must have come before that.
  if (!std::holds_alternative<coordinate>(asked.what)) {
    auto before = hand_over();
    co_await std::move(before);
  }
  auto made = session_->ready(std::move(asked));
  made.from = self().id();
  auto answer = scheduler_.ask(std::move(made));
  co_return co_await std::move(answer);
}

task<value_ptr> local_client::on(run_call&& asked) {
  asked.from = self().id();
  auto answer = scheduler_.ask(std::move(asked));
  co_return co_await std::move(answer);
}

task<query_result> local_client::on(change_plugin&& asked) {
  asked.from = self().id();
  auto answer = scheduler_.ask(std::move(asked));
  co_return co_await std::move(answer);
}

void local_client::on(errand&& word) {
  query made;
  made.from = self().id();
  made.what = std::move(word.what);
  ++telling_;
  start(tell(std::move(made)));
}

/// What was submitted before goes before.
task<void> local_client::hand_over() {
  on(collect_now{});
  while (session_->has_rest()) co_await sleep_for(duration::zero());
}

task<void> local_client::tell(query what) {
  // Who took a value holds the actors whose handles are in it, and the scheduler must hear of that before it lets go.
  auto const* wish = std::get_if<coordinate>(&what.what);
  if (!wish || wish->what == coordinate::kind::taken) {
    auto before = hand_over();
    co_await std::move(before);
  }
  auto answer = scheduler_.ask(std::move(what));
  try {
    co_await std::move(answer);
  } catch (error const& problem) {
    // With its scheduler this client ends, and all that it held.
    log("the scheduler did not take a word of a client: {}", problem.what());
  }
  --telling_;
  on(leave_if_unused{});
}

void local_client::on(client_news&& news) {
  if (session_->handle(std::move(news))) send_after(late_look, this, look_late{});
  send_calls();
}

void local_client::on(look_late) {
  session_->look_late();
  on(collect_now{});
}

void local_client::on(cluster_changed&& change) { session_->handle(std::move(change)); }
void local_client::on(leave) { quit(); }

void local_client::on(leave_if_unused) {
  if (telling_ == 0 && session_->unused()) quit();
}

void local_client::on(down_msg const& scheduler) {
  if (scheduler.reason.error())
    session_->close(describe(scheduler.reason.error()));
  else
    session_->close("the scheduler has ended");
  quit();
}

task<void> local_client::fetch(fetch_request what) {
  std::string problem;
  std::vector<value_ptr> values;
  try {
    auto asked = what.at->values.ask(get_values{what.tasks, {}, what.nbytes >= large_request});
    values = co_await std::move(asked);
  } catch (error const& e) {
    problem = e.what();
  }
  values.resize(what.tasks.size());
  // They may have been moved meanwhile: the scheduler knows where to.
  relay_values elsewhere;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!values[i]) elsewhere.tasks.push_back(what.tasks[i]);
  if (!elsewhere.tasks.empty()) {
    try {
      auto asked = scheduler_.ask(std::move(elsewhere));
      auto found = co_await std::move(asked);
      auto next = found.begin();
      for (auto& value : values)
        if (!value && next != found.end()) value = std::move(*next++);
    } catch (error const& e) {
      if (problem.empty()) problem = e.what();
    }
  }
  session_->handle(what, std::move(values), problem);
}

}  // namespace troupe::detail
