// How the fields of the data are used.
#include <algorithm>

#include <fmt/format.h>

#include "runtime/graph/invariants.h"
#include "runtime/graph/invariants/reading.h"

namespace orrery::invariants {
namespace {

bool learns(const Node& node) {
  if (!node.layer()) return false;
  for (const ParameterPtr& parameter : node.layer()->parameters())
    if (!parameter->buffer) return true;
  return false;
}

// The first layer with parameters that a label's value reaches other than through a loss's target.
const Node* learner_fed_by(const Value& label, const Readers& readers) {
  std::vector<const Node*> open;
  std::unordered_set<const Node*> seen;
  const auto follow = [&](const Readers::Reader& reader) {
    if (!reader.node->port(static_cast<int>(reader.input)).label && seen.insert(reader.node).second)
      open.push_back(reader.node);
  };
  for (const auto& reader : readers.of(label)) follow(reader);
  while (!open.empty()) {
    const Node* node = open.back();
    open.pop_back();
    if (learns(*node)) return node;
    for (const auto& reader : readers.of(*node)) follow(reader);
  }
  return nullptr;
}

// A sequence of words is both what is read and what is to be foretold.
bool is_sequence(const Field& field) { return is_integral(field.type.dtype) && field.type.shape.size() > 1; }

}  // namespace

std::vector<Finding> fields_are_read(const Graph& graph) {
  Node* input = graph.input_node();
  if (!input || graph.uses().empty()) return {};
  const Readers readers(graph);
  std::vector<Finding> findings;
  for (size_t i = 0; i < input->outputs().size(); ++i) {
    const Value value = input->output(static_cast<int>(i));
    const bool used = std::ranges::any_of(graph.uses(), [&](const Use& use) { return use.value == value; });
    if (used || !readers.of(value).empty()) continue;
    findings.push_back({.code = "field-unused",
                        .severity = Severity::warning,
                        .site = input->origin().site,
                        .path = input->path(),
                        .message = fmt::format("nothing reads the field '{}' of {}",
                                               input->output_name(static_cast<int>(i)), named(*input)),
                        .remedy = "Use it, or leave it out of the input's fields."});
  }
  return findings;
}

std::vector<Finding> labels_are_no_data(const Graph& graph) {
  Node* input = graph.input_node();
  if (!input) return {};
  const Readers readers(graph);
  std::vector<Finding> findings;
  const auto& fields = input->input_spec()->fields;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (!fields[i].label || is_sequence(fields[i])) continue;
    const Node* learner = learner_fed_by(input->output(static_cast<int>(i)), readers);
    if (!learner) continue;
    findings.push_back({.code = "label-as-data",
                        .severity = Severity::warning,
                        .site = learner->origin().site,
                        .path = learner->path(),
                        .message = fmt::format("{} is fed with the label '{}', which it is to foretell",
                                               named(*learner), fields[i].name),
                        .remedy = "Feed it with the data; the label belongs into the loss."});
  }
  return findings;
}

}  // namespace orrery::invariants
