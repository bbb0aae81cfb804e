#pragma once

#include <vector>

#include "runtime/formats/onnx_model.h"
#include "runtime/onnx/call.h"

namespace orrery {

/// The nodes of a graph that do nothing but bring the rows of weights into the order of an RNN, GRU or LSTM:
/// slices and joins, as PyTorch's exporter leaves them where it does not fold constants. Weights that other
/// nodes read, too, are left as they are.
std::vector<const OnnxNode*> onnx_weight_moves(const OnnxGraph& graph);

/// Works out such a node: the literal has other rows, and the graph no node. False where its places are not
/// rows.
bool fold_weight_move(OnnxCall& call);

}  // namespace orrery
