#include "runtime/engine/execution/segment_program.h"

#include <algorithm>

#include "runtime/engine/execution/segment_views.h"
#include "runtime/engine/execution/segment_writer.h"

namespace orrery {

bool can_lower(const Step& step, const Symbols& symbols) {
  const Node& node = *step.node;
  if (!step.kernel || !node.descriptor() || node.outputs().size() != 1) return false;
  const LoweringEntry* entry = lowering_of(*node.descriptor());
  const DType dtype = node.outputs()[0].dtype;
  if (!entry || (dtype != DType::float32 && dtype != DType::float64)) return false;
  if (node.layer()) {
    if (!node.layer()->parametrizations().empty()) return false;
    for (const ParameterPtr& parameter : node.layer()->parameters())
      if (parameter->buffer ? !entry->updates_buffers : parameter->dtype != dtype) return false;
  }
  std::vector<std::vector<std::int64_t>> sizes;
  for (const Value& input : node.inputs()) {
    const auto known = input ? known_sizes(input, symbols) : std::vector<std::int64_t>();
    const bool fits =
        !input || input.dtype() == dtype || (entry->reads_indices && input.dtype() == DType::int64);
    if (!known || !fits) return false;
    sizes.push_back(*known);
  }
  if (sizes.empty() || !node.inputs()[0]) return false;
  const auto made = known_sizes({const_cast<Node*>(&node), 0}, symbols);
  if (!made || std::ranges::find(*made, 0) != made->end()) return false;
  return !entry->covers || entry->covers({node, sizes});
}

SegmentProgram write_program(const SegmentSpec& spec, const Symbols& symbols) {
  SegmentProgram program;
  SegmentWriter(spec, symbols, program).write();
  return program;
}

}  // namespace orrery
