#include <algorithm>

#include "bindings/border.h"
#include "bindings/engine_door.h"
#include "bindings/governed.h"
#include "bindings/json.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "runtime/files/paths.h"
#include "runtime/formats/keras_graph.h"
#include "runtime/formats/pt2_graph.h"
#include "runtime/formats/safetensors_reader.h"
#include "runtime/graph/json.h"
#include "runtime/ops/operations.h"

namespace orrery::lua {
namespace {

void push_sizes(lua_State* L, const std::vector<std::int64_t>& sizes) {
  lua_createtable(L, static_cast<int>(sizes.size()), 0);
  for (size_t i = 0; i < sizes.size(); ++i) {
    lua_pushnumber(L, static_cast<double>(sizes[i]));
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
}

void push_tensor_entry(lua_State* L, const SafetensorsTensor& tensor) {
  luaL_checkstack(L, 4, "too many values");
  lua_createtable(L, 0, 4);
  push_text(L, tensor.name);
  lua_setfield(L, -2, "name");
  push_text(L, std::string(tensor.dtype.name));
  lua_setfield(L, -2, "dtype");
  push_sizes(L, tensor.shape);
  lua_setfield(L, -2, "shape");
  lua_pushnumber(L, static_cast<double>(tensor.bytes()));
  lua_setfield(L, -2, "bytes");
}

// core.read_safetensors(path) → { metadata = { key = text }, tensors = { { name =, dtype =, shape =, bytes =
// }, … } }: the header alone; no tensor is read
int read_safetensors(lua_State* L) {
  const SafetensorsReader reader(read_string(L, 1, "read_safetensors", "a file"));
  lua_createtable(L, 0, 2);
  lua_newtable(L);
  for (const auto& [key, text] : reader.header().metadata) {
    push_text(L, text);
    lua_setfield(L, -2, key.c_str());
  }
  lua_setfield(L, -2, "metadata");
  lua_newtable(L);
  int at = 0;
  for (const SafetensorsTensor& tensor : reader.header().tensors) {
    push_tensor_entry(L, tensor);
    lua_rawseti(L, -2, ++at);
  }
  lua_setfield(L, -2, "tensors");
  return 1;
}

// Only the engine, which tells its registry, knows LibTorch's operators; few models need it.
std::shared_ptr<const Descriptor> operator_of_engine(lua_State* L, const std::string& name) {
  if (name.find("::") == std::string::npos) return nullptr;
  push_engine(L);
  lua_pop(L, 1);
  return operations(*border(L).runtime).make(name);
}

// core.graph_from_json(text, file) → graph; `file` names the text in messages
int restore_graph(lua_State* L) {
  const std::string text = read_string(L, 1, "graph_from_json", "the graph's JSON");
  const std::string what = quote_path(read_string(L, 2, "graph_from_json", "a file's name"));
  Registry known;
  known.extend(operations(*border(L).runtime));
  known.ask([L](const std::string& name) { return operator_of_engine(L, name); });
  std::shared_ptr<Graph> graph = graph_from_json(text, known, *border(L).runtime, what);
  border(L).add_graph(graph);
  return push(L, std::move(graph)), 1;
}

// core.keras_graph(file, apart) → graph: of the JSON of a model of Keras, or with its weights of a .keras
// file or a whole .h5; `apart`: the script does not count it among its own
int read_keras(lua_State* L) {
  const std::string path = read_string(L, 1, "keras_graph", "a file's name");
  std::shared_ptr<Graph> graph = read_keras_graph(path, operations(), *border(L).runtime);
  if (!lua_toboolean(L, 2)) border(L).add_graph(graph);
  return push(L, std::move(graph)), 1;
}

// core.pt2_graph(file) → graph: of a program that torch.export saved, with its weights
int read_pt2(lua_State* L) {
  const std::string path = read_string(L, 1, "pt2_graph", "a file's name");
  std::shared_ptr<Graph> graph = read_pt2_graph(path, operations(), *border(L).runtime);
  border(L).add_graph(graph);
  return push(L, std::move(graph)), 1;
}

// core.parse_json(text, what) → plain data; `what` begins messages
int parse_json(lua_State* L) {
  const std::string text = read_string(L, 1, "parse_json", "JSON");
  return push_json(L, text, read_string(L, 2, "parse_json", "what it is")), 1;
}

// core.name_field(source, name): the first field that is no label is called so from now on
int name_field(lua_State* L) {
  DataSource& source = get<DataSource>(L, 1);
  const std::string name = read_string(L, 2, "name_field", "a name");
  for (auto* fields : {&source.stored, &source.sample, &source.fields}) {
    const auto found = std::ranges::find(*fields, false, &Field::label);
    if (found != fields->end()) found->name = name;
  }
  return lua_settop(L, 1), 1;
}

}  // namespace

void open_model(lua_State* L) {
  add_functions(L, {{"read_safetensors", guarded<read_safetensors>},
                    {"graph_from_json", guarded<restore_graph>},
                    {"keras_graph", guarded<read_keras>},
                    {"pt2_graph", guarded<read_pt2>},
                    {"parse_json", guarded<parse_json>},
                    {"name_field", guarded<name_field>}});
}

}  // namespace orrery::lua
