#pragma once

#include <string>
#include <vector>

#include "runtime/onnx/call.h"

namespace orrery {

/// A function of one gate, with the numbers that it takes.
struct OnnxGateFunction {
  std::string name;  ///< in lower case: `sigmoid`
  double alpha = 0, beta = 0;
};

/// What RNN, GRU and LSTM of ONNX have in common. Their inputs: X, W, R, B, sequence_lens, initial_h and of
/// an LSTM initial_c and P.
struct OnnxRecurrence {
  std::string kind;        ///< `RNN`, `GRU` or `LSTM`
  std::int64_t gates = 1;  ///< 1, 3 or 4
  std::int64_t hidden = 0, features = 0;
  int directions = 1;
  bool reverse = false;      ///< of one direction: from the end
  bool batch_first = false;  ///< `layout` 1
  bool linear_before_reset = false, input_forget = false;
  double clip = 0;  ///< 0: none
  /// Those of each direction, one after the other.
  std::vector<OnnxGateFunction> functions;

  Dim steps, batch;  ///< of the input

  /// Does a direction read from the end?
  bool backwards(int direction) const { return direction == 1 || reverse; }
};

OnnxRecurrence onnx_recurrence(const OnnxCall& call);

/// Its outputs, Y (steps, directions, batch, hidden), Y_h and Y_c (directions, batch, hidden), in the layout
/// that the node wants.
void give_onnx_recurrence(OnnxCall& call, const OnnxRecurrence& recurrence, Value y, Value y_h, Value y_c);

/// The recurrence step by step, of operations: for what no layer does. The number of steps must be known.
void unroll_onnx_recurrence(OnnxCall& call, const OnnxRecurrence& recurrence);

}  // namespace orrery
