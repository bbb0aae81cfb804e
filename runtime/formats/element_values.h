#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "runtime/formats/safetensors_dtype.h"

namespace orrery {

/// Can elements of that type be told as numbers? Those narrower than a byte cannot.
bool has_values(const SafetensorsDType& dtype);

/// The values of elements, little-endian; a complex one is its real and its imaginary part. 64-bit whole
/// numbers beyond 2^53 are rounded. Source of the 8-bit floats: OCP Microscaling Formats 1.0, and for the
/// `FNUZ` ones https://arxiv.org/abs/2206.02915.
std::vector<double> values_of_elements(const SafetensorsDType& dtype, std::span<const std::byte> bytes);

}  // namespace orrery
