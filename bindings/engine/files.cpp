// Saving and loading, and data sources over tensors.
#include <algorithm>
#include <map>
#include <set>

#include "bindings/block_function.h"
#include "bindings/border.h"
#include "bindings/data_options.h"
#include "bindings/engine/in_turn.h"
#include "bindings/governed.h"
#include "bindings/lua_args.h"
#include "bindings/lua_transform.h"
#include "bindings/state.h"
#include "runtime/engine/training/load.h"
#include "runtime/engine/training/save.h"
#include "runtime/ops/operations.h"

namespace orrery::lua {
namespace {

// A table of tensors by name.
std::vector<NamedTensor> named_tensors(lua_State* L, int index) {
  std::vector<NamedTensor> tensors;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    check(lua_type(L, -2) == LUA_TSTRING, Fault::usage, "save: a table of tensors has names as keys, got {}",
          type_name(L, -2));
    tensors.push_back({lua_tostring(L, -2), read_tensor(L, -1, "save")});
    lua_pop(L, 1);
  }
  std::ranges::sort(tensors, {}, &NamedTensor::key);
  return tensors;
}

// A list of state holds tables, a table of tensors by name holds none.
bool is_tensor_table(lua_State* L, int index) {
  if (!lua_istable(L, index)) return false;
  lua_rawgeti(L, index, 1);
  const bool entry = lua_istable(L, -1);
  lua_pop(L, 1);
  return !entry;
}

// Null where it cannot be told: a layer, a table of tensors.
std::shared_ptr<Graph> graph_at(lua_State* L, int index) {
  if (is<Graph>(L, index)) return share<Graph>(L, index);
  if (is<GraphBlock>(L, index)) return get<GraphBlock>(L, index).graph;
  return is<BlockFunction>(L, index) ? get<BlockFunction>(L, index).graph : nullptr;
}

// save(graph | block | layer | state | {name = tensor, …}, path)
int save(lua_State* L) {
  const std::string path = read_string(L, 2, "save", "a path");
  if (is<Graph>(L, 1))
    save_graph(engine(L), get<Graph>(L, 1), path);
  else if (is_tensor_table(L, 1))
    write_tensors(engine(L), path, named_tensors(L, 1), {{"format", "pt"}});
  else
    save_entries(engine(L), entries_at(L, 1, "save"), path);
  Border& state = border(L);
  return state.files.add(graph_at(L, 1), "weights", path, state.runtime->log), 0;
}

void push_keys(lua_State* L, const char* field, const std::vector<std::string>& keys) {
  lua_createtable(L, static_cast<int>(keys.size()), 0);
  for (size_t i = 0; i < keys.size(); ++i) {
    push_text(L, keys[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  lua_setfield(L, -2, field);
}

// `match = "features.*"`, or a list of patterns.
std::vector<std::string> read_patterns(lua_State* L, int index, const std::string& option) {
  if (index == 0) return {};
  if (!lua_istable(L, index))
    return {read_string(L, index, "load_weights", (option + " to be a pattern or a list").c_str())};
  std::vector<std::string> patterns;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    patterns.push_back(
        read_string(L, -1, "load_weights", ("each of " + option + " to be a pattern").c_str()));
    lua_pop(L, 1);
  }
  return patterns;
}

// `map = { ["backbone."] = "" }`
std::map<std::string, std::string> read_prefixes(lua_State* L, int index) {
  std::map<std::string, std::string> prefixes;
  if (index == 0) return prefixes;
  check(lua_istable(L, index), Fault::usage,
        "load_weights: map must be a table of prefixes, {{ [\"backbone.\"] = \"\" }}, got {}",
        type_name(L, index));
  lua_pushnil(L);
  while (lua_next(L, index)) {
    check(lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING, Fault::usage,
          "load_weights: map takes one prefix to another, got {} and {}", type_name(L, -2), type_name(L, -1));
    prefixes[lua_tostring(L, -2)] = lua_tostring(L, -1);
    lua_pop(L, 1);
  }
  return prefixes;
}

LoadOptions read_load_options(lua_State* L) {
  static const std::vector<Attribute> kSchema{{.name = "strict",
                                               .type = AttributeType::boolean,
                                               .doc = "missing and unexpected keys are errors",
                                               .value = true}};
  Extras extras{{"match", 0}, {"map", 0}, {"prefix", 0}, {"transpose", 0}};
  LoadOptions options(read_options(L, 3, kSchema, "load_weights", &extras).boolean("strict"));
  options.match = read_patterns(L, extras.at("match"), "match");
  options.map = read_prefixes(L, extras.at("map"));
  options.transpose = read_patterns(L, extras.at("transpose"), "transpose");
  if (const int prefix = extras.at("prefix"))
    options.prefix = read_string(L, prefix, "load_weights", "prefix to be a name of the file");
  // `module.` and `module` mean the same.
  while (options.prefix.ends_with('.')) options.prefix.pop_back();
  return options;
}

// load_weights(graph | block | layer, path[, { strict =, match =, map =, prefix =, transpose = }]) → {
// missing = {…}, unexpected = {…} }
int load_into(lua_State* L) {
  const std::string path = read_string(L, 2, "load_weights", "a path");
  const LoadOptions options = read_load_options(L);
  const LoadReport report = is<Graph>(L, 1)
                                ? load_weights(engine(L), get<Graph>(L, 1), path, options)
                                : load_weights(engine(L), entries_at(L, 1, "load_weights"), path, options);
  lua_newtable(L);
  push_keys(L, "missing", report.missing);
  push_keys(L, "unexpected", report.unexpected);
  return 1;
}

using Transforms = std::map<std::string, std::shared_ptr<LuaTransform>>;

// { transforms = { name = fn, … } }: the functions of the script that a saved graph needs.
Transforms read_transforms(lua_State* L, int index) {
  Extras extras{{"transforms", 0}};
  read_options(L, index, {}, "load", &extras);
  const int table = extras.at("transforms");
  Transforms transforms;
  if (table == 0) return transforms;
  check(lua_istable(L, table), Fault::usage, "load: transforms must be a table of functions by name, got {}",
        type_name(L, table));
  lua_pushnil(L);
  while (lua_next(L, table)) {
    check(lua_type(L, -2) == LUA_TSTRING, Fault::usage, "load: a transform is given under its name, got {}",
          type_name(L, -2));
    const std::string name = lua_tostring(L, -2);
    transforms[name] = transform_at(L, lua_gettop(L), name);
    check(transforms[name]->name == name, Fault::usage, "load: the transform '{}' was given as '{}'",
          transforms[name]->name, name);
    equip(L, transforms[name]);
    lua_pop(L, 1);
  }
  return transforms;
}

// The graph keeps what it was given, and says so where that is not what was saved.
void hold_transforms(lua_State* L, Graph& graph, const Transforms& transforms) {
  std::set<std::string> changed;
  for (const auto& node : graph.nodes()) {
    const auto found = node->descriptor() ? transforms.find(node->descriptor()->name) : transforms.end();
    if (found == transforms.end()) continue;
    graph.hold(operation_of(found->second));
    if (node->attributes().text(kTransformSource) != found->second->source) changed.insert(found->first);
  }
  for (const std::string& name : changed)
    border(L).runtime->log.warning(
        fmt::format("the transform '{}' is written otherwise than when the model was saved", name));
}

// load(path[, { transforms = { name = fn } }]) → the graph of a saved model; load(graph | block | layer,
// path) loads weights into it
int load(lua_State* L) {
  if (lua_type(L, 1) != LUA_TSTRING) return load_into(L);
  const std::string path = lua_tostring(L, 1);
  const Transforms transforms = read_transforms(L, 2);
  Registry known;
  known.extend(operations(*border(L).runtime));
  for (const auto& [name, transform] : transforms) {
    check(!known.named(name), Fault::usage, "load: '{}' is an operation already", name);
    known.add(operation_of(transform));
  }
  std::shared_ptr<Graph> graph = load_graph(engine(L), path, posix_files(), &known);
  hold_transforms(L, *graph, transforms);
  border(L).add_graph(graph);
  return push(L, std::move(graph)), 1;
}

// load_tensors(path[, part]) → { name = tensor, … }
int load_tensors(lua_State* L) {
  const std::string path = read_string(L, 1, "load_tensors", "a path");
  const std::string part =
      lua_isnoneornil(L, 2) ? "" : read_string(L, 2, "load_tensors", "a part of the file");
  const auto tensors = read_tensors(engine(L), path, posix_files(), part);
  lua_createtable(L, 0, static_cast<int>(tensors.size()));
  for (const NamedTensor& tensor : tensors) {
    push_tensor(L, tensor.tensor);
    lua_setfield(L, -2, tensor.key.c_str());
  }
  return 1;
}

// data_of_tensors({ image = tensor, label = tensor, batch = 64, … })
int data_of_tensors(lua_State* L) {
  check(lua_istable(L, 1), Fault::usage,
        "data.tensors: expected a table such as {{ image = …, label = … }}, got {}", type_name(L, 1));
  std::vector<NamedTensor> given;
  lua_newtable(L);  // what is no tensor is an option
  lua_pushnil(L);
  while (lua_next(L, 1)) {
    if (lua_type(L, -2) == LUA_TSTRING && is_operand(L, lua_gettop(L))) {
      given.push_back({lua_tostring(L, -2), read_tensor(L, -1, "data.tensors")});
    } else {
      lua_pushvalue(L, -2);
      lua_pushvalue(L, -2);
      lua_settable(L, 2);
    }
    lua_pop(L, 1);
  }
  check(!given.empty(), Fault::usage, "data.tensors: no field holds a tensor");
  const DataOptions rest = read_data_options(L, 2, "tensors", data_source_attributes("tensors"));
  // Labels, which are whole numbers, come last.
  const auto rank = [](const NamedTensor& t) {
    return std::pair(t.key == "label" || t.key == "target", t.key);
  };
  std::ranges::sort(given, {}, rank);
  std::vector<Field> fields;
  std::vector<std::shared_ptr<TensorBox>> boxes;
  for (const NamedTensor& tensor : given) {
    fields.push_back({tensor.key, type_of(tensor.tensor), rank(tensor).first});
    boxes.push_back(boxed(tensor.tensor.detach()));
  }
  Origin origin{border(L).sites.site(L), ""};
  return push(L, std::make_shared<DataSource>(data_source_of_tensors(std::move(fields), std::move(boxes),
                                                                     rest.options, std::move(origin),
                                                                     rest.parts.transforms))),
         1;
}

}  // namespace

void open_files(lua_State* L) {
  add_functions(L, {{"save", guarded<save>},
                    {"load", guarded<load>},
                    {"load_weights", guarded<load_into>},
                    {"load_tensors", guarded<load_tensors>},
                    {"data_of_tensors", guarded<data_of_tensors>}});
}

}  // namespace orrery::lua
