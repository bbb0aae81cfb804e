#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/codegen/python_lines.h"
#include "runtime/graph/attributes.h"

namespace orrery {

/// Statements of Python, one after the other, each at its depth.
class PythonBody {
 public:
  PythonBody& add(int depth, std::string_view statement) {
    text_ += python_statement(statement, depth);
    return *this;
  }
  PythonBody& blank() {
    text_ += '\n';
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// A function behind two blank lines: its first line without `def`, what it does in a sentence, its body.
std::string python_function(std::string_view head, std::string_view sentence, const PythonBody& body);

/// A function that a person has to write, which says so when it is called.
std::string python_hook(std::string_view head, const std::vector<std::string>& reasons);

/// The options that are not as by default, as `milestones=[30, 80]`.
std::vector<std::string> python_options(const std::vector<Attribute>& schema, const Attributes& options);

/// One number of a list of one, `[30, 80]` of several; other values as `python_value` has them.
std::string python_list_value(const AttributeValue& value);

}  // namespace orrery
