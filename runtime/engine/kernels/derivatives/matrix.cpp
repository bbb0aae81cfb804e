#include "runtime/engine/kernels/derivatives/matrix.h"

#include <ATen/ATen.h>

namespace orrery {
namespace {

// Without batches on the left: one product over all batches of the right, rather than one each and their sum.
at::Tensor left_over_batches(const at::Tensor& gradient, const at::Tensor& right) {
  const at::Tensor rows = gradient.movedim(-2, 0).flatten(1);
  return at::mm(rows, right.movedim(-2, 0).flatten(1).t());
}

at::Tensor right_over_batches(const at::Tensor& gradient, const at::Tensor& left) {
  const at::Tensor rows = gradient.flatten(0, -2);
  return at::mm(left.flatten(0, -2).t(), rows);
}

at::Tensor left_gradient(const at::Tensor& gradient, const at::Tensor& left, const at::Tensor& right) {
  if (left.dim() == 2 && right.dim() > 2) return left_over_batches(gradient, right);
  return at::matmul(gradient, right.mT()).sum_to_size(left.sizes());
}

at::Tensor right_gradient(const at::Tensor& gradient, const at::Tensor& left, const at::Tensor& right) {
  if (right.dim() == 2) return right_over_batches(gradient, left);
  return at::matmul(left.mT(), gradient).sum_to_size(right.sizes());
}

constexpr DerivativeEntry kMatrixDerivatives[] = {{"matmul", matmul_backward, {.inputs = 3}}};

}  // namespace

// A vector is a matrix of one row (left) or column (right).
std::pair<at::Tensor, at::Tensor> matmul_gradients(const at::Tensor& gradient, const at::Tensor& left,
                                                   const at::Tensor& right, bool wants_left,
                                                   bool wants_right) {
  const bool row = left.dim() == 1, column = right.dim() == 1;
  const at::Tensor rows = row ? left.unsqueeze(0) : left, columns = column ? right.unsqueeze(1) : right;
  at::Tensor whole = column ? gradient.unsqueeze(-1) : gradient;
  if (row) whole = whole.unsqueeze(-2);
  at::Tensor of_left, of_right;
  if (wants_left) of_left = left_gradient(whole, rows, columns).reshape(left.sizes());
  if (wants_right) of_right = right_gradient(whole, rows, columns).reshape(right.sizes());
  return {of_left, of_right};
}

std::vector<at::Tensor> matmul_backward(const DerivativeContext& d) {
  const auto [of_left, of_right] =
      matmul_gradients(d.gradient(), d.call.input(0), d.call.input(1), d.wants(0), d.wants(1));
  return d.result({of_left, of_right});
}

std::span<const DerivativeEntry> matrix_derivatives() { return kMatrixDerivatives; }

}  // namespace orrery
