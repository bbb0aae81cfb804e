#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace orrery {

/// What the numbers of a tensor are like. NaN and infinities are counted and left out of all else; without a
/// finite number, min, max, mean and std are NaN.
struct TensorStatistics {
  std::int64_t count = 0;
  double min = 0;
  double max = 0;
  double mean = 0;
  double std = 0;    ///< Bessel's correction, as Tensor.std; 0 for a single number
  double zeros = 0;  ///< their share, 0 … 1
  std::int64_t not_finite = 0;
};

/// Computed in float64; of complex numbers the magnitudes. REQUIRES: a turn of the engine.
TensorStatistics statistics_of(const at::Tensor& tensor);

}  // namespace orrery
