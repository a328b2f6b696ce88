#include <troupe/actors/functions/shared_call.hpp>
#include <troupe/actors/worker/calling_thread.hpp>
#include <troupe/collections/graph/internal/graph_plan.hpp>
#include <troupe/collections/graph/internal/graph_task.hpp>
#include <troupe/collections/graph/run_graph.hpp>

#include <utility>

namespace troupe::detail {
namespace {

class sync_run {
 public:
  explicit sync_run(graph_plan const& plan) : plan_(plan), users_(plan.count_users()), values_(plan.size()) {}

  std::vector<value_ptr> run() {
    for (auto place : plan_.order()) run(place);
    std::vector<value_ptr> asked;
    for (auto place : plan_.asked()) asked.push_back(values_[place]);
    return asked;
  }

 private:
  void run(std::uint32_t place) {
    auto const node = plan_.node_at(place);
    auto const& graph = plan_.graph();
    auto const& made = graph.at(node);
    check_runs_here(graph, node);
    for (auto need : plan_.needs(place)) --users_[need];
    std::vector<input> inputs;
    inputs.reserve(made.inputs);
    for (auto input : graph.inputs(node)) {
      auto const from = plan_.place_of(input);
      inputs.push_back({values_[from], users_[from] == 0});
    }
    for (auto need : plan_.needs(place))
      if (users_[need] == 0) values_[need] = nullptr;
    auto call = make_shared_call(made.call);
    call->name_task(made.key ? *made.key : std::string(), node);
    values_[place] = thread_.run(call, std::move(inputs), graph.options(node).get());
  }

  graph_plan const& plan_;
  /// That will still take its value, by place.
  std::vector<std::uint32_t> users_;
  std::vector<value_ptr> values_;
  calling_thread thread_;
};

}  // namespace

std::vector<value_ptr> run_sync(graph_body const& graph, std::span<node_ref const> asked) {
  graph_plan const plan(graph, asked);
  return sync_run(plan).run();
}

}  // namespace troupe::detail
