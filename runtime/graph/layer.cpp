#include "runtime/graph/layer.h"

#include <algorithm>

#include "runtime/core/error.h"
#include "runtime/core/names.h"

namespace orrery {

Layer::Layer(const Descriptor& descriptor, Attributes attributes, Origin origin)
    : descriptor_(descriptor),
      given_(std::move(attributes)),
      attributes_(given_),
      origin_(std::move(origin)) {
  invariant(descriptor.kind == OperationKind::layer, "a layer is made of a layer's descriptor");
  const auto open = [&](const Attribute& a) { return a.told_by_input && !given_.has(a.name); };
  if (std::ranges::none_of(descriptor.attributes, open)) make_parameters();
}

void Layer::complete(const ShapeContext& first) {
  invariant(!complete_, "a layer is completed once");
  descriptor_.complete(attributes_, first);
  make_parameters();
  if (made_) std::ranges::for_each(parameters_, made_);
  set_trainable(trainable_);
}

void Layer::make_parameters() {
  complete_ = true;
  if (!descriptor_.parameters) return;
  for (const ParameterSpec& spec : descriptor_.parameters(attributes_)) {
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
  check(complete_, Fault::usage, "{} has no parameters before its first input tells the options left out",
        descriptor_.name);
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
  trainable_ = trainable;
  for (const ParameterPtr& parameter : parameters_)
    if (!parameter->buffer) parameter->trainable = trainable;
}

}  // namespace orrery
