#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/graph/attributes.h"
#include "runtime/graph/init.h"
#include "runtime/graph/parametrization.h"

namespace orrery {

/// What computes an operation that was made at run time; only the engine sees more of it (own_kernel.h).
class OwnKernel;

/// What is known about a value before it exists.
struct TensorType {
  Shape shape;
  DType dtype = DType::float32;
  bool operator==(const TensorType&) const = default;
};

/// The bytes of the dimensions that are known; fails (Fault::usage) when they are more than 64 bits count.
std::int64_t bytes_of(const TensorType& type);

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
  ShapeContext(std::vector<const TensorType*> inputs, const Attributes& attributes)
      : inputs_(std::move(inputs)), attributes_(attributes) {}

  const Attributes& attributes() const { return attributes_; }
  int input_count() const { return static_cast<int>(inputs_.size()); }
  /// False for an optional port without a link.
  bool linked(int port) const { return port < input_count() && inputs_[port]; }
  const TensorType& input(int port) const { return *inputs_[port]; }
  const Shape& shape(int port = 0) const { return input(port).shape; }
  int rank(int port = 0) const { return static_cast<int>(shape(port).size()); }

  /// Stops with a broken rule: `shape-mismatch`.
  [[noreturn]] static void expects(int port, std::string expected, std::string got, std::string remedy = {});
  /// Stops with a broken rule: `dtype-mismatch`; the input's dtype is what it got.
  [[noreturn]] void expects_dtype(int port, std::string expected, std::string remedy = {}) const;
  /// The same of an operation that computes with real or complex numbers: `integer-input` when the input
  /// holds integers or booleans.
  [[noreturn]] void expects_floats(int port, std::string expected, std::string remedy = {}) const;
  /// Stops with a broken rule: `option-mismatch`, an option that does not fit the inputs.
  [[noreturn]] static void expects_option(std::string expected, std::string got, std::string remedy = {});
  /// Stops unless the two are equal; keeps a guard when that cannot be told yet.
  void expect_equal(int port, const Dim& left, const Dim& right, std::string expected, std::string got,
                    std::string remedy = {});
  /// Stops unless left ≥ right; keeps a guard when that cannot be told yet.
  void expect_at_least(int port, const Dim& left, const Dim& right, std::string expected, std::string got,
                       std::string remedy = {});
  /// The same with a code and words of the caller's: `kernel-too-large`.
  void expect(Guard guard);
  void expect_rank(int port, int low, int high, const std::string& layout) const;
  void expect_floating(int port) const;
  /// `dim` brought into 0…rank-1; stops when it is outside. PyTorch counts a scalar as rank 1 here.
  int wrapped_dim(int port, std::int64_t dim, const std::string& option = "dim") const;

  /// A size that only the data tell: a new symbol, of a number that is 0 or more. Each call gives another.
  Dim told_by_data();
  /// How the symbols of `told_by_data` are named; a graph keeps them apart. By default `K`, `K_2`, ….
  void name_symbols(std::function<Dim()> next) { next_symbol_ = std::move(next); }

  const std::vector<Guard>& guards() const { return guards_; }
  /// The symbols that `told_by_data` has given.
  const std::vector<Dim>& data_symbols() const { return data_symbols_; }

 private:
  std::vector<const TensorType*> inputs_;
  const Attributes& attributes_;
  std::vector<Guard> guards_;
  std::function<Dim()> next_symbol_;
  std::vector<Dim> data_symbols_;
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
    variadic,         ///< takes any number of values (last port only)
    number,           ///< takes a value, or a plain number kept in the option of the same name
    optional_number,  ///< the same, or nothing
  };
  /// May a plain number stand for the value?
  bool takes_number() const { return kind == Kind::number || kind == Kind::optional_number; }
  /// May it stay without a value or number?
  bool may_be_empty() const { return kind == Kind::optional || kind == Kind::optional_number; }
  std::string name;
  Kind kind = Kind::required;
  std::string doc;
  bool label = false;   ///< carries no gradient: a loss's target
  bool scores = false;  ///< one number for each class of the label, along dimension 1 (0 without a batch)
};

/// A tensor that a layer owns.
struct ParameterSpec {
  std::string name;
  std::vector<std::int64_t> shape;
  Init init;
  bool buffer = false;
  DType dtype = DType::float32;
};

