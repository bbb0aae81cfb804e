#include "bindings/input_fields.h"

#include <algorithm>

#include <fmt/format.h>

#include "bindings/lua_args.h"
#include "bindings/lua_object.h"

namespace orrery::lua {
namespace {

const std::vector<Attribute>& field_schema() {
  static const std::vector<Attribute> kSchema{
      {.name = "shape",
       .type = AttributeType::shape,
       .doc = "sizes without the batch",
       .required = true,
       .min = 0,
       .names = true},
      {.name = "dtype", .type = AttributeType::dtype, .doc = "element type", .value = DType::float32},
      {.name = "label", .type = AttributeType::boolean, .doc = "this field is the label", .value = false}};
  return kSchema;
}

// Of a graph, whose fields have the batch in front.
const std::vector<Attribute>& graph_field_schema() {
  static const std::vector<Attribute> kSchema = [] {
    std::vector<Attribute> schema = field_schema();
    schema.push_back({.name = "batch",
                      .type = AttributeType::boolean,
                      .doc = "the batch N comes before the shape",
                      .value = true});
    return schema;
  }();
  return kSchema;
}

Field read_field(lua_State* L, int index, std::string name, const std::string& function) {
  const bool of_graph = function == "input";
  check(lua_istable(L, index), Fault::usage,
        "{}: field '{}' must be a table such as {{ shape = {{3, 32, 32}} }}, got {}", function, name,
        type_name(L, index));
  const int top = lua_gettop(L);
  Extras extras{{"name", 0}};
  lua_pushvalue(L, index);
  const Attributes options = read_options(L, top + 1, of_graph ? graph_field_schema() : field_schema(),
                                          fmt::format("{}: field '{}'", function, name), &extras);
  if (int given = extras.at("name")) name = read_string(L, given, function.c_str(), "the name of a field");
  lua_settop(L, top);
  Shape shape = options.shape("shape");
  if (of_graph && options.boolean("batch")) shape.insert(shape.begin(), Dim::symbol("N"));
  return {name, {std::move(shape), options.dtype("dtype")}, options.boolean("label")};
}

}  // namespace

std::vector<Field> read_input_fields(lua_State* L, int index, const std::string& function) {
  std::vector<Field> fields;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    const bool listed = lua_type(L, -2) == LUA_TNUMBER;
    std::string name = listed ? fmt::format("field_{}", lua_tonumber(L, -2))
                              : read_string(L, -2, function.c_str(), "the name of a field");
    fields.push_back(read_field(L, lua_gettop(L), std::move(name), function));
    lua_pop(L, 1);
  }
  check(!fields.empty(), Fault::usage, "{}: expected {}fields with their shapes", function,
        function == "input" ? "a data source, or " : "");
  const auto rank = [](const Field& field) { return std::pair(field.label, field.name); };
  if (lua_objlen(L, index) == 0)
    std::sort(fields.begin(), fields.end(),
              [&](const Field& a, const Field& b) { return rank(a) < rank(b); });
  return fields;
}

}  // namespace orrery::lua
