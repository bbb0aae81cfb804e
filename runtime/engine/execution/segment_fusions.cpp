#include "runtime/engine/execution/segment_fusions.h"

#include <algorithm>
#include <unordered_map>

namespace orrery {
namespace {

// Whether nobody reads a step's result but the step behind it, of which it is the first input.
class OnlyNext {
 public:
  explicit OnlyNext(const SegmentSpec& spec) : spec_(spec) {
    for (const Step* step : spec.steps)
      for (const int slot : step->inputs) ++readers_[slot];
    for (const int slot : spec.read_outside) ++readers_[slot];
  }

  bool operator()(size_t i) const {
    const int slot = spec_.steps[i]->outputs;
    return spec_.steps[i + 1]->inputs[0] == slot && readers_.at(slot) == 1 &&
           spec_.wanted[i].empty() == spec_.wanted[i + 1].empty();
  }

 private:
  const SegmentSpec& spec_;
  std::unordered_map<int, int> readers_;
};

const LoweringEntry& entry_of(const Step& step) { return *lowering_of(*step.node->descriptor()); }

cpu::Activation activation_of(const Step& step) {
  const auto of = entry_of(step).activation;
  return of ? of(*step.node) : cpu::Activation::none;
}

}  // namespace

SegmentFusions find_fusions(const SegmentSpec& spec) {
  const size_t count = spec.steps.size();
  SegmentFusions fusions{std::vector(count, cpu::Activation::none), std::vector(count, false),
                         std::vector(count + 1, false)};
  const OnlyNext only_next(spec);
  const bool fuses = spec.passes.has(PlanPass::fuse_activations);
  const bool relu_later = spec.passes.has(PlanPass::relu_after_max_pool);
  for (size_t i = 0; i + 1 < count; ++i) {
    const LoweringEntry &entry = entry_of(*spec.steps[i]), &next = entry_of(*spec.steps[i + 1]);
    if (fusions.skipped[i] || !only_next(i)) continue;
    const cpu::Activation before = activation_of(*spec.steps[i]), behind = activation_of(*spec.steps[i + 1]);
    if (fuses && entry.takes_activation && behind != cpu::Activation::none &&
        entry.takes_activation(*spec.steps[i]->node, behind)) {
      fusions.activations[i] = behind;
      fusions.skipped[i + 1] = true;
    } else if (relu_later && before == cpu::Activation::relu && next.takes_relu) {
      fusions.relu_before[i + 1] = true;
      fusions.skipped[i] = true;
    }
  }
  return fusions;
}

}  // namespace orrery
