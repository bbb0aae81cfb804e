#include "runtime/graph/graph.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "runtime/core/names.h"
#include "runtime/graph/invariants.h"
#include "runtime/graph/loops.h"

namespace orrery {
namespace {

[[noreturn]] void refuse(Finding finding) { throw CheckError({std::move(finding)}); }

std::string who(const Node& node) { return fmt::format("{} ({})", node.path(), node.operation()); }

// `encoder/relu1`, `input.image`: a value by its node, and by its field where the node has several.
std::string name_of(const Value& value) {
  const Node& node = *value.node;
  return node.path() + (node.input_spec() ? "." + node.output_name(value.output) : "");
}

// `, in block features called at train.lua:20`: for nodes made inside a block's function.
std::string call_line(const Node& node) {
  const Block& block = node.block();
  const SourceSite& call = block.origin().site;
  if (!block.parent() || !call.known() || call == node.origin().site) return "";
  return fmt::format(", in block {} called at {}", block.path(), call.str());
}

// From what its inputs carry, which is known before; the begin of a loop also from what a step hands to the
// next.
bool carries_gradient(const Node& node, bool handed_on = false) {
  if (node.constant()) return node.constant()->trainable;
  if (node.input_spec()) return !node.trained_fields().empty();
  if (!node.descriptor() || !node.descriptor()->differentiable) return false;
  if (std::ranges::none_of(node.outputs(), [](const auto& type) { return is_differentiable(type.dtype); }))
    return false;
  const auto trained = [](const ParameterPtr& parameter) { return parameter->trainable; };
  if (node.layer() && std::ranges::any_of(node.layer()->parameters(), trained)) return true;
  return handed_on || std::ranges::any_of(node.inputs(),
                                          [](const Value& value) { return value && value.requires_grad(); });
}

Shape substituted(Shape shape, const std::map<std::string, Dim>& facts) {
  for (Dim& dim : shape) dim = dim.substitute(facts);
  return shape;
}

}  // namespace

std::string provenance(const Value& value) {
  if (!value) return "";
  const SourceSite& site = value.node->origin().site;
  return fmt::format(" from {}{}", name_of(value), site.known() ? fmt::format(" ({})", site.str()) : "");
}

Finding finding_of(const RuleBroken& broken, const Node& node) {
  const Value origin = broken.port >= 0 && broken.port < static_cast<int>(node.inputs().size())
                           ? node.inputs()[broken.port]
                           : Value{};
  const std::string got = broken.got + provenance(origin);
  return {.code = broken.code,
          .site = node.origin().site,
          .path = node.path(),
          .message = fmt::format("{} expects {}, got {}{}", who(node), broken.expected, got, call_line(node)),
          .expected = broken.expected,
          .got = got,
          .remedy = broken.remedy,
          .port = broken.port};
}

Graph::Graph(std::string name, Origin origin)
    : name_(std::move(name)), origin_(std::move(origin)), root_(new Block), current_(root_.get()) {
  root_->graph_ = this;
  root_->origin_ = origin_;
}

std::vector<Value> Graph::input(InputSpec spec, Origin origin, const std::string& name) {
  require_open(origin);
  if (const Node* first = input_node())
    refuse(
        {.code = "input-twice",
         .site = origin.site,
         .path = first->path(),
         .message = fmt::format("graph '{}' has an input already{}", name_,
                                first->origin().site.known() ? " (" + first->origin().site.str() + ")" : ""),
         .expected = "one input",
         .got = "a second",
         .remedy = "Give one input several named fields, or make the other data a constant."});
  auto node = draft(Node::Kind::input, std::move(origin), name.empty() ? "input" : name, !name.empty());
  for (Field& field : spec.fields) {
    field.type.shape = substituted(std::move(field.type.shape), facts_);
    for (const Dim& dim : field.type.shape) {
      std::vector<std::string> used;
      dim.collect_symbols(used);
      symbols_.insert(used.begin(), used.end());
    }
    node->outputs_.push_back(field.type);
  }
  node->input_ = std::move(spec);
  Node& kept = keep(std::move(node));
  std::vector<Value> values;
  for (size_t i = 0; i < kept.outputs_.size(); ++i) values.push_back(kept.output(static_cast<int>(i)));
  return values;
}

Value Graph::constant(ParameterPtr parameter, Origin origin, const std::string& name) {
  require_open(origin);
  const std::string wanted = !name.empty() ? name : parameter->trainable ? "parameter" : "constant";
  auto node = draft(Node::Kind::constant, std::move(origin), wanted, !name.empty());
  node->outputs_ = {{parameter->shape, parameter->dtype}};
  node->requires_grad_ = node->is_parameter_ = parameter->trainable;
  node->constant_ = std::move(parameter);
  return keep(std::move(node)).output();
}

std::vector<Value> Graph::apply(const Descriptor& transform, Attributes attributes, std::vector<Value> inputs,
                                Origin origin, const std::string& name) {
  invariant(transform.kind == OperationKind::transform, "a layer is applied by its LayerPtr");
  require_open(origin);
  const std::string wanted = name.empty() ? transform.default_node_name() : name;
  auto node = draft(Node::Kind::transform, std::move(origin), wanted, !name.empty());
  node->descriptor_ = &transform;
  node->attributes_ = std::move(attributes);
  return apply_operation(std::move(node), std::move(inputs));
}

std::vector<Value> Graph::apply(const LayerPtr& layer, std::vector<Value> inputs, Origin origin,
                                std::string name, Attributes at_call) {
  require_open(origin);
  const bool first = layer->home() == nullptr;
  const bool by_user = !name.empty() || (first && layer->named_by_user());
  if (name.empty()) name = layer->name().empty() ? layer->descriptor().default_node_name() : layer->name();
  auto node = draft(Node::Kind::layer, std::move(origin), name, by_user);
  node->descriptor_ = &layer->descriptor();
  node->attributes_ = layer->attributes();
  node->attributes_.overlay(at_call);
  node->layer_ = layer;
  std::vector<Value> outputs = apply_operation(std::move(node), std::move(inputs));
  if (first) {
    layer->set_home(current_);
    layer->set_name(outputs[0].node->name_);
  }
  return outputs;
}

std::vector<Value> Graph::apply_operation(std::unique_ptr<Node> node, std::vector<Value> inputs) {
  try {
    link(*node, std::move(inputs));
    complete(*node);
    infer(*node);
  } catch (const CheckError& broken) {
    show_refused(std::move(node), broken.findings());
    throw;
  }
  Node& kept = keep(std::move(node));
  std::vector<Value> outputs;
  for (size_t i = 0; i < kept.outputs_.size(); ++i) outputs.push_back(kept.output(static_cast<int>(i)));
  kept.requires_grad_ = carries_gradient(kept);
  if (const Node* begin = loop_begin(kept)) update_gradients(begin->id());
  return outputs;
}

void Graph::show_refused(std::unique_ptr<Node> node, const std::vector<Finding>& findings) {
  if (witness_) {
    for (Value& input : node->inputs_)
      if (input && input.node->graph_ != this) input = {};
    node->outputs_.clear();
    const std::string name = keep(std::move(node)).name_;
    witness_(*this, findings);
    names_[current_].erase(name);
    current_->nodes_.pop_back();
    nodes_.pop_back();
  }
  failed_ = true;
}

void Graph::link(Node& node, std::vector<Value> inputs) const {
  const auto& ports = node.descriptor_->inputs;
  const bool variadic = !ports.empty() && ports.back().kind == Port::Kind::variadic;
  if (inputs.size() > ports.size() && !variadic)
    refuse({.code = "port-unknown",
            .site = node.origin_.site,
            .path = node.path(),
            .message = fmt::format("{} takes {} input{}, got {}", who(node), ports.size(),
                                   ports.size() == 1 ? "" : "s", inputs.size())});
  inputs.resize(std::max(inputs.size(), ports.size()));
  node.inputs_ = std::move(inputs);
  for (size_t i = 0; i < node.inputs_.size(); ++i) {
    const Port& port = node.port(static_cast<int>(i));
    require_own(node.inputs_[i], node, port);
    const bool number = port.takes_number() && node.attributes_.has(port.name);
    if (node.inputs_[i] || port.may_be_empty() || number) continue;
    refuse({.code = "port-unlinked",
            .site = node.origin_.site,
            .path = node.path(),
            .message = fmt::format("{} expects a value for '{}', got nothing{}", who(node), port.name,
                                   call_line(node)),
            .expected = fmt::format("a value for '{}'", port.name),
            .got = "nothing"});
  }
}

std::string belonging(const Graph& owner, const Graph& wanted) {
  if (owner.name() == wanted.name())
    return fmt::format("belongs to another graph that is called '{}', too", owner.name());
  return fmt::format("belongs to graph '{}', not to '{}'", owner.name(), wanted.name());
}

void Graph::require_own(const Value& value, const Node& node, const Port& port) const {
  if (!value || value.node->graph_ == this) return;
  refuse({.code = "foreign-value",
          .site = node.origin_.site,
          .path = node.path(),
          .message = fmt::format("{} reads {} as its '{}', which {}{}", who(node), name_of(value), port.name,
                                 belonging(*value.node->graph_, *this), call_line(node)),
          .remedy = "Build both in one graph, or pass the result as a constant."});
}

namespace {

std::vector<const TensorType*> types_of(const std::vector<Value>& values) {
  std::vector<const TensorType*> types;
  types.reserve(values.size());
  for (const Value& value : values) types.push_back(value ? &value.type() : nullptr);
  return types;
}

// Nothing could read a node without any: unbind of a dimension of size 0.
void require_outputs(const Node& node) {
  if (!node.outputs().empty()) return;
  const bool reads = !node.inputs().empty() && node.inputs()[0];
  throw RuleBroken{"shape-mismatch", reads ? 0 : -1, "an input of which it gives at least one value",
                   reads ? str(node.inputs()[0].shape()) : "nothing", ""};
}

}  // namespace

void Graph::complete(Node& node) {
  if (!node.layer_ || node.layer_->complete()) return;
  try {
    node.layer_->complete(ShapeContext(types_of(node.inputs_), node.attributes_));
  } catch (const RuleBroken& broken) {
    refuse(finding_of(broken, node));
  }
  Attributes completed = node.layer_->attributes();
  for (const Attribute& option : options_at_call(node.descriptor_->attributes))
    completed.set(option.name, node.attributes_.at(option.name));
  node.attributes_ = std::move(completed);
}

void Graph::infer(Node& node) {
  ShapeContext context(types_of(node.inputs_), node.attributes_);
  context.name_symbols([this] { return new_symbol("K"); });
  try {
    node.retype(node.descriptor_->shape(context));
    require_outputs(node);
  } catch (const RuleBroken& broken) {
    refuse(finding_of(broken, node));
  }
  settle(node, context.guards());
  node.data_symbols_ = context.data_symbols();
  for (TensorType& type : node.outputs_) {
    type.shape = substituted(std::move(type.shape), facts_);
    bytes_of(type);
  }
}

void Graph::settle(Node& node, const std::vector<Guard>& guards) const {
  ShapeContext settled({}, node.attributes_);
  for (Guard guard : guards) {
    guard.left = guard.left.substitute(facts_);
    guard.right = guard.right.substitute(facts_);
    try {
      require_symbols(guard);
      settled.expect(std::move(guard));
    } catch (const RuleBroken& broken) {
      refuse(finding_of(broken, node));
    }
  }
  node.guards_ = settled.guards();
}

// A size that no data bring would never be asked for.
void Graph::require_symbols(const Guard& guard) const {
  std::vector<std::string> names;
  guard.left.collect_symbols(names);
  guard.right.collect_symbols(names);
  for (const std::string& name : names)
    if (!symbols_.contains(name))
      throw RuleBroken{"option-mismatch", -1, fmt::format("sizes that graph '{}' has", name_),
                       fmt::format("'{}'{}", name, did_you_mean(name, {symbols_.begin(), symbols_.end()})),
                       ""};
}

void Graph::update_gradients(int first) {
  std::set<const Node*> handed_on;
  const auto with_gradient = [](const Value& value) { return value.requires_grad(); };
  size_t known = 0;
  do {
    known = handed_on.size();
    for (auto at = nodes_.begin() + first; at != nodes_.end(); ++at) {
      const std::unique_ptr<Node>& node = *at;
      node->requires_grad_ = carries_gradient(*node, handed_on.contains(node.get()));
      const Node* begin = loop_begin(*node);
      if (begin && std::ranges::any_of(Loop{begin, node.get()}.next(), with_gradient))
        handed_on.insert(begin);
    }
  } while (known != handed_on.size());
}

void Graph::rename(Value value, const std::string& name, const Origin& origin) {
  require_open(origin);
  Node& node = *value.node;
  if (node.name_ == name) return;
  const std::string free = free_name(*node.block_, name, true, origin);
  names_[node.block_].erase(node.name_);
  names_[node.block_].insert(free);
  if (node.layer_ && node.layer_->home() == node.block_ && node.layer_->name() == node.name_)
    node.layer_->set_name(free);
  node.name_ = free;
}

void Graph::use(Use use, const Origin& origin) {
  require_open(origin);
  if (use.value.node->graph_ != this)
    refuse({.code = "foreign-value",
            .site = origin.site,
            .path = use.value.node->path(),
            .message = fmt::format("{} {}", name_of(use.value), belonging(*use.value.node->graph_, *this))});
  uses_.push_back(std::move(use));
}

void Graph::attach(std::shared_ptr<Governor> governor) {
  governor->prepare(*this);
  governors_.push_back(std::move(governor));
}

void Graph::assume(const std::string& symbol, Dim value) { facts_[symbol] = std::move(value); }

Dim Graph::new_symbol(const std::string& wanted) {
  std::string name = wanted;
  for (int n = 2; symbols_.contains(name); ++n) name = fmt::format("{}_{}", wanted, n);
  symbols_.insert(name);
  return Dim::symbol(name);
}

std::unique_ptr<Node> Graph::draft(Node::Kind kind, Origin origin, const std::string& wanted, bool by_user) {
  std::unique_ptr<Node> node(new Node);
  node->kind_ = kind;
  node->graph_ = this;
  node->block_ = current_;
  node->name_ = free_name(*current_, wanted, by_user, origin);
  node->named_by_user_ = by_user;
  node->origin_ = std::move(origin);
  return node;
}

Node& Graph::keep(std::unique_ptr<Node> node) {
  node->id_ = static_cast<int>(nodes_.size());
  names_[current_].insert(node->name_);
  current_->nodes_.push_back(node.get());
  nodes_.push_back(std::move(node));
  failed_ = false;
  return *nodes_.back();
}

std::string Graph::free_name(const Block& block, const std::string& wanted, bool by_user,
                             const Origin& origin) const {
  if (!valid_name(wanted))
    refuse({.code = "name-invalid",
            .site = origin.site,
            .path = block.path(),
            .message = fmt::format("'{}' cannot be a name", wanted),
            .remedy = "A name is 1 to 200 bytes without '/' and control characters."});
  const auto names = names_.find(&block);
  if (names == names_.end() || !names->second.contains(wanted)) return wanted;
  if (by_user)
    refuse({.code = "name-taken",
            .site = origin.site,
            .path = block.path().empty() ? wanted : block.path() + "/" + wanted,
            .message = fmt::format("the name '{}' is taken in {}", wanted,
                                   block.parent() ? "block " + block.path() : "graph '" + name_ + "'"),
            .remedy = "Give one of the two another name."});
  return names->second.free_name(wanted);
}

void Graph::require_open(const Origin& origin) const {
  if (!finalized_) return;
  refuse({.code = "graph-finalized",
          .site = origin.site,
          .message = fmt::format("graph '{}' is finalized and cannot change any more", name_),
          .remedy = "Build everything before the manager runs, or build a second graph."});
}

}  // namespace orrery
