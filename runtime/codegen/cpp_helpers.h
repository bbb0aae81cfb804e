#pragma once

#include <set>
#include <string>

namespace orrery {

/// What every written file begins with: the class that holds the weights.
std::string cpp_weights();

/// The functions of the file's own that are `called`, or that the text of its `functions` calls.
std::string cpp_helpers(std::set<std::string> called, const std::string& functions);

}  // namespace orrery
