#pragma once

#include <memory>
#include <vector>

#include "runtime/engine/execution/plan.h"
#include "runtime/graph/block.h"

namespace orrery {

/// Steps that follow each other and lie in one recomputed block. In a pass with gradients they are computed
/// without anything being kept for their derivatives but what they read; when the backward pass comes to
/// them, they are computed once more.
struct RecomputedPart {
  /// What the steps read and others fill.
  struct Read {
    int slot;
    bool overwritten;  ///< somebody writes over what lies there, so that a copy is kept
  };
  /// What they fill and others read, or what is asked for.
  struct Given {
    int slot;
    bool recorded;  ///< autograd goes on through it
  };

  const Block* block = nullptr;
  size_t first = 0;  ///< place of the first step in its list
  /// Constants in between among them, which are computed once, before the others.
  std::vector<Step> steps;
  std::vector<Read> reads;                ///< each slot once
  std::vector<std::vector<size_t>> uses;  ///< beside `steps`: places in `reads`
  std::vector<Given> gives;
  std::vector<const Node*> nodes;            ///< that are computed, those of loops included
  std::vector<LayerPtr> layers;              ///< of them, each once
  std::vector<ParameterPtr> parameters;      ///< theirs, without buffers, each once
  std::vector<std::vector<size_t>> weights;  ///< beside `steps`: places in `parameters`
  std::vector<ParameterPtr> buffers;         ///< theirs, where a step may change them
  bool draws = false;                        ///< takes random numbers, or may

  size_t end() const { return first + steps.size(); }
};

/// Pass: which steps of a list are computed again, in the order of the list.
///
/// `nodes`: of the whole plan; `asked`: slots that are read after the list. Runs of steps that lie in the
/// same outermost recomputed block, to the last of them that is recorded; runs without any are left out.
/// Steps that change their own weights (`max_norm`) and those whose sizes the data tell end a run: they are
/// computed once. A loop belongs to a run with all its steps, or not at all.
RecomputedParts find_recomputed(const std::vector<Step>& steps, const std::vector<const Node*>& nodes,
                                const std::vector<int>& asked);

/// The part that a place in the list belongs to; null: none.
const RecomputedPart* recomputed_at(const RecomputedParts& parts, size_t place);

/// An input or a constant: nothing is computed.
inline bool is_given(const Step& step) { return !step.kernel && !step.loop; }

}  // namespace orrery
