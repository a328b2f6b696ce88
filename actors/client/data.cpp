#include <troupe/actors/client/client.hpp>
#include <troupe/actors/client/internal/ask.hpp>
#include <troupe/actors/client/internal/session.hpp>
#include <troupe/actors/scheduler/internal/scheduler_actor.hpp>
#include <troupe/actors/worker/internal/recent_log.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace troupe {
namespace detail {

session& session_of(client_handle const& handle) {
  if (!handle.session)
    throw client_closed("this client belongs to no cluster: it is default-constructed or moved from");
  return handle.session->of();
}

std::exception_ptr client_closed_error() { return std::make_exception_ptr(client_closed("the client was closed")); }

task<std::vector<std::string>> replies<void>::read(task<named_futures> body) {
  auto ended = co_await std::move(body);
  std::vector<std::string> workers;
  for (auto& [worker, f] : ended) workers.push_back(std::move(worker));
  co_return workers;
}

namespace {

question about(decltype(query::what) what, std::vector<any_future> const& futures) {
  question asked{std::move(what), {}};
  for (auto const& f : futures) {
    if (!f.state()) throw future_invalid("a question about an empty future (default-constructed or moved from)");
    asked.about.push_back(f.state());
  }
  return asked;
}

void check_names(std::vector<std::string> const& names, std::vector<known_worker> const& workers) {
  for (auto const& name : names)
    if (std::none_of(workers.begin(), workers.end(), [&](known_worker const& w) { return w.name == name; }))
      throw error("there is no worker named '" + name + "'");
}

/// Those named, by name; all for no names.
future<std::vector<known_worker>> find_workers(client_handle const& self, std::vector<std::string> names) {
  auto choose = [names = std::move(names)](future<query_result> const& asked) {
    auto workers = asked.get().workers;
    check_names(names, workers);
    std::erase_if(workers, [&](known_worker const& w) {
      return !names.empty() && std::find(names.begin(), names.end(), w.name) == names.end();
    });
    return workers;
  };
  return ask<std::vector<known_worker>>(self, {list_workers{}, {}}, std::move(choose));
}

std::vector<state_base*> states_of(std::vector<any_future> const& futures) {
  std::vector<state_base*> states;
  for (auto const& f : futures) states.push_back(f.state().get());
  return states;
}

/// Waits until all have ended, or one has failed, whose error it throws. The values stay where they are.
task<void> all_arrived(std::vector<any_future> futures) {
  group_wait arrived(states_of(futures), wait_for::first_exception);
  co_await arrived;
  if (auto* failed = arrived.first_failed()) std::rethrow_exception(failed->error());
  for (auto* state : arrived.states())
    if (auto problem = state->error()) std::rethrow_exception(problem);
}

/// Each as often as it has threads.
std::vector<worker_id> turns_of(std::vector<known_worker> const& workers) {
  std::vector<worker_id> turns;
  for (auto const& w : workers) turns.insert(turns.end(), w.threads, w.id);
  return turns;
}

task<std::vector<any_future>> scatter(client_handle self, std::vector<value_ptr> values, function_info const* function,
                                      data_target where) {
  auto& session = session_of(self);
  std::vector<worker_id> named;
  if (!where.workers().empty()) {
    auto asked = find_workers(self, where.workers());
    auto workers = co_await std::move(asked);
    named = turns_of(workers);
  }
  std::vector<any_future> futures;
  for (std::size_t i = 0; i < values.size(); ++i) {
    submission how{self.options, {self.parent.task, self.parent.attempt}};
    if (values.size() > 1) how.map_index = i;
    placement there{named, true, true};
    if (values.size() > 1 && !named.empty()) there.workers = {named[i % named.size()]};
    how.placed = std::make_shared<placement const>(std::move(there));
    bound_call what{make_scatter_call(*function, std::move(values[i])), {}};
    futures.emplace_back(session.submit(std::move(what), std::move(how)));
  }
  auto arriving = all_arrived(futures);
  co_await std::move(arriving);
  if (where.everywhere() && !futures.empty()) {
    replicate_data wanted{{}, std::numeric_limits<std::uint32_t>::max(), where.workers()};
    auto spread = command(self, about(std::move(wanted), futures));
    co_await std::move(spread);
  }
  co_return futures;
}

task<named_futures> run(client_handle self, run_where where, std::function<bound_call()> bind) {
  auto& session = session_of(self);
  auto asked = find_workers(self, where.workers);
  auto workers = co_await std::move(asked);
  auto options = self.options ? std::make_shared<task_options>(*self.options) : nullptr;
  // One name would make one task of them.
  if (options) options->key({});
  std::vector<any_future> futures;
  for (auto const& w : workers) {
    submission how{options, {self.parent.task, self.parent.attempt}};
    how.placed = std::make_shared<placement const>(placement{{w.id}, true});
    futures.emplace_back(session.submit(bind(), std::move(how)));
  }
  bool raise = where.failures == on_error::raise;
  auto done = all_done(states_of(futures), where.failures);
  co_await std::move(done);
  named_futures results;
  for (std::size_t i = 0; i < workers.size(); ++i)
    if (raise || futures[i].state()->status() == future_status::finished)
      results.emplace_back(workers[i].name, std::move(futures[i]));
  co_return results;
}

task<std::vector<any_future>> find_dataset(client_handle self, std::string name, function_info const* function) {
  auto& session = session_of(self);
  auto asked = ask<std::string>(self, {find_published{std::move(name)}, {}},
                                [](auto const& found) { return found.get().names.front(); });
  auto key = co_await std::move(asked);
  auto options = std::make_shared<task_options>();
  options->key(std::move(key));
  // A task that looks for what others have published is no reason to cancel it.
  submission how{std::move(options), {}};
  how.placed = std::make_shared<placement const>(placement{{}, true});
  bound_call what{make_dataset_call(*function), {}};
  std::vector<any_future> found;
  found.emplace_back(session.submit(std::move(what), std::move(how)));
  co_return found;
}

data_holders holders_of(stored_data const& found) { return {found.nbytes, found.workers}; }

}  // namespace
}  // namespace detail

