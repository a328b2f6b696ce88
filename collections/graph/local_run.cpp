#include <troupe/actors/cluster/local_cluster.hpp>
#include <troupe/collections/graph/internal/graph_task.hpp>
#include <troupe/collections/graph/run_graph.hpp>
#include <troupe/futures/executor.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <thread>
#include <utility>

namespace troupe::detail {
namespace {

/// With as much of each resource as the call that wants most of it.
cluster_options cluster_for(graph_plan const& plan, scheduler where) {
  std::map<std::string, double> most;
  for (std::uint32_t place = 0; place < plan.size(); ++place) {
    auto const node = plan.node_at(place);
    check_runs_here(plan.graph(), node);
    if (auto const& options = plan.graph().options(node))
      for (auto const& [name, amount] : options->resources()) most[name] = std::max(most[name], amount);
  }
  cluster_options shape;
  if (where == scheduler::processes)
    shape.processes().workers(std::max(1u, std::thread::hardware_concurrency())).threads_per_worker(1);
  for (auto const& [name, amount] : most) shape.resource(name, amount);
  return shape;
}

/// Names of workers mean nothing here.
std::vector<std::shared_ptr<task_options const>> anywhere(std::vector<std::shared_ptr<task_options const>> options) {
  for (auto& each : options) {
    if (!each || each->workers().empty()) continue;
    auto copy = std::make_shared<task_options>(*each);
    copy->workers(worker_list());
    each = std::move(copy);
  }
  return options;
}

}  // namespace

struct local_run::impl {
  explicit impl(cluster_options const& shape) : cluster(in, shape), session(cluster.connect("get")) {}

  runtime in;
  local_cluster cluster;
  client session;
  std::vector<any_future> futures;
};

local_run::local_run(graph_body const& graph, std::span<node_ref const> asked, scheduler where) {
  blocking_region region("troupe::get");
  graph_plan const plan(graph, asked);
  impl_ = std::make_unique<impl>(cluster_for(plan, where));
  impl_->futures =
      submit_plan(plan, client_access::handle(impl_->session), graph_keys::names_only, anywhere(graph.all_options()));
}

local_run::~local_run() = default;

std::vector<any_future> local_run::take_futures() noexcept { return std::move(impl_->futures); }

void check_runs_here(graph_body const& graph, std::uint32_t node) {
  if (graph.at(node).kind == graph_body::kind::future)
    throw error("the graph takes the future " + graph.name(node) +
                ", which only the client that made it can give: client.compute(graph, node)");
  if (auto const& options = graph.options(node); options && !options->after().empty())
    throw error(graph.name(node) + " runs after the future " + options->after().front().state()->key() +
                ", of which only the client that made it knows: client.compute(graph, node)");
}

}  // namespace troupe::detail
