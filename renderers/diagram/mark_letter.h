#pragma once

#include <cstddef>
#include <string>

namespace orrery {

/// The letter of what stands aside, by its place among them: A … Z, then A1 … Z1 and on.
std::string mark_letter(size_t place);

}  // namespace orrery
