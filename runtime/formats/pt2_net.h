#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/formats/pt2_archive.h"
#include "runtime/formats/pt2_program.h"
#include "runtime/graph/graph.h"
#include "runtime/graph/name_set.h"
#include "runtime/graph/runtime.h"

namespace orrery {

/// The graph of a program while it is made: what its names stand for, and where its modules are.
class Pt2Net {
 public:
  using Options = std::vector<Attributes::Entry>;

  Pt2Net(std::shared_ptr<const Pt2Archive> archive, const Pt2Program& program, const Registry& registry,
         Runtime& runtime, const std::string& name);

  Graph& graph() { return *graph_; }
  std::unique_ptr<Graph> take() { return std::move(graph_); }
  const Registry& registry() const { return registry_; }

  // What names stand for.

  void define(const std::string& name, const Value& value) { values_[name] = value; }
  void define(const std::string& name, const Dim& size) { sizes_[name] = size; }
  /// The archive's tensor that a name stands for; null for values.
  const Pt2Tensor* tensor(const std::string& name) const;
  /// The value of a name. A tensor of the archive becomes a parameter (or constant) of the graph, once.
  Value value(const std::string& name);
  Dim size(const std::string& name) const;

  // Making, in the block of the node's module.

  std::vector<Value> apply(const Pt2Node& node, const std::string& operation, std::vector<Value> inputs,
                           const Options& options);
  /// A layer whose tensors (slot → tensor of the archive) are the archive's; `owner` is the module that they
  /// belong to, whose name it gets; empty: none is told. A layer that is there already is applied again.
  std::vector<Value> layer(const Pt2Node& node, const std::string& operation, const Options& options,
                           std::vector<Value> inputs,
                           const std::vector<std::pair<std::string, const Pt2Tensor*>>& tensors,
                           const std::string& owner);

 private:
  void enter(const std::string& path);
  void leave() { graph_->leave_block(); }
  Block& block(const std::string& path);
  std::string label(const Pt2Node& node) const;
  std::string module_of(const Pt2Node& node) const;
  std::string free_name(const std::string& wanted);
  void begin_with(Layer& layer, const std::string& slot, const Pt2Tensor& tensor);

  std::shared_ptr<const Pt2Archive> archive_;
  const Registry& registry_;
  Runtime& runtime_;
  std::unique_ptr<Graph> graph_;
  std::map<std::string, const Pt2Tensor*> tensors_;  ///< by names of the program
  std::map<std::string, Value> values_;
  std::map<std::string, Dim> sizes_;
  std::map<std::string, LayerPtr> layers_;          ///< by operation and owner, or by the node
  std::map<std::string, ParameterPtr> parameters_;  ///< by the state dict's names
  std::map<std::string, Block*> blocks_;
  std::map<const Block*, NameSet> names_;
  std::map<std::string, int> nodes_of_call_;
  std::set<std::string> layer_modules_;  ///< those that become layers
  std::set<std::string> owners_;         ///< modules whose tensors are a layer's, and those around them
};

/// One node of a program while it becomes operations: what the writer of its operator sees. Arguments go by
/// the names of ATen's schemas.
class Pt2Call {
 public:
  using Tensors = std::vector<std::pair<std::string, const Pt2Tensor*>>;

  Pt2Call(Pt2Net& net, const Pt2Node& node) : net_(net), node_(node) {}

  const Pt2Node& node() const { return node_; }
  Pt2Net& net() { return net_; }
  bool has(const std::string& argument) const { return node_.argument(argument) != nullptr; }
  Value value(const std::string& argument) const;
  /// None where the argument is.
  Value optional_value(const std::string& argument) const;
  std::vector<Value> values(const std::string& argument) const;
  /// The tensor of the archive that an argument is; null for a value, or none.
  const Pt2Tensor* tensor(const std::string& argument) const;
  std::vector<const Pt2Tensor*> tensors(const std::string& argument) const;
  std::int64_t integer(const std::string& argument, std::int64_t usual) const;
  double real(const std::string& argument, double usual) const;
  bool boolean(const std::string& argument, bool usual) const;
  std::string text(const std::string& argument, const std::string& usual) const;
  std::vector<std::int64_t> integers(const std::string& argument, std::vector<std::int64_t> usual = {}) const;
  Shape sizes(const std::string& argument) const;
  std::optional<DType> dtype(const std::string& argument) const;
  /// The argument as an option of that type takes it; nothing where it cannot be one.
  std::optional<AttributeValue> option(const std::string& argument, AttributeType type) const;

  std::vector<Value> apply(const std::string& operation, std::vector<Value> inputs,
                           const Pt2Net::Options& options = {}) const {
    return net_.apply(node_, operation, std::move(inputs), options);
  }
  /// Names of the outputs, in turn; those that the operation gives beyond are left out.
  void give(const std::vector<Value>& values) const;
  /// Stops: "conv2d_1 (aten.conv2d.default): reason".
  [[noreturn]] void refuse(const std::string& reason) const;

 private:
  const nlohmann::json& need(const std::string& argument) const;
  Dim size_of(const nlohmann::json& told) const;

  Pt2Net& net_;
  const Pt2Node& node_;
};

/// Makes the operations of a node and gives its outputs.
using Pt2Writer = void (*)(Pt2Call& call);
/// What writes an operator; null for one that Orrery does not have.
Pt2Writer pt2_writer(const Pt2Node& node, const Registry& registry);
/// Those that own tensors: convolutions, normalisations, recurrent layers.
const std::map<std::string, Pt2Writer>& pt2_layers();
/// Those whose arguments are not called as the options of an operation are.
const std::map<std::string, Pt2Writer>& pt2_transforms();

}  // namespace orrery
