#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/graph/attributes.h"
#include "runtime/graph/init.h"

namespace orrery {

/// What is known about a value before it exists.
struct TensorType {
  Shape shape;
  DType dtype = DType::float32;
  bool operator==(const TensorType&) const = default;
};

/// Thrown by shape rules; the graph adds path, line and origin.
struct RuleBroken {
  std::string code;      ///< `shape-mismatch`, `dtype-mismatch`, …
  int port = -1;         ///< the input at fault, -1 for none
  std::string expected;  ///< completes "conv1 (Conv2d) expects …"
  std::string got;       ///< completes "got …"; the origin of the port's value is added behind it
  std::string remedy;
};

/// Something that can only be decided when the symbols have values: checked at run with the same words.
struct Guard {
  enum class Relation { equal, at_least } relation = Relation::equal;
  Dim left, right;
  RuleBroken otherwise;
};

/// What a shape rule sees: the linked inputs, the options, and words for what does not fit.
class ShapeContext {
 public:
  ShapeContext(const std::vector<const TensorType*>& inputs, const Attributes& attributes)
      : inputs_(inputs), attributes_(attributes) {}

  const Attributes& attributes() const { return attributes_; }
  int input_count() const { return static_cast<int>(inputs_.size()); }
  /// False for an optional port without a link.
  bool linked(int port) const { return port < input_count() && inputs_[port]; }
  const TensorType& input(int port) const { return *inputs_[port]; }
  const Shape& shape(int port = 0) const { return input(port).shape; }
  int rank(int port = 0) const { return static_cast<int>(shape(port).size()); }

  /// Stops with a broken rule: `shape-mismatch`.
  [[noreturn]] void expects(int port, std::string expected, std::string got, std::string remedy = {}) const;
  /// Stops with a broken rule: `dtype-mismatch`; the input's dtype is what it got.
  [[noreturn]] void expects_dtype(int port, std::string expected, std::string remedy = {}) const;
  /// Stops with a broken rule: `option-mismatch`, an option that does not fit the inputs.
  [[noreturn]] void expects_option(std::string expected, std::string got, std::string remedy = {}) const;
  /// Stops unless the two are equal; keeps a guard when that cannot be told yet.
  void expect_equal(int port, const Dim& left, const Dim& right, std::string expected, std::string got,
                    std::string remedy = {});
  /// Stops unless left ≥ right; keeps a guard when that cannot be told yet.
  void expect_at_least(int port, const Dim& left, const Dim& right, std::string expected, std::string got,
                       std::string remedy = {});
  void expect_rank(int port, int low, int high, const std::string& layout);
  void expect_floating(int port);
  /// `dim` brought into 0…rank-1; stops when it is outside. PyTorch counts a scalar as rank 1 here.
  int wrapped_dim(int port, std::int64_t dim, const std::string& option = "dim") const;

  const std::vector<Guard>& guards() const { return guards_; }

