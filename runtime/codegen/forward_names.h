#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/codegen/module_tree.h"

namespace orrery {

/// Names for the values of a module, unit by unit. A value that nobody reads any more gives its name to the
/// one that is made of it (`x`); one beside it is `out`, others are called as their units.
class ForwardNames {
 public:
  /// Of the units that make the module's outputs; `reserved` names are not given. The units' options may tell
  /// sizes of values (`sizes_told`), which counts as reading them, where `reads_sizes`.
  ForwardNames(const ModuleTree& tree, const Block& module, std::vector<ModuleTree::Unit> units,
               std::set<std::string> reserved, bool reads_sizes);

  /// What the module reads from outside, and the fields of the graph's input that are read.
  struct Given {
    Value value;
    std::string name;
  };
  const std::vector<Given>& parameters() const { return parameters_; }

  /// Goes on to the next unit, whose inputs have names now; false behind the last.
  bool next();
  const ModuleTree::Unit& unit() const { return units_[static_cast<std::size_t>(at_)]; }
  /// REQUIRES: the value is known
  const std::string& name(const Value& value) const { return names_.at(key_of(value)); }
  /// The values that have names.
  const std::vector<Value>& known() const { return known_; }
  /// Names what the unit gives: `_` what nobody reads. Once a unit.
  std::vector<std::string> name_results();
  /// Instead, for what is there before and needs no name of its own: `self.scale`.
  void name_result(const std::string& expression);
  /// The names of what the module gives. REQUIRES: next() was false
  std::vector<std::string> outputs() const;

 private:
  using Key = std::pair<int, int>;
  static Key key_of(const Value& value) { return {value.node->id(), value.output}; }

  void find_last_readings(bool reads_sizes);
  void find_sizes(const Node& node, const std::vector<Value>& known, int at);
  void name_parameters();
  void add_parameter(const Value& value, const std::string& wanted);
  std::string word_for(const Value& value) const;
  void give(const Value& value, const std::string& name);
  bool is_live(const std::string& name) const;
  std::string free_name(const std::string& wanted) const;
  std::string result_name() const;

  const ModuleTree& tree_;
  const Block& module_;
  std::vector<ModuleTree::Unit> units_;
  std::set<std::string> reserved_;
  std::map<Key, int> last_;
  std::map<Key, std::string> names_;
  std::vector<Value> known_;
  std::map<std::string, Value> holders_;  // of the names of those
  std::vector<Given> parameters_;
  int at_ = -1;
};

}  // namespace orrery