task<std::vector<detail::any_future>> data_client::scatter_values(std::vector<detail::value_ptr> values,
                                                                  detail::function_info const& function,
                                                                  data_target where) const {
  static_cast<void>(detail::session_of(self_));
  return detail::scatter(self_, std::move(values), &function, std::move(where));
}

task<detail::named_futures> data_client::run_everywhere(detail::run_where where,
                                                        std::function<detail::bound_call()> bind) const {
  static_cast<void>(detail::session_of(self_));
  return detail::run(self_, std::move(where), std::move(bind));
}

future<std::string> data_client::explain_task(detail::any_future data) const {
  return detail::ask<std::string>(self_, detail::about(detail::explain_tasks{}, {std::move(data)}),
                                  [](auto const& asked) { return asked.get().names.front(); });
}

future<std::vector<task_event>> data_client::story_of(detail::any_future data) const {
  return detail::ask<std::vector<task_event>>(self_, detail::about(detail::tell_story{}, {std::move(data)}),
                                              [](auto const& asked) { return asked.get().events; });
}

future<data_holders> data_client::find_data(detail::any_future data) const {
  return detail::ask<data_holders>(self_, detail::about(detail::find_data{}, {std::move(data)}),
                                   [](auto const& asked) { return detail::holders_of(asked.get().data.front()); });
}

future<std::vector<data_holders>> data_client::find_all_data(untyped_futures const& data) const {
  return detail::ask<std::vector<data_holders>>(self_, detail::about(detail::find_data{}, data), [](auto const& asked) {
    std::vector<data_holders> found;
    for (auto const& d : asked.get().data) found.push_back(detail::holders_of(d));
    return found;
  });
}

