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

void tear_down(std::vector<made_plugin> const& ended, worker_context& worker) {
  std::for_each(ended.rbegin(), ended.rend(), [&](made_plugin const& one) { tear_down(one, worker); });
}

[[noreturn]] void throw_overtaken() { throw error("it was registered or unregistered again meanwhile"); }

}  // namespace

void worker_plugins::put(worker_context& worker, made_plugin made) {
  if (!changes_.is_last(made.name, made.change)) throw_overtaken();
  auto same = [&](made_plugin const& one) { return one.name == made.name || *one.type == *made.type; };
  end(worker, same);
  made.plugin->setup(worker);
  std::unique_lock lock(mutex_);
  bool leaves = closed_;
  if (!leaves && changes_.is_last(made.name, made.change)) {
    // One of its type, but of another name, may have come meanwhile.
    auto ended = take(same);
    plugins_.push_back(std::move(made));
    lock.unlock();
    return tear_down(ended, worker);
  }
  lock.unlock();
  tear_down(made, worker);
  if (leaves) throw actor_gone("its worker leaves the cluster");
  throw_overtaken();
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

void worker_plugins::end(worker_context& worker, condition const& which) {
  std::unique_lock lock(mutex_);
  auto ended = take(which);
  lock.unlock();
  tear_down(ended, worker);
}

std::vector<made_plugin> worker_plugins::take(condition const& which) {
  std::vector<made_plugin> taken;
  std::copy_if(plugins_.begin(), plugins_.end(), std::back_inserter(taken), which);
  std::erase_if(plugins_, which);
  return taken;
}

}  // namespace detail
}  // namespace troupe
