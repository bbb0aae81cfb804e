#include "runtime/engine/execution/segment_views.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <ATen/ATen.h>

#include "runtime/core/error.h"

namespace orrery {
namespace {

const LoweringEntry& lowering_of_step(const Step& step) { return *lowering_of(*step.node->descriptor()); }

// What the operation's kernel makes of a tensor without numbers that lies so; none where it has to copy.
std::optional<cpu::Layout> seen_through(const Step& step, const cpu::Layout& from, const Symbols& symbols) {
  std::int64_t reach = from.offset + 1;
  for (size_t d = 0; d < from.sizes.size(); ++d) reach += (from.sizes[d] - 1) * from.strides[d];
  const at::Tensor memory = at::empty({reach}, at::TensorOptions(at::kMeta).dtype(at::kFloat));
  const at::Tensor inputs[] = {memory.as_strided(from.sizes, from.strides, from.offset)};
  const std::vector<at::Tensor> made = step.kernel({.attributes = step.node->attributes(),
                                                    .descriptor = step.node->descriptor(),
                                                    .inputs = inputs,
                                                    .symbols = &symbols,
                                                    .values = step.node->inputs(),
                                                    .node = step.node});
  if (!made[0].is_alias_of(memory)) return std::nullopt;
  return cpu::Layout{made[0].sizes().vec(), made[0].strides().vec(), made[0].storage_offset()};
}

class ViewFinder {
 public:
  ViewFinder(const SegmentSpec& spec, const SegmentFusions& fusions, const Symbols& symbols)
      : spec_(spec), fusions_(fusions), symbols_(symbols) {
    found_.aliases.resize(spec.steps.size());
    found_.copied.resize(spec.steps.size());
  }

  SegmentViews find() {
    for (size_t i = 0; i < spec_.steps.size(); ++i) {
      const Step& step = *spec_.steps[i];
      const LoweringEntry& entry = lowering_of_step(step);
      if (fusions_.skipped[i])
        continue;
      else if (entry.passes_on && entry.passes_on(*step.node, is_training(*step.node, spec_.mode.training)))
        pass_on(i, layout_of(i));
      else if (entry.view)
        look_through(i);
      else if (entry.own_layout)
        lay_out_own(step, entry.own_layout(known_output_sizes(step, symbols_)));
    }
    return std::move(found_);
  }

 private:
  // Of a step's first input.
  cpu::Layout layout_of(size_t i) const {
    const Step& step = *spec_.steps[i];
    const auto found = found_.layouts.find(step.inputs[0]);
    if (found != found_.layouts.end()) return found->second;
    std::vector<std::int64_t> sizes;
    for (const Dim& dim : step.node->inputs()[0].shape()) sizes.push_back(*dim.evaluate(symbols_));
    return cpu::dense_layout(std::move(sizes));
  }

  void look_through(size_t i) {
    const cpu::Layout from = layout_of(i);
    auto seen = seen_through(*spec_.steps[i], from, symbols_);
    if (seen)
      pass_on(i, std::move(*seen));
    else
      found_.copied[i] = from;
  }

  void pass_on(size_t i, cpu::Layout seen) {
    const int slot = spec_.steps[i]->outputs;
    const bool whole = is_dense(seen) && count_of(seen.sizes) == memory_of(spec_.steps[i]->inputs[0], i);
    found_.aliases[i] = whole || (!cpu::repeats(seen) && readers_take(slot, seen));
    if (!found_.aliases[i]) {
      found_.copied[i] = std::move(seen);
      return;
    }
    numbers_[slot] = memory_of(spec_.steps[i]->inputs[0], i);
    if (!whole) found_.layouts[slot] = std::move(seen);
  }

  // How many numbers lie in the memory that the first input of a step is, or is part of.
  std::int64_t memory_of(int slot, size_t i) const {
    const auto found = numbers_.find(slot);
    return found == numbers_.end() ? count_of(layout_of(i).sizes) : found->second;
  }

  void lay_out_own(const Step& step, cpu::Layout layout) {
    if (is_dense(layout) || !readers_take(step.outputs, layout)) return;
    numbers_[step.outputs] = count_of(layout.sizes);
    found_.layouts[step.outputs] = std::move(layout);
  }

