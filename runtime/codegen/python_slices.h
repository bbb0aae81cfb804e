#pragma once

#include <optional>
#include <string>

#include "runtime/graph/node.h"

namespace orrery {

/// A part of a tensor as Python writes it, `x[:, 1:3]`, of the operations slice, narrow and select; nothing
/// for others.
std::optional<std::string> python_slice(const Node& node, const std::string& tensor);

}  // namespace orrery
