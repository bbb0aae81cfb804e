#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bindings/kept_values.h"
#include "bindings/lua_object.h"
#include "runtime/governors/data_source.h"
#include "runtime/graph/runtime.h"

namespace orrery::lua {

/// Data that functions of a script give, or those of a module that worker threads load for themselves. The
/// engine's Lua part makes samples of it when they are first wanted, so that describing it needs no engine.
class LuaData : public OwnData, public std::enable_shared_from_this<LuaData> {
 public:
  LuaData(lua_State* L, std::vector<Field> described);

  std::shared_ptr<const Samples> samples() override;

  std::vector<Field> fields;  ///< of a sample
  std::int64_t length = 0;    ///< samples
  bool generates = false;     ///< `give` makes an iterator instead of one sample
  KeptValue give;             ///< the function; empty for a module
  std::string module;         ///< what `require` finds `get` in; empty for functions
  std::string path, cpath;    ///< where `require` looks
  std::shared_ptr<KeptValues> values;
  Runtime& runtime;
  std::shared_ptr<const Samples> opened;  ///< where the engine puts what it made, which holds this object
};

template <>
struct LuaClass<LuaData> {
  static constexpr const char* name = "OwnData";
};

/// core.own_data(kind, options): `data.define` and `data.generator`, which have functions among their
/// options.
int own_source(lua_State* L);

}  // namespace orrery::lua
