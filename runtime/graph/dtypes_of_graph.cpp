// The part of Graph that gives what it holds another dtype.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "runtime/graph/graph.h"

namespace orrery {
namespace {

// An operation without inputs that makes tensors of real numbers, and has an option for their dtype.
bool makes_reals(const Node& node) {
  if (node.kind() != Node::Kind::transform || !node.descriptor()->inputs.empty()) return false;
  const auto& options = node.descriptor()->attributes;
  const auto option = std::ranges::find(options, "dtype", &Attribute::name);
  return option != options.end() && option->value == AttributeValue(DType::float32);
}

bool differs(DType own, DType wanted) { return is_floating(own) && own != wanted; }

bool layer_differs(const Layer& layer, DType wanted) {
  const auto parameter_differs = [&](const ParameterPtr& each) { return differs(each->dtype, wanted); };
  return layer.dtype().value_or(wanted) != wanted ||
         std::ranges::any_of(layer.parameters(), parameter_differs);
}

// What the node itself says of its outputs is not what they are.
bool is_stale(const Node& node) {
  if (node.constant()) return node.constant()->dtype != node.outputs()[0].dtype;
  if (node.layer())
    return node.layer()->dtype() && *node.layer()->dtype() != node.attributes().dtype("dtype");
  if (makes_reals(node)) return node.attributes().dtype("dtype") != node.outputs()[0].dtype;
  if (!node.input_spec()) return false;
  return !std::ranges::equal(
      node.input_spec()->fields, node.outputs(), {}, [](const Field& field) { return field.type.dtype; },
      &TensorType::dtype);
}

void convert_field(Field& field, DType dtype) {
  if (!differs(field.type.dtype, dtype)) return;
  const DType data = field.data_dtype();
  field.type.dtype = dtype;
  field.fed = data == dtype ? std::nullopt : std::optional(data);
}

}  // namespace

/// What a conversion that fails puts back.
class Graph::KeptDTypes {
 public:
  explicit KeptDTypes(Graph& graph) : graph_(graph) {
    for (const auto& node : graph.nodes_) {
      nodes_.push_back({node->attributes_, node->outputs_, node->input_, node->usual_dtype_});
      if (node->constant_) keep(node->constant_);
      if (!node->layer_) continue;
      layers_.emplace_back(node->layer_, node->layer_->dtype());
      for (const ParameterPtr& parameter : node->layer_->parameters()) keep(parameter);
    }
  }

  void put_back() {
    for (size_t i = 0; i < nodes_.size(); ++i) {
      Node& node = *graph_.nodes_[i];
      node.attributes_ = std::move(nodes_[i].attributes);
      node.retype(std::move(nodes_[i].outputs));
      node.input_ = std::move(nodes_[i].input);
      node.usual_dtype_ = nodes_[i].usual_dtype;
    }
    for (const auto& [layer, dtype] : layers_)
      if (dtype) layer->convert(*dtype);
    for (const Tensor& each : tensors_) {
      each.parameter->dtype = each.dtype;
      each.parameter->made_in = each.made_in;
    }
  }

 private:
  struct Facts {
    Attributes attributes;
    std::vector<TensorType> outputs;
    std::optional<InputSpec> input;
    bool usual_dtype;
  };
  struct Tensor {
    ParameterPtr parameter;
    DType dtype;
    std::optional<DType> made_in;
  };

  void keep(const ParameterPtr& parameter) {
    tensors_.push_back({parameter, parameter->dtype, parameter->made_in});
  }

