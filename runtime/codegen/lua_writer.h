#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/codegen/lua_calls.h"
#include "runtime/codegen/lua_carry.h"
#include "runtime/codegen/lua_function.h"
#include "runtime/codegen/lua_row.h"
#include "runtime/codegen/lua_surroundings.h"
#include "runtime/codegen/lua_values.h"
#include "runtime/codegen/sizes.h"
#include "runtime/graph/name_set.h"

namespace orrery {

/// Writes the lines of a module's function, a statement a unit. What the units do stands in lua_writer.cpp,
/// what becomes of their results in lua_results.cpp, loops in lua_loops.cpp, and what the function ends with
/// in lua_endings.cpp.
class LuaWriter {
 public:
  /// `depth`: of the function in others.
  LuaWriter(const LuaFile& file, const Block& module, int depth);

  LuaFunction write();

 private:
  using Folded = std::vector<LuaRow::Item>;

  bool is_root() const { return !module_.parent(); }

  // What is read, and when.

  void find_readings();
  void measure_sizes(const Node& node, const std::vector<Value>& known, int at);
  std::optional<std::string> size_words(const Dim& size, std::vector<Value> known,
                                        const ReadSize& read) const;
  std::string size_text_of(const Dim& size, std::set<std::string>& reads) const;

  // The beginning.

  void name_parameters();
  void declare_layers();
  std::string name_to_give(const std::string& usual, const Node& node);

  // Units.

  void write_units();
  void write(const ModuleTree::Unit& unit);
  void write_constant(const Node& node);
  void write_operation(const Node& node);
  LuaExpression transformed(const Node& node, const LuaScope& scope);
  LuaExpression applied(const Node& node, const LuaScope& scope, bool is_made_here);
  void write_call(const Block& block);
  LuaPieces called(const Block& block, const Block& first);

  // Expressions that wait until they are read.

  Folded fold(std::size_t count);
  LuaScope scope_of(const Folded& folded, LuaMade& made) const;
  void wait(const Value& value, LuaMade made);
  void flush();

  // Results.

  void give_result(const std::vector<Value>& values, LuaMade made);
  void assign(const Value& value, LuaMade made, int unit);
  std::string name_for(const Value& value, const LuaMade& made, int unit) const;
  void assign_several(const std::vector<Value>& values, LuaMade made);

  // Loops: orrery.scan(function(carry, x) … end, carry, xs, { name = … })

  void write_loop(const Block& block);
  void name_loop_results(const Block& block, const Node& end, const LuaCarry& form, LuaLine& line);
  void write_body(const Node& begin, const Node& end, const LuaCarry& form, LuaLine& line);

  // The end.

  void write_groups();
  void write_states();
  bool ends_row() const;
  void finish();
  void add_table();
  void finish_script();

  const LuaFile& file_;
  const ModuleTree& tree_;
  const Block& module_;
  const std::vector<ModuleTree::Unit>& units_;
  const LuaSurroundings around_;
  LuaValues values_;
  int depth_ = 0;
  NameSet names_;  // of the nodes in the block
  std::set<const Node*> named_later_;
  std::vector<std::string> parameters_;
  std::vector<LuaLine> lines_;
  std::map<const Block*, std::string> shared_;
  LuaRow row_;
  int at_ = -1;
};

}  // namespace orrery
