// Softmaxes and losses that do not belong together.
#include <fmt/format.h>

#include "runtime/graph/invariants.h"
#include "runtime/graph/invariants/reading.h"

namespace orrery::invariants {
namespace {

bool is_softmax(const Node& node) { return is_one_of(node, {"Softmax", "softmax", "Softmin", "softmin"}); }
bool is_log_softmax(const Node& node) { return is_one_of(node, {"LogSoftmax", "log_softmax"}); }
bool is_sigmoid(const Node& node) { return is_one_of(node, {"Sigmoid", "sigmoid"}); }
bool is_bare(const Node& node) {
  return node.layer() && (node.descriptor()->category == Category::linear ||
                          node.descriptor()->category == Category::convolution);
}

Finding warning(std::string code, const Node& node, std::string message, std::string remedy) {
  return {.code = std::move(code),
          .severity = Severity::warning,
          .site = node.origin().site,
          .path = node.path(),
          .message = std::move(message),
          .remedy = std::move(remedy)};
}

// Warnings about losses of these kinds whose first input is made by what `judged` names.
template <class Judged>
std::vector<Finding> about_losses(const Graph& graph, std::initializer_list<std::string_view> losses,
                                  Judged judged) {
  std::vector<Finding> findings;
  for (const auto& node : graph.nodes()) {
    const Node* scores = is_one_of(*node, losses) ? maker(*node) : nullptr;
    if (scores && scores->descriptor()) judged(*node, *scores, findings);
  }
  return findings;
}

}  // namespace

std::vector<Finding> softmax_over_classes(const Graph& graph) {
  std::vector<Finding> findings;
  for (const auto& node : graph.nodes()) {
    if (!is_softmax(*node) && !is_log_softmax(*node)) continue;
    const Shape& shape = node->inputs()[0].shape();
    const auto rank = static_cast<std::int64_t>(shape.size());
    std::int64_t dim = node->attributes().integer("dim");
    if (dim < 0) dim += rank;
    if (dim != 0 || rank < 2 || shape[0].known()) continue;
    findings.push_back(warning("softmax-over-batch", *node,
                               fmt::format("{} makes the batch dimension {} sum to 1, not the classes",
                                           named(*node), shape[0].str()),
                               "Name the dimension of the classes: dim = 1, or dim = -1 for the last."));
  }
  return findings;
}

std::vector<Finding> cross_entropy_takes_scores(const Graph& graph) {
  const auto judge = [](const Node& loss, const Node& scores, std::vector<Finding>& findings) {
    if (!is_softmax(scores) && !is_log_softmax(scores)) return;
    findings.push_back(
        warning("softmax-before-cross-entropy", loss,
                fmt::format("{} applies log_softmax itself, and {} has been through {} already", named(loss),
                            scores.path(), scores.operation()),
                "Give it the plain scores, or use NLLLoss behind a log_softmax."));
  };
  return about_losses(graph, {"CrossEntropyLoss", "cross_entropy"}, judge);
}

std::vector<Finding> nll_takes_log_probabilities(const Graph& graph) {
  const auto judge = [](const Node& loss, const Node& scores, std::vector<Finding>& findings) {
    if (!is_softmax(scores) && !is_bare(scores)) return;
    findings.push_back(warning(
        "nll-without-log-softmax", loss,
        fmt::format("{} takes logarithms of probabilities, and {} makes none", named(loss), named(scores)),
        "Apply log_softmax(1) before it, or use CrossEntropyLoss on the plain scores."));
  };
  return about_losses(graph, {"NLLLoss", "nll_loss"}, judge);
}

std::vector<Finding> logits_loss_takes_scores(const Graph& graph) {
  const auto judge = [](const Node& loss, const Node& scores, std::vector<Finding>& findings) {
    if (!is_sigmoid(scores)) return;
    findings.push_back(
        warning("sigmoid-before-logits-loss", loss,
                fmt::format("{} applies a sigmoid itself, and {} is one already", named(loss), named(scores)),
                "Give it the plain scores, or use BCELoss behind the sigmoid."));
  };
  return about_losses(graph, {"BCEWithLogitsLoss", "binary_cross_entropy_with_logits"}, judge);
}

std::vector<Finding> bce_takes_probabilities(const Graph& graph) {
  const auto judge = [](const Node& loss, const Node& scores, std::vector<Finding>& findings) {
    if (!is_bare(scores)) return;
    findings.push_back(warning("bce-without-sigmoid", loss,
                               fmt::format("{} takes probabilities between 0 and 1, and {} gives any number",
                                           named(loss), named(scores)),
                               "Apply a sigmoid before it, or use BCEWithLogitsLoss on the plain scores."));
  };
  return about_losses(graph, {"BCELoss", "binary_cross_entropy"}, judge);
}

}  // namespace orrery::invariants
