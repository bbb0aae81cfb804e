#pragma once

#include "bindings/objects.h"
#include "runtime/governors/manager.h"

namespace orrery::lua {

/// A metric as Lua holds it: together with its graph, which thereby lives.
struct GraphMetric {
  std::shared_ptr<Graph> graph;
  Metric metric;
  std::int64_t made;  ///< which of the script's metrics it is, in the order in which they were made
};

template <>
struct LuaClass<Optimizer> {
  static constexpr const char* name = "Optimizer";
};
template <>
struct LuaClass<Schedule> {
  static constexpr const char* name = "Scheduler";
};
template <>
struct LuaClass<GraphMetric> {
  static constexpr const char* name = "Metric";
};
template <>
struct LuaClass<DataSource> {
  static constexpr const char* name = "DataSource";
};
template <>
struct LuaClass<Saver> {
  static constexpr const char* name = "Saver";
};
template <>
struct LuaClass<Manager> {
  static constexpr const char* name = "Manager";
};

/// Links a governor to a graph once.
void attach_once(Graph& graph, const std::shared_ptr<Governor>& governor);

/// The block of a path (`encoder/attn`); throws with the nearest known path. `function` words the error.
Block& block_of_path(Graph& graph, const std::string& path, const char* function);
/// The device that a block is placed on, at an index. Fault::usage when it is no device's word.
std::string block_device(lua_State* L, int index);
/// Whether `recompute` is asked for at an index; true when nothing is there. Fault::usage when it is no
/// boolean.
bool read_recomputes(lua_State* L, int index);

/// Calls the engine's function with all arguments on the stack; results stay there. `written`: the call
/// that trains, evaluates or writes weights, so that a script that is only checked ends here; null for
/// a call that may be made then, too.
int call_engine(lua_State* L, const char* function, const char* written);

}  // namespace orrery::lua
