#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/kernels/cpu/pointwise.h"
#include "runtime/engine/kernels/cpu/strided.h"
#include "runtime/engine/kernels/parallel.h"
#include "runtime/graph/node.h"

namespace orrery {

/// The memory of a segment, by place.
using Memory = void* const*;
/// One piece of work on it, with sizes that are known.
using Instruction = std::function<void(Memory)>;

/// Where a gradient goes.
struct GradientPlace {
  int place = -1;     ///< -1: nobody asks for it
  bool adds = false;  ///< to what another reader has left there

  explicit operator bool() const { return place >= 0; }
  /// Whether its first number is written here.
  bool is_new() const { return place >= 0 && !adds; }
};

/// A tensor that need not be contiguous.
struct StridedPlace {
  int place = -1;
  cpu::Layout layout;
  bool adds = false;  ///< of a gradient, see GradientPlace
  /// Of a gradient: another input's of the same node lies partly in the same memory, in another order.
  bool overlaps = false;

  explicit operator bool() const { return place >= 0; }
};

/// An update by SGD without momentum that is made by the instruction that computes its gradient.
struct FoldedUpdate {
  cpu::SgdOptions options = {.lr = 0};  ///< of this step
  bool frozen = false;                  ///< no update is made after all
  bool begun = false;                   ///< the parameter may have changed

  /// Whether the update is to be made; it begins then. Asked by the instruction that makes it, right before.
  bool begin() { return begun = !frozen; }
  /// What the parameter and what its gradient are multiplied by.
  double keeps() const { return 1 - options.lr * options.weight_decay; }
  double adds() const { return options.maximize ? options.lr : -options.lr; }
};

/// One node of a segment while its instructions are written: sizes, and the places of its tensors, which are
/// all contiguous, but those of operations that read or write others, on the CPU and of one floating-point
/// dtype, but for labels. The forward instructions are written node by node, then the backward ones in
/// reverse; what is asked for here is held until then.
class Lowering {
 public:
  virtual ~Lowering() = default;

  const Node& node() const { return *node_; }
  /// float64, else float32.
  bool wide() const { return wide_; }
  const std::vector<std::int64_t>& sizes(size_t input = 0) const { return input_sizes_[input]; }
  const std::vector<std::int64_t>& output_sizes() const { return output_sizes_; }
  /// Whether the node's layer, or a function that has a mode, is in training.
  bool training() const { return training_; }
  /// Whether the layers' tensors stay as they are for many calls, so that they may be kept in another order
  /// beside; forward only.
  bool keeps_weights() const { return keeps_weights_; }
  /// Counts how often a tensor of the layer has changed, from 1; lives as long as the instructions.
  virtual const std::uint64_t* revision(std::string_view name) = 0;
  /// Whether backward instructions follow.
  virtual bool differentiated() const = 0;
  /// What an activation behind the node's result makes of it, in place; its own node does nothing then.
  cpu::Activation activation() const { return activation_; }
  /// Whether relu comes before it, whose own node does nothing then.
  bool relu_before() const { return relu_before_; }

  virtual int input(size_t index = 0) = 0;
  virtual int output() = 0;
  /// The same of operations with `takes_layout`, or with `own_layout`.
  virtual StridedPlace strided_input(size_t index) = 0;
  virtual StridedPlace strided_output() = 0;
  /// Of the layer, its buffers included, which an instruction may write; -1 when it has none of that name.
  virtual int parameter(std::string_view name) = 0;
  /// Memory for so many numbers: of the forward instructions, `kept` for the backward ones too.
  virtual int scratch(std::int64_t count) = 0;
  int keep(std::int64_t count) {
    kept_.push_back(scratch(count));
    return kept_.back();
  }
  /// The nth that was kept.
  virtual int kept(size_t index) = 0;

  /// Backward only: the gradient of the node's output, complete.
  virtual int output_gradient() = 0;
  /// Whether nobody reads that gradient but this node, so that it may be written over.
  virtual bool may_overwrite_gradient() const = 0;
  virtual GradientPlace input_gradient(size_t index = 0) = 0;
  /// Makes the memory of the output's gradient, as the node leaves it, the input's gradient; false where that
  /// has a place already, or is not asked for. REQUIRES: `may_overwrite_gradient`; of one input at most.
  virtual bool pass_gradient_on(size_t index) = 0;
  /// The same for two inputs: `lent` reads it there, which is over before anything is added to the gradient
  /// of `taken`. False, and nothing done, where that is not known. REQUIRES: `may_overwrite_gradient`.
  virtual bool share_gradient(size_t taken, size_t lent) = 0;
  virtual StridedPlace strided_output_gradient() = 0;
  /// Lies as the input does. REQUIRES: asked for before the instruction that writes it is added.
  virtual StridedPlace strided_input_gradient(size_t index) = 0;
  virtual GradientPlace parameter_gradient(std::string_view name) = 0;
  /// The update that takes the gradient's place: nobody asks for that, and no instruction of this node behind
  /// the one that makes the update reads the tensor. Filled before each backward pass; lives as long as the
  /// instructions. Null: there is a gradient, if any.
  virtual FoldedUpdate* folded_update(std::string_view name) = 0;

