#pragma once

#include <cstdint>
#include <functional>

#include <ATen/core/Tensor.h>

namespace orrery {

/// A point along a direction.
struct Trial {
  double length = 0;  ///< from the start, in directions
  double loss = 0;
  double slope = 0;     ///< the loss's derivative along the direction
  at::Tensor gradient;  ///< one vector
};

/// A point where loss and slope fulfil the strong Wolfe conditions (c1 = 1e-4, c2 = 0.9), or the best that
/// was found within `most` probes: Nocedal & Wright, Numerical Optimization, algorithms 3.5 and 3.6, in
/// the form of torch.optim.LBFGS. `probe` evaluates at a length; `first` is tried first; brackets smaller
/// than `narrowest` are not divided. `probes` counts the calls. REQUIRES: most ≥ 1; `start` is at length 0.
Trial strong_wolfe(const std::function<Trial(double length)>& probe, const Trial& start, double first,
                   double narrowest, std::int64_t most, std::int64_t& probes);

}  // namespace orrery
