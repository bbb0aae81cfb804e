#include "runtime/engine/execution/segment_branches.h"

#include <algorithm>

#include "runtime/engine/execution/segment_views.h"
#include "runtime/graph/flops.h"

namespace orrery {
namespace {

// Kernels share out among threads what is more (`in_shares`, `ThreadsOfProduct`). A softmax does so from
// `kExponentialsAlone` on; beside others it finds the threads taken and keeps to its own.
constexpr double kMostMultiplications = 1 << 20;
constexpr std::int64_t kMostNumbers = 1 << 14;
// One thread's, about: floating-point operations of products, numbers that are moved, in a microsecond.
constexpr double kFlops = 40000, kNumbers = 4000;
constexpr double kMicrosecondsOfCall = 0.2;

std::int64_t numbers_of(const std::vector<Dim>& shape, const Symbols& symbols) {
  std::int64_t count = 1;
  for (const Dim& dim : shape) count *= dim.evaluate(symbols).value_or(1);
  return count;
}

bool is_convolution(const Node& node) {
  const ParameterPtr weight = node.layer() ? node.layer()->parameter("weight") : nullptr;
  return weight && weight->shape.size() > 2;
}

// How much a step's instructions have to do.
class StepWork {
 public:
  StepWork(const Node& node, const Symbols& symbols, bool wide) : flops_(flops_of(node, symbols)) {
    most_ = moved_ = numbers_of(node.outputs()[0].shape, symbols);
    for (const Value& input : node.inputs()) {
      if (!input) continue;
      const std::int64_t numbers = numbers_of(input.shape(), symbols);
      most_ = std::max(most_, numbers);
      moved_ += numbers;
    }
    // The matrix of spread weights has up to twice as many places as the kernels.
    products_ = flops_ / 2 * (is_convolution(node) ? 2 : 1);
    width_ = wide ? 2 : 1;
  }

  bool keeps_to_one_thread() const { return products_ < kMostMultiplications && most_ <= kMostNumbers; }
  /// `passes`: as many products of the forward one's size, and so often over the numbers.
  double microseconds(double passes) const {
    return kMicrosecondsOfCall + passes * width_ * (flops_ / kFlops + static_cast<double>(moved_) / kNumbers);
  }

 private:
  double flops_, products_ = 0, width_ = 1;
  std::int64_t most_ = 0, moved_ = 0;
};

// The backward pass has a product for the inputs, and one for the parameters.
double backward_passes(const std::vector<bool>& wanted, size_t inputs) {
  const auto behind = wanted.begin() + static_cast<long>(std::min(inputs, wanted.size()));
  const auto any = [](auto begin, auto end) { return std::find(begin, end, true) != end ? 1 : 0; };
  return any(wanted.begin(), behind) + any(behind, wanted.end());
}

bool reads_constant(const Step* step) {
  return std::ranges::any_of(step->node->inputs(),
                             [](const Value& input) { return input && input.node->constant(); });
}

bool owns_buffer(const Step* step) {
  const Layer* layer = step->node->layer().get();
  return layer &&
         std::ranges::any_of(layer->parameters(), [](const ParameterPtr& one) { return one->buffer; });
}

// A graph's constant may lie in a layer's buffer (`norm.running_mean`): places do not tell then what reads
// what others write.
bool may_read_what_is_written(const SegmentSpec& spec) {
  return spec.mode.training && std::ranges::any_of(spec.steps, reads_constant) &&
         std::ranges::any_of(spec.steps, owns_buffer);
}

std::vector<RegionPart> parts_of(const std::vector<SegmentPart>& parts, const SegmentSpec& spec,
                                 const Symbols& symbols, bool wide, bool forward) {
  std::vector<RegionPart> found;
  for (const SegmentPart& part : parts) {
    RegionPart& made = found.emplace_back(RegionPart{.reads = part.reads, .writes = part.writes});
    made.idle = part.instructions.empty();
    made.lone = part.step >= spec.steps.size();
    if (made.idle || made.lone) continue;
    const Node& node = *spec.steps[part.step]->node;
    const StepWork work(node, symbols, wide);
    made.lone = !work.keeps_to_one_thread() || (forward && draws(node, spec.mode.training));
    made.microseconds =
        work.microseconds(forward ? 1 : backward_passes(spec.wanted[part.step], node.inputs().size()));
  }
  return found;
}

// The times of buffers' lives: forward the steps' places, backward on from there.
int time_of(const SegmentPart& part, size_t steps, bool forward) {
  return static_cast<int>(forward ? part.step : 2 * steps - part.step);
}

void widen(std::vector<BufferLife>& lives, const SegmentProgram& program, bool forward) {
  const auto& parts = forward ? program.forward : program.backward;
  for (const SegmentRegion& region : forward ? program.forward_regions : program.backward_regions) {
    const size_t steps = program.computed_by.size();
    const int first = time_of(parts[region.first], steps, forward);
    const int last = time_of(parts[region.end() - 1], steps, forward);
    for (size_t p = region.first; p < region.end(); ++p)
      for (const std::vector<int>* touched : {&parts[p].reads, &parts[p].writes})
        for (const int at : *touched) {
          const SegmentPlace& place = program.places[static_cast<size_t>(at)];
          if (place.kind != SegmentPlace::Kind::buffer) continue;
          BufferLife& life = lives[place.index];
          life = {life.bytes, std::min(life.first, first), std::max(life.last, last)};
        }
  }
}

}  // namespace

void find_branches(SegmentProgram& program, const SegmentSpec& spec, const Symbols& symbols) {
  if (spec.mode.lanes < 2 || !spec.passes.has(PlanPass::branches_side_by_side)) return;
  if (may_read_what_is_written(spec)) return;
  const auto lanes = static_cast<size_t>(spec.mode.lanes);
  const bool wide = program.type == at::kDouble;
  program.forward_regions = find_regions(parts_of(program.forward, spec, symbols, wide, true), lanes);
  program.backward_regions = find_regions(parts_of(program.backward, spec, symbols, wide, false), lanes);
}

std::vector<BufferLife> lives_in_regions(const SegmentProgram& program) {
  std::vector<BufferLife> lives = program.lives;
  widen(lives, program, true);
  widen(lives, program, false);
  return lives;
}

}  // namespace orrery
