// What an optimizer's loss must be.
#include <fmt/format.h>

#include "runtime/governors/attached.h"
#include "runtime/governors/invariants.h"

namespace orrery::invariants {
namespace {

Finding about_loss(const Optimizer& optimizer, std::string code, std::string expected, std::string got,
                   std::string remedy) {
  const Node& node = *optimizer.loss().node;
  return {.code = std::move(code),
          .site = optimizer.origin().site,
          .path = node.path(),
          .message = fmt::format("{} expects a loss that is {}, got {} ({}), {}", optimizer.kind(), expected,
                                 node.path(), node.operation(), got),
          .expected = std::move(expected),
          .got = std::move(got),
          .remedy = std::move(remedy)};
}

}  // namespace

std::vector<Finding> loss_is_no_label(const Graph& graph) {
  std::vector<Finding> findings;
  for (const Optimizer* optimizer : attached_to(graph).optimizers) {
    const Value loss = optimizer->loss();
    if (!loss || !is_label(loss)) continue;
    const std::string field = loss.node->output_name(loss.output);
    findings.push_back(about_loss(
        *optimizer, "loss-is-label", "computed", fmt::format("whose '{}' is the data's label", field),
        "Compare the label with the network's output, as in nn.CrossEntropyLoss()(output, label)."));
  }
  return findings;
}

std::vector<Finding> loss_is_scalar(const Graph& graph) {
  std::vector<Finding> findings;
  for (const Optimizer* optimizer : optimizers_with_loss(graph)) {
    const Shape& shape = optimizer->loss().shape();
    if (shape.empty() || equal(numel(shape), 1) == Known::yes) continue;
    findings.push_back(
        about_loss(*optimizer, "loss-not-scalar", "one number", "of shape " + str(shape),
                   "Reduce it with loss:mean() or loss:sum(), or with the loss's reduction option."));
  }
  return findings;
}

std::vector<Finding> loss_carries_gradient(const Graph& graph) {
  std::vector<Finding> findings;
  for (const Optimizer* optimizer : optimizers_with_loss(graph)) {
    if (optimizer->loss().requires_grad()) continue;
    findings.push_back(about_loss(
        *optimizer, "loss-without-gradient", "computed from trainable parameters",
        "which carries no gradient",
        "Look for a detach(), an argmax(), a conversion to integers, or a freeze() on the way to it."));
  }
  return findings;
}

}  // namespace orrery::invariants
