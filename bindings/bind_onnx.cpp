// Models of ONNX as graphs.
#include <algorithm>

#include "bindings/border.h"
#include "bindings/dim.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "runtime/formats/onnx_file.h"
#include "runtime/formats/sniff.h"
#include "runtime/onnx/export.h"
#include "runtime/onnx/export_weights.h"
#include "runtime/onnx/import.h"
#include "runtime/onnx/literal.h"
#include "runtime/ops/operations.h"

namespace orrery::lua {
namespace {

// Calls `read` with the name and the stack index of each entry of a table of inputs.
template <class Read>
void for_each_input(lua_State* L, int table, const char* option, Read read) {
  check(lua_istable(L, table), Fault::usage, "load: {} must be a table {{ input = … }}, got {}", option,
        luaL_typename(L, table));
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    check(lua_type(L, -2) == LUA_TSTRING, Fault::usage, "load: {} is given by the names of inputs", option);
    read(lua_tostring(L, -2), lua_gettop(L));
  }
}

std::vector<double> read_known_values(lua_State* L, int index) {
  const auto number = [L](int at) {
    check(lua_isnumber(L, at), Fault::usage, "load: values must be numbers, got {}", luaL_typename(L, at));
    return lua_tonumber(L, at);
  };
  if (!lua_istable(L, index)) return {number(index)};
  std::vector<double> values;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i, lua_pop(L, 1)) {
    lua_rawgeti(L, index, i);
    values.push_back(number(-1));
  }
  return values;
}

// Numbers, and names of sizes that only the data tell.
Shape read_sizes(lua_State* L, int index, const char* input) {
  check(lua_istable(L, index), Fault::usage, "load: the shape of '{}' must be a list of sizes, got {}", input,
        luaL_typename(L, index));
  Shape shape;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i, lua_pop(L, 1)) {
    lua_rawgeti(L, index, i);
    const auto dim =
        lua_type(L, -1) == LUA_TSTRING ? std::optional(parse_dim(lua_tostring(L, -1))) : to_dim(L, -1);
    check(dim && !(dim->known() && dim->value() < 0), Fault::usage,
          "load: size {} of '{}' must be a whole number ≥ 0 or a name such as \"N\", got {}", i, input,
          dim ? dim->str() : type_name(L, -1));
    shape.push_back(*dim);
  }
  return shape;
}

void read_import_option(lua_State* L, const std::string& name, int index, OnnxImportOptions& options) {
  if (name == "values") {
    for_each_input(L, index, "values",
                   [&](const char* input, int at) { options.values[input] = read_known_values(L, at); });
  } else if (name == "shapes") {
    for_each_input(L, index, "shapes",
                   [&](const char* input, int at) { options.shapes[input] = read_sizes(L, at, input); });
  } else if (name == "tensors") {
    for_each_input(L, index, "tensors", [&](const char* input, int at) {
      const auto file = open_onnx_tensor(read_string(L, at, "load", "a file with a tensor"));
      options.tensors[input] = {file, file->model().graph.initializers.at(0)};
    });
  } else {
    fail(Fault::usage, "load: a model of ONNX takes shapes, values and tensors, got '{}'", name);
  }
}

// core.import_onnx(path[, { shapes =, values =, tensors = }]) → graph
int import_model(lua_State* L) {
  const std::string path = read_string(L, 1, "import_onnx", "a file");
  OnnxImportOptions options;
  if (lua_istable(L, 2)) {
    for (lua_pushnil(L); lua_next(L, 2) != 0; lua_pop(L, 1))
      read_import_option(L, lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?", lua_gettop(L),
                         options);
  }
  Runtime& runtime = *border(L).runtime;
  std::shared_ptr<Graph> graph = import_onnx(open_onnx(path), operations(runtime), runtime, options);
  border(L).add_graph(graph);
  return push(L, std::move(graph)), 1;
}

