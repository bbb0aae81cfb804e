#include "runtime/graph/runtime.h"

#include <algorithm>

#include "runtime/core/error.h"

namespace orrery {

Runtime::Runtime() = default;

namespace {

const LayerPtr& next_recorded(LayerTrace& trace, const Descriptor& descriptor, const Attributes& attributes) {
  check(trace.next < trace.layers.size(), Fault::run,
        "a block called with shared layers makes more layers than its first call ({}); the extra one is a {}",
        trace.layers.size(), descriptor.name);
  const LayerPtr& recorded = trace.layers[trace.next++];
  check(&recorded->descriptor() == &descriptor && recorded->given() == attributes, Fault::run,
        "a block called with shared layers makes another {} than its first call, which made a {} at {}",
        descriptor.name, recorded->descriptor().name, recorded->origin().site.str());
  return recorded;
}

const ParameterPtr& next_free(LayerTrace& trace, const Parameter& made) {
  check(trace.next_free < trace.free.size(), Fault::run,
        "a block called with shared layers makes more parameters than its first call ({}); the extra one is "
        "'{}'",
        trace.free.size(), made.name);
  const ParameterPtr& recorded = trace.free[trace.next_free++];
  const bool same_name = made.name.empty() || recorded->name == made.name;
  check(
      same_name && recorded->shape == made.shape && recorded->made_in.value_or(recorded->dtype) == made.dtype,
      Fault::run,
      "a block called with shared layers makes another parameter '{}' than its first call, which made '{}' "
      "at {}",
      made.name, recorded->name, recorded->site.str());
  return recorded;
}

}  // namespace

// The innermost replay hands the layer out, also when blocks inside it record their own first call;
// what records around a replay leaves that layer to the replay.
size_t Runtime::first_recording() const {
  size_t first = traces_.size();
  while (first > 0 && !traces_[first - 1]->replay) --first;
  return first;
}

LayerPtr Runtime::make_layer(const Descriptor& descriptor, Attributes attributes, Origin origin) {
  const size_t recording = first_recording();
  LayerPtr layer;
  if (recording > 0) {
    layer = next_recorded(*traces_[recording - 1], descriptor, attributes);
  } else {
    layer = std::make_shared<Layer>(descriptor, std::move(attributes), std::move(origin));
    layer->set_order(++made_);
    const auto draw = [this](const Layer& made) {
      for (const auto& [parameter, init] : made.construction()) draws.initialise(parameter, init);
    };
    if (layer->complete()) draw(*layer);
    layer->when_completed(draw);
    if (const auto dtype = wanted_dtype()) layer->convert(*dtype);
  }
  for (size_t i = recording; i < traces_.size(); ++i) traces_[i]->layers.push_back(layer);
  return layer;
}

ParameterPtr Runtime::make_free(ParameterPtr made) {
  const size_t recording = first_recording();
  if (recording > 0) {
    made = next_free(*traces_[recording - 1], *made);
  } else {
    made->order = ++made_;
    draws.initialise(made);
    convert_made(*made);
  }
  for (size_t i = recording; i < traces_.size(); ++i) traces_[i]->free.push_back(made);
  return made;
}

// The innermost block that has one.
std::optional<DType> Runtime::wanted_dtype() const {
  for (auto trace = traces_.rbegin(); trace != traces_.rend(); ++trace)
    if ((*trace)->dtype) return (*trace)->dtype;
  return {};
}

void Runtime::convert_made(Parameter& made) const {
  if (const auto dtype = wanted_dtype()) made.convert(*dtype);
}

void Runtime::initialise(const ParameterPtr& parameter, const Init& init) {
  if (first_recording() == 0) draws.initialise(parameter, init);
}

void Runtime::copy(const ParameterPtr& from, const ParameterPtr& to) {
  check(from->shape == to->shape && from->dtype == to->dtype, Fault::usage, "{} {} cannot be a copy of {} {}",
        to->name, str(to->shape), from->name, str(from->shape));
  if (first_recording() == 0) draws.copy(from, to);
}

void Runtime::parametrize(Layer& layer, Parametrization parametrization) {
  const auto same = [&](const Parametrization& there) {
    return there.slot == parametrization.slot && there.kind == parametrization.kind;
  };
  if (first_recording() > 0 && std::ranges::any_of(layer.parametrizations(), same)) return;
  layer.parametrize(std::move(parametrization));
  draws.parametrize(layer.parametrizations().back());
}

}  // namespace orrery
