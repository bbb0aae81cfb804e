#include "runtime/governors/invariants.h"

namespace orrery {

std::vector<Finding> check_governors(const Graph& graph) {
  using Check = std::vector<Finding> (*)(const Graph&);
  static constexpr Check kRules[] = {
      invariants::governors_of_one_graph,   invariants::loss_is_no_label,
      invariants::loss_is_scalar,           invariants::loss_carries_gradient,
      invariants::optimizer_updates_leaves, invariants::optimizer_updates_trainable,
      invariants::updated_reaches_loss,     invariants::updated_once,
      invariants::trainable_is_updated,     invariants::trainable_reaches_loss,
      invariants::input_is_one_batch,       invariants::data_fits_input,
      invariants::saver_source_is_clear,    invariants::saver_value_is_clear};
  std::vector<Finding> findings;
  for (Check rule : kRules) {
    std::vector<Finding> found = rule(graph);
    findings.insert(findings.end(), found.begin(), found.end());
  }
  return findings;
}

}  // namespace orrery
