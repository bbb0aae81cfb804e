#pragma once

#include <string>
#include <vector>

namespace orrery {

/// An equation of einsum: the letters of each operand's dimensions and of the result's. `.` stands for the
/// dimensions that an ellipsis takes.
struct EinsumEquation {
  std::vector<std::string> operands;
  std::string result;
  bool operator==(const EinsumEquation&) const = default;
};

/// Reads `bij,bjk->bik`; without `->` the result has the letters that occur once, in alphabetical order, an
/// ellipsis in front. Fails (Fault::usage) on anything else.
EinsumEquation parse_einsum(const std::string& equation);

}  // namespace orrery
