#pragma once

#include <cstdint>
#include <vector>

#include "runtime/core/dtype.h"
#include "runtime/files/bytes.h"

namespace orrery {

/// Numbers as the elements of a tensor, little-endian. Floating dtypes round to nearest, ties to even (IEEE
/// 754); integers beyond the dtype's range wrap. REQUIRES: `dtype` is floating, or integral.
Bytes bytes_of_reals(DType dtype, const std::vector<double>& elements);
Bytes bytes_of_integers(DType dtype, const std::vector<std::int64_t>& elements);

/// The elements of integral dtypes; booleans are 0 and 1.
std::vector<std::int64_t> integers_of(DType dtype, const Bytes& bytes);

}  // namespace orrery
