#include <troupe/actors/client/plugin_maker.hpp>
#include <troupe/actors/worker/internal/plugin_run.hpp>

namespace troupe::detail {
namespace {

compute_order order_of_none() {
  compute_order order;
  order.final_attempt = true;
  return order;
}

}  // namespace

plugin_run::plugin_run(worker_services& services, give_plugin what)
    : execution(services, order_of_none(), std::move(what.call), {}),
      name_(std::move(what.name)),
      change_(services.plugins.begin_change(name_)) {}

future<value_ptr> plugin_run::start(worker_services& services, give_plugin what) {
  auto run = make_intrusive<plugin_run>(services, std::move(what));
  auto ended = run->ended_.get_future();
  run->add_ref();  // given back when it has ended
  services.pool->run_aside(*run);
  return ended;
}

void plugin_run::finished() noexcept {
  intrusive_ptr<plugin_run> self(this);
  release();
  if (result().outcome == run_outcome::done)
    ended_.set_value(std::move(value()));
  else
    ended_.set_error(error() ? std::move(error()) : std::make_exception_ptr(cancelled_error()));
}

void plugin_run::take(made_plugin&& made) {
  made.name = name_;
  made.change = change_;
  services().plugins.put(worker(), std::move(made));
}

void take_plugin(task_context& context, std::shared_ptr<worker_plugin> plugin, std::shared_ptr<void> object,
                 std::type_info const& type) {
  execution_of(context).take({{}, std::move(plugin), std::move(object), &type});
}

}  // namespace troupe::detail