  virtual void add(Instruction instruction) = 0;
  /// No instruction of this node that is added from now on reads or writes a place of the segment's memory,
  /// which may become the memory of what is asked for from now on.
  virtual void release(int place) = 0;

 protected:
  const Node* node_ = nullptr;
  bool wide_ = false;
  bool training_ = false;
  bool keeps_weights_ = false;
  std::vector<std::vector<std::int64_t>> input_sizes_;
  std::vector<std::int64_t> output_sizes_;
  cpu::Activation activation_ = cpu::Activation::none;
  bool relu_before_ = false;
  std::vector<int> kept_;
};

/// What is known of a node before it is lowered.
struct LoweringQuestion {
  const Node& node;
  std::span<const std::vector<std::int64_t>> sizes;  ///< of the inputs
};

/// How LibTorch's own result lies in memory.
enum class ResultOrder {
  unknown,
  of_inputs,  ///< in the order of its dimensions where all inputs do
  in_order,   ///< always so
};

/// How an operation is computed on raw memory by the project's own kernels, forward and backward, with ATen's
/// results up to rounding.
struct LoweringEntry {
  const char* operation;  ///< the descriptor's name
  /// Whether these options and sizes are covered; null: all.
  bool (*covers)(const LoweringQuestion&) = nullptr;
  void (*forward)(Lowering&) = nullptr;
  void (*backward)(Lowering&) = nullptr;
  /// The result is a view of the input, or a copy of it in another shape, as the operation's kernel tells;
  /// `forward` and `backward` are null.
  bool view = false;
  /// Whether the result is the input in this mode; null: never.
  bool (*passes_on)(const Node&, bool training) = nullptr;
  /// Which inputs it reads through `strided_input`; null: none.
  bool (*takes_layout)(const cpu::Layout&) = nullptr;
  /// How the result lies best where its readers take that; null: contiguous.
  cpu::Layout (*own_layout)(const std::vector<std::int64_t>& sizes) = nullptr;
  /// What it is behind a layer that can compute it with its own result; null: not an activation.
  cpu::Activation (*activation)(const Node&) = nullptr;
  /// Which activations behind it it computes with its own result; null: none.
  bool (*takes_activation)(const Node&, cpu::Activation) = nullptr;
  /// Computes relu before it.
  bool takes_relu = false;
  /// Reads labels or indices of int64 beside numbers, or in their place.
  bool reads_indices = false;
  /// Reads and writes the layer's buffers, of whatever dtype.
  bool updates_buffers = false;
  /// Is another function in training than in evaluation.
  bool by_training = false;
  ResultOrder order = ResultOrder::unknown;
};

std::span<const LoweringEntry> linear_lowerings();
std::span<const LoweringEntry> activation_lowerings();
std::span<const LoweringEntry> shape_lowerings();
std::span<const LoweringEntry> arithmetic_lowerings();
std::span<const LoweringEntry> loss_lowerings();
std::span<const LoweringEntry> pooling_lowerings();
std::span<const LoweringEntry> convolution_lowerings();
std::span<const LoweringEntry> normalization_lowerings();
std::span<const LoweringEntry> sparse_lowerings();
std::span<const LoweringEntry> attention_lowerings();
std::span<const LoweringEntry> dropout_lowerings();
std::span<const LoweringEntry> softmax_lowerings();
std::span<const LoweringEntry> pair_lowerings();
std::span<const LoweringEntry> reduction_lowerings();
std::span<const LoweringEntry> join_lowerings();

/// For `takes_activation`: relu alone.
inline bool takes_only_relu(const Node&, cpu::Activation activation) { return cpu::is_relu(activation); }

/// Whether LibTorch's own result surely lies in the order of its dimensions. What it draws follows the order
/// in which numbers lie, and shall be the same without a plan.
bool lies_in_order(const Value& value);

/// Null when ATen has to do it.
const LoweringEntry* lowering_of(const Descriptor& descriptor);

/// Calls `write` with a float or a double, as the node computes.
template <class Write>
void in_its_dtype(const Lowering& lowering, Write write) {
  lowering.wide() ? write(double()) : write(float());
}

template <class T>
T* at_place(Memory memory, int place) {
  return place < 0 ? nullptr : static_cast<T*>(memory[place]);
}

/// Numbers that one thread gets through faster than another is woken: those that are moved or computed with,
/// normalized, pooled, or taken exponentials of.
constexpr std::int64_t kNumbersAlone = 32768, kNormalizedAlone = 16384, kPooledAlone = 65536,
                       kExponentialsAlone = 8192;
/// The same of things that have so many numbers each.
constexpr std::int64_t things_alone(std::int64_t numbers, std::int64_t each) { return numbers / each + 1; }
inline std::int64_t turns_alone(const cpu::StridedLoops& loops) {
  return things_alone(kNumbersAlone, loops.rows.size * loops.columns.size);
}

/// Calls function(first, end) for shares of `count` things, on several threads where each gets `grain` or
/// more.
template <class Function>
void in_shares(std::int64_t count, std::int64_t grain, Function function) {
  count <= grain ? function(std::int64_t{0}, count) : parallel_shares(0, count, grain, function);
}

std::int64_t count_of(const std::vector<std::int64_t>& sizes);

}  // namespace orrery
