#pragma once

#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/graph/descriptor.h"

namespace orrery {

/// Random choices with a fixed seed, the same on every machine.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}

  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool one_in(std::int64_t n) { return between(1, n) == 1; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[static_cast<size_t>(between(0, static_cast<std::int64_t>(from.size()) - 1))];
  }

 private:
  std::mt19937 engine_;
};

/// A call of an operation that may or may not fit together.
struct RandomCase {
  Attributes attributes;
  /// Nothing for a port without a value.
  std::vector<std::optional<TensorType>> inputs;
};

/// How the random calls of one operation are brought towards what it takes; each part may be left out.
struct CaseMaker {
  /// Mends the random options, before they are checked.
  std::function<void(std::vector<Attributes::Entry>&, Dice&)> options = {};
  /// Mends the random inputs (one per port, variadic ones included) once the options are known.
  std::function<void(RandomCase&, Dice&)> inputs = {};
  /// The values of an input; by default all are 1, and 0 for a loss.
  std::function<at::Tensor(const RandomCase&, int port)> values = {};
  /// Why the rule refuses some of what LibTorch computes; empty: it never does.
  std::string stricter = {};
  /// Whether the gradients of this call are the limit of differences: not where a gradient is cut off.
  std::function<bool(const RandomCase&)> smooth = {};
  /// Why no call of the operation has such gradients; empty: they are compared.
  std::string no_differences = {};
  /// The real numbers that gradients are compared at lie between these.
  double low = 0.2, high = 0.9;
  /// Brings such numbers of a port to where the operation is smooth: matrices away from singular ones. The
  /// gradient passes through it.
  std::function<at::Tensor(const at::Tensor&, int port)> conditioned = {};
};

/// By operation. Those without an entry take what the general rules draw.
using CaseMakers = std::map<std::string, CaseMaker>;
const CaseMakers& case_makers();

// One file per family in cases/, as in runtime/ops.
void add_classic_cases(CaseMakers& makers);
void add_linear_cases(CaseMakers& makers);
void add_sparse_cases(CaseMakers& makers);
void add_convolution_cases(CaseMakers& makers);
void add_recurrent_cases(CaseMakers& makers);
void add_attention_cases(CaseMakers& makers);
void add_normalization_cases(CaseMakers& makers);
void add_pooling_cases(CaseMakers& makers);
void add_padding_cases(CaseMakers& makers);
void add_vision_cases(CaseMakers& makers);
void add_activation_cases(CaseMakers& makers);
void add_dropout_cases(CaseMakers& makers);
void add_distance_cases(CaseMakers& makers);
void add_loss_cases(CaseMakers& makers);
void add_arithmetic_cases(CaseMakers& makers);
void add_elementwise_cases(CaseMakers& makers);
void add_comparison_cases(CaseMakers& makers);
void add_matrix_cases(CaseMakers& makers);
void add_linalg_cases(CaseMakers& makers);
void add_spectral_cases(CaseMakers& makers);
void add_shape_cases(CaseMakers& makers);
void add_indexing_cases(CaseMakers& makers);
void add_reduction_cases(CaseMakers& makers);
void add_sorting_cases(CaseMakers& makers);
void add_creation_cases(CaseMakers& makers);
void add_random_cases(CaseMakers& makers);

/// The value of an option that was drawn, or null.
AttributeValue* drawn(std::vector<Attributes::Entry>& entries, const std::string& name);
Shape random_shape(Dice& dice, std::int64_t low_rank, std::int64_t high_rank);
DType random_dtype(Dice& dice);

/// A random call. Sizes are small so that about half of the calls fit; options are drawn within their
/// described bounds. Nothing when the options contradict each other.
std::optional<RandomCase> random_case(const Descriptor& descriptor, Dice& dice);

/// What the operation's rule infers; nothing when it refuses the call.
struct InferredCase {
  std::vector<TensorType> outputs;
  std::vector<Guard> guards;
  std::vector<Dim> data_symbols;
};
std::optional<InferredCase> infer(const Descriptor& descriptor, const RandomCase& one);
/// An input as the case maker fills it; by default all elements are 1, and 0 for a loss.
at::Tensor plain_value(const Descriptor& descriptor, const RandomCase& one, size_t input);
/// The call in words, for messages.
std::string describe(const Descriptor& descriptor, const RandomCase& one);

}  // namespace orrery
