#pragma once

#include <cstdint>

namespace orrery::cpu {

/// How Adam turns a gradient into a step; the fields are torch.optim.Adam's, or AdamW's where the decay is
/// decoupled.
struct AdamOptions {
  double lr;
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0;
  bool decoupled = false;
  double updates = 1;  ///< so many with this one
};

/// The numbers of a parameter and what is kept of each.
template <typename T>
struct AdamNumbers {
  const T* gradient;
  T *mean, *square;  ///< exp_avg and exp_avg_sq
  T* weights;
};

/// Between these, single precision is safe from underflow and overflow where it divides by estimates.
constexpr double least_adam_eps = 1e-30, most_adam_eps = 1e30;

/// One step of Adam for `count` numbers in one pass. Each number comes out the same to the bit wherever it
/// lies among how many others. Equals ATen's fused kernel up to rounding, infinities and NaN included.
/// REQUIRES: least_adam_eps <= options.eps <= most_adam_eps. float and double.
template <typename T>
void adam_step(const AdamOptions& options, std::int64_t count, AdamNumbers<T> numbers);

}  // namespace orrery::cpu
