#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "runtime/graph/block.h"
#include "runtime/graph/finding.h"
#include "runtime/graph/name_set.h"

namespace orrery {

/// What is linked to a graph without being part of its relational structure: an optimizer, a manager,
/// a saver. Described in runtime/governors.
class Governor {
 public:
  explicit Governor(Origin origin) : origin_(std::move(origin)) {}
  virtual ~Governor() = default;
  virtual std::string kind() const = 0;  ///< `AdamW`, `Manager`, `Saver`
  /// Called before it is linked to a graph, which it may still change.
  virtual void prepare(Graph&) const {}
  const Origin& origin() const { return origin_; }

 private:
  Origin origin_;
};

/// A value that counts as used although no node reads it.
struct Use {
  enum class Kind { output, loss, metric, saved } kind;
  Value value;
  std::string name;  ///< of the output or metric; may be empty
};

/// The directed acyclic graph of nodes, with its blocks. Built by the methods below, each of which
/// checks what can be known at that point and throws a `CheckError`; `finalize` checks the rest and
/// makes it immutable. Owns its nodes and blocks; not copied; used by one thread at a time.
class Graph {
 public:
  explicit Graph(std::string name, Origin origin = {});
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  const std::string& name() const { return name_; }
  const Origin& origin() const { return origin_; }
  const std::deque<std::unique_ptr<Node>>& nodes() const { return nodes_; }
  Block& root() { return *root_; }
  const Block& root() const { return *root_; }
  bool finalized() const { return finalized_; }

  // Building. `name` empty: the operation's default name, with a count inside its block.

  /// Adds the input node; one value per field.
  std::vector<Value> input(InputSpec spec, Origin origin = {}, const std::string& name = {});
  /// A constant: the tensor of `parameter`, whose `trainable` says whether it is trained.
  Value constant(ParameterPtr parameter, Origin origin = {}, const std::string& name = {});
  /// A state: begins with the tensor of `initial`, whose values `carry` replaces after each step. It has no
  /// gradient, so that what is learned reaches back to the step's beginning and no further.
  Value carried(ParameterPtr initial, StateSpec::Reset reset, Origin origin, const std::string& name);
  /// Says what a state is after each step. Fails when that has been said, or when shape or dtype differ; a
  /// size that only the batch tells is checked at run. REQUIRES: `state` is the value of a state.
  void carry(Value state, Value next, const Origin& origin = {});
  /// Lets an optimizer update a value that holds data: a constant becomes a parameter of the graph, as
  /// if it had been made as one, with every other node that holds its tensor. A field of the input gets a
  /// tensor as long as the data, whose first values a run reads from them; from then on it stands in for
  /// that field while training. Nothing happens to other values: computed ones, states, integers, the tensor
  /// of a frozen layer, an input whose number of samples or sizes are not known.
  void train(Value value);
  /// Applies a stateless operation. Empty values stand for optional ports, or for `number` ports whose
  /// number is among the attributes.
  std::vector<Value> apply(const Descriptor& transform, Attributes attributes, std::vector<Value> inputs,
                           Origin origin = {}, const std::string& name = {});
  /// Applies a layer; its name and home are set at the first application. `name` is the node's, when it
  /// shall not be the layer's; `at_call` replaces options of the layer for this application.
  std::vector<Value> apply(const LayerPtr& layer, std::vector<Value> inputs, Origin origin = {},
                           std::string name = {}, Attributes at_call = {});
  /// Keeps an operation that was made at run time as long as the graph, whose nodes may be its.
  void hold(std::shared_ptr<const Descriptor> operation) { held_.insert(std::move(operation)); }
  const std::set<std::shared_ptr<const Descriptor>>& held() const { return held_; }
  /// Gives the value's node another name. Fails when it is taken in its block.
  void rename(Value value, const std::string& name, const Origin& origin = {});

  /// Nodes made until the matching end_block belong to a new block inside the current one. The nth of
  /// one name becomes `name_n`.
  Block& begin_block(const std::string& name, Origin origin = {});
  void end_block();
  /// Undoes begin_block after its function failed: the block's nodes and layers' homes are forgotten.
  void abandon_block();
  /// Nodes are made inside an existing block until the matching leave_block.
  void reenter_block(Block& block);
  void leave_block();
  Block& current_block() { return *current_; }
  /// Names existing nodes, which need not be neighbours but must share their innermost block.
  Block& group(const std::string& name, const std::vector<Node*>& nodes, Origin origin = {});

  /// Marks a value as a result (or as read by a governor).
  void use(Use use, const Origin& origin = {});
  const std::vector<Use>& uses() const { return uses_; }
  void attach(std::shared_ptr<Governor> governor);
  const std::vector<std::shared_ptr<Governor>>& governors() const { return governors_; }

  /// States a fact about two dimensions, so that guards need not ask: `g:assume{ H = 32 }` binds a
  /// symbol in shapes made from now on.
  void assume(const std::string& symbol, Dim value);
  /// A symbol that this graph has not used yet: `N`, else `N_2`.
  Dim new_symbol(const std::string& wanted);

  // Asking.

  Node* input_node() const;
  /// Readers of a value, in the order of construction.
  struct Reader {
    Node* node;
    int input;
  };
  std::vector<Reader> readers(Value value) const;
  /// Layers in the order of their first application.
  std::vector<LayerPtr> layers() const;

