#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/graph/descriptor.h"
#include "runtime/graph/layer.h"

namespace orrery {

class Block;
class Graph;
class Node;

/// The symbolic output of a node: a node and one of its outputs. Value type; empty for an optional
/// port without a link. The graph outlives it.
struct Value {
  Node* node = nullptr;
  int output = 0;

  explicit operator bool() const { return node != nullptr; }
  const TensorType& type() const;
  const Shape& shape() const { return type().shape; }
  DType dtype() const { return type().dtype; }
  /// Depends on something that is trained or optimised.
  bool requires_grad() const;
  /// The tensor of a constant, or of a field of the input that is trained; null for every other value.
  const ParameterPtr& leaf() const;
  bool operator==(const Value&) const = default;
};

/// One named field of the input node.
struct Field {
  std::string name;  ///< `image`
  TensorType type;   ///< with the batch in front
  bool label = false;
  std::optional<DType> fed = {};  ///< the data's dtype, where the graph converts them to its own

  DType data_dtype() const { return fed.value_or(type.dtype); }
};

/// What feeds the input node. `source` describes the data (a canonical JSON text), for the saved
/// model's signature; the engine gets the data elsewhere.
struct InputSpec {
  std::vector<Field> fields;
  std::vector<std::string> classes;  ///< names of the label's classes, may be empty
  std::string source;
  std::int64_t length = 0;  ///< samples of the data; 0: not known
};

/// What sets a state apart from other constants: its tensor is only the value that it begins with.
struct StateSpec {
  enum class Reset {
    pass,   ///< begins anew with each pass over the data: an epoch, a validation
    never,  ///< only when it is asked to
  } reset = Reset::pass;
  Value next = {};  ///< what it is after each step; empty until `Graph::carry`
};

std::string_view name(StateSpec::Reset reset);

/// How a drawing should treat a node; nothing else reads it.
struct NodeCue {
  bool hide = false;
  std::map<int, std::string> tags = {};  ///< words beside the line of an output
};

/// One operation of a graph. Owned by its graph; made only by it.
class Node {
 public:
  enum class Kind { input, constant, layer, transform };

  int id() const { return id_; }  ///< position in the order of construction
  Kind kind() const { return kind_; }
  /// Null for input and constant nodes.
  const Descriptor* descriptor() const { return descriptor_; }
  /// `Conv2d`, `flatten`, `Input`, `Constant`, `Parameter`, `State`.
  std::string operation() const;
  /// Of a layer: its own, and what was given for this application in their place.
  const Attributes& attributes() const { return attributes_; }
  /// Null unless kind() is layer.
  const LayerPtr& layer() const { return layer_; }
  /// The tensor of a constant node. Null otherwise.
  const ParameterPtr& constant() const { return constant_; }
  /// A constant that was made to be trained (`g:parameter`, or by `Graph::train`); stays so while it is
  /// frozen.
  bool is_parameter() const { return is_parameter_; }
  /// Of the input node: the tensors that `Graph::train` made, one per field, null for those that are only
  /// read; empty when none is trained.
  const std::vector<ParameterPtr>& trained_fields() const { return trained_fields_; }
  /// Of a constant that is carried from step to step, without its gradient; null otherwise.
  const StateSpec* state() const { return state_ ? &*state_ : nullptr; }
  /// Null unless kind() is input.
  const InputSpec* input_spec() const { return input_ ? &*input_ : nullptr; }

  /// One value per port (the last port's may be several); empty values stand for optional ports
  /// without a link.
  const std::vector<Value>& inputs() const { return inputs_; }
  /// The port that the nth input is linked to.
  const Port& port(int input) const;
  const std::vector<TensorType>& outputs() const { return outputs_; }
  Value output(int index = 0) { return {this, index}; }
  /// Name of an output: a field of the input node, or the descriptor's.
  std::string output_name(int index) const;
  bool requires_grad() const { return requires_grad_; }
  const std::vector<Guard>& guards() const { return guards_; }
  /// The symbols of sizes that only the data tell (nonzero); they stand alone in an output's shape.
  const std::vector<Dim>& data_symbols() const { return data_symbols_; }

  const std::string& name() const { return name_; }
  Block& block() const { return *block_; }
  /// `encoder/attn/q`.
  std::string path() const;
  const Origin& origin() const { return origin_; }
  Graph& graph() const { return *graph_; }
  NodeCue& cue() { return cue_; }
  const NodeCue& cue() const { return cue_; }

 private:
  friend class Graph;
  Node() = default;

  /// In place where there are as many: what stands for an output outside is known by its type's address.
  void retype(std::vector<TensorType> outputs);

  int id_ = 0;
  Kind kind_ = Kind::transform;
  const Descriptor* descriptor_ = nullptr;
  Attributes attributes_;
  LayerPtr layer_;
  ParameterPtr constant_;
  std::optional<StateSpec> state_;
  std::optional<InputSpec> input_;
  std::vector<ParameterPtr> trained_fields_;
  std::vector<Value> inputs_;
  std::vector<TensorType> outputs_;
  std::vector<Guard> guards_;
  std::vector<Dim> data_symbols_;
  bool requires_grad_ = false;
  bool is_parameter_ = false;
  bool usual_dtype_ = false;  ///< makes a tensor whose dtype nobody told, and was converted
  std::string name_;
  bool named_by_user_ = false;
  Block* block_ = nullptr;
  Graph* graph_ = nullptr;
  Origin origin_;
  NodeCue cue_;
};

}  // namespace orrery
