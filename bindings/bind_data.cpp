#include <algorithm>

#include <fmt/format.h>

#include "bindings/border.h"
#include "bindings/data_options.h"
#include "bindings/engine_door.h"
#include "bindings/governed.h"
#include "bindings/lua_args.h"
#include "bindings/own_data.h"

namespace orrery::lua {
namespace {

// upvalue: the kind's name
int open_source(lua_State* L) {
  const std::string kind = lua_tostring(L, lua_upvalueindex(1));
  Origin origin = border(L).sites.origin(L, nullptr, Expression::call(kind));
  DataOptions given = read_data_options(L, 1, kind, data_source_attributes(kind));
  return push(L, std::make_shared<DataSource>(open_data_source(kind, std::move(given.options),
                                                               std::move(origin), std::move(given.parts)))),
         1;
}

// One source, or a list of them.
std::vector<std::shared_ptr<const DataSource>> read_sources(lua_State* L, int index,
                                                            const std::string& function) {
  if (is<DataSource>(L, index)) return {share<DataSource>(L, index)};
  check(lua_istable(L, index), Fault::usage, "{}: expected a data source or a list of them, got {}", function,
        type_name(L, index));
  std::vector<std::shared_ptr<const DataSource>> sources;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    check(is<DataSource>(L, -1), Fault::usage, "{}: entry {} must be a data source, got {}", function, i,
          type_name(L, -1));
    sources.push_back(share<DataSource>(L, -1));
    lua_pop(L, 1);
  }
  check(!sources.empty(), Fault::usage, "{}: expected a data source, got an empty list", function);
  return sources;
}

bool is_empty_table(lua_State* L, int index) {
  if (!lua_istable(L, index)) return false;
  lua_pushnil(L);
  const bool empty = lua_next(L, index) == 0;
  if (!empty) lua_pop(L, 2);
  return empty;
}

// upvalue: the kind's name. (source | sources[, own options][, { … }]): how batches are made is as the first
// source says, unless told otherwise.
int join_sources(lua_State* L) {
  const std::string kind = lua_tostring(L, lua_upvalueindex(1));
  Origin origin = border(L).sites.origin(L, nullptr, Expression::call(kind));
  auto sources = read_sources(L, 1, "data." + kind);
  // Among options no samples would be all of them.
  if (kind == "subset" && is_empty_table(L, 2))
    throw Error(Fault::usage, "data.subset: the list of samples is empty", {},
                "Leave it out for a set of all samples.");
  std::vector<Attribute> schema = data_source_attributes(kind);
  for (const Attribute& of_loader : loader_attributes())
    std::ranges::find(schema, of_loader.name, &Attribute::name)->value =
        sources.front()->options.at(of_loader.name);
  DataOptions given = read_data_options(L, 2, kind, schema);
  given.parts.sources = std::move(sources);
  return push(L, std::make_shared<DataSource>(open_data_source(kind, std::move(given.options),
                                                               std::move(origin), std::move(given.parts)))),
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
  if (key == "batches") {
    const auto batches = source.batches();
    if (!batches) return lua_pushnil(L), 1;
    return lua_pushnumber(L, static_cast<double>(*batches)), 1;
  }
  if (key == "fields") return push_fields_of(L, source), 1;
  if (key == "classes") return push_classes(L, source), 1;
  for (const auto& entry : source.options.entries())
    if (entry.name == key) return push_value(L, entry.value), 1;
  return 0;
}

// for image, label in source:epoch([number]) do … end
int epoch(lua_State* L) {
  get<DataSource>(L, 1);
  // A script that has no graph yet may need the data to build it.
  return call_engine(L, "source_epoch", border(L).graphs().empty() ? nullptr : "data:epoch");
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
  data_source_kind(kind);
  push_text(L, kind);
  const bool own = kind == "define" || kind == "generator";
  const bool joined = kind == "concat" || kind == "subset" || kind == "part";
  lua_pushcclosure(L, own ? guarded<own_source> : joined ? guarded<join_sources> : guarded<open_source>, 1);
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
  define_data_transform(L);
  define_class<LuaData>(L, {});
  add_functions(
      L, {{"data", guarded<source_constructor>}, {"data_transform", guarded<data_transform_constructor>}});
}

}  // namespace orrery::lua
