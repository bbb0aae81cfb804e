#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "runtime/graph/attributes.h"

namespace orrery {

/// May the text stand as a name in Lua: letters, digits and `_` of ASCII, no digit first, no keyword?
bool is_lua_name(std::string_view text);

/// The nearest such name: other characters become `_`, a keyword gets `_` behind it, an empty one is `x`.
std::string lua_name(std::string_view text);

/// The text in double quotes, with what Lua would read otherwise escaped: it reads as just that text.
std::string lua_text(std::string_view text);

/// A key of a table: `stride`, `["end"]`.
std::string lua_key(std::string_view name);

/// What follows a name to reach a member: `.weight`, `["a-b"]`.
std::string lua_member(std::string_view name);

/// A comment of one line that ends where the line does, whatever the text is.
std::string lua_comment(std::string_view text);

/// A number as Lua reads it: `0.1`, `1e-05`, `math.huge`.
std::string lua_number(double value);

/// A list as Lua reads it: `{ 1, 2 }`, `{}`.
std::string lua_list(const std::vector<std::string>& items);

/// What a person would write for an option's value: `3`, `{ 1, 2 }`, `"same"`. Equal sizes are one number.
/// `size` writes the dimensions of a shape.
std::string lua_value(const Attribute& attribute, const AttributeValue& value,
                      const std::function<std::string(const Dim&)>& size);

/// Can Lua, whose numbers are all floating-point, say every number of the value?
bool is_exact_in_lua(const AttributeValue& value);

/// Names in use, each given once: `x`, `x_2`, ….
class LuaNames {
 public:
  explicit LuaNames(std::set<std::string> taken = {}) : taken_(std::move(taken)) {}
  bool contains(const std::string& name) const { return taken_.contains(name); }
  /// The wanted name made a Lua one, with a number where it is taken.
  std::string add(std::string_view wanted);

 private:
  std::set<std::string> taken_;
};

}  // namespace orrery
