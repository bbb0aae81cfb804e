#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/codegen/python_words.h"

namespace orrery {

/// An option of a module, or the argument of a call.
struct CodeArgument {
  std::string name, text;
  bool by_place = false;
  bool is_usual = false;   ///< it is the default, and may be left out
  bool is_option = false;  ///< in a function's text: equal blocks may differ in it
  std::string type = {};   ///< where the language wants to know
};

/// What a constructor or function takes: an option in which those that share it differ.
struct CodeParameter {
  std::string name;
  std::optional<std::string> usual;  ///< the default
  std::string type = {};
};

/// The options of equal pieces of code side by side: what is the same in all of them stays, what differs is a
/// parameter, one for all options that always have the same value.
class SharedOptions {
 public:
  using Row = std::vector<CodeArgument>;

  /// A row a piece, all of one length. Parameters get no name that is `taken`.
  SharedOptions(std::vector<Row> rows, std::set<std::string> taken);

  const std::vector<CodeParameter>& parameters() const { return parameters_; }
  /// An option of the first piece, with the parameter's name where it is one.
  CodeArgument within(std::size_t at) const;
  /// What makes the nth piece: its values of the parameters, first those without a default.
  Row of(std::size_t piece) const;

 private:
  std::vector<std::string> column(std::size_t at) const;
  void place(std::size_t at);
  std::size_t first_of(int parameter) const;
  std::optional<std::string> usual_of(int parameter) const;

  std::vector<Row> rows_;
  std::vector<int> parameter_of_;  // of each option; -1: it is the same in all
  std::map<std::vector<std::string>, int> columns_;
  std::vector<CodeParameter> parameters_;
  PythonNames names_;
};

}  // namespace orrery
