// Graphs of VizML's JSON, and what other JSON is.
#include <algorithm>
#include <span>
#include <sys/stat.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bindings/border.h"
#include "bindings/governed.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "bindings/vizml.h"
#include "runtime/core/strict_json.h"
#include "runtime/files/paths.h"
#include "runtime/files/read_file.h"
#include "runtime/formats/sniff.h"
#include "runtime/vizml/read.h"
#include "runtime/vizml/run.h"
#include "runtime/vizml/write.h"

namespace orrery::lua {
namespace {

// core.read_vizml(text, file) → graph; the paths of its tensors begin at the file's folder
int read_vizml_graph(lua_State* L) {
  const std::string text = read_string(L, 1, "read_vizml", "VizML's JSON");
  const std::string path = read_string(L, 2, "read_vizml", "a file's name");
  const size_t slash = path.rfind('/');
  std::shared_ptr<Graph> graph = read_vizml(text, *border(L).runtime, quote_path(path),
                                            slash == std::string::npos ? "" : path.substr(0, slash));
  border(L).add_graph(graph);
  return push(L, std::move(graph)), 1;
}

// core.vizml_code(graph) → VizML's JSON
int write_vizml(lua_State* L) { return push_text(L, to_vizml(get<Graph>(L, 1))), 1; }

// core.json_keys(text, file) → the keys of the object that a JSON text is, in alphabetical order; none of
// another text
int list_json_keys(lua_State* L) {
  const std::string text = read_string(L, 1, "json_keys", "JSON");
  const std::string what = quote_path(read_string(L, 2, "json_keys", "a file's name"));
  const FileKind kind = sniff(std::as_bytes(std::span(text.data(), std::min(text.size(), kSniffBytes))));
  if (kind != FileKind::unknown)
    throw Error(Fault::input_file, fmt::format("{} is {}, not JSON", what, describe(kind)), {},
                std::string(remedy(kind)));
  const nlohmann::json root = parse_strict_json(text, what);
  lua_newtable(L);
  int at = 0;
  if (!root.is_object()) return 1;
  for (const auto& [key, value] : root.items()) {
    push_text(L, key);
    lua_rawseti(L, -2, ++at);
  }
  return 1;
}

constexpr std::uint64_t kHead = 512;

// core.file_head(path) → the first bytes of a regular file; nil of a pipe, which they would be lost to, of a
// folder, and of what is not there
int read_head(lua_State* L) {
  const std::string path = read_string(L, 1, "file_head", "a file");
  struct stat facts = {};
  if (posix_files().stat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) return lua_pushnil(L), 1;
  const InputFile file(path);
  std::string head(std::min(file.size(), kHead), '\0');
  file.read(0, std::as_writable_bytes(std::span(head)));
  return push_text(L, head), 1;
}

// What a run is made of.

void set_field_text(lua_State* L, const char* key, const std::string& text) {
  push_text(L, text);
  lua_setfield(L, -2, key);
}

void push_options(lua_State* L, const Attributes& options) {
  lua_newtable(L);
  for (const Attributes::Entry& entry : options.entries()) {
    push_value(L, entry.value);
    lua_setfield(L, -2, entry.name.c_str());
  }
}

// `{ first, second, … }`, each of which `push_one` pushes.
template <class List, class Push>
void set_list(lua_State* L, const char* key, const List& list, Push&& push_one) {
  lua_createtable(L, static_cast<int>(list.size()), 0);
  int at = 0;
  for (const auto& each : list) {
    luaL_checkstack(L, 8, "too many values");
    push_one(each);
    lua_rawseti(L, -2, ++at);
  }
  lua_setfield(L, -2, key);
}

// `features.layer_Conv2D_0`: what the keys of a layer's tensors begin with.
std::string key_of(const Graph& graph, const LayerPtr& layer) {
  for (const Graph::Entry& entry : graph.state())
    if (entry.layer == layer) return entry.key.substr(0, entry.key.rfind('.'));
  return "";
}

// { kind =, options = }
template <class Piece>
void push_piece(lua_State* L, const Piece& piece) {
  lua_newtable(L);
  set_field_text(L, "kind", piece.kind);
  push_options(L, piece.options);
  lua_setfield(L, -2, "options");
}

void push_tensor(lua_State* L, const std::shared_ptr<Graph>& graph, const VizmlRun::Tensor& tensor) {
  push_piece(L, tensor);
  push_graph_value(L, graph, tensor.value);
  lua_setfield(L, -2, "value");
  if (const ParameterPtr& leaf = tensor.value.leaf()) {
    push(L, leaf);
    lua_setfield(L, -2, "parameter");
  }
  set_list(L, "numbers", tensor.numbers, [&](double number) { lua_pushnumber(L, number); });
}

void push_update(lua_State* L, const std::shared_ptr<Graph>& graph, const VizmlRun::Update& update) {
  push_piece(L, update);
  push_graph_value(L, graph, update.loss);
  lua_setfield(L, -2, "loss");
  set_list(L, "leaves", update.leaves, [&](const Value& leaf) { push_graph_value(L, graph, leaf); });
  std::vector<ParameterPtr> parameters;
  for (const LayerPtr& layer : update.layers)
    for (const ParameterPtr& parameter : layer->parameters())
      if (!parameter->buffer) parameters.push_back(parameter);
  push_parameters(L, parameters);
  lua_setfield(L, -2, "parameters");
}

// core.vizml_run(graph) → { tensors = { { kind =, options =, value =, parameter =, numbers = }, … }, updates
// = { { kind =, options =, loss =, leaves =, parameters = }, … }, saved = { { path =, value = }, … }, manager
// = options or nil, imported = { name = key } }; nil of a graph that is not VizML's
int push_vizml_run(lua_State* L) {
  const std::shared_ptr<Graph> graph = share<Graph>(L, 1);
  const VizmlRun* run = vizml_run(*graph);
  if (!run) return lua_pushnil(L), 1;
  lua_newtable(L);
  set_list(L, "tensors", run->tensors, [&](const auto& tensor) { push_tensor(L, graph, tensor); });
  set_list(L, "updates", run->updates, [&](const auto& update) { push_update(L, graph, update); });
  set_list(L, "saved", run->saved, [&](const auto& saved) {
    lua_newtable(L);
    set_field_text(L, "path", saved.path);
    push_graph_value(L, graph, saved.value);
    lua_setfield(L, -2, "value");
  });
  if (run->manager) {
    push_options(L, *run->manager);
    lua_setfield(L, -2, "manager");
  }
  lua_newtable(L);
  for (const auto& [name, layer] : run->imported) set_field_text(L, name.c_str(), key_of(*graph, layer));
  lua_setfield(L, -2, "imported");
  return 1;
}

}  // namespace

void open_vizml(lua_State* L) {
  add_functions(L, {{"read_vizml", guarded<read_vizml_graph>},
                    {"vizml_code", guarded<write_vizml>},
                    {"vizml_run", guarded<push_vizml_run>},
                    {"json_keys", guarded<list_json_keys>},
                    {"file_head", guarded<read_head>}});
}

}  // namespace orrery::lua
