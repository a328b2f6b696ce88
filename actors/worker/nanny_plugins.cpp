#include <troupe/actors/worker/internal/nanny_plugins.hpp>

#include <troupe/actors/worker/log.hpp>
#include <troupe/futures/errors.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <typeinfo>
#include <utility>

namespace troupe {

void nanny_plugin::setup() {}
void nanny_plugin::before_start(worker_start&) {}
void nanny_plugin::teardown() {}

namespace detail {
namespace {

std::string what_was_thrown() { return troupe::describe(std::current_exception()); }

bool same_type(nanny_plugin const& a, nanny_plugin const& b) { return typeid(a) == typeid(b); }

void check_variables(worker_start const& start) {
  for (auto const& [name, value] : start.environment)
    if (name.empty() || name.find('=') != std::string::npos || name.find('\0') != std::string::npos ||
        value.find('\0') != std::string::npos)
      throw error(fmt::format("there can be no variable '{}' of the value '{}'", name, value));
}

}  // namespace

plugin_taken nanny_plugins::put(std::string name, std::shared_ptr<nanny_plugin> plugin) {
  std::scoped_lock lock(mutex_);
  if (closed_) throw actor_gone("the nanny ends");
  end([&](named_plugin const& one) { return one.name == name || same_type(*one.plugin, *plugin); });
  try {
    plugin->setup();
    plugin_taken taken{plugin->restarts_workers() ? starts_ : 0};
    plugins_.push_back({std::move(name), std::move(plugin)});
    return taken;
  } catch (...) {
    throw error(what_was_thrown());
  }
}

void nanny_plugins::remove(std::string const& name) {
  std::scoped_lock lock(mutex_);
  end([&](named_plugin const& one) { return one.name == name; });
}

worker_start nanny_plugins::begin_start(std::string worker) {
  std::scoped_lock lock(mutex_);
  worker_start start{std::move(worker), ++starts_};
  for (auto const& one : plugins_) {
    try {
      one.plugin->before_start(start);
      check_variables(start);
    } catch (...) {
      throw error(fmt::format("the plugin {} does not let it start: {}", one.name, what_was_thrown()));
    }
  }
  return start;
}

void nanny_plugins::close() {
  std::scoped_lock lock(mutex_);
  closed_ = true;
  end([](named_plugin const&) { return true; });
}

void nanny_plugins::end(std::function<bool(named_plugin const&)> const& which) {
  std::vector<named_plugin> ended;
  std::copy_if(plugins_.begin(), plugins_.end(), std::back_inserter(ended), which);
  std::erase_if(plugins_, which);
  for (; !ended.empty(); ended.pop_back()) {
    try {
      ended.back().plugin->teardown();
    } catch (...) {
      log("tearing down the plugin {} of the nanny failed: {}", ended.back().name, what_was_thrown());
    }
  }
}

}  // namespace detail
}  // namespace troupe
