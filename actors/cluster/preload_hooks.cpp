#include <troupe/actors/cluster/internal/preload_hooks.hpp>
#include <troupe/actors/worker/log.hpp>
#include <troupe/futures/errors.hpp>

#include <fmt/format.h>

#include <exception>

namespace troupe::detail {
namespace {

template <class Function>
Function* hook_of(task_library const& library, char const* name) {
  return reinterpret_cast<Function*>(library.symbol(name));
}

std::string what_it_is(task_library const& library, char const* name) {
  return fmt::format("{} of the preloaded {}", name, library.path);
}

template <class Function, class... Context>
void call_hook(task_library const& library, char const* name, Context&... context) {
  auto* found = hook_of<Function>(library, name);
  if (!found) return;
  try {
    found(context...);
  } catch (...) {
    throw error(fmt::format("{}: {}", what_it_is(library, name), troupe::describe(std::current_exception())));
  }
}

}  // namespace

void preload_hooks::set_up(task_library const& library) {
  call_hook<void()>(library, preload_hook::setup_scheduler);
  if (auto* found = hook_of<void()>(library, preload_hook::teardown_scheduler))
    teardowns_.push_back({what_it_is(library, preload_hook::teardown_scheduler), found});
}

void preload_hooks::set_up(task_library const& library, worker_context& worker) {
  call_hook<void(worker_context&)>(library, preload_hook::setup, worker);
  if (auto* found = hook_of<void(worker_context&)>(library, preload_hook::teardown))
    teardowns_.push_back({what_it_is(library, preload_hook::teardown), [found, &worker] { found(worker); }});
}

void preload_hooks::tear_down() noexcept {
  for (; !teardowns_.empty(); teardowns_.pop_back()) {
    try {
      teardowns_.back().call();
    } catch (...) {
      log("{}: {}", teardowns_.back().what, troupe::describe(std::current_exception()));
    }
  }
}

}  // namespace troupe::detail
