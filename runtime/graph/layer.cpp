#include "runtime/graph/layer.h"

#include <algorithm>

#include "runtime/core/error.h"
#include "runtime/core/names.h"

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
    slots_.push_back(spec.name);
  }
}

void Layer::name_by_user(std::string name) {
  name_ = std::move(name);
  named_by_user_ = true;
}

ParameterPtr Layer::parameter(const std::string& slot) const {
  const auto found = std::ranges::find(slots_, slot);
  return found == slots_.end() ? nullptr : parameters_[found - slots_.begin()];
}

void Layer::tie(const std::string& slot, ParameterPtr parameter) {
  const ParameterPtr own = this->parameter(slot);
  check(own != nullptr, Fault::usage, "{} has no parameter '{}'{}", descriptor_.name, slot,
        did_you_mean(slot, slots_));
  check(own->shape == parameter->shape, Fault::usage, "{}: cannot tie {} of shape {} to a tensor of shape {}",
        descriptor_.name, slot, str(own->shape), str(parameter->shape));
  check(own->dtype == parameter->dtype, Fault::usage, "{}: cannot tie {} of dtype {} to a tensor of dtype {}",
        descriptor_.name, slot, orrery::name(own->dtype), orrery::name(parameter->dtype));
  *std::ranges::find(parameters_, own) = std::move(parameter);
}

void Layer::set_trainable(bool trainable) {
  for (const ParameterPtr& parameter : parameters_)
    if (!parameter->buffer) parameter->trainable = trainable;
}

}  // namespace orrery
