#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace orrery {

enum class RecurrentCell { tanh, relu, lstm, gru };

/// One direction of one recurrent layer over a whole sequence. All tensors are of one type, float or double,
/// on the CPU.
struct RecurrentPass {
  RecurrentCell cell;
  bool backwards;    ///< from the last step to the first
  at::Tensor input;  ///< (steps, batch, features)
  at::Tensor weight_ih, weight_hh;
  at::Tensor bias_ih, bias_hh;  ///< undefined without
  at::Tensor h, c;              ///< the state at the start: (batch, hidden); c is the LSTM's
  bool starts_at_zero;          ///< h is zeros, whose products are left out
  at::Tensor output;            ///< (steps, batch, hidden), may be a part of wider rows; `run` writes it
  /// What `run` keeps for the derivative. LSTM: the activated gates (steps, batch, 4 * hidden) and c of all
  /// steps; GRU: the activated gates and the state's share of the last third; else undefined.
  at::Tensor gates, kept;

  at::Tensor last_h() const { return output[backwards ? 0 : -1]; }
  at::Tensor last_c() const { return kept[backwards ? 0 : -1]; }
  void run();
};

/// Gradients that arrive: of the output, and of the states after the last step. Undefined: zero.
struct RecurrentArrived {
  at::Tensor output, h, c;
};

struct RecurrentWanted {
  bool input, weight_ih, weight_hh, bias_ih, bias_hh, h, c;
};

/// Undefined where not wanted.
struct RecurrentGradients {
  at::Tensor input, weight_ih, weight_hh, bias_ih, bias_hh, h, c;
};

/// REQUIRES: `pass` has run.
RecurrentGradients gradients_of(const RecurrentPass& pass, const RecurrentArrived& arrived,
                                const RecurrentWanted& wanted);

}  // namespace orrery
