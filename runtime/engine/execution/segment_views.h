#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "runtime/engine/execution/segment_fusions.h"
#include "runtime/engine/execution/segment_program.h"

namespace orrery {

/// How the results of a segment's steps lie in memory.
struct SegmentViews {
  /// Beside the steps: the result is the memory of the first input, or part of it.
  std::vector<bool> aliases;
  /// Beside the steps: how a view that is copied lies in the memory of the first input.
  std::vector<std::optional<cpu::Layout>> copied;
  /// Of slots that are not their whole memory, number by number.
  std::unordered_map<int, cpu::Layout> layouts;
};

/// Pass: views share the memory of what they view where all who read them can; else they are copied.
SegmentViews find_views(const SegmentSpec& spec, const SegmentFusions& fusions, const Symbols& symbols);

/// The instruction of a view that is copied, which lies so at a place.
void copy_view(Lowering& lowering, const cpu::Layout& layout, int from);
/// Its backward one; `to` lies as it does.
void copy_gradient_of_view(Lowering& lowering, const StridedPlace& to);

/// Whether parts of `count` numbers are all of them, each once.
bool cover(const std::vector<cpu::Layout>& parts, std::int64_t count);

/// The sizes of a value; none where the symbols do not tell them.
std::optional<std::vector<std::int64_t>> known_sizes(const Value& value, const Symbols& symbols);

/// The sizes of a step's only output. REQUIRES: the symbols tell them.
std::vector<std::int64_t> known_output_sizes(const Step& step, const Symbols& symbols);

/// Whether the mode of a node's layer, or of a function that has one, is training.
bool is_training(const Node& node, bool training);

/// Whether a node takes random numbers in this mode.
bool draws(const Node& node, bool training);

}  // namespace orrery
