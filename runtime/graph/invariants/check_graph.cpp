#include "runtime/graph/invariants.h"

namespace orrery {

std::vector<Finding> check_graph(const Graph& graph) {
  using Check = std::vector<Finding> (*)(const Graph&);
  static constexpr Check kRules[] = {
      invariants::not_empty,
      invariants::one_input,
      invariants::no_dangling_node,
      invariants::states_are_carried,
      invariants::loops_keep_their_values,
      invariants::nothing_needed_is_overwritten,
      invariants::devices_agree,
      invariants::softmax_over_classes,
      invariants::cross_entropy_takes_scores,
      invariants::nll_takes_log_probabilities,
      invariants::logits_loss_takes_scores,
      invariants::bce_takes_probabilities,
      invariants::no_dropout_at_the_end,
      invariants::several_values_per_channel,
      invariants::frozen_batch_norm_is_still,
      invariants::fields_are_read,
      invariants::labels_are_no_data,
      invariants::blocks_hold_nodes,
      invariants::blocks_are_closed,
      invariants::constants_are_numbers,
      invariants::sizes_known,
      invariants::scores_fit_classes,
  };
  std::vector<Finding> findings;
  for (Check rule : kRules) {
    std::vector<Finding> found = rule(graph);
    findings.insert(findings.end(), found.begin(), found.end());
  }
  return findings;
}

}  // namespace orrery
