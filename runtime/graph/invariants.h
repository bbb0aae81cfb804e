#pragma once

#include <vector>

#include "runtime/graph/graph.h"

namespace orrery {

/// The rules that a whole graph must keep; what a single call can break is refused by that call. One
/// function per rule, each in its own file of runtime/graph/invariants, reporting every place where the
/// rule is broken and changing nothing.
namespace invariants {

/// `no-input`: a graph with an optimizer's loss has an input node.
std::vector<Finding> one_input(const Graph& graph);
/// `dangling-node`: every node is read by another, or marked as an output, or used by a governor. A
/// graph of which nothing is marked has the ends of its edges as results.
std::vector<Finding> no_dangling_node(const Graph& graph);
/// `empty-graph`: there is at least one operation.
std::vector<Finding> not_empty(const Graph& graph);

/// `state-not-carried`: every state becomes something after a step.
std::vector<Finding> states_are_carried(const Graph& graph);

/// `loop-value-escapes`: what a loop computes anew in each step leaves it only stacked, or as its carry.
std::vector<Finding> loops_keep_their_values(const Graph& graph);

/// `inplace-overwrites`: no layer with `inplace` writes over what another node, the backward pass or the next
/// step needs, as it would in PyTorch.
std::vector<Finding> nothing_needed_is_overwritten(const Graph& graph);

/// `device-mismatch`: what a node reads was not moved to different devices, unless it is placed itself.
std::vector<Finding> devices_agree(const Graph& graph);

// The rest are warnings but for `batch-norm-one-value`, `data-dependent-shape` and `scores-too-few`.

/// `softmax-over-batch`: a softmax's sum runs over classes, not over the batch.
std::vector<Finding> softmax_over_classes(const Graph& graph);
/// `softmax-before-cross-entropy`: CrossEntropyLoss takes plain scores.
std::vector<Finding> cross_entropy_takes_scores(const Graph& graph);
/// `nll-without-log-softmax`: NLLLoss takes logarithms of probabilities.
std::vector<Finding> nll_takes_log_probabilities(const Graph& graph);
/// `sigmoid-before-logits-loss`: BCEWithLogitsLoss takes plain scores.
std::vector<Finding> logits_loss_takes_scores(const Graph& graph);
/// `bce-without-sigmoid`: BCELoss takes probabilities.
std::vector<Finding> bce_takes_probabilities(const Graph& graph);
/// `dropout-at-the-end`: a layer follows every dropout.
std::vector<Finding> no_dropout_at_the_end(const Graph& graph);
/// `batch-norm-one-value`, an error: batch normalisation sees several values per channel while training.
std::vector<Finding> several_values_per_channel(const Graph& graph);
/// `frozen-batch-norm`: a frozen batch normalisation is in evaluation mode.
std::vector<Finding> frozen_batch_norm_is_still(const Graph& graph);
/// `field-unused`: every field of the data is read.
std::vector<Finding> fields_are_read(const Graph& graph);
/// `label-as-data`: a label feeds no layer that learns, unless it is a sequence of integers.
std::vector<Finding> labels_are_no_data(const Graph& graph);
/// `block-empty`: every block holds a node.
std::vector<Finding> blocks_hold_nodes(const Graph& graph);
/// `block-left-and-entered`: no value leaves a block and comes back into it, unless it holds nothing but
/// layers with parameters.
std::vector<Finding> blocks_are_closed(const Graph& graph);
/// `constant-nan`: no constant holds NaN.
std::vector<Finding> constants_are_numbers(const Graph& graph);
/// `data-dependent-shape`, an error: in a graph with an optimizer's loss no size depends on the data
/// (nonzero, masked_select, unique): its steps would differ in memory, cost and gradient.
std::vector<Finding> sizes_known(const Graph& graph);
/// `scores-too-few`, an error, and `scores-too-many`: a loss of class labels that the data bring gets a score
/// for each of their classes.
std::vector<Finding> scores_fit_classes(const Graph& graph);

}  // namespace invariants

/// All rules above, in that order.
std::vector<Finding> check_graph(const Graph& graph);

}  // namespace orrery
