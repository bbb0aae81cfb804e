#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/graph/graph.h"
#include "runtime/onnx/literal.h"

namespace orrery {

class OnnxImporter;

struct OnnxList;
/// A sequence, or an optional, whose length is known while importing.
using OnnxSequence = std::shared_ptr<const OnnxList>;

/// What a name of the file stands for: a value of the graph, a tensor that is known already, or a list of
/// such.
using OnnxKnown = std::variant<Value, OnnxLiteral, OnnxSequence>;

/// Options of an operation that are not at their defaults.
using OnnxOptions = std::vector<std::pair<std::string, AttributeValue>>;

/// One node of an ONNX file while it becomes operations of a graph: what its operator's importer sees. An
/// importer asks for inputs and attributes, applies operations, and gives each output that the node names.
///
///     void import_relu(OnnxCall& call) { call.give(call.apply("relu", {call.value(0)})); }
///
/// Whatever cannot be is an `Error(Fault::input_file)` that begins with file, node and operator.
class OnnxCall {
 public:
  OnnxCall(OnnxImporter& importer, const OnnxNode& node, std::int64_t opset)
      : importer_(importer), node_(node), opset_(opset) {}

  const OnnxNode& node() const { return node_; }
  /// The version of the operator set that the node's domain has in the file.
  std::int64_t opset() const { return opset_; }

  // Inputs, counted from 0. Asking for one that the node lacks is a fault of the file, except by `has`.

  int input_count() const { return static_cast<int>(node_.inputs.size()); }
  bool has(int input) const;
  /// The input as a value of the graph. One that is known becomes a constant of it, once: floating
  /// initializers are trained, scalars and integers are not.
  Value value(int input) const;
  /// All of them, for operators that take any number.
  std::vector<Value> values() const;
  /// The input where it is known at import, else null.
  const OnnxLiteral* literal(int input) const;
  /// The same. REQUIRES: it is known, where the node has it.
  const OnnxLiteral& known_literal(int input) const;
  /// Its type, whether known or not.
  TensorType type(int input) const;
  int rank(int input) const { return static_cast<int>(type(input).shape.size()); }
  /// The elements of an input that decides shapes. Where it is not known, the call is refused: "the shape
  /// comes from the value 'x', which is not known before the net runs; give it: shapes = { x = {…} }".
  std::vector<std::int64_t> integers(int input) const;
  /// The same, where sizes may be symbolic.
  std::vector<Dim> dims(int input) const;
  std::vector<double> reals(int input) const;
  /// The one element of an input that must be known.
  double real(int input) const;
  std::int64_t integer(int input) const;

  // Attributes. A given one of another kind is a fault of the file. With a fallback: where it is left out.

  bool given(const std::string& attribute) const { return find(attribute) != nullptr; }
  std::int64_t integer(const std::string& attribute) const;
  std::int64_t integer(const std::string& attribute, std::int64_t fallback) const;
  double real(const std::string& attribute) const;
  double real(const std::string& attribute, double fallback) const;
  std::string text(const std::string& attribute, const std::string& fallback) const;
  std::vector<std::int64_t> integers(const std::string& attribute) const;
  std::vector<std::int64_t> integers(const std::string& attribute, std::vector<std::int64_t> fallback) const;
  std::vector<double> reals(const std::string& attribute, std::vector<double> fallback) const;
  std::vector<std::string> texts(const std::string& attribute) const;
  OnnxLiteral tensor(const std::string& attribute) const;
  /// The integers of an attribute that later operator sets made an input (axes of Squeeze); nothing where the
  /// node has neither.
  std::optional<std::vector<std::int64_t>> integers(const std::string& attribute, int input) const;
  /// An axis counted from 0. Stops when it is outside the rank.
  std::int64_t axis(std::int64_t axis, int rank) const;

  // Making.

  /// Applies a transform of Orrery by its name; in place of a value, a number stands in the options. Broken
  /// rules are faults of the file.
  Value apply(const std::string& operation, std::vector<Value> inputs, OnnxOptions options = {}) const;
  /// The same with all its outputs.
  std::vector<Value> apply_all(const std::string& operation, std::vector<Value> inputs,
                               OnnxOptions options = {}) const;
  /// Applies a layer whose tensors (`{"weight", literal}`) are the file's; a literal that another layer has
  /// is shared. Parameters that are not named must not be: switch them off by options.
  Value layer(const std::string& operation, OnnxOptions options, std::vector<Value> inputs,
              std::vector<std::pair<std::string, OnnxLiteral>> tensors) const;
  std::vector<Value> layer_all(const std::string& operation, OnnxOptions options, std::vector<Value> inputs,
                               std::vector<std::pair<std::string, OnnxLiteral>> tensors) const;
  /// A known tensor as a constant of the graph.
  Value constant(const OnnxLiteral& literal) const;

  // Giving.

  /// The node that alone reads the first output and is an operator of that name; null where there is none.
  const OnnxNode* next(const std::string& operation) const;
  /// What another node reads, where it is known at import, else null.
  const OnnxLiteral* literal_named(const std::string& name) const;
  /// The next node gives what this one does: its work is done here.
  void absorb(const OnnxNode& next) const;
  /// Some node reads the output, or the graph gives it.
  bool wants(int output) const;
  void give(OnnxKnown result) { give(0, std::move(result)); }
  void give(int output, OnnxKnown result);

  /// Stops: "net.onnx: node 'conv1' (Conv): reason".
  [[noreturn]] void refuse(const std::string& reason, const std::string& remedy = {}) const;

 private:
  const OnnxAttribute* find(const std::string& attribute) const;
  const OnnxAttribute& find(const std::string& attribute, OnnxAttribute::Kind kind) const;
  const OnnxKnown& known(int input) const;
  void require_tensor(int input) const;
  bool names(int output) const;

  OnnxImporter& importer_;
  const OnnxNode& node_;
  std::int64_t opset_;
};

}  // namespace orrery
