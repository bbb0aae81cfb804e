#include "runtime/engine/execution/lowered_plan.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>

#include "runtime/engine/execution/recomputed.h"
#include "runtime/engine/execution/segment_views.h"

namespace orrery {
namespace {

constexpr size_t kPlansKept = 8;
constexpr std::uint64_t kMixing = 0x9e3779b97f4a7c15;  // an odd number without a pattern

bool only_views(const Plan& plan, size_t begin, size_t end) {
  return std::all_of(plan.steps.begin() + static_cast<long>(begin),
                     plan.steps.begin() + static_cast<long>(end),
                     [](const Step& step) { return lowering_of(*step.node->descriptor())->view; });
}

// What leads from values whose order is known to where LibTorch draws in the order in which numbers lie: its
// own results lie as they do without a plan.
std::unordered_set<const Node*> laid_out_by_aten(const Plan& plan, bool training) {
  std::vector<Value> open;
  std::unordered_map<const Node*, const Node*> ends;  // of loops, by their begins
  const auto open_inputs = [&](const Node& node) {
    open.insert(open.end(), node.inputs().begin(), node.inputs().end());
  };
  for (const Step& top : plan.steps)
    visit_steps(top, [&](const Step& step) {
      if (draws(*step.node, training)) open_inputs(*step.node);
      if (step.loop) ends[step.loop->begin.node] = step.node;
    });
  std::unordered_set<const Node*> left;
  while (!open.empty()) {
    const Value value = open.back();
    open.pop_back();
    if (!value || lies_in_order(value) || !left.insert(value.node).second) continue;
    open_inputs(*value.node);
    // What a step of a loop hands to the next.
    if (const auto end = ends.find(value.node); end != ends.end()) open_inputs(*end->second);
  }
  return left;
}

std::vector<std::int64_t> key_of(const Plan& plan, const std::vector<std::int64_t>& signature,
                                 const HandedOn& handed, LoweringMode mode) {
  std::vector<std::int64_t> key = signature;
  key.reserve(signature.size() + 3 + plan.lowered_layers.size());
  key.push_back(mode.training);
  key.push_back(mode.lanes);
  key.push_back(handed.read_once);
  for (const Completion& folded : handed.folded)
    key.push_back(static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(folded.parameter)));
  for (const auto& [layer, by_training] : plan.lowered_layers) {
    const bool trains = by_training && layer->training(), computed = !layer->parametrizations().empty();
    // A script may tie a weight to another, or give it another dtype.
    std::uint64_t owned = 2 * trains + computed;
    for (const ParameterPtr& parameter : layer->parameters())
      owned = (owned ^ reinterpret_cast<std::uintptr_t>(parameter.get())) * kMixing +
              static_cast<std::uint64_t>(parameter->dtype);
    key.push_back(static_cast<std::int64_t>(owned));
  }
  return key;
}

}  // namespace

// Where in the plan the slots are read, from the first to the last place.
class LoweredPlan::Readers {
 public:
  explicit Readers(const Plan& plan) : spans_(static_cast<size_t>(plan.slots)) {}

  void add(int slot, size_t place) {
    if (slot < 0) return;
    Span& span = spans_[static_cast<size_t>(slot)];
    span.first = std::min(span.first, place);
    span.last = std::max(span.last, place + 1);
  }
  bool outside(int slot, size_t begin, size_t end) const {
    const Span& span = spans_[static_cast<size_t>(slot)];
    return span.last > 0 && (span.first < begin || span.last > end);
  }

 private:
  struct Span {
    size_t first = ~size_t{0}, last = 0;
  };
  std::vector<Span> spans_;
};

