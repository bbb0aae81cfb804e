#include <algorithm>

#include <fmt/format.h>

#include "runtime/graph/invariants.h"

namespace orrery::invariants {
namespace {

// The data's field of class labels that a node reads as its label; empty when it reads none.
Value class_labels(const Node& node) {
  for (size_t i = 0; i < node.inputs().size(); ++i) {
    const Value& value = node.inputs()[i];
    if (!value || !node.port(static_cast<int>(i)).label || !is_integral(value.dtype())) continue;
    const InputSpec* input = value.node->input_spec();
    if (input && input->fields[value.output].label && !input->classes.empty()) return value;
  }
  return {};
}

// The place of the last class may be that of the ignored label.
std::int64_t scores_needed(const Node& node, std::int64_t classes) {
  const auto& options = node.attributes().entries();
  const bool spared = std::ranges::any_of(options, [&](const Attributes::Entry& option) {
    return option.name == "ignore_index" && option.value == AttributeValue(classes - 1);
  });
  return spared ? classes - 1 : classes;
}

void compare(const Node& node, int port, const Value& label, std::vector<Finding>& findings) {
  const Shape& shape = node.inputs()[port].shape();
  if (shape.empty()) return;
  const Dim& scores = shape[shape.size() == 1 ? 0 : 1];
  const auto classes = static_cast<std::int64_t>(label.node->input_spec()->classes.size());
  if (!scores.known() || scores == Dim(classes) || scores == Dim(scores_needed(node, classes))) return;
  const std::string field = label.node->path() + "." + label.node->output_name(label.output);
  // A head may have been made for more classes than these data have.
  const bool more = scores.value() > classes;
  Finding finding = finding_of({.code = more ? "scores-too-many" : "scores-too-few",
                                .port = port,
                                .expected = fmt::format("scores for the {} classes of {}", classes, field),
                                .got = scores.str(),
                                .remedy = fmt::format("Give the layer in front of it {} outputs.", classes)},
                               node);
  if (more) finding.severity = Severity::warning;
  findings.push_back(std::move(finding));
}

}  // namespace

std::vector<Finding> scores_fit_classes(const Graph& graph) {
  std::vector<Finding> findings;
  for (const auto& node : graph.nodes()) {
    if (!node->descriptor()) continue;
    const Value label = class_labels(*node);
    for (size_t i = 0; label && i < node->inputs().size(); ++i)
      if (node->inputs()[i] && node->port(static_cast<int>(i)).scores)
        compare(*node, static_cast<int>(i), label, findings);
  }
  return findings;
}

}  // namespace orrery::invariants
