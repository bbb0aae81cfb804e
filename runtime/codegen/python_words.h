#pragma once

#include <set>
#include <string>
#include <string_view>

#include "runtime/codegen/counted_names.h"
#include "runtime/graph/attributes.h"

namespace orrery {

/// May the text stand as a name in Python 3: letters, digits and `_` of ASCII, no digit first, no keyword?
bool is_python_name(std::string_view text);

/// The nearest such name: other characters become `_`, a keyword gets `_` behind it, an empty one is `x`.
std::string python_name(std::string_view text);

/// `layer1` → `Layer1`, `basic_block` → `BasicBlock`: a name of a class, from the nearest Python name.
std::string python_class_name(std::string_view text);

/// The text in double quotes, with what Python would read otherwise escaped: it reads as just that text.
std::string python_text(std::string_view text);

/// A number as Python reads it: `0.1`, `1e-05`, `float("inf")`.
std::string python_number(double value);

/// What a person would write for an option: `3`, `(1, 2)`, `"same"`, `torch.float16`, `None`. Equal sizes are
/// one number where `one_for_all`, as PyTorch's modules take them.
/// REQUIRES: a shape is known
std::string python_value(const AttributeValue& value, bool one_for_all = false);

/// Names in use, each given once: `x`, `x_2`, ….
class PythonNames {
 public:
  explicit PythonNames(std::set<std::string> taken = {}) : taken_(std::move(taken)) {}
  /// The wanted name made a Python one, with a number where it is taken.
  std::string add(std::string_view wanted);

 private:
  std::set<std::string> taken_;
};

}  // namespace orrery
