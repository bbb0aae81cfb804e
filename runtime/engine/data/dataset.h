#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/governors/data_source.h"

namespace orrery {

/// A whole set in memory: one contiguous tensor a field, the samples along its first dimension. Tensors
/// are shared, so copies are cheap.
struct Dataset {
  std::vector<Field> fields;
  std::vector<at::Tensor> tensors;  ///< one per field, in its dtype
  std::vector<std::string> classes;
  std::int64_t length = 0;  ///< samples

  std::int64_t bytes() const;
  /// The same set on another device; the same tensors when it is there already.
  Dataset to(const at::Device& device) const;
};

/// Reads all samples of a source into memory. The content must be what the source's headers promised:
/// as many samples in every field, the labels of a source with classes all in 0 … classes-1 (the sample
/// and its value are named). Throws `Error(Fault::input_file)` for a missing, damaged or contradictory
/// file, `Error(Fault::memory)` when it does not fit. `random` data depend on the source's seed alone
/// (`run_seed` where it has none) and move none of LibTorch's generators. Samples that are otherwise read one
/// by one are all read here, as in the first epoch.
Dataset load(const DataSource& source, std::uint64_t run_seed = 0);

}  // namespace orrery
