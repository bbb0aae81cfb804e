#include "runtime/graph/runtime.h"

#include "runtime/core/error.h"

namespace orrery {

Runtime::Runtime() = default;

LayerPtr Runtime::make_layer(const Descriptor& descriptor, Attributes attributes, Origin origin) {
  LayerTrace* trace = traces_.empty() ? nullptr : traces_.back();
  if (trace && trace->replay) {
    check(trace->next < trace->layers.size(), Fault::run,
          "a block called with shared layers makes more layers than its first call ({}); the extra one is a {}",
          trace->layers.size(), descriptor.name);
    const LayerPtr& recorded = trace->layers[trace->next++];
    check(&recorded->descriptor() == &descriptor && recorded->attributes() == attributes, Fault::run,
          "a block called with shared layers makes another {} than its first call, which made a {} at {}",
          descriptor.name, recorded->descriptor().name, recorded->origin().site.str());
    return recorded;
  }
  auto layer = std::make_shared<Layer>(descriptor, std::move(attributes), std::move(origin));
  for (const ParameterPtr& parameter : layer->parameters()) draws.initialise(parameter);
  for (LayerTrace* recording : traces_) recording->layers.push_back(layer);
  return layer;
}

}  // namespace orrery
