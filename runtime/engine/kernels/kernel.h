#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/graph/node.h"

namespace orrery {

/// What a kernel computes from.
struct KernelContext {
  const Attributes& attributes;
  /// The operation; one that was made at run time needs it.
  const Descriptor* descriptor = nullptr;
  /// One per input of the node, in the order of the ports; undefined where an optional port is not
  /// linked or a `number` port has its number among the attributes.
  std::span<const at::Tensor> inputs;
  /// A layer's own tensors in the order of its parameters; `parameter_names` runs beside it.
  std::span<const at::Tensor> parameters;
  std::span<const std::string> parameter_names;
  bool training = false;
  /// Where an operation without inputs makes its result.
  at::Device device = at::kCPU;
  /// What the symbols in options of kind `shape` stand for; null where there are none (eager use).
  const std::map<std::string, std::int64_t>* symbols = nullptr;
  /// The inputs as the graph's shape rules saw them, symbols included; empty in eager use.
  std::span<const Value> values = {};
  /// Null in eager use.
  const Node* node = nullptr;

  const at::Tensor& input(size_t index = 0) const { return inputs[index]; }
  /// Undefined when the layer has none of that name (`bias = false`).
  const at::Tensor& parameter(std::string_view name) const;
  /// An option of kind `shape` as numbers; fails (Fault::run) when a symbol has no value here.
  std::vector<std::int64_t> sizes(const std::string& option) const;
};

/// Computes one operation with LibTorch's operators, recorded by autograd when gradients are on. Throws what
/// LibTorch throws, and `RuleBroken` where the data break a rule. Changes nothing but the buffers of a layer
/// while training, and the rows of an embedding that `max_norm` shortens.
using Kernel = std::vector<at::Tensor> (*)(const KernelContext&);

struct KernelEntry {
  const char* operation;  ///< the descriptor's name
  Kernel kernel;
};

// One table per family, as in runtime/ops.
std::span<const KernelEntry> linear_kernels();
std::span<const KernelEntry> sparse_kernels();
std::span<const KernelEntry> convolution_kernels();
std::span<const KernelEntry> fold_kernels();
std::span<const KernelEntry> recurrent_kernels();
std::span<const KernelEntry> attention_kernels();
std::span<const KernelEntry> normalization_kernels();
std::span<const KernelEntry> pooling_kernels();
std::span<const KernelEntry> padding_kernels();
std::span<const KernelEntry> vision_kernels();
std::span<const KernelEntry> resizing_kernels();     // part of vision
std::span<const KernelEntry> predecessor_kernels();  // part of vision
std::span<const KernelEntry> activation_kernels();
std::span<const KernelEntry> dropout_kernels();
std::span<const KernelEntry> distance_kernels();
std::span<const KernelEntry> loss_kernels();
std::span<const KernelEntry> arithmetic_kernels();
std::span<const KernelEntry> elementwise_kernels();
std::span<const KernelEntry> comparison_kernels();
std::span<const KernelEntry> matrix_kernels();
std::span<const KernelEntry> matrix_product_kernels();
std::span<const KernelEntry> linalg_kernels();
std::span<const KernelEntry> spectral_kernels();
std::span<const KernelEntry> shape_kernels();
std::span<const KernelEntry> shape_join_kernels();
std::span<const KernelEntry> shape_part_kernels();
std::span<const KernelEntry> shape_spread_kernels();
std::span<const KernelEntry> shape_order_kernels();
std::span<const KernelEntry> shape_diagonal_kernels();
std::span<const KernelEntry> expectation_kernels();
std::span<const KernelEntry> indexing_kernels();
std::span<const KernelEntry> indexing_mask_kernels();
std::span<const KernelEntry> indexing_by_value_kernels();
std::span<const KernelEntry> reduction_kernels();
std::span<const KernelEntry> sorting_kernels();
std::span<const KernelEntry> creation_kernels();
std::span<const KernelEntry> random_kernels();

/// Every kernel there is, family by family.
std::vector<KernelEntry> all_kernels();
/// The kernel of an operation; an `invariant` when there is none.
Kernel kernel_of(const Descriptor& descriptor);

}  // namespace orrery
