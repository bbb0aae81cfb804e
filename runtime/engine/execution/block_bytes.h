#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/engine/execution/plan.h"
#include "runtime/engine/execution/symbols.h"

namespace orrery {

/// How much memory a block's results and tensors take.
struct BlockBytes {
  std::string path;             ///< of the innermost block, or of a node that lies in none
  std::int64_t outputs = 0;     ///< of its nodes, without those whose size is not known
  std::int64_t parameters = 0;  ///< and buffers; a shared layer's where it is used first
};

/// Of all that a plan computes for a batch with these sizes, the largest first.
std::vector<BlockBytes> block_bytes(const Plan& plan, const Symbols& symbols);

}  // namespace orrery