  Graph& graph_;
  std::vector<Facts> nodes_;
  std::vector<std::pair<LayerPtr, std::optional<DType>>> layers_;
  std::vector<Tensor> tensors_;
};

void Graph::convert(DType dtype, const Origin& origin) {
  convert([](const Node&) { return true; }, dtype, origin);
}

void Graph::convert(const std::function<bool(const Node&)>& chosen, DType dtype, const Origin& origin) {
  const auto wants = [&](const Node& node) {
    if (node.constant_) return differs(node.constant_->dtype, dtype);
    if (node.layer_) return layer_differs(*node.layer_, dtype);
    if (node.input_)
      return std::ranges::any_of(node.input_->fields,
                                 [&](const Field& field) { return differs(field.type.dtype, dtype); });
    return makes_reals(node) && (node.usual_dtype_ || node.attributes_.dtype("dtype") == DType::float32) &&
           node.attributes_.dtype("dtype") != dtype;
  };
  KeptDTypes before(*this);
  for (const auto& node : nodes_) {
    if (!chosen(*node) || !wants(*node)) continue;
    require_convertible(dtype, origin);
    convert(*node, dtype);
  }
  try {
    follow_dtypes();
  } catch (...) {
    before.put_back();
    throw;
  }
}

void Graph::require_convertible(DType dtype, const Origin& origin) const {
  if (!finalized_) return;
  throw CheckError({{.code = "graph-finalized",
                     .site = origin.site,
                     .message = fmt::format("graph '{}' is finalized and cannot be converted to {} any more",
                                            name_, orrery::name(dtype)),
                     .remedy = "Convert it before anything runs it, or build a second graph."}});
}

void Graph::convert(Node& node, DType dtype) {
  if (node.constant_) node.constant_->convert(dtype);
  if (node.layer_) node.layer_->convert(dtype);
  if (node.input_)
    for (Field& field : node.input_->fields) convert_field(field, dtype);
  if (!makes_reals(node)) return;
  node.attributes_.set("dtype", dtype);
  node.usual_dtype_ = true;
}

void Graph::follow_dtypes() {
  if (finalized_) return;
  for (bool shared = true; shared;) {
    shared = false;
    for (const auto& node : nodes_) shared = (node->layer_ && node->layer_->follow_shared()) || shared;
  }
  if (std::ranges::none_of(nodes_, [](const auto& node) { return is_stale(*node); })) return;
  KeptDTypes before(*this);
  try {
    infer_dtypes();
  } catch (...) {
    before.put_back();
    throw;
  }
}

void Graph::infer_dtypes(Node& node) {
  for (size_t i = 0; node.input_ && i < node.outputs_.size(); ++i)
    node.outputs_[i].dtype = node.input_->fields[i].type.dtype;
  if (node.constant_) node.outputs_[0].dtype = node.constant_->dtype;
  if (!node.descriptor_) return;
  if (node.layer_ && node.layer_->dtype()) node.attributes_.set("dtype", *node.layer_->dtype());
  std::vector<const TensorType*> inputs;
  for (const Value& input : node.inputs_) inputs.push_back(input ? &input.type() : nullptr);
  ShapeContext context(std::move(inputs), node.attributes_);
  std::vector<TensorType> types;
  try {
    types = node.descriptor_->shape(context);
  } catch (const RuleBroken& broken) {
    throw CheckError({finding_of(broken, node)});
  }
  invariant(types.size() == node.outputs_.size(), "another dtype changes how many outputs there are");
  for (size_t i = 0; i < types.size(); ++i) {
    node.outputs_[i].dtype = types[i].dtype;
    bytes_of(node.outputs_[i]);
  }
}

// Those that what was converted leads to, in their order: others may be costly to ask.
void Graph::infer_dtypes() {
  std::unordered_set<const Node*> changed;
  for (const auto& node : nodes_) {
    const auto reads = [&](const Value& value) { return value && changed.contains(value.node); };
    if (!is_stale(*node) && std::ranges::none_of(node->inputs_, reads)) continue;
    infer_dtypes(*node);
    changed.insert(node.get());
  }
  for (const auto& node : nodes_)
    if (node->state_ && node->state_->next) require_carried_dtype(*node, node->state_->next, node->origin_);
}

}  // namespace orrery
