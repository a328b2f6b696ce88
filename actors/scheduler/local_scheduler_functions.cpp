#include <troupe/actors/functions/registry.hpp>
#include <troupe/actors/scheduler/internal/local_scheduler.hpp>
#include <troupe/actors/scheduler/internal/plugin_desk.hpp>
#include <troupe/actors/scheduler/internal/scheduler_functions.hpp>

#include <fmt/format.h>

#include <utility>

namespace troupe::detail {

task<value_ptr> local_scheduler::on(run_call&& asked) { return run_here(std::move(asked)); }

task<value_ptr> local_scheduler::run_here(run_call asked) {
  if (!own_functions_) throw error("this scheduler runs no functions");
  auto const& function = asked.call->function();
  auto const* found = function.is_here() ? &function : find_function(function.full_name, function.schema_hash);
  if (!found)
    throw error(fmt::format("the scheduler ({}) has no function {} ({}, of type {}), which {} called there: {}",
                            own_functions_->program(), function.short_name, function.full_name, function.schema,
                            program_of(asked.from), "`troupe scheduler --preload LIBRARY` gives it some"));
  if (found->takes_context)
    throw error(fmt::format("{} takes a context, which is of workers: a scheduler cannot run it", found->short_name));
  auto running = own_functions_->run(std::move(asked.call), asked.leaves);
  co_return co_await std::move(running);
}

task<query_result> local_scheduler::on(change_plugin&& asked) { return plugins_->change(std::move(asked)); }

}  // namespace troupe::detail
