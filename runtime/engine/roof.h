#pragma once

#include <vector>

#include "runtime/engine/engine.h"
#include "runtime/history/records.h"

namespace orrery {

/// What the processor can do at the most, with one thread and with all: float32 matrix products of
/// LibTorch's own (1024 × 1024), and the triad `a = b + s·c` over arrays that no cache holds, of which three
/// times their size is moved, as STREAM counts it (McCalpin, www.cs.virginia.edu/stream). The best of what
/// fits into a third of a second each; 2 seconds in all, and 384 MiB. The engine's number of threads is
/// afterwards what it was.
std::vector<RoofRecord> measure_roofs(Engine& engine);

}  // namespace orrery
