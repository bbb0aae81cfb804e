#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/codegen/lua_words.h"
#include "runtime/graph/node.h"

namespace orrery {

/// The values that a function of Lua sees, and what it calls them. A name is free again when its value has
/// been read for the last time.
class LuaValues {
 public:
  /// What a function reads at its end is read then.
  static constexpr int kAtEnd = 1 << 30;

  /// `file`: the names of the file, which the function does not hide. `depth`: of the function in others.
  LuaValues(const LuaNames& file, int depth);
  /// Sees all that another function sees, and hides none of it.
  void stand_in(const LuaValues& outer) { outer_ = &outer; }

  // Readings; units of the function are counted from 0.

  void read(const Value& value, int unit);
  /// Its size is read, so that it needs a name.
  void measure(const Value& value, int unit);
  /// Nobody else gets its name.
  void keep(const Value& value);
  bool is_read(const Value& value) const { return last_.contains(key_of(value)); }
  /// Is it read once, so that it may stand where it is read?
  bool is_read_once(const Value& value) const;

  // Names.

  /// What a value is called from now on. Whoever had the name before cannot be read any more.
  void give(const Value& value, const std::string& text);
  bool has_name(const Value& value) const { return texts_.contains(key_of(value)); }
  const std::string& name(const Value& value) const { return texts_.at(key_of(value)); }
  /// The values with names of their own, the first first.
  const std::vector<Value>& named() const { return named_; }
  /// The name of a new parameter.
  std::string add_parameter(const std::string& wanted);
  /// A name that nothing else has, ever.
  std::string add_fixed(const std::string& wanted);
  void fix(const std::string& name) { fixed_.insert(name); }
  /// What a value should be called that is made from the unit on: as one that it is made of and that nobody
  /// reads any more, or `x`, or as its node.
  std::string result_name(const Value& value, const std::set<std::string>& reads, int unit) const;
  /// The nearest name that is free from the unit on.
  std::string free_name(const std::string& wanted, int unit) const;
  /// One that no value of the function had.
  std::string new_name(const std::string& wanted) const;
  /// The usual name of a value that flows through.
  const std::string& flowing() const { return flowing_[0]; }
  /// Names in expressions that wait to be written.
  void hold(const std::set<std::string>& names) { held_.insert(names.begin(), names.end()); }
  void release(const std::set<std::string>& names);

  /// How a name is written where it is set, as a local or a member of a table; `declares`: it is a new local.
  std::string place(const std::string& name, bool& declares);
  /// Have so many more locals no place?
  bool is_full(std::size_t more) const;
  /// Does the function need a table `v` for its values?
  bool has_table() const { return has_table_; }
  std::string in_table(const std::string& name) { return has_table_ = true, "v." + name; }

 private:
  using Key = std::pair<int, int>;
  static Key key_of(const Value& value) { return {value.node->id(), value.output}; }
  bool is_live(const std::string& name, int unit) const;
  bool is_taken(const std::string& name, int unit) const;
  bool is_seen(const std::string& name) const;

  const LuaNames& file_;
  const LuaValues* outer_ = nullptr;
  std::vector<std::string> flowing_;
  std::map<Key, int> last_, readings_;
  std::set<Key> kept_, measured_;
  std::map<Key, std::string> texts_;
  std::vector<Value> named_;
  std::set<std::string> declared_, fixed_;
  std::multiset<std::string> held_;
  bool has_table_ = false;
};

}  // namespace orrery
