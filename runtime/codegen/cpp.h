#pragma once

#include <string>

#include "runtime/graph/graph.h"

namespace orrery {

/// A model as C++ for LibTorch.
struct CppCode {
  std::string source;  ///< one file: the model in evaluation, its weights, and a `main` that runs it
  std::string cmake;   ///< a CMakeLists.txt that builds the file, which is called as `name`
  std::string name;    ///< `resnet18`
};

/// The graph as C++17 for programs that only apply it: a function for each kind of block that is there
/// several times, with LibTorch's own functions and the weights by their names, and a class `Model` that
/// reads them from a safetensors file. Losses and dropout are no part of it. Fails (Fault::check) with all
/// nodes that it cannot say.
CppCode cpp_code(const Graph& graph);

}  // namespace orrery
