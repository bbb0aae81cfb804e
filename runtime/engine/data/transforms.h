#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/data/random_stream.h"
#include "runtime/governors/data_transform.h"

namespace orrery {

/// Applies a transform to the fields of a sample, in place of the list; one that mixes the samples of a
/// batch, to those of a batch. `before`: the fields' descriptions at this point, without a batch. A transform
/// of single samples that draws nothing also takes fields with a batch in front. The tensors given are not
/// written to: they may be views of a set. Throws `Error(Fault::input_file)` for a sample that does not fit.
void apply_transform(const DataTransform& transform, const std::vector<Field>& before,
                     std::vector<at::Tensor>& fields, RandomStream& random);

}  // namespace orrery
