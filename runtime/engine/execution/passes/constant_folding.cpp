#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "runtime/engine/execution/passes/passes.h"
#include "runtime/engine/execution/passes/slot_use.h"

namespace orrery {
namespace {

constexpr std::int64_t kMostFoldedBytes = 64 << 20;

bool is_fixed(const Shape& shape) {
  return std::ranges::all_of(shape, [](const Dim& dim) { return dim.known(); });
}

bool has_fixed_sizes(const Node& node) {
  const auto& entries = node.attributes().entries();
  return std::ranges::all_of(node.outputs(), [](const TensorType& type) { return is_fixed(type.shape); }) &&
         std::ranges::all_of(entries, [](const Attributes::Entry& entry) {
           const auto* shape = std::get_if<Shape>(&entry.value);
           return !shape || is_fixed(*shape);
         });
}

bool is_lasting_constant(const Node& node) {
  return node.constant() && !node.state() && !node.is_parameter() && !node.constant()->trainable;
}

// Which steps of a plan are folded, by their places.
class FoldedSteps {
 public:
  explicit FoldedSteps(const Plan& plan) : plan_(plan), folded_(plan.steps.size()) {
    for (size_t i = 0; i < plan.steps.size(); ++i)
      for (size_t output = 0; output < plan.steps[i].node->outputs().size(); ++output)
        maker_[plan.steps[i].outputs + static_cast<int>(output)] = i;
    const ExposedMemory exposed(plan);
    for (size_t i = 0; i < plan.steps.size(); ++i) folded_[i] = can_fold(plan.steps[i], exposed);
  }

  bool has(size_t step) const { return folded_[step]; }

  /// What they read that is not folded: constants.
  std::unordered_set<size_t> sources() const {
    std::unordered_set<size_t> found;
    for (size_t i = 0; i < folded_.size(); ++i)
      for (const int slot : plan_.steps[i].inputs)
        if (folded_[i] && slot >= 0 && !folded_[maker_.at(slot)]) found.insert(maker_.at(slot));
    return found;
  }

  /// The slots that others read.
  std::vector<int> kept() const {
    std::vector<int> slots;
    for (size_t i = 0; i < folded_.size(); ++i) {
      if (folded_[i]) continue;
      for (const int slot : plan_.steps[i].inputs)
        if (slot >= 0 && folded_[maker_.at(slot)]) slots.push_back(slot);
    }
    std::ranges::sort(slots);
    slots.erase(std::ranges::unique(slots).begin(), slots.end());
    return slots;
  }

  /// Until what is kept takes no more than the limit, leaves out what takes most, and what depends on it.
  void limit() {
    const StorageRoots roots = find_storage_roots(plan_.nodes);
    while (true) {
      std::map<Value, std::int64_t, ValueLess> held;
      std::int64_t all = 0;
      for (const int slot : kept()) {
        const Node& node = *plan_.steps[maker_.at(slot)].node;
        const Value root = roots.at(output_of(node, slot - plan_.steps[maker_.at(slot)].outputs));
        if (!root.node->constant() && held.try_emplace(root, bytes_of(root.type())).second) all += held[root];
      }
      if (all <= kMostFoldedBytes) return;
      leave_out(std::ranges::max_element(held, {}, [](const auto& each) { return each.second; })->first);
    }
  }

 private:
  bool can_fold(const Step& step, const ExposedMemory& exposed) const {
    const Node& node = *step.node;
    if (!is_pure(step) || step.records || node.layer() || node.descriptor()->differs_in_training)
      return false;
    if (!has_fixed_sizes(node) || exposed.has(node)) return false;
    return std::ranges::all_of(step.inputs, [&](int slot) {
      return slot < 0 || folded_[maker_.at(slot)] || is_lasting_constant(*plan_.steps[maker_.at(slot)].node);
    });
  }

  void leave_out(const Value& root) {
    const auto made = std::ranges::find(plan_.steps, plan_.computed_by(root.node), &Step::node);
    folded_[static_cast<size_t>(made - plan_.steps.begin())] = false;
    for (size_t i = 0; i < folded_.size(); ++i)
      for (const int slot : plan_.steps[i].inputs)
        if (slot >= 0 && folded_[i] && !folded_[maker_.at(slot)] && plan_.steps[maker_.at(slot)].kernel)
          folded_[i] = false;
  }

  const Plan& plan_;
  std::unordered_map<int, size_t> maker_;
  std::vector<bool> folded_;
};

}  // namespace

std::vector<const Node*> fold_constants(Plan& plan, const PassQuestion&) {
  FoldedSteps chosen(plan);
  chosen.limit();
  const std::unordered_set<size_t> sources = chosen.sources();
  plan.folded_slots = chosen.kept();
  std::vector<const Node*> folded;
  std::vector<Step> left;
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    if (chosen.has(i) || sources.contains(i)) plan.folded.push_back(plan.steps[i]);
    if (chosen.has(i))
      folded.push_back(plan.steps[i].node);
    else
      left.push_back(plan.steps[i]);
  }
  plan.steps = std::move(left);
  return folded;
}

}  // namespace orrery
