#include <troupe/actors/worker/internal/worker_plugins.hpp>

#include <troupe/actors/worker/log.hpp>
#include <troupe/futures/errors.hpp>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace troupe {

void worker_plugin::setup(worker_context&) {}
void worker_plugin::teardown(worker_context&) {}

namespace detail {
namespace {

void tear_down(made_plugin const& made, worker_context& worker) {
  try {
    made.plugin->teardown(worker);
  } catch (...) {
    log("tearing down the plugin {} on {} failed: {}", made.name, worker.name(),
        troupe::describe(std::current_exception()));
  }
}

}  // namespace

void worker_plugins::put(worker_context& worker, made_plugin made) {
  end(worker, [&](made_plugin const& one) { return one.name == made.name || *one.type == *made.type; });
  made.plugin->setup(worker);
  {
    std::scoped_lock lock(mutex_);
    if (!closed_) {
      plugins_.push_back(std::move(made));
      return;
    }
  }
  tear_down(made, worker);
  throw actor_gone("its worker leaves the cluster");
}

void worker_plugins::remove(worker_context& worker, std::string const& name) {
  end(worker, [&](made_plugin const& one) { return one.name == name; });
}

std::shared_ptr<void> worker_plugins::find(std::type_info const& type) const {
  std::scoped_lock lock(mutex_);
  for (auto const& one : plugins_)
    if (*one.type == type) return one.object;
  return nullptr;
}

void worker_plugins::close(worker_context& worker) {
  {
    std::scoped_lock lock(mutex_);
    closed_ = true;
  }
  end(worker, [](made_plugin const&) { return true; });
}

void worker_plugins::end(worker_context& worker, std::function<bool(made_plugin const&)> const& which) {
  std::unique_lock lock(mutex_);
  std::vector<made_plugin> ended;
  std::copy_if(plugins_.begin(), plugins_.end(), std::back_inserter(ended), which);
  std::erase_if(plugins_, which);
  lock.unlock();
  std::for_each(ended.rbegin(), ended.rend(), [&](made_plugin const& one) { tear_down(one, worker); });
}

}  // namespace detail
}  // namespace troupe