  bool readers_take(int slot, const cpu::Layout& layout) const {
    if (std::ranges::find(spec_.read_outside, slot) != spec_.read_outside.end()) return false;
    for (size_t i = 0; i < spec_.steps.size(); ++i) {
      const std::vector<int>& inputs = spec_.steps[i]->inputs;
      if (std::ranges::find(inputs, slot) == inputs.end()) continue;
      const LoweringEntry& entry = lowering_of_step(*spec_.steps[i]);
      const bool looks_through = entry.view && !fusions_.skipped[i];
      if (!looks_through && !(entry.takes_layout && entry.takes_layout(layout))) return false;
    }
    return true;
  }

  const SegmentSpec& spec_;
  const SegmentFusions& fusions_;
  const Symbols& symbols_;
  SegmentViews found_;
  std::unordered_map<int, std::int64_t> numbers_;  ///< of slots that are part of memory, or another's
};

// Whether none of the numbers of a layout was seen before; they are then.
bool marks_anew(const cpu::Layout& layout, std::vector<bool>& seen, size_t dim, std::int64_t at) {
  if (dim == layout.sizes.size()) {
    const bool before = seen[static_cast<size_t>(at)];
    seen[static_cast<size_t>(at)] = true;
    return !before;
  }
  for (std::int64_t i = 0; i < layout.sizes[dim]; ++i)
    if (!marks_anew(layout, seen, dim + 1, at + i * layout.strides[dim])) return false;
  return true;
}

bool is_zero(const AttributeValue& value) {
  const double* number = std::get_if<double>(&value);
  return number && *number == 0;
}

}  // namespace

SegmentViews find_views(const SegmentSpec& spec, const SegmentFusions& fusions, const Symbols& symbols) {
  return ViewFinder(spec, fusions, symbols).find();
}

void copy_view(Lowering& l, const cpu::Layout& layout, int from) {
  const int to = l.output();
  const cpu::StridedLoops loops(layout);
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      in_shares(loops.turns, turns_alone(loops), [&](std::int64_t begin, std::int64_t end) {
        cpu::gather<T>(loops, begin, end, at_place<T>(m, from), at_place<T>(m, to));
      });
    });
  });
}

void copy_gradient_of_view(Lowering& l, const StridedPlace& to) {
  const int from = l.output_gradient(), place = to.place;
  const bool adds = to.adds;
  const cpu::StridedLoops loops(to.layout);
  const std::int64_t alone = cpu::repeats(to.layout) ? loops.turns : turns_alone(loops);
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      in_shares(loops.turns, alone, [&](std::int64_t begin, std::int64_t end) {
        cpu::scatter<T>(loops, begin, end, at_place<T>(m, from), adds, at_place<T>(m, place));
      });
    });
  });
}

bool cover(const std::vector<cpu::Layout>& parts, std::int64_t count) {
  std::int64_t all = 0;
  for (const cpu::Layout& part : parts) all += count_of(part.sizes);
  if (all != count) return false;
  if (parts.size() == 1) return !cpu::repeats(parts[0]);
  std::vector<bool> seen(static_cast<size_t>(count), false);
  return std::ranges::all_of(parts,
                             [&](const cpu::Layout& part) { return marks_anew(part, seen, 0, part.offset); });
}

std::optional<std::vector<std::int64_t>> known_sizes(const Value& value, const Symbols& symbols) {
  std::vector<std::int64_t> sizes;
  for (const Dim& dim : value.shape()) {
    const auto size = dim.evaluate(symbols);
    if (!size) return std::nullopt;
    sizes.push_back(*size);
  }
  return sizes;
}

std::vector<std::int64_t> known_output_sizes(const Step& step, const Symbols& symbols) {
  std::vector<std::int64_t> sizes;
  for (const Dim& dim : step.node->outputs()[0].shape) sizes.push_back(*dim.evaluate(symbols));
  return sizes;
}

bool is_training(const Node& node, bool training) {
  return training && (!node.layer() || node.layer()->training());
}

bool draws(const Node& node, bool training) {
  if (!node.descriptor() || !node.descriptor()->draws || (node.layer() && !training)) return false;
  return std::ranges::none_of(node.attributes().entries(), [](const Attributes::Entry& entry) {
    const bool share = entry.name == "p" || entry.name == "dropout" || entry.name == "dropout_p";
    return share && is_zero(entry.value);
  });
}

}  // namespace orrery
