#include "runtime/graph/layer.h"

#include <algorithm>

#include "runtime/core/error.h"

namespace orrery {

Layer::Layer(const Descriptor& descriptor, Attributes attributes, Origin origin)
    : descriptor_(descriptor), attributes_(std::move(attributes)), origin_(std::move(origin)) {
  invariant(descriptor.kind == OperationKind::layer, "a layer is made of a layer's descriptor");
  if (!descriptor.parameters) return;
  for (const ParameterSpec& spec : descriptor.parameters(attributes_)) {
    auto parameter = std::make_shared<Parameter>();
    parameter->name = spec.name;
    parameter->shape = shape_of(spec.shape);
    parameter->dtype = spec.dtype;
    parameter->init = spec.init;
    parameter->buffer = spec.buffer;
    parameter->trainable = !spec.buffer;
    parameter->site = origin_.site;
    parameters_.push_back(std::move(parameter));
  }
}

void Layer::name_by_user(std::string name) {
  name_ = std::move(name);
  named_by_user_ = true;
}

ParameterPtr Layer::parameter(const std::string& name) const {
  auto found = std::find_if(parameters_.begin(), parameters_.end(), [&](const auto& p) { return p->name == name; });
  return found == parameters_.end() ? nullptr : *found;
}

void Layer::tie(const std::string& name, ParameterPtr parameter) {
  auto found = std::find_if(parameters_.begin(), parameters_.end(), [&](const auto& p) { return p->name == name; });
  check(found != parameters_.end(), Fault::usage, "{} has no parameter '{}'", descriptor_.name, name);
  const Parameter& own = **found;
  check(own.shape == parameter->shape, Fault::usage, "{}: cannot tie {} of shape {} to a tensor of shape {}",
        descriptor_.name, name, str(own.shape), str(parameter->shape));
  check(own.dtype == parameter->dtype, Fault::usage, "{}: cannot tie {} of dtype {} to a tensor of dtype {}",
        descriptor_.name, name, orrery::name(own.dtype), orrery::name(parameter->dtype));
  *found = std::move(parameter);
}

void Layer::set_trainable(bool trainable) {
  for (const ParameterPtr& parameter : parameters_)
    if (!parameter->buffer) parameter->trainable = trainable;
}

}  // namespace orrery
