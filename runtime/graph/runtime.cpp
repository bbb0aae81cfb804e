#include "runtime/graph/runtime.h"

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

}  // namespace

// The innermost replay hands the layer out, also when blocks inside it record their own first call;
// what records around a replay leaves that layer to the replay.
LayerPtr Runtime::make_layer(const Descriptor& descriptor, Attributes attributes, Origin origin) {
  size_t first_recording = traces_.size();
  while (first_recording > 0 && !traces_[first_recording - 1]->replay) --first_recording;
  LayerPtr layer;
  if (first_recording > 0) {
    layer = next_recorded(*traces_[first_recording - 1], descriptor, attributes);
  } else {
    layer = std::make_shared<Layer>(descriptor, std::move(attributes), std::move(origin));
    for (const ParameterPtr& parameter : layer->parameters()) draws.initialise(parameter);
    layer->when_completed([this](const ParameterPtr& parameter) { draws.initialise(parameter); });
  }
  for (size_t i = first_recording; i < traces_.size(); ++i) traces_[i]->layers.push_back(layer);
  return layer;
}

}  // namespace orrery
