#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/graph/attributes.h"

namespace orrery {

/// Why a node cannot be written in C++; thrown where its words are looked for.
struct NotInCpp {
  std::string reason;
};
[[noreturn]] void cpp_refuse(std::string reason);

/// Names that C++ or the written file itself has taken.
const std::set<std::string>& cpp_taken_names();

/// The text in double quotes, with what C++ would read otherwise escaped.
std::string cpp_quoted(std::string_view text);
/// A number as C++ reads it: `0.1`, `1.0`, `INFINITY`.
std::string cpp_number(double value);
/// `{1, 2}`
std::string cpp_list(const std::vector<std::string>& items);
/// `torch::kFloat32`; refuses what LibTorch's C++ has no short word for.
std::string cpp_dtype(DType dtype);
/// An option's value; refuses shapes, whose sizes only the values tell.
std::string cpp_value(const AttributeValue& value);

/// A statement, broken behind commas where it is too long for a line.
std::string cpp_line(const std::string& text, std::size_t indent);

}  // namespace orrery
