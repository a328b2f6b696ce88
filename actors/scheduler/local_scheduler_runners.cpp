#include <troupe/actors/scheduler/internal/local_scheduler.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace troupe::detail {

local_scheduler::runners const& local_scheduler::who_can_run(function_id id, function_info const& function) {
  if (runners_.size() <= id.value) runners_.resize(id.value + 1);
  auto& known = runners_[id.value];
  if (known.as_of == worker_changes_) return known;
  known = {worker_changes_, true, {}};
  for (std::uint32_t i = 0; i < workers_.size(); ++i) {
    if (!workers_[i].place) continue;
    if (workers_[i].program.can_run(function))
      known.able.push_back({i});
    else
      known.all = false;
  }
  return known;
}

void local_scheduler::tell_who_lacks(function_id id) {
  auto const& function = *functions_[id.value];
  to_scheduler::set_lacking known{now(), id, {}};
  for (std::uint32_t i = 0; i < workers_.size(); ++i)
    if (workers_[i].place && !workers_[i].program.can_run(function)) known.workers.push_back({i});
  core_.handle(std::move(known), actions_);
}

void local_scheduler::programs_changed() {
  ++worker_changes_;
  for (std::uint32_t id = 0; id < functions_.size(); ++id) tell_who_lacks({id});
  carry_out();
}

std::vector<function_id> local_scheduler::lacking_in(worker_program const& program) const {
  std::vector<function_id> lacks;
  for (std::uint32_t id = 0; id < functions_.size(); ++id)
    if (!program.can_run(*functions_[id])) lacks.push_back({id});
  return lacks;
}

/// Without workers everything is accepted: those that come may be able to.
void local_scheduler::refuse_what_none_can_run(submitted_task& task, function_info const& function,
                                               client_entry const& client) {
  auto const& who = who_can_run(task.function, function);
  if (who.all) return;
  bool refused = who.able.empty();
  if (!task.workers.empty()) {
    std::erase_if(task.workers, [&](worker_id w) { return !std::binary_search(who.able.begin(), who.able.end(), w); });
    refused = task.workers.empty();
  }
  if (refused)
    task.refused = payload_id{errors_.put(std::make_exception_ptr(error(explain_refusal(function, client))))};
}

std::string local_scheduler::explain_refusal(function_info const& function, client_entry const& client) const {
  return fmt::format("no worker can run {} ({}, of type {}), which {} submitted: {}", function.short_name,
                     function.full_name, function.schema, client.program, lack_of(function));
}

std::string local_scheduler::explain_lack(std::string const& plugin, function_info const& maker,
                                          actor_id client) const {
  return fmt::format("no worker has the plugin {}, made by {}, which {} registered: {}", plugin, maker.schema,
                     program_of(client), lack_of(maker));
}

std::string local_scheduler::program_of(actor_id client) const {
  auto known = client_ids_.find(std::uint64_t(client));
  return known == client_ids_.end() ? "a client" : clients_[known->second.value].program;
}

std::string local_scheduler::lack_of(worker_entry const& worker, function_info const& function) {
  auto known = worker.program.functions->find(function.full_name);
  if (known == worker.program.functions->end()) return fmt::format("({}) does not have it", worker.program.name);
  return fmt::format("({}) has it as {}", worker.program.name, *known->second.begin());
}

std::string local_scheduler::lack_of(function_info const& function) const {
  std::string all;
  for (auto const& w : workers_)
    if (w.place) all += fmt::format("{}{} {}", all.empty() ? "" : ", ", w.info.name, lack_of(w, function));
  return all;
}

}  // namespace troupe::detail
