#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace orrery {

/// What the dictionary in a .npy header says, before its type is understood.
struct NpyDictionary {
  std::string descr;  ///< `<f4`
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
};

/// Reads the Python dictionary of a .npy header: exactly the three keys, in any order, a text, True or False,
/// and a tuple of whole numbers ≥ 0. Anything else is `Error(Fault::input_file)`, a list of named
/// elements (a structured array) among them. `source` names the file.
NpyDictionary parse_npy_dictionary(std::string_view text, const std::string& source);

}  // namespace orrery
