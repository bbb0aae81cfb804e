// The part of Graph that answers questions: readers, layers, parameters with their keys; and finalize.
#include <algorithm>
#include <unordered_set>

#include "runtime/graph/graph.h"
#include "runtime/graph/invariants.h"

namespace orrery {
namespace {

// The path of a block relative to another one that contains it, with dots: `layer1.0`.
std::string relative_key(const Block& block, const Block& base) {
  if (&block == &base) return "";
  return relative_key(*block.parent(), base) + block.name() + ".";
}

}  // namespace

Node* Graph::input_node() const {
  auto found =
      std::find_if(nodes_.begin(), nodes_.end(), [](const auto& node) { return node->input_spec(); });
  return found == nodes_.end() ? nullptr : found->get();
}

std::vector<Graph::Reader> Graph::readers(Value value) const {
  std::vector<Reader> readers;
  for (const auto& node : nodes_)
    for (size_t i = 0; i < node->inputs_.size(); ++i)
      if (node->inputs_[i] == value) readers.push_back({node.get(), static_cast<int>(i)});
  return readers;
}

std::vector<LayerPtr> Graph::layers() const {
  std::vector<LayerPtr> layers;
  std::unordered_set<const Layer*> seen;
  for (const auto& node : nodes_)
    if (node->layer_ && seen.insert(node->layer_.get()).second) layers.push_back(node->layer_);
  return layers;
}

std::vector<Graph::Entry> Graph::state(const Block* block, bool with_constants) const {
  const Block& base = block ? *block : *root_;
  std::vector<Entry> entries;
  std::unordered_set<const Layer*> seen;
  for (const auto& node : nodes_) {
    if (const ParameterPtr& constant = node->constant_) {
      if (base.contains(*node->block_) && (node->is_parameter() || with_constants))
        entries.push_back({relative_key(*node->block_, base) + node->name_, constant, node->block_, nullptr});
    } else if (const LayerPtr& layer = node->layer_) {
      // Its place in this graph is its first application here: it may stand in another graph, too.
      if (!seen.insert(layer.get()).second || !base.contains(*node->block_)) continue;
      const std::string prefix = relative_key(*node->block_, base) + node->name_ + ".";
      for (size_t i = 0; i < layer->slots().size(); ++i)
        entries.push_back({prefix + layer->slots()[i], layer->parameters()[i], node->block_, layer});
    }
  }
  return entries;
}

std::vector<Graph::Entry> Graph::state_of_run() const {
  std::vector<Entry> entries = state(nullptr, true);
  const Node* input = input_node();
  if (!input) return entries;
  const std::string begin = relative_key(*input->block_, *root_) + input->name_ + ".";
  for (const ParameterPtr& field : input->trained_fields())
    if (field) entries.push_back({begin + field->name, field, input->block_, nullptr});
  return entries;
}

void Graph::set_trainable(const Block& block, bool trainable) {
  for (const Entry& entry : state(&block))
    if (!entry.parameter->buffer) entry.parameter->trainable = trainable;
  update_gradients();
}

std::vector<Finding> Graph::levelled(std::vector<Finding> findings) const {
  const auto level = [this](const Finding& finding) {
    const auto found = levels_.find(finding.code);
    return found == levels_.end() ? Level::warning : found->second;
  };
  std::erase_if(findings, [&](const Finding& finding) {
    return finding.severity == Severity::warning && level(finding) == Level::off;
  });
  for (Finding& finding : findings)
    if (level(finding) == Level::error) finding.severity = Severity::error;
  return findings;
}

std::vector<Finding> Graph::finalize(std::vector<Finding> further) {
  if (finalized_) return {};
  follow_dtypes();
  update_gradients();
  std::vector<Finding> findings = check_graph(*this);
  findings.insert(findings.end(), std::make_move_iterator(further.begin()),
                  std::make_move_iterator(further.end()));
  findings = levelled(std::move(findings));
  throw_if_broken(findings);
  finalized_ = true;
  return findings;
}

}  // namespace orrery
