#include <troupe/actors/client/submission_batch.hpp>
#include <troupe/actors/functions/shared_call.hpp>
#include <troupe/collections/graph/internal/graph_task.hpp>
#include <troupe/collections/graph/run_graph.hpp>

#include <utility>

namespace troupe::detail {
namespace {

class submitter {
 public:
  submitter(graph_plan const& plan, client_handle const& to, graph_keys keys,
            std::vector<std::shared_ptr<task_options const>> const& options)
      : plan_(plan), keys_(keys), options_(options), users_(plan.count_users()), held_(plan.size()), batch_(to) {
    if (!to.options) return;
    if (!to.options->key().empty())
      throw error("the calls of a graph have keys of their own: compute it through a client without the key '" +
                  to.options->key() + "'");
    for (auto& each : options_)
      each = each ? std::make_shared<task_options const>(to.options->with(*each)) : to.options;
  }

  std::vector<any_future> run() {
    for (auto place : plan_.order()) submit(place);
    std::vector<any_future> asked;
    for (auto place : plan_.asked()) asked.push_back(held_[place]);
    return asked;
  }

 private:
  void submit(std::uint32_t place) {
    auto const node = plan_.node_at(place);
    auto const& graph = plan_.graph();
    auto const& made = graph.at(node);
    if (made.kind == graph_body::kind::future) {
      held_[place] = graph.future_of(node);
      return;
    }
    bound_call call{make_shared_call(made.call), {}};
    call.inputs.reserve(made.inputs);
    for (auto input : graph.inputs(node)) call.inputs.push_back(held_[plan_.place_of(input)].state());
    graph_task how;
    how.options = options_[made.options];
    if (made.key) how.key = *made.key;
    how.shares_key = keys_ == graph_keys::shared;
    auto task = batch_.submit(std::move(call), how);
    // The graph has it, too.
    if (made.kind == graph_body::kind::value) task->mark_shared();
    held_[place] = any_future(std::move(task));
    // The batch holds on to them until it has handed over who takes them.
    for (auto need : plan_.needs(place))
      if (--users_[need] == 0) held_[need] = any_future();
  }

  graph_plan const& plan_;
  graph_keys keys_;
  std::vector<std::shared_ptr<task_options const>> options_;
  /// That were not submitted yet, by place.
  std::vector<std::uint32_t> users_;
  std::vector<any_future> held_;
  submission_batch batch_;
};

}  // namespace

std::vector<any_future> submit_plan(graph_plan const& plan, client_handle const& to, graph_keys keys,
                                    std::vector<std::shared_ptr<task_options const>> const& options) {
  return submitter(plan, to, keys, options).run();
}

std::vector<any_future> submit_graph(graph_body const& graph, std::span<node_ref const> asked, client const& to) {
  graph_plan const plan(graph, asked);
  return submit_plan(plan, client_access::handle(to), graph_keys::shared, graph.all_options());
}

}  // namespace troupe::detail
