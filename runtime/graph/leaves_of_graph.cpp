// The part of Graph that lets optimizers update what holds data: constants, and the input itself.
#include <algorithm>

#include "runtime/graph/graph.h"

namespace orrery {
namespace {

bool holds(const Layer& layer, const ParameterPtr& tensor) {
  return std::ranges::find(layer.parameters(), tensor) != layer.parameters().end();
}

// The tensor of a field with all samples of the data; null when one of its sizes is not known.
ParameterPtr tensor_of_field(const Node& input, int output) {
  const InputSpec& spec = *input.input_spec();
  Shape shape = input.outputs()[static_cast<size_t>(output)].shape;
  if (spec.length == 0 || shape.empty()) return nullptr;
  shape[0] = Dim(spec.length);
  if (!known(shape)) return nullptr;
  auto tensor = std::make_shared<Parameter>();
  tensor->name = input.output_name(output);
  tensor->shape = std::move(shape);
  tensor->dtype = input.outputs()[static_cast<size_t>(output)].dtype;
  tensor->site = input.origin().site;
  tensor->awaits_data = true;
  return tensor;
}

}  // namespace

void Graph::train(Value value) {
  invariant(value && value.node->graph_ == this, "only values of a graph can be trained in it");
  Node& node = *value.node;
  if (!is_floating(value.dtype()) || node.state_ || node.is_parameter_) return;
  if (node.input_)
    train_field(node, value.output);
  else if (node.constant_)
    train_constant(node.constant_);
  else
    return;
  update_gradients();
}

void Graph::train_constant(const ParameterPtr& tensor) {
  const std::vector<LayerPtr> all = layers();
  const bool of_layer = std::ranges::any_of(all, [&](const auto& layer) { return holds(*layer, tensor); });
  if (tensor->buffer || (of_layer && !tensor->trainable)) return;
  tensor->trainable = true;
  for (const auto& node : nodes_)
    if (node->constant_ == tensor) node->is_parameter_ = true;
}

void Graph::train_field(Node& input, int output) {
  const auto place = static_cast<size_t>(output);
  if (!input.trained_fields_.empty() && input.trained_fields_[place]) return;
  ParameterPtr tensor = tensor_of_field(input, output);
  if (!tensor) return;
  input.trained_fields_.resize(input.outputs_.size());
  input.trained_fields_[place] = std::move(tensor);
}

}  // namespace orrery
