#pragma once

#include <string>

#include "runtime/codegen/block_functions.h"

namespace orrery {

/// A function of the file, and the empty line before it.
std::string cpp_function(const BlockFunction& function);

/// What a function gives: `Tensor`, or several of them.
std::string cpp_result_type(const BlockFunction& function);

}  // namespace orrery
