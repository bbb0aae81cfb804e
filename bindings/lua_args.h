#pragma once

#include <map>
#include <string>
#include <vector>

#include <lua.hpp>

#include "bindings/dim.h"
#include "runtime/graph/descriptor.h"

namespace orrery::lua {

/// Options that a function takes beside those of a schema, with the stack index where each was found
/// (0: not given). Their values stay on the stack.
using Extras = std::map<std::string, int>;

/// Reads the arguments from index `first` to the top against a schema: positional in the schema's
/// order, then an options table; or all in one table. `nil` stands for the default.
///
/// Throws `Error(Fault::usage)` naming function and option: an unknown key (with the nearest known one),
/// a wrong type, a number out of range, a word that is not allowed, a missing option, too many
/// arguments. `function` is what the script wrote: `nn.Conv2d`.
Attributes read_options(lua_State* L, int first, const std::vector<Attribute>& schema,
                        const std::string& function, Extras* extras = nullptr);

/// Is the value at an index something that a port takes (a value, a tensor)?
using IsOperand = bool (*)(lua_State* L, int index);

/// The arguments of a call of an operation, sorted.
struct Call {
  /// One stack index per linked input, in the order of the ports; 0 for an optional port without a
  /// link and for a `number` port whose number is among the attributes.
  std::vector<int> operands;
  Attributes attributes;
};

/// Reads the arguments of a transform from index `first` on: operands for its ports first, then options
/// as `read_options` does. A variadic port takes one table of operands, or operands one after another.
Call read_call(lua_State* L, int first, const Descriptor& operation, IsOperand is_operand,
               const std::string& function, Extras* extras = nullptr);
/// The arguments of a call of a layer: operands, of which optional ones may stand in one list at the end, as
/// PyTorch's recurrent layers take their states; then those options that may be given at the call, where they
/// have no defaults.
Call read_layer_call(lua_State* L, int first, const Descriptor& operation, IsOperand is_operand,
                     const std::string& function);

/// `randint(high, size)`: puts the 0 before it that PyTorch, too, lets scripts leave out. Does nothing to
/// other calls.
void place_low(lua_State* L, int first, const Descriptor& operation);

/// `to(input, dtype)`: leaves out the device before it, as PyTorch lets scripts do. Does nothing where a
/// device's word stands there, and to other calls. Throws `Error(Fault::usage)` for another word, and for a
/// dtype with a device behind it.
void place_dtype(lua_State* L, const Descriptor& operation);

/// What `to` takes beside its options, as PyTorch's: `non_blocking`, `copy`. Neither changes a value.
Extras extras_of_move();
/// One of them, false where it is not given. Throws `Error(Fault::usage)` for what is neither true nor false.
bool read_move_flag(lua_State* L, const Extras& extras, const char* name);

/// Is an option's value a list in Lua?
bool is_list_type(const Attribute& attribute);
/// One Lua value as the value of an option; neither range nor choice is checked yet (`checked` does).
AttributeValue read_value(lua_State* L, int index, const Attribute& attribute);
/// Pushes the value of an option as Lua would write it.
void push_value(lua_State* L, const AttributeValue& value);
/// The value that a text of the command line means for an option: `0.01`, `true`, `cuda`, `3,3`.
AttributeValue value_of_text(const Attribute& attribute, const std::string& text);

// Plain arguments. Each throws `Error(Fault::usage)` with the function's name.

std::string read_string(lua_State* L, int index, const char* function, const char* what);
std::int64_t read_integer(lua_State* L, int index, const char* function, const char* what);
/// `usual` where nothing is given.
double read_number(lua_State* L, int index, const char* function, const char* what, double usual);
/// A sequence of numbers and symbolic dimensions.
Shape read_shape(lua_State* L, int index, const char* function, const char* what);

void push_text(lua_State* L, const std::string& text);
/// A sequence, which prints as `(2, 3)`.
void push_shape(lua_State* L, const Shape& shape);

}  // namespace orrery::lua