LoweredPlan::LoweredPlan(const Plan& plan, const Symbols& symbols, const HandedOn& handed, LoweringMode mode)
    : of_step_(plan.steps.size(), nullptr) {
  // Sizes that only the data tell are known when it is too late.
  if (std::ranges::any_of(plan.nodes, [](const Node* node) { return !node->data_symbols().empty(); })) return;
  Readers forward(plan), backward(plan);
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const std::vector<int>& reads = plan.steps[i].reads();
    for (size_t p = 0; p < reads.size(); ++p) {
      forward.add(reads[p], i);
      if (!handed.wanted.empty() && !handed.wanted[i].empty() && handed.wanted[i][p])
        backward.add(reads[p], i);
    }
  }
  for (const int slot : plan.targets) forward.add(slot, plan.steps.size());
  backward.add(handed.loss, plan.steps.size());
  std::vector<const RecomputedPart*> parts;
  const std::unordered_set<const Node*> left = laid_out_by_aten(plan, mode.training);
  const bool meets_loops = !handed.wanted.empty() &&
                           std::ranges::any_of(plan.steps, [](const Step& s) { return s.loop != nullptr; });
  for (size_t begin = 0; begin < plan.steps.size();) {
    const RecomputedPart* const part = recomputed_at(plan.recomputed, begin);
    size_t end = begin;
    const DType dtype = plan.steps[begin].node->outputs().empty()
                            ? DType::float32
                            : plan.steps[begin].node->outputs()[0].dtype;
    while (end < plan.steps.size() && !left.contains(plan.steps[end].node) &&
           can_lower(plan.steps[end], symbols) && plan.steps[end].node->outputs()[0].dtype == dtype &&
           recomputed_at(plan.recomputed, end) == part)
      ++end;
    if (end > begin && !only_views(plan, begin, end)) {
      SegmentSpec spec{.mode = mode, .passes = plan.passes};
      for (size_t i = begin; i < end; ++i) {
        const int slot = plan.steps[i].outputs;
        spec.steps.push_back(&plan.steps[i]);
        spec.wanted.push_back(handed.wanted.empty() ? std::vector<bool>() : handed.wanted[i]);
        if (forward.outside(slot, begin, end)) spec.read_outside.push_back(slot);
        if (backward.outside(slot, begin, end)) spec.arriving.push_back(slot);
      }
      for (const Completion& updated : handed.updated)
        if (updated.first >= begin && updated.last < end)
          spec.updated.push_back({updated.parameter, updated.first - begin});
      for (const Completion& folded : handed.folded)
        if (folded.first >= begin && folded.last < end)
          spec.folded.push_back({folded.parameter, folded.first - begin, folded.first == folded.last});
      // Segments of recomputed parts share their memory.
      spec.keeps_gradients = handed.read_once && !part;
      spec.returns_memory = meets_loops && !part;
      add(std::make_unique<Segment>(std::move(spec), symbols), begin);
      parts.push_back(part);
    }
    begin = std::max(end, begin + 1);
  }
  place(parts);
}

void LoweredPlan::add(std::unique_ptr<Segment> segment, size_t begin) {
  std::fill_n(of_step_.begin() + static_cast<long>(begin), segment->spec().steps.size(), segment.get());
  segments_.push_back(std::move(segment));
}

// `parts`: of the segments.
void LoweredPlan::place(const std::vector<const RecomputedPart*>& parts) {
  offsets_.resize(segments_.size());
  for (size_t i = 0; i < segments_.size(); ++i) {
    returned_ += segments_[i]->arena_bytes() - segments_[i]->held_bytes();
    if (!parts[i]) offsets_[i] = std::exchange(held_, held_ + segments_[i]->held_bytes());
  }
  const std::int64_t shared = held_;
  std::int64_t next = shared;
  for (size_t i = 0; i < segments_.size(); ++i) {
    if (!parts[i]) continue;
    if (i == 0 || parts[i] != parts[i - 1]) next = shared;
    offsets_[i] = std::exchange(next, next + segments_[i]->held_bytes());
    held_ = std::max(held_, next);
  }
}

void LoweredPlan::bind(char* begin) const {
  for (size_t i = 0; i < segments_.size(); ++i) segments_[i]->bind(begin + offsets_[i]);
}

void LoweredPlan::release() const {
  for (const auto& segment : segments_) segment->release();
}

const Segment* LoweredPlan::largest() const {
  const auto found = std::ranges::max_element(segments_, {}, &Segment::arena_bytes);
  return found == segments_.end() ? nullptr : found->get();
}

bool LoweredPlan::has_branches() const {
  return std::ranges::any_of(segments_, [](const auto& segment) {
    return !segment->regions(true).empty() || !segment->regions(false).empty();
  });
}

const LoweredPlan& LoweredPlans::of(const std::vector<std::int64_t>& signature, const Plan& plan,
                                    const Symbols& symbols, const HandedOn& handed, LoweringMode mode) {
  std::vector<std::int64_t> key = key_of(plan, signature, handed, mode);
  const auto found = std::ranges::find(entries_, key, &Entry::key);
  if (found != entries_.end()) {
    std::rotate(found, found + 1, entries_.end());
  } else {
    if (entries_.size() == kPlansKept) entries_.erase(entries_.begin());
    entries_.push_back({std::move(key), std::make_unique<LoweredPlan>(plan, symbols, handed, mode)});
  }
  if (latest()->held_bytes() > 0) latest()->bind(arena_.reserve(latest()->held_bytes()));
  return *latest();
}

}  // namespace orrery
