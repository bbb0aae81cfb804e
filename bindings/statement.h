#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace orrery::lua {

/// The outermost operation of an expression as it is written in a script.
struct Expression {
  enum class Kind { none, call, method, operation, index };
  Kind kind = Kind::none;
  /// call: the callee (`nn.Conv2d`, `pool`); method: its name; operation: `+`, `-`, …, `neg`.
  std::string name;
  /// How often the callee's result is called: 1 in `nn.Linear(2, 3)`, 2 in `nn.Linear(2, 3)(x)`.
  int calls = 1;

  static Expression call(std::string name, int calls = 1) { return {Kind::call, std::move(name), calls}; }
  static Expression method(std::string name) { return {Kind::method, std::move(name), 1}; }
  static Expression operation(std::string name) { return {Kind::operation, std::move(name), 1}; }
  static Expression indexing() { return {Kind::index, "", 1}; }
};

/// `local a, b = nn.Linear(2, 3)(x)`: names `a` and `b`, and the outermost operation of the first
/// expression. No names: the statement is no assignment to plain names.
struct Assignment {
  std::vector<std::string> names;
  Expression value;
};

/// Reads the statement that a line (from 1) belongs to: a line that goes on with `:method`, an
/// operator or a closing bracket belongs to the one above.
Assignment assignment_at(const std::vector<std::string>& lines, int line);

/// True when an expression may be the given operation: the same kind and name, where `Linear` also
/// fits the callee `nn.Linear`.
bool matches(const Expression& written, const Expression& done);

/// Texts of chunks by their names, read once; a chunk whose text is not to be had is empty.
class SourceTexts {
 public:
  /// `@train.lua` names a file, `=…` nothing, anything else is the text itself.
  const std::vector<std::string>& lines(const std::string& chunk);

 private:
  std::map<std::string, std::vector<std::string>> texts_;
};

}  // namespace orrery::lua
