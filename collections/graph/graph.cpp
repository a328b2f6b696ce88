#include <troupe/actors/functions/builtin.hpp>
#include <troupe/collections/graph/graph.hpp>
#include <troupe/collections/graph/internal/graph_body.hpp>

namespace troupe {

using detail::graph_body;

graph::graph() : body_(std::make_shared<graph_body>()) {}

graph graph::with(task_options const& options) const {
  if (!options.key().empty())
    throw error("options of a graph have no key ('" + options.key() + "'): it comes first among the arguments of call");
  graph copy = *this;
  auto const& outer = body_->all_options()[options_];
  copy.options_ = body_->add_options(outer ? outer->with(options) : options);
  return copy;
}

std::size_t graph::size() const noexcept { return body_->size(); }
std::string graph::key_of(detail::node_ref node) const { return body_->name(body_->own(node)); }

void graph::begin_call() { body_->begin_call(); }
void graph::take_node(detail::node_ref node) { body_->take(body_->own(node)); }
void graph::take_future(detail::any_future result, std::type_info const& type) { body_->take(std::move(result), type); }

detail::node_ref graph::add_call(std::string_view key, detail::call_ptr call) {
  return {body_->number(), body_->add(key, graph_body::kind::call, std::move(call), options_)};
}

detail::node_ref graph::add_value(std::string_view key, detail::function_info const& function,
                                  detail::value_ptr value) {
  auto call = detail::make_scatter_call(function, std::move(value));
  body_->begin_call();
  return {body_->number(), body_->add(key, graph_body::kind::value, std::move(call), options_)};
}

detail::node_ref graph::refer(std::string_view key, std::type_info const& type) {
  return {body_->number(), body_->refer(key, type)};
}

}  // namespace troupe