 private:
  std::vector<const TensorType*> inputs_;
  const Attributes& attributes_;
  std::vector<Guard> guards_;
};

/// What a cost rule sees.
struct CostContext {
  const std::vector<const TensorType*>& inputs;
  const std::vector<TensorType>& outputs;
  const Attributes& attributes;
};

/// An input port of an operation.
struct Port {
  enum class Kind {
    required,
    optional,
    variadic,  ///< takes any number of values (last port only)
    number,    ///< takes a value, or a plain number kept in the option of the same name
  };
  std::string name;
  Kind kind = Kind::required;
  std::string doc;
  bool label = false;  ///< carries no gradient: a loss's target
};

/// A tensor that a layer owns.
struct ParameterSpec {
  std::string name;
  std::vector<std::int64_t> shape;
  Init init;
  bool buffer = false;
  DType dtype = DType::float32;
};

/// How an output shares memory with an input.
struct Alias {
  enum class Kind {
    view,        ///< always the same storage
    maybe_view,  ///< the same storage when the memory layout allows (reshape, flatten)
    overwrite,   ///< writes into the input's storage
  } kind = Kind::view;
  int output = 0;
  int input = 0;
};

enum class OperationKind { layer, transform };
/// What an operation is for; documentation and drawings group and colour by it.
enum class Category {
  linear,
  sparse,  ///< embeddings
  convolution,
  recurrent,
  attention,
  normalization,
  pooling,
  padding,
  vision,  ///< upsampling, pixel shuffles, grid sampling
  activation,
  dropout,
  distance,
  loss,
  arithmetic,
  elementwise,  ///< mathematical functions of each element
  comparison,
  matrix,
  linalg,
  spectral,
  shape,
  indexing,
  reduction,
  sorting,
  random
};
inline constexpr int kCategoryCount = 24;
std::string_view name(Category category);

/// The one description of an operation, which everything else reads: argument checking, Lua, JSON,
/// documentation, drawing, kernels. Names, options, defaults and positional order are PyTorch's.
struct Descriptor {
  std::string name;  ///< `Conv2d` (layer) or `flatten` (transform)
  OperationKind kind = OperationKind::transform;
  Category category = Category::arithmetic;
  std::string doc;  ///< one line
  std::vector<Port> inputs;
  std::vector<Attribute> attributes;  ///< in PyTorch's positional order
  std::vector<std::string> outputs = {"output"};
  /// The shape rule tells how many outputs there are: fewer than named (an option leaves some out), or
  /// more (`split`), which are then called after the last name: `output`, `output_2`, ….
  bool outputs_vary = false;

  /// The types of the outputs; throws `RuleBroken`.
  std::function<std::vector<TensorType>(ShapeContext&)> shape;
  /// The parameters and buffers of a layer with these options, in PyTorch's order of construction
  /// (which is the order of random draws); may throw `Error(Fault::usage)` when options contradict
  /// each other. Empty for a transform.
  std::function<std::vector<ParameterSpec>(const Attributes&)> parameters = {};
  /// Fills in what `told_by_input` left open, from the first input (PyTorch's lazy layers); throws
  /// `RuleBroken` when the input cannot tell. Given exactly when an option is `told_by_input`.
  std::function<void(Attributes&, const ShapeContext&)> complete = {};
  /// Floating-point operations of one forward call as PyTorch's FlopCounterMode counts them: two per
  /// multiply-add of matrix products and convolutions, nothing else. Empty means 0.
  std::function<Dim(const CostContext&)> flops = {};
  std::vector<Alias> aliases = {};
  /// Tensors have the variant `name_` (`add_`), which writes the result into its first input.
  bool in_place = false;
  bool draws = false;                ///< takes random numbers (dropout: while training)
  bool differs_in_training = false;  ///< batch normalisation, dropout
  bool differentiable = true;        ///< its output may carry a gradient
  std::string node_name = {};        ///< default name of a node; empty: snake_case(name)
  std::string symbol = {};           ///< short mark in drawings, such as `+`
  std::string torch = {};            ///< PyTorch's name: `torch.nn.Conv2d`
  std::string onnx = {};             ///< ONNX operator; empty where none fits

  std::string default_node_name() const;
  /// Name of the nth output.
  std::string output_name(int index) const;
};

/// The table of operations: filled once, then only read. Owners do not copy it.
class Registry {
 public:
  Registry() = default;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// Adds an operation. REQUIRES: its name is new; its description is complete (an `invariant` else).
  void add(Descriptor descriptor);

  /// The operation of that name, or null.
  const Descriptor* find(const std::string& name) const;
  /// Fails with the nearest known name when there is none.
  const Descriptor& get(const std::string& name) const;
  /// In the order of registration.
  const std::vector<std::unique_ptr<const Descriptor>>& all() const { return descriptors_; }

 private:
  std::vector<std::unique_ptr<const Descriptor>> descriptors_;
  std::unordered_map<std::string, const Descriptor*> by_name_;
};

}  // namespace orrery
