#pragma once

#include <cstdint>

#include "runtime/engine/kernels/cpu/pointwise.h"

/// Softmax along the rows of a contiguous matrix, within a few units in the last place of ATen's. A row with
/// NaN or without a finite number is NaN, as there. Results may be written over what they are computed from.
/// float and double. REQUIRES: columns > 0.
namespace orrery::cpu {

template <typename T>
void softmax(Rows rows, const T* values, T* result);
/// result = softmax * (gradient - sum(gradient * softmax))
template <typename T>
void softmax_backward(Rows rows, const T* gradient, const T* softmax, T* result);

template <typename T>
void log_softmax(Rows rows, const T* values, T* result);
/// result = gradient - exp(log_softmax) * sum(gradient)
template <typename T>
void log_softmax_backward(Rows rows, const T* gradient, const T* log_softmax, T* result);

}  // namespace orrery::cpu
