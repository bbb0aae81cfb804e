#include "bindings/operator_methods.h"

#include <algorithm>

#include "bindings/engine_door.h"

namespace orrery::lua {

// Without what a graph cannot have (item, is_complex), what depends on how a tensor lies in memory
// (as_strided), and what writes into one.
const std::vector<std::string>& operator_methods() {
  static const std::vector<std::string> kNames{
      "cholesky_inverse",
      "cholesky_solve",
      "conj_physical",
      "corrcoef",
      "cov",
      "diagonal_scatter",
      "dist",
      "dsplit",
      "float_power",
      "frexp",
      "gcd",
      "geqrf",
      "histc",
      "histogram",
      "hsplit",
      "i0",
      "igamma",
      "igammac",
      "index_reduce",
      "isneginf",
      "isposinf",
      "isreal",
      "lcm",
      "ldexp",
      "logaddexp2",
      "logdet",
      "mvlgamma",
      "nanquantile",
      "narrow_copy",
      "new_full",
      "new_ones",
      "new_zeros",
      "nextafter",
      "orgqr",
      "ormqr",
      "pinverse",
      "put",
      "qr",
      "renorm",
      "signbit",
      "split_with_sizes",
      "sum_to_size",
      "svd",
      "triangular_solve",
      "vsplit",
  };
  return kNames;
}

bool push_operator_method(lua_State* L, const std::string& name) {
  if (std::ranges::find(operator_methods(), name) == operator_methods().end()) return false;
  push_engine(L);
  lua_getfield(L, -1, "aten");
  lua_getfield(L, -1, name.c_str());
  lua_replace(L, -3);
  lua_pop(L, 1);
  return true;
}

}  // namespace orrery::lua
