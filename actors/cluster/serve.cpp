#include <troupe/actors/cluster/internal/member.hpp>
#include <troupe/actors/cluster/internal/nanny_member.hpp>
#include <troupe/actors/cluster/internal/preload_hooks.hpp>
#include <troupe/actors/cluster/internal/stop_signals.hpp>
#include <troupe/actors/cluster/server_options.hpp>
#include <troupe/actors/functions/task_library.hpp>
#include <troupe/actors/remote/internal/scheduler_port.hpp>
#include <troupe/actors/scheduler/internal/local_scheduler.hpp>
#include <troupe/actors/scheduler/internal/scheduler_functions.hpp>
#include <troupe/actors/worker/log.hpp>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace troupe {
namespace {

void write_address(std::string const& file, std::string const& address) {
  std::ofstream out(file);
  out << address << '\n';
  out.close();
  if (!out) throw error("the scheduler file '" + file + "' cannot be written");
}

/// Of a worker that is to begin anew.
constexpr auto patience_with_tasks = std::chrono::seconds(2);

server_end end_for(exit_reason const& reason) {
  if (!reason.error()) return server_end::closed;
  log("{}", describe(reason.error()));
  try {
    std::rethrow_exception(reason.error());
  } catch (detail::told_to_begin_anew const&) {
    return server_end::begin_anew;
  } catch (detail::refused_for_good const&) {
    return server_end::refused;
  } catch (actor_gone const&) {
    return server_end::lost_scheduler;
  } catch (...) {
    return server_end::failed;
  }
}

/// Waits until the worker has handed over what it holds, is asked to stop, or has lost its scheduler.
void hand_over(detail::worker_member& member, detail::stop_signals& signals) {
  auto answer = member.retire();
  answer.on_done([&signals](auto const&) { signals.tell(); });
  static_cast<void>(signals.wait());
  if (!answer.done()) return;
  try {
    for (auto const& [worker, why] : answer.get().problems) log("what {} holds goes with it: {}", worker, why);
  } catch (cancelled_error const&) {
    return;  // it was let go before it was answered
  } catch (actor_gone const&) {
    return;  // there is no scheduler any more, which the end of the link says
  } catch (error const& problem) {
    log("what this worker holds goes with it: {}", problem.what());
  }
}

/// Why a process that was to join its cluster ends instead.
std::optional<server_end> join_unless(detail::stop_signals& signals, std::function<void()> const& join) {
  try {
    join();
    return std::nullopt;
  } catch (detail::worker_member::not_wanted const&) {
    static_cast<void>(signals.wait());  // takes what came
    return server_end::closed;
  } catch (detail::worker_member::no_scheduler const& problem) {
    log("{}", problem.what());
    return server_end::lost_scheduler;
  } catch (detail::refused_for_good const& problem) {
    log("{}", problem.what());
    return server_end::refused;
  }
}

}  // namespace

server_end serve_scheduler(scheduler_server_options const& options,
                           std::function<void(std::string const& address)> const& started) {
  std::vector<detail::task_library> preloads;
  for (auto const& library : options.load) preloads.push_back(detail::load_task_library(library));
  detail::stop_signals signals;
  detail::preload_hooks hooks;
  for (auto const& library : preloads) hooks.set_up(library);
  // Goes after the scheduler: what runs then is waited for.
  auto functions = std::make_shared<detail::scheduler_functions>(detail::introduce(detail::link_role::scheduler).name);
  runtime in;
  detail::scheduler_options how;
  how.keep_lineage = true;
  how.allowed_failures = options.allowed_failures;
  actor_ref<detail::scheduler_actor> scheduler = in.loop().spawn<detail::local_scheduler>(how, functions);
  auto port = in.loop().spawn<detail::scheduler_port>(
      scheduler, options.listen, detail::introduce(detail::link_role::scheduler, options.compression));
  port.started().get();
  auto address = options.contact.empty() ? port.ask(detail::scheduler_port::get_address{}).get() : options.contact;
  if (!options.scheduler_file.empty()) write_address(options.scheduler_file, address);
  // When a client shuts the cluster down.
  auto ended = scheduler.ended();
  ended.on_done([&signals](future<exit_reason> const&) { signals.tell(); });
  if (started) started(address);
  static_cast<void>(signals.wait());
  signals.exit_at_next_signal();
  return server_end::closed;
}

server_end serve_worker(worker_server_options const& options, std::function<void()> const& started) {
  for (auto const& library : options.load) static_cast<void>(detail::load_task_library(library));
  detail::stop_signals signals(detail::lifetime_over);
  runtime in;
  std::optional<detail::worker_member> joined;
  auto why_not = join_unless(
      signals, [&] { joined.emplace(in, options, [&signals](duration time) { return !signals.comes_within(time); }); });
  if (why_not) return *why_not;
  auto& member = *joined;
  auto ended = member.ended();
  ended.on_done([&signals](future<exit_reason> const&) { signals.tell(); });
  if (started) started();
  auto came = signals.wait();
  if (came == detail::lifetime_over) hand_over(member, signals);
  bool told = came == 0 || (came == detail::lifetime_over && ended.done());
  auto end = told ? end_for(ended.get()) : server_end::closed;
  signals.exit_at_next_signal();
  if (end == server_end::begin_anew && !member.finish(clock::now() + patience_with_tasks)) {
    log("tasks do not stop: they end with their process");
    // Whatever would be destroyed, they may still use.
    std::_Exit(static_cast<int>(end));
  }
  member.leave();
  return end;
}

int detail::serve_nanny(worker_server_options const& options, std::shared_ptr<nanny_services> const& nanny,
                        std::function<int()> const& watch) {
  stop_signals signals;
  runtime in;
  // Whatever happens: its thread ends before this returns, and after the actor that gives it work.
  struct closing {
    nanny_services& what;
    ~closing() { what.close(); }
  } at_end{*nanny};
  std::optional<nanny_member> joined;
  auto end = join_unless(signals, [&] {
    joined.emplace(in, options, nanny, [&signals](duration time) { return !signals.comes_within(time); });
  });
  if (end) return static_cast<int>(*end);
  auto welcome = joined->welcome();
  auto ended = joined->ended();
  welcome.on_done([&signals](future<void> const&) { signals.tell(); });
  ended.on_done([&signals](future<exit_reason> const&) { signals.tell(); });
  auto came = signals.wait();
  if (came == 0 && welcome.done() && !welcome.failed()) {
    int status = watch();
    signals.exit_at_next_signal();
    return status;
  }
  signals.exit_at_next_signal();
  if (came != 0) return static_cast<int>(server_end::closed);
  if (!welcome.done()) return static_cast<int>(end_for(ended.get()));
  log("{}", troupe::describe(welcome.error()));
  return static_cast<int>(server_end::failed);
}

}  // namespace troupe
