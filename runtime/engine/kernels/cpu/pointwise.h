#pragma once

#include <cstdint>

namespace orrery::cpu {

/// A function applied to each number after a layer. Names, formulas and the treatment of NaN are PyTorch's.
enum class Activation { none, relu, tanh, sigmoid, gelu, gelu_tanh, silu };

/// Whether the derivative is found from the function's output (none, relu, tanh, sigmoid) or its input.
constexpr bool derived_from_output(Activation activation) { return activation <= Activation::sigmoid; }

constexpr bool is_relu(Activation activation) { return activation == Activation::relu; }

/// Rows of a contiguous matrix with `columns` columns, from `begin` to before `end`: rows are independent, so
/// threads may share them.
struct Rows {
  std::int64_t begin, end, columns;
};

/// Adds `bias` [columns] (none if null) to the rows of `values` in place, and writes the activation of the
/// sums to `activated`, which may be `values`. relu is exact; tanh, sigmoid, gelu and silu are within a few
/// units in the last place of ATen's. float and double.
template <typename T>
void add_bias(Activation activation, Rows rows, const T* bias, T* values, T* activated);

/// The same where the derivative is found from the input: `values` become f'(sums), of which the backward
/// pass needs nothing but products. `values` is not `activated`.
template <typename T>
void add_bias_keeping_slope(Activation activation, Rows rows, const T* bias, T* values, T* activated);

/// result = gradient * f'(x) for `count` numbers, where `kept` is f(x) or x, see `derived_from_output`.
/// `result` may be `gradient`. The same products as ATen's backward kernels (relu: exact).
template <typename T>
void activation_backward(Activation activation, std::int64_t count, const T* gradient, const T* kept,
                         T* result);

/// The columns from `begin` to before `end` of a contiguous matrix [rows, columns]: columns are independent,
/// so threads may share them.
struct Columns {
  std::int64_t rows, columns, begin, end;
};

/// sums[column] = beta * sums[column] + the sum over all rows of `gradient`: the gradient of a bias. Rows are
/// added in an order that depends on their number only, in blocks, so that the error stays small over many
/// rows. beta = 0 overwrites `sums`.
template <typename T>
void sum_columns(Columns columns, const T* gradient, T beta, T* sums);

/// Both in one pass: result = gradient * f'(x), of which the columns are summed. `result` may be `gradient`.
template <typename T>
void activation_backward_sums(Activation activation, Columns columns, const T* gradient, const T* kept,
                              T* result, T beta, T* sums);

/// result = relu(left + right) for `count` numbers; NaN stays. `result` may be one of them.
template <typename T>
void add_relu(std::int64_t count, const T* left, const T* right, T* result);

/// result = gradient * slope for `count` numbers. `result` may be `gradient`.
template <typename T>
void multiply(std::int64_t count, const T* gradient, const T* slope, T* result);

/// Both in one pass: result = gradient * slope, of which the columns are summed.
template <typename T>
void multiply_sums(Columns columns, const T* gradient, const T* slope, T* result, T beta, T* sums);

/// weights += factor * gradient: a step of plain SGD with factor = -lr.
template <typename T>
void add_scaled(std::int64_t count, T factor, const T* gradient, T* weights);

/// How SGD turns a gradient into a step; the fields are torch.optim.SGD's.
struct SgdOptions {
  double lr;
  double momentum = 0, dampening = 0, weight_decay = 0;
  bool nesterov = false, maximize = false;
  bool first_step = false;  ///< the momentum is the gradient itself, without dampening
};

/// One step of SGD in one pass. `momentum` is read and written only if options.momentum is not 0, else null.
template <typename T>
void sgd_step(const SgdOptions& options, std::int64_t count, const T* gradient, T* momentum, T* weights);

}  // namespace orrery::cpu
