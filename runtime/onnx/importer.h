#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "runtime/onnx/call.h"
#include "runtime/onnx/import.h"
#include "runtime/onnx/places.h"

namespace orrery {

/// The names that one graph of the file (the main one, a branch, a loop's body, a function's) defines; inner
/// graphs see the outer ones' names, functions do not.
struct OnnxScope {
  struct Entry {
    OnnxKnown known;
    Value made = {};  ///< of a literal: the constant that it has become
  };
  OnnxScope* outer = nullptr;
  std::unordered_map<std::string, Entry> entries = {};

  Entry* find(const std::string& name);
};

/// One import while it goes on. Its parts are the importers of operators, which see it through an `OnnxCall`.
class OnnxImporter {
 public:
  OnnxImporter(std::shared_ptr<const OnnxFile> file, const Registry& registry, Runtime& runtime,
               const OnnxImportOptions& options);

  std::unique_ptr<Graph> import();

  // For calls.

  Graph& graph() { return *graph_; }
  const Registry& registry() const { return registry_; }
  Runtime& runtime() { return runtime_; }
  const std::shared_ptr<const OnnxFile>& file() const { return file_; }
  OnnxScope::Entry* find(const std::string& name) { return scope_->find(name); }
  void define(const std::string& name, OnnxKnown known, const OnnxNode& by);
  /// The constant (or parameter) of a known tensor; the same for the same literal.
  Value constant(const OnnxLiteral& literal);
  /// The tensor that a literal has become in another place, if it has.
  ParameterPtr shared(const OnnxLiteral& literal) const;
  void share(const OnnxLiteral& literal, const ParameterPtr& parameter);
  /// What to do about a value that must be known before the net runs: the inputs of the file that decide it.
  std::string how_to_know(const std::string& name) const;
  /// How many nodes of the file read a name.
  int readers(const std::string& name) const;
  /// The node that alone reads a name; null where several do, an output is one, or a loop repeats it.
  const OnnxNode* only_reader(const std::string& name) const;
  /// A node that comes later gives what this name stands for: what it does is done.
  void absorb(const OnnxNode& node, const std::string& name) { absorbed_[&node] = name; }
  /// A name for the next node that is made for a node of the file, not yet taken in its block. A layer is
  /// called as its weight is (`layer1.0.conv1.weight` in block layer1/0: `conv1`), so that keys are the
  /// file's names.
  std::string name_for(const OnnxNode& node, const Descriptor& descriptor,
                       const std::vector<std::pair<std::string, OnnxLiteral>>& tensors = {});
  /// Stops: "net.onnx: node 'conv1' (Conv): reason".
  [[noreturn]] void refuse(const OnnxNode& node, const std::string& reason,
                           const std::string& remedy = {}) const;

  /// Imports the nodes of a branch, a loop's body or a function in a scope of its own, and tells what its
  /// outputs are. `inputs`: in the order of the graph's.
  std::vector<OnnxKnown> import_body(const OnnxGraph& body, std::vector<OnnxKnown> inputs, bool sees_outer);
  /// The same of a branch, which comes once: its nodes stand in the blocks that their names tell.
  std::vector<OnnxKnown> import_branch(const OnnxGraph& branch);
  /// Does the node only bring the rows of an RNN's weights into order?
  bool moves_weights(const OnnxNode& node) const { return weight_moves_.contains(&node); }

 private:
  void bind_inputs();
  void require_known_inputs() const;
  OnnxLiteral literal_of(const OnnxValue& input, const std::vector<double>& values);
  Field field_of(const OnnxValue& input);
  Shape shape_of_input(const OnnxValue& input);
  void define_initializers(const OnnxGraph& graph);
  Value sizes_as_value(const OnnxLiteral& literal);
  void import_node(const OnnxNode& node);
  void import_operator(const OnnxNode& node);
  const OnnxFunction* function_of(const OnnxNode& node) const;
  std::vector<OnnxKnown> import_inside(const OnnxGraph& body, OnnxScope& scope);
  void count_readers(const OnnxGraph& graph, const std::vector<const OnnxNode*>& order);
  bool has_place(const OnnxNode& node) const;
  void import_function(const OnnxFunction& function, const OnnxNode& node);
  std::int64_t opset_of(const OnnxNode& node) const;
  void compare(const OnnxNode& node);
  void give_outputs();
  Value passed_on(Value value);

  std::shared_ptr<const OnnxFile> file_;
  const OnnxModel& model_;
  const Registry& registry_;
  Runtime& runtime_;
  const OnnxImportOptions& options_;
  std::unique_ptr<Graph> graph_;
  OnnxScope* scope_ = nullptr;
  OnnxPlaces places_;
  std::map<const void*, ParameterPtr> shared_;
  std::map<std::pair<const void*, std::vector<std::int64_t>>, Value> constants_;
  std::unordered_map<std::string, int> readers_;
  std::unordered_map<std::string, const OnnxNode*> last_reader_;
  std::unordered_map<const OnnxNode*, std::string> absorbed_;
  std::unordered_map<std::string, const OnnxType*> declared_;
  std::vector<const OnnxFunction*> inside_;
  int imported_ = 0;  ///< nodes so far, those of loops in each turn
  int bodies_ = 0;    ///< how many loops' bodies and functions are being imported inside each other
  int branches_ = 0;  ///< the same of branches
  std::unordered_set<const OnnxNode*> weight_moves_;
};

/// Operators that the importer does itself: constants, shapes, branches, loops. False when the node is
/// another.
bool import_own_operator(OnnxImporter& importer, OnnxCall& call);
/// Their names.
const std::vector<std::string>& own_onnx_operators();
/// Works out a node whose inputs are known, or whose result only their shapes decide. False when it cannot.
bool fold_onnx(OnnxImporter& importer, OnnxCall& call);

}  // namespace orrery
