#include <fmt/format.h>

#include "bindings/border.h"
#include "bindings/engine_door.h"
#include "bindings/governed.h"
#include "bindings/lua_args.h"

namespace orrery::lua {
namespace {

// upvalue: the kind's name
int open_source(lua_State* L) {
  const std::string kind = lua_tostring(L, lua_upvalueindex(1));
  const std::vector<Attribute> schema = data_source_attributes(kind);
  Origin origin = border(L).sites.origin(L, nullptr, Expression::call(kind));
  Attributes options = read_options(L, 1, schema, "data." + kind);
  return push(L, std::make_shared<DataSource>(open_data_source(kind, std::move(options), std::move(origin)))),
         1;
}

// data.tensors{ image = tensor, label = tensor, batch = 64 }: the engine knows the tensors' types.
int tensor_source(lua_State* L) {
  lua_settop(L, 1);
  return call_engine(L, "data_of_tensors", nullptr);
}

void push_fields_of(lua_State* L, const DataSource& source) {
  lua_createtable(L, static_cast<int>(source.fields.size()), 0);
  for (size_t i = 0; i < source.fields.size(); ++i) {
    const Field& field = source.fields[i];
    lua_createtable(L, 0, 4);
    push_text(L, field.name);
    lua_setfield(L, -2, "name");
    push_shape(L, field.type.shape);
    lua_setfield(L, -2, "shape");
    push_text(L, std::string(name(field.type.dtype)));
    lua_setfield(L, -2, "dtype");
    lua_pushboolean(L, field.label);
    lua_setfield(L, -2, "label");
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
}

void push_classes(lua_State* L, const DataSource& source) {
  lua_createtable(L, static_cast<int>(source.classes.size()), 0);
  for (size_t i = 0; i < source.classes.size(); ++i) {
    push_text(L, source.classes[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
}

int index_source(lua_State* L) {
  const DataSource& source = get<DataSource>(L, 1);
  const std::string key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (key == "kind") return push_text(L, source.kind), 1;
  if (key == "length") return lua_pushnumber(L, static_cast<double>(source.length)), 1;
  if (key == "batches") return lua_pushnumber(L, static_cast<double>(source.batches())), 1;
  if (key == "fields") return push_fields_of(L, source), 1;
  if (key == "classes") return push_classes(L, source), 1;
  for (const auto& entry : source.options.entries())
    if (entry.name == key) return push_value(L, entry.value), 1;
  return 0;
}

// for image, label in source:epoch([number]) do … end
int epoch(lua_State* L) {
  get<DataSource>(L, 1);
  return call_engine(L, "source_epoch", "data:epoch");
}

// for image, label in source do … end: Lua calls what it loops over
int no_iterator(lua_State*) {
  throw Error(Fault::usage, "a data source is no iterator", {},
              "Loop over its batches: for image, label in source:epoch() do … end.");
}

int length(lua_State* L) { return lua_pushnumber(L, static_cast<double>(get<DataSource>(L, 1).length)), 1; }

std::string text_of_source(void* object) {
  const DataSource& source = *static_cast<DataSource*>(object);
  return fmt::format("Data {} ({} sample{}, batches of {})", source.kind, source.length,
                     source.length == 1 ? "" : "s", source.batch());
}

// core.data(kind): the constructor `data.<kind>`
int source_constructor(lua_State* L) {
  const std::string kind = read_string(L, 1, "data", "the name of a data source");
  if (kind == "tensors") return lua_pushcfunction(L, guarded<tensor_source>), 1;
  data_source_attributes(kind);
  push_text(L, kind);
  lua_pushcclosure(L, guarded<open_source>, 1);
  return 1;
}

}  // namespace

void open_data(lua_State* L) {
  define_class<DataSource>(L,
                           {
                               .methods = {{"epoch", guarded<epoch>}},
                               .metamethods = {{"__len", guarded<length>}, {"__call", guarded<no_iterator>}},
                               .index = index_source,
                               .text = text_of_source,
                           });
  add_functions(L, {{"data", guarded<source_constructor>}});
}

}  // namespace orrery::lua
