#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {

/// What a tensor was like that may be gone by now.
struct TensorLike {
  std::vector<std::int64_t> sizes;
  at::TensorOptions options;
};

/// What a derivative is computed from.
struct DerivativeContext {
  /// As in the forward pass; the inputs that the derivative does not read (`Reads`) are undefined.
  const KernelContext& call;
  /// What each input was like; no sizes for an optional port that is not linked.
  std::span<const TensorLike> inputs;
  /// The forward pass's results; undefined unless the derivative reads them.
  std::span<const at::Tensor> outputs;
  /// What the derivative's own forward pass has kept.
  std::span<const at::Tensor> kept;
  /// One per output; undefined where nothing came back: zero. At least one is defined.
  std::span<const at::Tensor> gradients;
  /// Whose gradients are asked for: the inputs, then the tensors of the layer (`call.parameters`).
  const std::vector<bool>& wanted;

  const at::Tensor& gradient(size_t output = 0) const { return gradients[output]; }
  at::IntArrayRef sizes(size_t input = 0) const { return inputs[input].sizes; }
  bool wants(size_t input) const { return wanted[input]; }
  bool wants_parameter(std::string_view name) const;
  /// The gradient in the input's own shape and dtype, summed where the input was broadcast; undefined when it
  /// is undefined or not asked for.
  at::Tensor for_input(size_t input, const at::Tensor& gradient) const;
  /// The result: the gradients of the inputs, in their order, then those of the layer's tensors by name.
  /// Missing ones are undefined.
  std::vector<at::Tensor> result(
      std::initializer_list<at::Tensor> of_inputs,
      std::initializer_list<std::pair<std::string_view, at::Tensor>> of_parameters = {}) const;
};

/// Which tensors of the forward pass a derivative needs; the others are released as soon as the forward pass
/// is done with them.
struct Reads {
  std::uint32_t inputs = 0;  ///< a bit per input; the last bit stands for all that follow
  bool outputs = false;
};
inline constexpr std::uint32_t kAllInputs = ~0U;

/// Results of a forward pass, and what its derivative needs beside them.
struct Kept {
  std::vector<at::Tensor> outputs;
  std::vector<at::Tensor> kept;
};

/// How the gradient of one operation is computed without recording: with LibTorch's own derivatives, so that
/// the numbers are autograd's.
struct DerivativeEntry {
  const char* operation;  ///< the descriptor's name
  /// Beside `DerivativeContext::wanted`; undefined: zero or not asked for. Each in the shape and dtype of
  /// what it is the gradient of. May be (a view of) an incoming gradient; changes nothing.
  std::vector<at::Tensor> (*backward)(const DerivativeContext&);
  Reads reads = {};
  /// In the operation's kernel's place, with the same results, random numbers and effects; null: the kernel,
  /// and nothing is kept.
  Kept (*forward)(const KernelContext&) = nullptr;
  /// Whether the rule covers these options and inputs; null: all. LibTorch's autograd takes the others.
  bool (*covers)(const KernelContext&) = nullptr;
};

// One table per family, as the kernels'.
std::span<const DerivativeEntry> linear_derivatives();
std::span<const DerivativeEntry> sparse_derivatives();
std::span<const DerivativeEntry> convolution_derivatives();
std::span<const DerivativeEntry> fold_derivatives();
std::span<const DerivativeEntry> recurrent_derivatives();
std::span<const DerivativeEntry> attention_derivatives();
std::span<const DerivativeEntry> normalization_derivatives();
std::span<const DerivativeEntry> pooling_derivatives();
std::span<const DerivativeEntry> padding_derivatives();
std::span<const DerivativeEntry> vision_derivatives();
std::span<const DerivativeEntry> resizing_derivatives();  // part of vision
std::span<const DerivativeEntry> activation_derivatives();
std::span<const DerivativeEntry> dropout_derivatives();
std::span<const DerivativeEntry> distance_derivatives();
std::span<const DerivativeEntry> loss_derivatives();
std::span<const DerivativeEntry> arithmetic_derivatives();
std::span<const DerivativeEntry> elementwise_derivatives();
std::span<const DerivativeEntry> matrix_derivatives();
std::span<const DerivativeEntry> matrix_product_derivatives();
std::span<const DerivativeEntry> linalg_derivatives();
std::span<const DerivativeEntry> shape_derivatives();
std::span<const DerivativeEntry> shape_join_derivatives();
std::span<const DerivativeEntry> shape_part_derivatives();
std::span<const DerivativeEntry> shape_spread_derivatives();
std::span<const DerivativeEntry> shape_order_derivatives();
std::span<const DerivativeEntry> shape_diagonal_derivatives();
std::span<const DerivativeEntry> expectation_derivatives();
std::span<const DerivativeEntry> indexing_derivatives();
std::span<const DerivativeEntry> indexing_mask_derivatives();
std::span<const DerivativeEntry> indexed_value_derivatives();
std::span<const DerivativeEntry> reduction_derivatives();
std::span<const DerivativeEntry> sorting_derivatives();

/// Null when autograd has to do it.
const DerivativeEntry* derivative_of(const Descriptor& descriptor);
/// Every rule there is, family by family.
std::vector<DerivativeEntry> all_derivatives();

}  // namespace orrery
