#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "runtime/codegen/lua_calls.h"

namespace orrery {

/// An expression with what it depends on.
struct LuaMade {
  LuaExpression expression;
  std::set<std::string> reads = {};  ///< names of values
  bool makes_layers = false, is_block = false;
  std::size_t folded = 0;  ///< expressions of others inside
};

/// Expressions that wait, in the order in which they have to be computed, until somebody reads them: they
/// stand where they are read if nothing comes between, and get names else.
class LuaRow {
 public:
  struct Item {
    Value value;
    LuaMade made;
  };

  void add(const Value& value, LuaMade made) { items_.push_back({value, std::move(made)}); }
  const std::vector<Item>& items() const { return items_; }
  /// How many of the last ones may stand in an expression that has place for these values, in their order.
  /// One that makes a layer before its operands takes none that make layers; a block's call takes no other's.
  std::size_t foldable(const std::vector<Value>& places, bool takes_layers, bool takes_blocks) const;
  /// Does anyone read of those before the last `count`?
  bool is_read_before(std::size_t count, const std::vector<Value>& reads) const;
  /// Takes the last `count` out of the row.
  std::vector<Item> take(std::size_t count);

 private:
  std::vector<Item> items_;
};

}  // namespace orrery