  /// A parameter or buffer with its key.
  struct Entry {
    std::string key;  ///< `features.conv2d.weight`
    ParameterPtr parameter;
    const Block* block;  ///< the owner's home
    LayerPtr layer;      ///< null for a constant
  };
  /// All parameters and buffers of a block (or of the whole graph), in the order of their layers'
  /// first use, which is torchvision's where modules are declared as they are used; tied ones once per key.
  /// Keys are relative to the block. Constants are listed when they are trainable or `with_constants`.
  std::vector<Entry> state(const Block* block = nullptr, bool with_constants = false) const;
  /// All that a run may change, or goes on from: the state with constants, and behind it the fields of the
  /// input that are trained, under keys such as `input.image`. Those belong to the data, not to the model.
  std::vector<Entry> state_of_run() const;
  /// Sets `trainable` of everything that the block owns.
  void set_trainable(const Block& block, bool trainable);
  /// Works out again which values carry a gradient, after layers or parameters were frozen. `finalize`
  /// does it too; call it before asking the governors' rules.
  void update_gradients() { update_gradients(0); }

  /// Gives the whole graph another floating dtype, as PyTorch's `module.to(dtype)`: parameters, buffers,
  /// constants, states and fields of the input (whose data are converted); integers stay. Tensors that it
  /// makes in the usual dtype (`g:zeros`) follow. A node that does not fit is a CheckError, and all is as
  /// before. Fails when the graph is finalized, unless it has that dtype already.
  void convert(DType dtype, const Origin& origin = {});
  /// The same for chosen nodes.
  void convert(const std::function<bool(const Node&)>& chosen, DType dtype, const Origin& origin = {});
  /// Works dtypes out again where layers were converted by themselves; shapes stay. Throws as above.
  void follow_dtypes();

  /// Called when building fails, before anything is undone: while the node that was refused stands in the
  /// graph (without outputs), or while a block that is about to be abandoned does; with the findings, none
  /// for a block. For those who want to show the faulty place. It must not throw.
  using Witness = std::function<void(const Graph&, const std::vector<Finding>&)>;
  void set_witness(Witness witness) { witness_ = std::move(witness); }
  /// Building failed, and no node has been added since.
  bool failed() const { return failed_; }

  /// What becomes of a warning in this graph, by its code: left out, or taken for an error.
  enum class Level { off, warning, error };
  void set_level(const std::string& code, Level level) { levels_[code] = level; }
  /// The findings with their levels applied; errors stay errors.
  std::vector<Finding> levelled(std::vector<Finding> findings) const;

  /// Checks the rules of runtime/graph/invariants (and whatever the governors bring, given by the
  /// caller as further findings) and makes the graph immutable. Throws a `CheckError` with all findings
  /// when one is an error; returns the warnings.
  std::vector<Finding> finalize(std::vector<Finding> further = {});

 private:
  /// A node that is not part of the graph until `keep` takes it, so that a broken rule leaves no trace.
  std::unique_ptr<Node> draft(Node::Kind kind, Origin origin, const std::string& wanted, bool by_user);
  Node& keep(std::unique_ptr<Node> node);
  /// Lets the witness see a node that is not kept.
  void show_refused(std::unique_ptr<Node> node, const std::vector<Finding>& findings);
  const Node* first_application(const Layer& layer) const;
  std::vector<Value> apply_operation(std::unique_ptr<Node> node, std::vector<Value> inputs);
  void link(Node& node, std::vector<Value> inputs) const;
  void require_own(const Value& value, const Node& node, const Port& port) const;
  void require_carriable(const Node& state, const Value& next, const Origin& origin) const;
  void train_constant(const ParameterPtr& tensor);
  static void train_field(Node& input, int output);
  static void require_carried_dtype(const Node& state, const Value& next, const Origin& origin);
  /// Lets the first inputs of a layer tell the options that were left out.
  static void complete(Node& node);
  void infer(Node& node);
  void infer_dtypes(Node& node);
  void infer_dtypes();
  void require_convertible(DType dtype, const Origin& origin) const;
  /// Of one node what it holds itself, not its outputs.
  static void convert(Node& node, DType dtype);
  /// Puts back what a conversion that fails has changed.
  class KeptDTypes;
  /// From one node on; those before do not depend on it.
  void update_gradients(int first);
  /// Keeps what the stated facts leave open; stops where they break a guard.
  void settle(Node& node, const std::vector<Guard>& guards) const;
  void require_symbols(const Guard& guard) const;
  void require_open(const Origin& origin) const;
  std::string free_name(const Block& block, const std::string& wanted, bool by_user,
                        const Origin& origin) const;
  Block& add_block(Block& parent, const std::string& name, Origin origin);

  std::string name_;
  Origin origin_;
  std::set<std::shared_ptr<const Descriptor>> held_;
  std::unique_ptr<Block> root_;
  Block* current_;
  std::vector<Block*> reentered_from_;
  std::deque<std::unique_ptr<Node>> nodes_;
  std::map<const Block*, NameSet> names_;
  std::vector<Use> uses_;
  std::vector<std::shared_ptr<Governor>> governors_;
  std::map<std::string, Dim> facts_;
  std::map<std::string, Level> levels_;
  std::unordered_set<std::string> symbols_;
  bool finalized_ = false;
  bool failed_ = false;
  Witness witness_;
};

/// How a value of one graph is refused in another: `belongs to graph 'a', not to 'b'`.
std::string belonging(const Graph& owner, const Graph& wanted);

/// ` from encoder/relu1 (train.lua:38)`: where a value comes from; empty for an empty one.
std::string provenance(const Value& value);

/// A broken shape rule (or guard) in words: the node's path and line, what it expects, what it got and from
/// where.
Finding finding_of(const RuleBroken& broken, const Node& node);

}  // namespace orrery
