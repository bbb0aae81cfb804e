#include "runtime/graph/init.h"

#include <array>

namespace orrery {

std::string_view name(Init::Kind kind) {
  // Indexed by Init::Kind.
  constexpr std::array<std::string_view, 10> kNames = {"zeros",  "ones",         "constant",   "uniform",
                                                       "normal", "trunc_normal", "orthogonal", "sparse",
                                                       "dirac",  "eye"};
  return kNames[static_cast<size_t>(kind)];
}

}  // namespace orrery
