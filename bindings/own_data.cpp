#include "bindings/own_data.h"

#include <utility>

#include <fmt/format.h>

#include "bindings/border.h"
#include "bindings/data_options.h"
#include "bindings/engine_door.h"
#include "bindings/governed.h"
#include "bindings/input_fields.h"
#include "bindings/lua_args.h"

namespace orrery::lua {
namespace {

std::string package_field(lua_State* L, const char* field) {
  lua_getglobal(L, "package");
  lua_getfield(L, -1, field);
  const char* text = lua_tostring(L, -1);
  std::string value = text ? text : "";
  lua_pop(L, 2);
  return value;
}

// The script's functions, or the module that has them.
void read_functions(lua_State* L, LuaData& data, const std::string& kind, const Attributes& options,
                    const Extras& extras) {
  const std::string function = "data." + kind;
  const char* wanted = kind == "define" ? "get" : "generate";
  const int give = extras.at(wanted);
  const bool module = kind == "define" && options.has("module");
  check(module != (give != 0), Fault::usage, "{} needs {}{}", function, wanted,
        kind == "define" ? ", a function, or module, the name of one with such a function, and not both"
                         : ", a function that gives an iterator");
  data.generates = kind == "generator";
  data.length = options.integer("length");
  if (module) {
    data.module = options.text("module");
    data.path = package_field(L, "path");
    data.cpath = package_field(L, "cpath");
    return;
  }
  if (options.has("workers") && options.integer("workers") > 0)
    throw Error(Fault::usage, function + ": functions of the script run on its own thread, not on workers",
                {}, "Put get into a file of its own and give its name as module.");
  check(lua_isfunction(L, give), Fault::usage, "{}: {} must be a function, got {}", function, wanted,
        type_name(L, give));
  data.give = KeptValue(L, give, data.values);
}

}  // namespace

LuaData::LuaData(lua_State* L, std::vector<Field> described)
    : fields(std::move(described)), values(border(L).kept), runtime(*border(L).runtime) {}

std::shared_ptr<const Samples> LuaData::samples() {
  check(values->callable(), Fault::run, "data of a script are opened on another thread than its own");
  values->run([&](lua_State* L) {
    push_engine_function(L, "open_own_data");
    push(L, shared_from_this());
    lua_call(L, 1, 0);
  });
  invariant(opened != nullptr, "the engine made no samples of a script's data");
  return std::exchange(opened, nullptr);
}

int own_source(lua_State* L) {
  const std::string kind = lua_tostring(L, lua_upvalueindex(1));
  const std::string function = "data." + kind;
  Extras extras{{kind == "define" ? "get" : "generate", 0}, {"fields", 0}};
  DataOptions given = read_data_options(L, 1, kind, data_source_attributes(kind), std::move(extras));
  const int fields = given.extras.at("fields");
  check(fields != 0 && lua_istable(L, fields), Fault::usage,
        "{} needs fields, a table such as {{ x = {{ shape = {{ 3 }} }} }}", function);
  auto data = std::make_shared<LuaData>(L, read_input_fields(L, fields, function));
  read_functions(L, *data, kind, given.options, given.extras);
  Origin origin = border(L).sites.origin(L, nullptr, Expression::call(kind));
  std::vector<Field> sample = data->fields;
  return push(L, std::make_shared<DataSource>(data_source_of_own(kind, std::move(sample), std::move(data),
                                                                 std::move(given.options), std::move(origin),
                                                                 std::move(given.parts)))),
         1;
}

}  // namespace orrery::lua
