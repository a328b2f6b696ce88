#include <troupe/actors/client/internal/session.hpp>
#include <troupe/actors/client/plugin_maker.hpp>
#include <troupe/actors/functions/registry.hpp>
#include <troupe/actors/functions/task_library.hpp>
#include <troupe/actors/worker/internal/local_nanny.hpp>
#include <troupe/actors/worker/internal/plugin_run.hpp>
#include <troupe/actors/worker/internal/run_on_pool.hpp>

#include <fmt/format.h>

#include <random>
#include <utility>

namespace troupe::detail {
namespace {

std::uint64_t random_number() {
  std::random_device entropy;
  return (std::uint64_t{entropy()} << 32) | entropy();
}

}  // namespace

nanny_services::nanny_services(std::string program, std::vector<std::string> libraries)
    : program_(std::move(program)), libraries_(std::move(libraries)), number_(random_number()) {
  services_.name = "nanny";
}

nanny_services::~nanny_services() { close(); }

thread_pool& nanny_services::pool() {
  std::call_once(begun_, [this] { services_.pool = std::make_shared<thread_pool>(services_.name, 1); });
  return *services_.pool;
}

void nanny_services::require(function_info const& maker) {
  auto is_here = [&] { return maker.is_here() || find_function(maker.full_name, maker.schema_hash); };
  if (is_here()) return;
  for (auto const& library : libraries_) static_cast<void>(load_task_library(library));
  if (is_here()) return;
  throw error(fmt::format("its nanny's program ({}) has no {} of type {}: `--preload LIBRARY` gives it some", program_,
                          maker.full_name, maker.schema));
}

void nanny_services::close() {
  plugins_.close();
  if (services_.pool) services_.pool->join();
}

task<plugin_taken> local_nanny::on(give_plugin&& given) {
  return given.call ? put(services_, std::move(given)) : remove(services_, std::move(given.name));
}

task<plugin_taken> local_nanny::put(std::shared_ptr<nanny_services> services, give_plugin given) {
  auto name = given.name;
  auto change = services->changes().begin(name);
  auto looking = run_on_pool(services->pool(), [services, call = given.call] { services->require(call->function()); });
  co_await std::move(looking);
  auto making = plugin_run::start(services->makers(), std::move(given));
  auto made = co_await std::move(making);
  if (!services->changes().is_last(name, change)) throw error("it was registered or unregistered again meanwhile");
  auto taking = run_on_pool(services->pool(), [services, name, plugin = value_cast<nanny_plugin_ptr>(*made).value] {
    return services->plugins().put(name, plugin);
  });
  co_return co_await std::move(taking);
}

task<plugin_taken> local_nanny::remove(std::shared_ptr<nanny_services> services, std::string name) {
  static_cast<void>(services->changes().begin(name));
  auto removing = run_on_pool(services->pool(), [services, name] { services->plugins().remove(name); });
  co_await std::move(removing);
  co_return plugin_taken{};
}

void local_nanny::on(nanny_welcome message) {
  if (message.refusal.empty())
    welcomed_.set_value();
  else
    welcomed_.set_error(std::make_exception_ptr(error(message.refusal)));
}

task<void> local_nanny::on(await_welcome) {
  auto welcome = welcome_;
  co_await std::move(welcome);
}

}  // namespace troupe::detail
