#pragma once

#include <cstdint>

#include "runtime/engine/kernels/cpu/pointwise.h"

namespace orrery::cpu {

/// Layer norm over the rows of a contiguous matrix: output = (input - mean) * rstd * weight + bias with each
/// row's mean and rstd = 1 / sqrt(variance + eps), which are written to `mean` and `rstd` [rows], from row 0,
/// for the backward pass. `weight` and `bias` [columns] may be null: 1 and 0. The variance is that of the
/// differences from the mean, so large means cost no digits; equals ATen's native_layer_norm up to rounding.
/// float and double.
template <typename T>
void layer_norm(Rows rows, T eps, const T* input, const T* weight, const T* bias, T* output, T* mean,
                T* rstd);

/// Where the backward pass leaves its results; what is null is not computed.
template <typename T>
struct LayerNormGradients {
  T* input;   ///< overwritten, rows of the call only; may be the gradient of the output
  T* weight;  ///< [columns], the rows of the call are added to what is there
  T* bias;    ///< [columns], likewise
};

/// The gradients of a layer norm from that of its output, in one pass over the rows. Threads that share rows
/// add into weight and bias gradients of their own, which the caller sums in a fixed order.
template <typename T>
void layer_norm_backward(Rows rows, const T* gradient, const T* input, const T* weight, const T* mean,
                         const T* rstd, LayerNormGradients<T> results);

}  // namespace orrery::cpu
