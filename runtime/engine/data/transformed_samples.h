#pragma once

#include "runtime/engine/data/samples.h"

namespace orrery {

/// The samples of a source after its transforms of single samples. Those that draw nothing are applied to a
/// set in memory at once, as far as none that draws stands before them; the others to each sample when
/// it is asked for. What they draw follows from `seed`, epoch and index alone.
std::shared_ptr<const Samples> with_transforms(const DataSource& source,
                                               std::shared_ptr<const Samples> stored, std::uint64_t seed);

}  // namespace orrery
