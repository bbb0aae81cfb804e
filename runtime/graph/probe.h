#pragma once

#include <functional>
#include <vector>

#include "runtime/graph/descriptor.h"

namespace orrery {

/// Computes an operation on inputs of these sizes, none of them symbolic, and tells the types that come out;
/// throws when it cannot. An input that is not linked is null.
using Trial = std::function<std::vector<TensorType>(const std::vector<const TensorType*>& inputs)>;

/// The types of an operation's outputs, found by trials at several sizes of each symbol of the inputs: a
/// dimension becomes a number, a dimension of an input, a sum of products of the symbols with whole factors,
/// or a product of at most three of the inputs' dimensions with a whole factor and a number added. Each is
/// held against sizes that it was not made from.
///
/// Sizes are small at first; where a trial throws they are tried larger, and the last trial's exception
/// passes when that fails, too. Throws `Error(Fault::check)` for a dimension that is none of these ("its
/// dimension 1 is 3, 5, 4 for N = 6, 10, 9"), for types that differ in more than sizes, and for more than
/// four symbols.
std::vector<TensorType> probe_types(const std::vector<const TensorType*>& inputs, const Trial& trial);

}  // namespace orrery
