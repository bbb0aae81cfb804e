#include "runtime/engine/execution/lowered_plan.h"

#include <algorithm>

namespace orrery {
namespace {

constexpr size_t kPlansKept = 8;

bool only_views(const Plan& plan, size_t begin, size_t end) {
  return std::all_of(plan.steps.begin() + static_cast<long>(begin),
                     plan.steps.begin() + static_cast<long>(end),
                     [](const Step& step) { return lowering_of(*step.node->descriptor())->view; });
}

// The slots that steps outside of a segment read, or whose values are asked for.
std::vector<int> read_outside(const Plan& plan, size_t begin, size_t end, const auto& counts) {
  std::vector<int> slots;
  for (size_t i = begin; i < end; ++i) {
    const int slot = plan.steps[i].outputs;
    bool outside = counts(plan.steps.size(), slot);
    for (size_t other = 0; other < plan.steps.size(); ++other)
      outside = outside || ((other < begin || other >= end) && counts(other, slot));
    if (outside) slots.push_back(slot);
  }
  return slots;
}

}  // namespace

LoweredPlan::LoweredPlan(const Plan& plan, const Symbols& symbols, const HandedOn& handed)
    : of_step_(plan.steps.size(), nullptr) {
  // Sizes that only the data tell are known when it is too late.
  if (std::ranges::any_of(plan.nodes, [](const Node* node) { return !node->data_symbols().empty(); })) return;
  for (size_t begin = 0; begin < plan.steps.size();) {
    size_t end = begin;
    const DType dtype = plan.steps[begin].node->outputs().empty()
                            ? DType::float32
                            : plan.steps[begin].node->outputs()[0].dtype;
    while (end < plan.steps.size() && can_lower(plan.steps[end], symbols) &&
           plan.steps[end].node->outputs()[0].dtype == dtype)
      ++end;
    if (end > begin && !only_views(plan, begin, end)) cut(plan, symbols, handed, begin, end);
    begin = std::max(end, begin + 1);
  }
}

void LoweredPlan::cut(const Plan& plan, const Symbols& symbols, const HandedOn& handed, size_t begin,
                      size_t end) {
  SegmentSpec spec;
  for (size_t i = begin; i < end; ++i) {
    spec.steps.push_back(&plan.steps[i]);
    spec.wanted.push_back(handed.wanted.empty() ? std::vector<bool>() : handed.wanted[i]);
  }
  spec.read_outside = read_outside(plan, begin, end, [&](size_t step, int slot) {
    return std::ranges::count(step == plan.steps.size() ? plan.targets : plan.steps[step].inputs, slot) > 0;
  });
  const auto comes_back = [&](size_t step, int slot) {
    if (step == plan.steps.size()) return slot == handed.loss;
    const std::vector<int>& inputs = plan.steps[step].inputs;
    for (size_t p = 0; p < inputs.size() && !handed.wanted.empty(); ++p)
      if (inputs[p] == slot && !handed.wanted[step].empty() && handed.wanted[step][p]) return true;
    return false;
  };
  spec.arriving = read_outside(plan, begin, end, comes_back);
  segments_.push_back(std::make_unique<Segment>(std::move(spec), symbols));
  bytes_ += segments_.back()->arena_bytes();
  std::fill(of_step_.begin() + static_cast<long>(begin), of_step_.begin() + static_cast<long>(end),
            segments_.back().get());
}

void LoweredPlan::bind(char* begin) const {
  for (const auto& segment : segments_) {
    segment->bind(begin);
    begin += segment->arena_bytes();
  }
}

void LoweredPlan::release() const {
  for (const auto& segment : segments_) segment->release();
}

const Segment* LoweredPlan::largest() const {
  const auto found = std::ranges::max_element(segments_, {}, &Segment::arena_bytes);
  return found == segments_.end() ? nullptr : found->get();
}

const LoweredPlan& LoweredPlans::of(const std::vector<std::int64_t>& signature, const Plan& plan,
                                    const Symbols& symbols, const HandedOn& handed) {
  const auto found = std::ranges::find(entries_, signature, &Entry::signature);
  if (found != entries_.end()) {
    std::rotate(found, found + 1, entries_.end());
  } else {
    if (entries_.size() == kPlansKept) entries_.erase(entries_.begin());
    entries_.push_back({signature, std::make_unique<LoweredPlan>(plan, symbols, handed)});
  }
  if (latest()->bytes() > 0) latest()->bind(arena_.reserve(latest()->bytes()));
  return *latest();
}

}  // namespace orrery
