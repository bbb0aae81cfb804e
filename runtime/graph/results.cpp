#include "runtime/graph/results.h"

#include <algorithm>
#include <map>
#include <set>

namespace orrery {
namespace {

bool is_use(const Graph& graph, Value value, Use::Kind kind) {
  return std::ranges::any_of(graph.uses(),
                             [&](const Use& use) { return use.kind == kind && use.value == value; });
}

bool is_loss(const Node& node) { return node.descriptor() && node.descriptor()->category == Category::loss; }

bool computes(const Node& node) {
  return node.kind() == Node::Kind::layer || node.kind() == Node::Kind::transform;
}

// The nodes that are there for metrics alone: metrics read them, or nodes do that are.
class MetricNodes {
 public:
  MetricNodes() = default;
  explicit MetricNodes(const Graph& graph) {
    find_readers(graph);
    std::vector<const Node*> left;
    for (const Use& use : graph.uses())
      if (use.kind == Use::Kind::metric)
        left.push_back(use.value.node);
      else
        kept_.insert(use.value.node);
    while (!left.empty()) {
      const Node* node = left.back();
      left.pop_back();
      if (!only_for_metrics(node) || !nodes_.insert(node).second) continue;
      for (const Value& input : node->inputs())
        if (input) left.push_back(input.node);
    }
  }

  bool contains(const Node* node) const { return nodes_.contains(node); }

 private:
  void find_readers(const Graph& graph) {
    for (const auto& node : graph.nodes()) {
      for (const Value& input : node->inputs())
        if (input) readers_[input.node].push_back(node.get());
      if (node->state() && node->state()->next) kept_.insert(node->state()->next.node);
    }
  }

  // A node is asked about again when the last of its readers has been found.
  bool only_for_metrics(const Node* node) const {
    if (!computes(*node) || kept_.contains(node)) return false;
    const auto found = readers_.find(node);
    return found == readers_.end() ||
           std::ranges::all_of(found->second, [&](const Node* reader) { return contains(reader); });
  }

  std::map<const Node*, std::vector<const Node*>> readers_;
  std::set<const Node*> kept_;  // by losses, savers and states
  std::set<const Node*> nodes_;
};

// Nodes for metrics count as little as metrics do.
bool leads_only_to_losses(const Graph& graph, Value value, const MetricNodes& for_metrics) {
  return std::ranges::all_of(graph.readers(value), [&](const Graph::Reader& reader) {
    return is_loss(*reader.node) || for_metrics.contains(reader.node);
  });
}

bool needs_label(const Graph& graph, Value value) {
  if (!graph.input_node()) return false;
  const std::vector<bool> needed = fields_needed(graph, {value});
  const std::vector<Field>& fields = graph.input_node()->input_spec()->fields;
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (needed[i] && fields[i].label) return true;
  return false;
}

std::vector<Value> marked_outputs(const Graph& graph) {
  std::vector<Value> values;
  for (const Use& use : graph.uses())
    if (use.kind == Use::Kind::output) values.push_back(use.value);
  return values;
}

// A training graph rarely marks its results.
std::vector<Value> evident_outputs(const Graph& graph, const MetricNodes& for_metrics) {
  std::vector<Value> values;
  for (const auto& node : graph.nodes()) {
    if (!computes(*node) || is_loss(*node) || for_metrics.contains(node.get())) continue;
    for (int i = 0; i < static_cast<int>(node->outputs().size()); ++i) {
      const Value value = node->output(i);
      const bool result =
          !is_use(graph, value, Use::Kind::loss) && leads_only_to_losses(graph, value, for_metrics);
      if (result && !needs_label(graph, value)) values.push_back(value);
    }
  }
  return values;
}

// Where nothing is trained, metrics may be all that reads what the graph computes.
std::vector<Value> evident_outputs(const Graph& graph) {
  std::vector<Value> values = evident_outputs(graph, MetricNodes(graph));
  const bool trains =
      std::ranges::any_of(graph.uses(), [](const Use& use) { return use.kind == Use::Kind::loss; });
  if (values.empty() && !trains) values = evident_outputs(graph, {});
  return values;
}

std::string name_of(const Graph& graph, Value value) {
  for (const Use& use : graph.uses())
    if (use.kind == Use::Kind::output && use.value == value && !use.name.empty()) return use.name;
  if (value.node->input_spec()) return value.node->output_name(value.output);
  const bool several = value.node->outputs().size() > 1;
  return several ? value.node->name() + "." + value.node->output_name(value.output) : value.node->name();
}

Result::Scores scores_of(const Graph& graph, Value value) {
  if (value.shape().size() != 2 || !is_floating(value.dtype())) return Result::Scores::none;
  const std::string operation = value.node->operation();
  if (operation == "Softmax" || operation == "softmax") return Result::Scores::probabilities;
  if (operation == "LogSoftmax" || operation == "log_softmax") return Result::Scores::log_probabilities;
  const std::vector<Graph::Reader> readers = graph.readers(value);
  for (const Graph::Reader& reader : readers) {
    const std::string loss = reader.node->operation();
    if (loss == "CrossEntropyLoss" || loss == "cross_entropy") return Result::Scores::logits;
    if (loss == "NLLLoss" || loss == "nll_loss") return Result::Scores::log_probabilities;
  }
  const Node* input = graph.input_node();
  if (!input || !readers.empty()) return Result::Scores::none;
  const auto classes = static_cast<std::int64_t>(input->input_spec()->classes.size());
  const bool fits = classes > 1 && value.shape()[1].known() && value.shape()[1].value() == classes;
  return fits ? Result::Scores::logits : Result::Scores::none;
}

}  // namespace

std::vector<bool> fields_needed(const Graph& graph, const std::vector<Value>& values) {
  const Node& input = *graph.input_node();
  std::vector<bool> needed(input.outputs().size(), false);
  std::set<const Node*> seen;
  std::vector<Value> left = values;
  while (!left.empty()) {
    const Value at = left.back();
    left.pop_back();
    if (at.node == &input) needed[static_cast<std::size_t>(at.output)] = true;
    if (!at || !seen.insert(at.node).second) continue;
    left.insert(left.end(), at.node->inputs().begin(), at.node->inputs().end());
    if (at.node->state()) left.push_back(at.node->state()->next);
  }
  return needed;
}

Result result_of(const Graph& graph, Value value) {
  return {name_of(graph, value), value, scores_of(graph, value)};
}

std::vector<Result> results_of(const Graph& graph) {
  std::vector<Value> values = marked_outputs(graph);
  if (values.empty()) values = evident_outputs(graph);
  std::vector<Result> results;
  for (const Value& value : values) results.push_back(result_of(graph, value));
  return results;
}

}  // namespace orrery
