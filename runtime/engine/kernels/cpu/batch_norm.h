#pragma once

#include "runtime/engine/kernels/cpu/channel_maps.h"

namespace orrery::cpu {

/// The buffers of a layer, of all channels; null where it has none.
template <typename T>
struct RunningStatistics {
  T *mean, *variance;
};

/// output = (input - mean) * rstd * weight + bias by each channel's mean and rstd = 1 / sqrt(variance + eps),
/// which are written to `mean` and `rstd` [channels] for the backward pass.
template <typename T>
struct BatchNorm {
  /// The batch's own statistics, which then enter `running` with the weight `momentum`, the variance as
  /// PyTorch does, divided by the count less one; else they are taken from `running`.
  bool of_batch;
  double momentum, eps;
  bool relu;  ///< of the result
  RunningStatistics<T> running;
  const T *weight, *bias;  ///< [channels]; null: 1 and 0
  T *mean, *rstd;
};

/// In two passes over a channel, with sums in double precision, so that large means cost no digits; equals
/// ATen's native_batch_norm up to rounding. float and double. REQUIRES: more than one value per channel where
/// `of_batch`.
template <typename T>
void batch_norm(const ChannelMaps& maps, const BatchNorm<T>& norm, const T* input, T* output);

/// What the backward pass reads, and where it leaves its results; what is null is not computed.
template <typename T>
struct BatchNormBackward {
  bool of_batch;
  const T *gradient, *input;
  const T* output;  ///< relu's, whose gradient is 0 where it is 0; null: no relu
  const T *weight, *mean, *rstd;
  T* of_input;  ///< may be `gradient` where it is overwritten
  bool input_adds;
  T *of_weight, *of_bias;  ///< [channels]
  bool weight_adds, bias_adds;
};

/// The gradients of a batch norm from that of its output. float and double.
template <typename T>
void batch_norm_backward(const ChannelMaps& maps, const BatchNormBackward<T>& norm);

}  // namespace orrery::cpu
