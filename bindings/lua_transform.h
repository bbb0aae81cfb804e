#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bindings/kept_values.h"
#include "bindings/objects.h"

namespace orrery::lua {

/// A Lua function as an operation (`orrery.transform`): its nodes call it on tensors in each step. Its extra
/// arguments and the hash of its source are options of the nodes, so that graphs keep and compare them.
struct LuaTransform : std::enable_shared_from_this<LuaTransform> {
  std::string name;
  std::string source;  ///< hash of the function's text
  std::shared_ptr<KeptValues> values;
  SourceSite place;  ///< of the function's first line
  KeptValue function;
  KeptValue backward;          ///< empty: autograd records what the function does
  KeptValue shape;             ///< of shapes; empty: a dry run finds them
  std::optional<int> outputs;  ///< how many were declared
  Origin origin;               ///< where it was made
  Descriptor descriptor;

  // What the engine gives (`equip_transform`), when it is first needed.
  std::shared_ptr<const OwnKernel> kernel;
  /// The types that come out of inputs of known sizes, with extra arguments.
  std::function<std::vector<TensorType>(const std::vector<const TensorType*>& inputs,
                                        const std::string& arguments)>
      trial;

  /// Runs an action that calls one of its functions, as `KeptValues::run` does. What is raised names a line:
  /// the function's, where the frame of the fault is gone (a tail call).
  void call(const std::function<void(lua_State* L)>& action) const;
};

template <>
struct LuaClass<LuaTransform> {
  static constexpr const char* name = "Transform";
};

/// The options of its nodes: extra arguments as a JSON array, hash of the function's text.
inline constexpr const char* kTransformArguments = "arguments";
inline constexpr const char* kTransformSource = "source";

/// A transform as the operation that graphs hold; it keeps the transform alive.
std::shared_ptr<const Descriptor> operation_of(const std::shared_ptr<LuaTransform>& transform);

/// The transform of a function that `orrery.transform` gave, or a new one of any other Lua function; throws
/// `Error(Fault::usage)` for anything else. `name` is the new one's.
std::shared_ptr<LuaTransform> transform_at(lua_State* L, int index, const std::string& name);

/// The arguments from index `first` on as a JSON array; throws `Error(Fault::usage)` for what is no plain
/// data. `name` is the function's.
std::string read_arguments(lua_State* L, int first, const std::string& name);

/// Lets the engine give the transform what it needs to be computed; opens the engine. Again does nothing.
void equip(lua_State* L, const std::shared_ptr<LuaTransform>& transform);

}  // namespace orrery::lua
