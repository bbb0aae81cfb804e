#pragma once

#include <map>
#include <string>

#include "runtime/graph/descriptor.h"

namespace orrery {

// What `g:expect` says of a value; its rule asks for what is known of shapes, its kernel for the rest.

/// In the option `shape`: a size that may be anything.
inline constexpr std::int64_t kAnySize = -1;

/// The broken rule of a value that has another shape than the option `shape` says; `got` is its own.
RuleBroken unexpected_shape(const Attributes& attributes, const Shape& got);
/// The broken rule of a value whose elements leave the option `range`; `got` tells how far.
RuleBroken unexpected_range(const Attributes& attributes, std::string got);
/// Is it a shape of the option's, when its symbols may stand for any number, each for one?
bool has_expected_shape(const Attributes& attributes, const Shape& shape);

}  // namespace orrery
