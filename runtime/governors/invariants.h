#pragma once

#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace orrery {

/// The rules about a graph's governors. One function per rule, in runtime/governors/invariants, each
/// reporting every place where the rule is broken and changing nothing. All codes are explained in
/// docs/invariants.md.
namespace invariants {

/// `governor-foreign`: whatever a governor was given belongs to its graph.
std::vector<Finding> governors_of_one_graph(const Graph& graph);
/// `loss-is-label`: an optimizer's loss is computed, not a field of the data.
std::vector<Finding> loss_is_no_label(const Graph& graph);
/// `loss-not-scalar`: an optimizer's loss is one number.
std::vector<Finding> loss_is_scalar(const Graph& graph);
/// `loss-without-gradient`: an optimizer's loss depends on something trainable.
std::vector<Finding> loss_carries_gradient(const Graph& graph);
/// `optimizer-not-leaf`: an optimizer updates parameters, constants or the input, not what is computed.
std::vector<Finding> optimizer_updates_leaves(const Graph& graph);
/// `optimizer-not-trainable`: an optimizer updates no buffers, no states and no integers.
std::vector<Finding> optimizer_updates_trainable(const Graph& graph);
/// `optimizer-unreached`: everything that an optimizer updates reaches its loss.
std::vector<Finding> updated_reaches_loss(const Graph& graph);
/// `optimizer-overlap`: no tensor is updated twice.
std::vector<Finding> updated_once(const Graph& graph);
/// `parameter-not-optimized`, a warning: what is trainable and reaches a loss is updated.
std::vector<Finding> trainable_is_updated(const Graph& graph);
/// `parameter-without-loss`, a warning: in a graph with a manager, what is trainable and in no optimizer
/// reaches a loss. (What is in one: `optimizer-unreached`.)
std::vector<Finding> trainable_reaches_loss(const Graph& graph);
/// `input-in-batches`: an input that is trained itself gets all its samples at once, in their order.
std::vector<Finding> input_is_one_batch(const Graph& graph);
/// `data-mismatch`: a manager's data have the fields of the graph's input.
std::vector<Finding> data_fits_input(const Graph& graph);
/// The same for data that a single call brings: the fields that it reads (`needed`, one a field of the
/// input) are there. `what` begins the message: `batch`, `evaluation data (csv)`. The call adds its line.
std::vector<Finding> fields_fit_input(const std::vector<Field>& given, const std::string& what,
                                      const InputSpec& input, const std::vector<bool>& needed);
/// `saver-source-unknown`, `saver-source-ambiguous`, `saver-source-empty`: a saver's source names one
/// thing that holds parameters.
std::vector<Finding> saver_source_is_clear(const Graph& graph);
/// `saver-value-no-image`: a value that is written as an image, without `process`, has an image's shape and
/// dtype. `loop-value-escapes`, where the graph was finalized before (else it is a rule of the graph): a
/// saver's value is not computed anew in each step of a loop.
std::vector<Finding> saver_value_is_clear(const Graph& graph);

}  // namespace invariants

/// All rules above, in that order. REQUIRES: `graph.update_gradients()` was called since something was
/// last frozen.
std::vector<Finding> check_governors(const Graph& graph);

}  // namespace orrery