/// One step in which a layer's tensors get their first values.
struct Draw {
  std::string parameter;
  Init init;
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
  creation,  ///< zeros, ranges
  random,
  own  ///< functions of the script, operators of LibTorch's registry
};
inline constexpr int kCategoryCount = 26;
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
  /// PyTorch's positional order where options stand before ports: `{"input", "dim", "index"}` of gather.
  /// Names the first arguments; the other options follow. Empty: the ports, then the options.
  std::vector<std::string> order = {};
  std::vector<std::string> outputs = {"output"};
  /// The shape rule tells how many outputs there are: fewer than named (an option leaves some out), or
  /// more (`split`), which are then called after the last name: `output`, `output_2`, ….
  bool outputs_vary = false;

  /// The types of the outputs; throws `RuleBroken`.
  std::function<std::vector<TensorType>(ShapeContext&)> shape;
  /// The parameters and buffers of a layer with these options, in PyTorch's order of construction
  /// (which is the order of random draws); may throw `Error(Fault::usage)` when options contradict
  /// each other, or `RuleBroken`. Empty for a transform.
  std::function<std::vector<ParameterSpec>(const Attributes&)> parameters = {};
  /// The first values in PyTorch's order of construction where that is not each parameter's own `init`
  /// once, in the order of `parameters` (MultiheadAttention begins with its output projection, and gives
  /// one bias values twice). Empty: that order.
  std::function<std::vector<Draw>(const Attributes&)> construction = {};
  /// Fills in what `told_by_input` left open, from the first input (PyTorch's lazy layers); throws
  /// `RuleBroken` when the input cannot tell. Given exactly when an option is `told_by_input`.
  std::function<void(Attributes&, const ShapeContext&)> complete = {};
  /// Floating-point operations of one forward call as PyTorch's FlopCounterMode counts them: two per
  /// multiply-add of matrix products and convolutions, nothing else. Empty means 0.
  std::function<Dim(const CostContext&)> flops = {};
  /// The least bytes that one forward call has to read and write, where they are not those of its inputs, its
  /// layer's tensors and its outputs together (a table of which a few rows are read). Empty: those.
  std::function<Dim(const CostContext&)> moved = {};
  std::vector<Alias> aliases = {};
  /// The port of what stands before the colon of a method call: 1 for `where(condition, input, other)`,
  /// which is PyTorch's `input.where(condition, other)`.
  int method_port = 0;
  /// Tensors have the variant `name_` (`add_`), which writes the result into its first input.
  bool in_place = false;
  /// Takes values and is a method of their graph all the same: `g:expect(value, …)`.
  bool of_graph = false;
  bool draws = false;                ///< takes random numbers (dropout: while training)
  bool differs_in_training = false;  ///< batch normalisation, dropout
  bool differentiable = true;        ///< its output may carry a gradient
  /// Whether the backward pass reads what the operation itself gave, whatever its options: PyTorch then
  /// refuses a gradient when that was written over. As torch/csrc's derivatives.yaml tells.
  enum class KeepsOutput {
    no,
    yes,
    in_place /* only where it wrote over its input (ELU) */
  } keeps_output = KeepsOutput::no;
  /// Where a loop (`orrery.scan`) begins or ends. These two operations frame nodes: a registry finds them and
  /// does not list them, they have no kernel, and no script calls them.
  enum class LoopEnd { none, begin, end } loop = LoopEnd::none;
  std::string node_name = {};  ///< default name of a node; empty: snake_case(name)
  std::string symbol = {};     ///< short mark in drawings, such as `+`
  std::string torch = {};      ///< PyTorch's name: `torch.nn.Conv2d`
  std::string onnx = {};       ///< ONNX operator; empty where none fits
  /// Gives what computes an operation that was made at run time. Empty for those that Orrery brings along,
  /// whose kernels the engine knows by name.
  std::function<std::shared_ptr<const OwnKernel>()> own = {};
  /// Of a layer: the transform that computes the same from the same inputs with the same options (and with
  /// `training` where that of the run decides for the layer); empty where there is none.
  std::string transform = {};

  /// A method of the graph: it needs no value (`g:randn(3, 4)`), or is `of_graph`.
  bool from_graph() const;
  std::string default_node_name() const;
  /// Name of the nth output.
  std::string output_name(int index) const;
};

/// The table of operations, and of what computes a layer's tensors: filled once, then only read; a
/// runtime's own grows as plug-ins are loaded. Owners do not copy it.
class Registry {
 public:
  Registry() = default;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// Takes over everything that another table has now.
  void extend(const Registry& other);

  /// Adds an operation, which takes its name from a synonym that has it. REQUIRES: no operation has its name;
  /// `fault_of` finds nothing (an `invariant` else).
  void add(Descriptor descriptor);
  /// The same for one that others hold, too.
  void add(std::shared_ptr<const Descriptor> descriptor);
  /// What the description lacks; empty when it is complete.
  static std::string fault_of(const Descriptor& descriptor);

  void add(ParametrizationKind kind);

  /// Another name that scripts may write for an operation, as PyTorch has it: `clip` for `clamp`. Graphs,
  /// files and messages have the operation's own. REQUIRES: the operation is there; the synonym is new.
  void add_synonym(const std::string& name, const std::string& synonym);
  /// The other names of an operation; none for most.
  const std::vector<std::string>& synonyms(const std::string& name) const;

  /// Who makes operations that the table has not, by their names; null where he has none either.
  using Maker = std::function<std::shared_ptr<const Descriptor>(const std::string& name)>;
  void ask(Maker maker) { maker_ = std::move(maker); }
  /// An operation that is made now; null when nobody can. It is no part of the table.
  std::shared_ptr<const Descriptor> make(const std::string& name) const {
    return maker_ ? maker_(name) : nullptr;
  }

  /// The operation of that name or synonym, or null.
  const Descriptor* find(const std::string& name) const;
  /// The operation of just that name, as files have it, or null.
  const Descriptor* named(const std::string& name) const;
  /// Fails with the nearest known name: there is no such operation.
  [[noreturn]] void refuse(const std::string& name) const;
  /// Fails with the nearest known name when there is none.
  const Descriptor& get(const std::string& name) const;
  /// The parametrization of that name; fails with the nearest known one when there is none.
  const ParametrizationKind& parametrization(const std::string& name) const;
  const std::vector<std::shared_ptr<const ParametrizationKind>>& parametrizations() const {
    return parametrizations_;
  }

  /// In the order of registration, without those that frame loops.
  const std::vector<std::shared_ptr<const Descriptor>>& all() const { return descriptors_; }

 private:
  std::vector<std::shared_ptr<const Descriptor>> descriptors_;
  std::vector<std::shared_ptr<const Descriptor>> loop_ends_;
  std::unordered_map<std::string, const Descriptor*> by_name_;  // and by synonym
  std::unordered_map<std::string, std::vector<std::string>> synonyms_;
  Maker maker_;
  std::vector<std::shared_ptr<const ParametrizationKind>> parametrizations_;
};

}  // namespace orrery
