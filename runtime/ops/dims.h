#pragma once

#include <vector>

#include "runtime/graph/descriptor.h"

namespace orrery {

/// The dimensions that a list option names, each brought into 0…rank-1, in the order given; stops when
/// one is outside or named twice. Nothing given: an empty list.
std::vector<int> listed_dims(const ShapeContext& context, const std::string& option);

/// The dimension that the option names, of an input that has any; stops for a scalar.
int dim_of_some(const ShapeContext& context, const std::string& option = "dim", int port = 0);

/// One output: the first input in another shape.
std::vector<TensorType> reshaped(const ShapeContext& context, Shape shape);

/// A place for a new dimension: one more than there are dimensions.
int new_dim(const ShapeContext& context, const std::string& option);

/// Where an end of a slice lies in a dimension: below 0 from its end; brought to the nearest element.
Dim clamped(std::int64_t place, const Dim& size);

/// No operation gives more values than that.
inline constexpr std::int64_t kMostParts = 65536;
/// Stops when a number of parts is not known yet, or above `kMostParts`; `got` tells what falls into them.
std::int64_t expect_parts(const ShapeContext& context, const Dim& count, const std::string& got);
/// The sizes of the parts that a dimension falls into when each but the last has `size`.
std::vector<Dim> parts_of(const ShapeContext& context, const Dim& whole, const Dim& size);

/// The dtype that joined inputs have.
DType joined_dtype(const ShapeContext& context);

/// The shape after some dimensions were summed up: they become 1 (`keepdim`) or vanish.
Shape without_dims(const Shape& shape, const std::vector<int>& dims, bool keepdim);

/// The shape that a user asked for, its -1 replaced so that it holds `elements`. Stops when that cannot
/// be; keeps a guard when it cannot be told. `of` completes "as many elements as …".
Shape filled_shape(ShapeContext& context, const Dim& elements, const Shape& wanted, const std::string& of);

/// Product of the dimensions from first to last, both included.
Dim merged(const Shape& shape, int first, int last);

}  // namespace orrery
