#include "runtime/engine/execution/recomputed.h"

#include <algorithm>
#include <set>

#include "runtime/engine/execution/passes/slot_use.h"
#include "runtime/graph/aliasing.h"

namespace orrery {
namespace {

void visit_reads(const Step& step, const auto& visit) {
  visit_steps(step, [&](const Step& each) {
    for (size_t p = 0; p < each.inputs.size(); ++p)
      if (each.inputs[p] >= 0) visit(each.inputs[p], each.node->inputs()[p]);
  });
}

bool fills(const Step& step, int slot) {
  bool found = false;
  visit_steps(step, [&](const Step& each) {
    const int count = static_cast<int>(each.node->outputs().size());
    found = found || (slot >= each.outputs && slot < each.outputs + count);
  });
  return found;
}

bool reads_slot(const Step& step, int slot) {
  bool found = false;
  visit_reads(step, [&](int read, const Value&) { found = found || read == slot; });
  return found;
}

// What is done a second time must change nothing that the first time has changed for good.
bool computes_again(const Node& node) { return node.data_symbols().empty() && !changes_its_table(node); }

const Block* block_of(const Step& step) {
  const Block* block = recomputed_block(*step.node);
  if (!block) return nullptr;
  visit_steps(step, [&](const Step& each) {
    if (recomputed_block(*each.node) != block || !computes_again(*each.node)) block = nullptr;
  });
  return block;
}

bool changes_buffers(const Layer& layer) {
  return layer.descriptor().differs_in_training || !layer.parametrizations().empty();
}

void add_once(auto& list, const auto& item) {
  if (std::ranges::find(list, item) == list.end()) list.push_back(item);
}

void add_layer(RecomputedPart& part, const LayerPtr& layer) {
  add_once(part.layers, layer);
  for (const ParameterPtr& parameter : layer->parameters()) {
    if (!parameter->buffer) {
      add_once(part.parameters, parameter);
      const auto place = std::ranges::find(part.parameters, parameter) - part.parameters.begin();
      add_once(part.weights.back(), static_cast<size_t>(place));
    } else if (changes_buffers(*layer)) {
      add_once(part.buffers, parameter);
    }
  }
}

// The storages that some node writes over.
std::set<Value, ValueLess> overwritten_storages(const std::vector<const Node*>& nodes,
                                                const StorageRoots& roots) {
  std::set<Value, ValueLess> found;
  for (const Node* node : nodes) {
    if (!node->descriptor()) continue;
    for (const Alias& alias : node->descriptor()->aliases)
      if (alias.kind == Alias::Kind::overwrite && node->inputs()[alias.input])
        found.insert(roots.at(node->inputs()[alias.input]));
  }
  return found;
}

class PartsFinder {
 public:
  PartsFinder(const std::vector<Step>& steps, const std::vector<const Node*>& nodes,
              const std::vector<int>& asked)
      : steps_(steps),
        asked_(asked),
        roots_(find_storage_roots(nodes)),
        overwritten_(overwritten_storages(nodes, roots_)) {}

  RecomputedParts find() {
    RecomputedParts parts;
    for (size_t begin = 0; begin < steps_.size();) {
      const Block* block = is_given(steps_[begin]) ? nullptr : block_of(steps_[begin]);
      if (!block) {
        ++begin;
        continue;
      }
      size_t end = begin, next = begin;
      for (; next < steps_.size() && (is_given(steps_[next]) || block_of(steps_[next]) == block); ++next)
        if (!is_given(steps_[next]) && steps_[next].records) end = next + 1;
      if (end > begin) parts.push_back(part(block, begin, end));
      begin = next;
    }
    return parts;
  }

 private:
  std::shared_ptr<const RecomputedPart> part(const Block* block, size_t begin, size_t end) const {
    auto made = std::make_shared<RecomputedPart>();
    made->block = block;
    made->first = begin;
    made->steps.assign(steps_.begin() + static_cast<long>(begin), steps_.begin() + static_cast<long>(end));
    for (const Step& step : made->steps) {
      made->uses.emplace_back();
      made->weights.emplace_back();
      if (!is_given(step)) add(*made, step);
    }
    return made;
  }

  void add(RecomputedPart& part, const Step& step) const {
    visit_reads(step, [&](int slot, const Value& value) {
      if (!is_made_inside(part, slot)) add_once(part.uses.back(), place_of_read(part, slot, value));
    });
    visit_steps(step, [&](const Step& each) {
      part.nodes.push_back(each.node);
      const Descriptor* operation = each.node->descriptor();
      part.draws = part.draws || (operation && (operation->draws || operation->own));
      if (each.node->layer()) add_layer(part, each.node->layer());
    });
    for (size_t i = 0; i < step.node->outputs().size(); ++i) {
      const int slot = step.outputs + static_cast<int>(i);
      const DType dtype = step.node->outputs()[i].dtype;
      if (is_read_outside(part, slot))
        part.gives.push_back({slot, step.records && (is_floating(dtype) || is_complex(dtype))});
    }
  }

  static bool is_made_inside(const RecomputedPart& part, int slot) {
    return std::ranges::any_of(part.steps,
                               [&](const Step& step) { return !is_given(step) && fills(step, slot); });
  }

  size_t place_of_read(RecomputedPart& part, int slot, const Value& value) const {
    const auto found = std::ranges::find(part.reads, slot, &RecomputedPart::Read::slot);
    if (found != part.reads.end()) return static_cast<size_t>(found - part.reads.begin());
    part.reads.push_back({slot, overwritten_.contains(roots_.at(value))});
    return part.reads.size() - 1;
  }

  bool is_read_outside(const RecomputedPart& part, int slot) const {
    if (std::ranges::find(asked_, slot) != asked_.end()) return true;
    for (size_t i = part.end(); i < steps_.size(); ++i)
      if (reads_slot(steps_[i], slot)) return true;
    return false;
  }

  const std::vector<Step>& steps_;
  const std::vector<int>& asked_;
  const StorageRoots roots_;
  const std::set<Value, ValueLess> overwritten_;
};

}  // namespace

RecomputedParts find_recomputed(const std::vector<Step>& steps, const std::vector<const Node*>& nodes,
                                const std::vector<int>& asked) {
  const bool any = std::ranges::any_of(
      steps, [](const Step& step) { return !is_given(step) && block_of(step) != nullptr; });
  return any ? PartsFinder(steps, nodes, asked).find() : RecomputedParts();
}

const RecomputedPart* recomputed_at(const RecomputedParts& parts, size_t place) {
  const auto behind =
      std::ranges::upper_bound(parts, place, {}, [](const auto& part) { return part->first; });
  if (behind == parts.begin()) return nullptr;
  const RecomputedPart* found = std::prev(behind)->get();
  return place < found->end() ? found : nullptr;
}

}  // namespace orrery
