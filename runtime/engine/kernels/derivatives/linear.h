#pragma once

#include "runtime/engine/kernels/derivative.h"

namespace orrery {

/// Of input, weight and bias; undefined where not wanted.
struct LinearGradients {
  at::Tensor input, weight, bias;
};
struct LinearWanted {
  bool input, weight, bias;
};
LinearGradients linear_gradients(const at::Tensor& gradient, const at::Tensor& input,
                                 const at::Tensor& weight, LinearWanted wanted);

/// Of both inputs, weight and bias; undefined where not wanted.
struct BilinearGradients {
  at::Tensor left, right, weight, bias;
};
struct BilinearWanted {
  bool left, right, weight, bias;
};
BilinearGradients bilinear_gradients(const at::Tensor& gradient, const at::Tensor& left,
                                     const at::Tensor& right, const at::Tensor& weight,
                                     BilinearWanted wanted);

}  // namespace orrery
