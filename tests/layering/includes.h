#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace orrery::layering {

struct Include {
  std::string header;  // between the quotes or brackets
  bool quoted = false;
  int line = 0;
};

// The #include lines of a text. Comments are not understood: a commented include counts.
std::vector<Include> includes_of(const std::string& text);

// Every wrong include of the .h and .cpp files in `runtime`, `renderers` and `bindings` below a root, each as
// "file:line: includes X: reason". A quoted include that names no file below the root is wrong too. Empty
// when all keep to the layers; throws std::filesystem::filesystem_error where a file cannot be read.
std::vector<std::string> faults_below(const std::filesystem::path& root);

// How many source files faults_below reads.
int sources_below(const std::filesystem::path& root);

}  // namespace orrery::layering
