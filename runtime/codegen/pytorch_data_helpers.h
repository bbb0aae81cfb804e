#pragma once

#include <string>
#include <vector>

namespace orrery {

/// A function or class that generated code has once, if a source of data needs it.
struct PytorchDataHelper {
  const char* name;
  std::vector<std::string> imports;
  std::vector<const char*> helpers;  ///< that it calls
  std::string code;
};

/// REQUIRES: there is one of that name
const PytorchDataHelper& pytorch_data_helper(const std::string& name);

}  // namespace orrery