// core.is_onnx(head): whether a file begins as models of ONNX do
int begins_as_onnx(lua_State* L) {
  const std::string head = read_string(L, 1, "is_onnx", "the beginning of a file");
  return lua_pushboolean(L, sniff(as_bytes(head)) == FileKind::onnx), 1;
}

// core.onnx_tensor_graph(path) → a graph whose one output is the tensor of a file that holds one
// (TensorProto)
int import_tensor(lua_State* L) {
  const auto file = open_onnx_tensor(read_string(L, 1, "onnx_tensor_graph", "a file with a tensor"));
  std::shared_ptr<Graph> graph = graph_of_onnx_tensor(file, *border(L).runtime);
  return push(L, std::move(graph)), 1;
}

void push_value_names(lua_State* L, const std::vector<OnnxValue>& values, const OnnxGraph& graph) {
  lua_newtable(L);
  int at = 0;
  for (const OnnxValue& value : values) {
    const bool given = std::ranges::count(graph.initializers, value.name, &OnnxTensor::name) > 0;
    if (given) continue;
    push_text(L, value.name);
    lua_rawseti(L, -2, ++at);
  }
}

// core.onnx_names(path) → { inputs = { name, … }, outputs = { name, … }, deciding = { name = true } },
// without those that the file gives; integers and single numbers may decide sizes
int names_of_model(lua_State* L) {
  const auto file = open_onnx(read_string(L, 1, "onnx_names", "a file"));
  const OnnxGraph& graph = file->model().graph;
  lua_createtable(L, 0, 3);
  push_value_names(L, graph.inputs, graph);
  lua_setfield(L, -2, "inputs");
  push_value_names(L, graph.outputs, graph);
  lua_setfield(L, -2, "outputs");
  lua_newtable(L);
  for (const OnnxValue& input : graph.inputs) {
    const auto dtype = dtype_of_onnx(input.type.dtype);
    const bool few = input.type.shape && input.type.shape->size() <= 1;
    lua_pushboolean(L, (dtype && is_integral(*dtype)) || few);
    lua_setfield(L, -2, input.name.c_str());
  }
  lua_setfield(L, -2, "deciding");
  return 1;
}

// core.write_onnx(graph, path[, { opset =, weights = "inside" | "beside", from = }]): `from` is a saved
// model's file with the weights; without it they are what files tell of first values
int write_model(lua_State* L) {
  static const std::vector<Attribute> kSchema{
      {.name = "opset",
       .doc = "version of ONNX's operators",
       .value = OnnxExportOptions{}.opset,
       .min = static_cast<double>(OnnxExportOptions::kOldest),
       .max = static_cast<double>(OnnxExportOptions::kNewest)},
      {.name = "weights",
       .type = AttributeType::text,
       .doc = "inside the model, or in a file beside it",
       .value = std::string("inside"),
       .choices = {"inside", "beside"}},
      {.name = "from", .type = AttributeType::text, .doc = "a file with the weights"}};
  const Graph& graph = get<Graph>(L, 1);
  const std::string path = read_string(L, 2, "export", "a path");
  const Attributes options = read_options(L, 3, kSchema, "export");
  const OnnxExport exported = export_onnx(graph, {.opset = options.integer("opset")});
  const ParameterElements elements =
      options.has("from") ? elements_of_file(open_weights(options.text("from"))) : first_elements();
  write_onnx(
      path, exported.model,
      {.elements = elements_of_export(exported, elements), .beside = options.text("weights") == "beside"});
  return 0;
}

}  // namespace

void open_onnx_models(lua_State* L) {
  add_functions(L, {{"write_onnx", guarded<write_model>},
                    {"import_onnx", guarded<import_model>},
                    {"onnx_tensor_graph", guarded<import_tensor>},
                    {"onnx_names", guarded<names_of_model>},
                    {"is_onnx", guarded<begins_as_onnx>}});
}

}  // namespace orrery::lua
