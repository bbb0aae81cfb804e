#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/graph/node.h"

namespace orrery {

/// The sizes with symbols that the options of a node tell.
std::vector<Dim> sizes_told(const Node& node);

/// Writes the size of a value's dimension in the words of a language.
using ReadSize = std::function<std::string(const Value&, int dim)>;
/// Writes a division that is rounded down.
using DivideSizes = std::function<std::string(const std::string& above, const std::string& below)>;

/// A size as a sum of products of numbers and sizes of values, in the words of a language: each dimension
/// that is one of the values' is what `read` writes for it. Nothing when a symbol is nobody's size, or when
/// the size is rounded up, the least or largest of several, or, without a `divide`, divided.
std::optional<std::string> size_text(const Dim& size, std::span<const Value> values, const ReadSize& read,
                                     const DivideSizes& divide = {});

}  // namespace orrery
