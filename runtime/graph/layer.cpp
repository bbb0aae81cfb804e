#include "runtime/graph/layer.h"

#include <algorithm>

#include "runtime/core/error.h"
#include "runtime/core/names.h"
#include "runtime/graph/finding.h"

namespace orrery {

Layer::Layer(const Descriptor& descriptor, Attributes attributes, Origin origin)
    : descriptor_(descriptor),
      given_(std::move(attributes)),
      attributes_(given_),
      origin_(std::move(origin)) {
  invariant(descriptor.kind == OperationKind::layer, "a layer is made of a layer's descriptor");
  const auto open = [&](const Attribute& a) { return a.told_by_input && !given_.has(a.name); };
  if (std::ranges::any_of(descriptor.attributes, open)) return;
  try {
    make_parameters();
  } catch (const RuleBroken& broken) {
    throw CheckError(
        {{.code = broken.code,
          .site = origin_.site,
          .message = fmt::format("{} expects {}, got {}", descriptor.name, broken.expected, broken.got),
          .expected = broken.expected,
          .got = broken.got,
          .remedy = broken.remedy}});
  }
}

void Layer::complete(const ShapeContext& first) {
  invariant(!complete_, "a layer is completed once");
  descriptor_.complete(attributes_, first);
  make_parameters();
  if (made_) made_(*this);
  set_trainable(trainable_);
}

void Layer::make_parameters() {
  complete_ = true;
  if (!descriptor_.parameters) return;
  for (const ParameterSpec& spec : descriptor_.parameters(attributes_)) {
    bytes_of({shape_of(spec.shape), spec.dtype});
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

std::vector<std::pair<ParameterPtr, Init>> Layer::construction() const {
  std::vector<std::pair<ParameterPtr, Init>> steps;
  if (descriptor_.construction) {
    for (const Draw& draw : descriptor_.construction(attributes_))
      steps.emplace_back(parameter(draw.parameter), draw.init);
  } else {
    for (const ParameterPtr& parameter : parameters_) steps.emplace_back(parameter, parameter->init);
  }
  return steps;
}

namespace {

ParameterPtr part_of(const ParametrizationKind::Part& part, const std::string& prefix, const Parameter& own) {
  auto made = std::make_shared<Parameter>();
  made->name = prefix + part.name;
  made->shape = part.shape;
  made->dtype = own.dtype;
  made->made_in = own.made_in;
  made->buffer = part.buffer;
  made->trainable = !part.buffer && own.trainable;
  made->site = own.site;
  return made;
}

}  // namespace

void Layer::parametrize(Parametrization parametrization) {
  const std::string& slot = parametrization.slot;
  check(complete_, Fault::usage, "{} has no {} before its first input tells the options left out",
        descriptor_.name, slot);
  check(std::ranges::find(parametrizations_, slot, &Parametrization::slot) == parametrizations_.end(),
        Fault::usage, "{}: {} is parametrized already", descriptor_.name, slot);
  const ParameterPtr own = parameter(slot);
  check(own != nullptr && !own->buffer, Fault::usage, "{} has no parameter '{}'{}", descriptor_.name, slot,
        did_you_mean(slot, slots_));
  const auto parts = parametrization.kind->parts(parametrization.attributes, own->shape, descriptor_.name);
  if (parametrizations_.empty()) read_slots_ = slots_;
  const auto place = std::ranges::find(slots_, slot);
  parameters_.erase(parameters_.begin() + (place - slots_.begin()));
  slots_.erase(place);
  const std::string prefix = "parametrizations." + slot + ".";
  for (const ParametrizationKind::Part& part : parts) {
    parametrization.parts.push_back(part.own ? own : part_of(part, prefix, *own));
    parameters_.push_back(parametrization.parts.back());
    slots_.push_back(prefix + part.name);
  }
  parametrizations_.push_back(std::move(parametrization));
}

ParameterPtr Layer::remove_parametrization(const std::string& slot, bool to_original) {
  const auto found = std::ranges::find(parametrizations_, slot, &Parametrization::slot);
  check(found != parametrizations_.end(), Fault::usage, "{}: {} is not parametrized", descriptor_.name, slot);
  const auto trained = std::ranges::count_if(found->parts, [](const auto& part) { return !part->buffer; });
  check(!to_original || trained == 1, Fault::usage,
        "{}: {} is computed from {} tensors, so that none is the original", descriptor_.name, slot, trained);
  const std::string prefix = "parametrizations." + slot + ".";
  const auto is_own = [&](const ParameterPtr& part) { return !part->name.starts_with(prefix); };
  const ParameterPtr own = *std::ranges::find_if(found->parts, is_own);
  for (size_t i = slots_.size(); i-- > 0;) {
    if (!slots_[i].starts_with(prefix)) continue;
    slots_.erase(slots_.begin() + static_cast<std::ptrdiff_t>(i));
    parameters_.erase(parameters_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  slots_.push_back(slot);
  parameters_.push_back(own);
  parametrizations_.erase(found);
  return own;
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
  for (Parametrization& made : parametrizations_) std::ranges::replace(made.parts, own, parameter);
  *std::ranges::find(parameters_, own) = std::move(parameter);
}

std::optional<DType> Layer::dtype() const {
  const auto option = std::ranges::find(descriptor_.attributes, "dtype", &Attribute::name);
  if (option == descriptor_.attributes.end() || !std::holds_alternative<DType>(option->value)) return {};
  return attributes_.dtype("dtype");
}

void Layer::convert(DType to) {
  if (dtype()) attributes_.set("dtype", to);
  for (const ParameterPtr& parameter : parameters_) parameter->convert(to);
}

bool Layer::follow_shared() {
  const std::optional<DType> own = dtype();
  if (!own) return false;
  const auto converted = std::ranges::find_if(parameters_, [&](const ParameterPtr& parameter) {
    return is_floating(parameter->dtype) && parameter->dtype != *own;
  });
  if (converted == parameters_.end()) return false;
  convert((*converted)->dtype);
  return true;
}

void Layer::set_trainable(bool trainable) {
  trainable_ = trainable;
  for (const ParameterPtr& parameter : parameters_)
    if (!parameter->buffer) parameter->trainable = trainable;
}

}  // namespace orrery