future<std::map<std::string, std::vector<held_data>>> data_client::has_what() const {
  using contents = std::map<std::string, std::vector<held_data>>;
  return detail::ask<contents>(self_, {detail::list_data{}, {}}, [](auto const& asked) {
    contents found;
    for (auto const& w : asked.get().workers) found[w.name];
    for (auto const& d : asked.get().data)
      for (auto const& w : d.workers) found[w].push_back({d.key, d.nbytes});
    return found;
  });
}

future<std::map<std::string, std::uint64_t>> data_client::nbytes() const {
  using sizes = std::map<std::string, std::uint64_t>;
  return detail::ask<sizes>(self_, {detail::list_data{}, {}}, [](auto const& asked) {
    sizes found;
    for (auto const& d : asked.get().data) found[d.key] = d.nbytes;
    return found;
  });
}

future<void> data_client::replicate_data(untyped_futures const& data, std::uint32_t copies,
                                         worker_list const& which) const {
  if (copies == 0) throw error("replicate makes at least one copy, not 0");
  return detail::command(self_, detail::about(detail::replicate_data{{}, copies, which.names()}, data));
}

future<void> data_client::rebalance_data(untyped_futures const& data, bool all) const {
  return detail::command(self_, detail::about(detail::rebalance_data{{}, all}, data));
}

future<void> data_client::publish(std::string name, detail::any_future data) const {
  return detail::command(self_, detail::about(detail::publish_data{std::move(name), {}}, {std::move(data)}));
}

future<void> data_client::unpublish_dataset(std::string name) const {
  return detail::command(self_, {detail::unpublish_data{std::move(name)}, {}});
}

future<std::vector<std::string>> data_client::list_datasets() const {
  return detail::ask<std::vector<std::string>>(self_, {detail::list_published{}, {}},
                                               [](auto const& asked) { return asked.get().names; });
}

task<std::vector<detail::any_future>> data_client::find_dataset(std::string name,
                                                                detail::function_info const& function) const {
  static_cast<void>(detail::session_of(self_));
  return detail::find_dataset(self_, std::move(name), &function);
}

future<void> data_client::retire(worker_list const& which, bool force) const {
  if (which.names().empty()) throw error("retire_workers needs the names of the workers that are to leave");
  return detail::ask<void>(self_, {detail::retire_workers{which.names(), force}, {}}, [](auto const& asked) {
    std::string stay;
    for (auto const& [worker, why] : asked.get().problems)
      stay += (stay.empty() ? "" : "; ") + worker + " stays: " + why;
    if (!stay.empty()) throw error(stay);
  });
}

future<std::uint32_t> data_client::adaptive_target(duration target_duration) const {
  if (target_duration <= duration::zero()) throw error("adaptive_target needs a target_duration above zero");
  return detail::ask<std::uint32_t>(self_, {detail::plan_workers{target_duration}, {}},
                                    [](auto const& asked) { return asked.get().wanted.target; });
}

future<void> data_client::shutdown() const {
  return detail::ask<void>(self_, {detail::shut_down{}, {}}, [](auto const& asked) {
    try {
      static_cast<void>(asked.get());
    } catch (actor_gone const&) {
      return;  // As was wished; the answer had no time to come.
    }
  });
}

task<std::map<std::string, std::vector<std::string>>> data_client::logs(worker_list const& which) const {
  return run<&detail::recent_log>(which);
}

future<void> data_client::wait_for_workers(std::uint32_t count, std::optional<duration> timeout) const {
  auto& s = detail::session_of(self_);
  if (s.refusing()) return make_failed_future<void>(detail::client_closed_error());
  auto until = timeout ? detail::time_after(clock::now(), *timeout) : time_point::max();
  auto read = [count, kept = self_.session](future<cluster_info> const& asked) {
    if (asked.cancelled())
      throw timeout_error("there were fewer than " + std::to_string(count) + " workers when the time was up");
    static_cast<void>(asked.get());
  };
  return detail::passed_answer<cluster_info, void>::of(s.scheduler().ask(detail::get_info{count}, until), read);
}

}  // namespace troupe
