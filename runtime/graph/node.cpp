#include "runtime/graph/node.h"

#include <algorithm>
#include <utility>

#include "runtime/core/error.h"
#include "runtime/graph/block.h"

namespace orrery {

const TensorType& Value::type() const {
  invariant(node != nullptr, "an empty value has no type");
  return node->outputs()[output];
}

// Of the input's fields only those that are trained do.
bool Value::requires_grad() const {
  return node->requires_grad() && is_differentiable(dtype()) && (!node->input_spec() || leaf());
}

const ParameterPtr& Value::leaf() const {
  const std::vector<ParameterPtr>& fields = node->trained_fields();
  return fields.empty() ? node->constant() : fields[static_cast<size_t>(output)];
}

std::string_view name(StateSpec::Reset reset) { return reset == StateSpec::Reset::never ? "never" : "pass"; }

std::string Node::operation() const {
  switch (kind_) {
    case Kind::input: return "Input";
    case Kind::constant: return state_ ? "State" : is_parameter_ ? "Parameter" : "Constant";
    default: return descriptor_->name;
  }
}

const Port& Node::port(int input) const {
  const auto& ports = descriptor_->inputs;
  const int last = static_cast<int>(ports.size()) - 1;
  return ports[input < last ? input : last];
}

std::string Node::output_name(int index) const {
  if (input_) return input_->fields[index].name;
  return descriptor_ ? descriptor_->output_name(index) : "output";
}

void Node::retype(std::vector<TensorType> outputs) {
  if (outputs.size() != outputs_.size())
    outputs_ = std::move(outputs);
  else
    std::ranges::move(outputs, outputs_.begin());
}

std::string Node::path() const {
  const std::string block = block_->path();
  return block.empty() ? name_ : block + "/" + name_;
}

}  // namespace orrery
