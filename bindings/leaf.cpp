#include "bindings/leaf.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "bindings/border.h"
#include "bindings/lua_args.h"
#include "runtime/core/names.h"
#include "runtime/ops/initialisation.h"

namespace orrery::lua {
namespace {

// By name alone: a and b are the numbers of constant, uniform and normal.
Init named_init(const std::string& name, const Attributes& options, const Shape& shape) {
  const double a = options.real("a"), b = options.real("b");
  if (name == "constant") return Init::constant(a);
  if (name == "uniform") return Init::uniform(a, b);
  if (name == "normal") return Init::normal(a, b);
  const InitialisationKind& kind = initialisation_kind(name);
  return initialisation(kind, checked_attributes(kind.attributes, {}), shape);
}

// `{ "kaiming_normal", nonlinearity = "relu" }`: options follow the name.
Init listed_init(lua_State* L, int index, const Shape& shape) {
  lua_rawgeti(L, index, 1);
  const InitialisationKind& kind =
      initialisation_kind(read_string(L, -1, "init", "the name of an initialisation"));
  lua_newtable(L);
  const int options = lua_gettop(L);
  lua_pushnil(L);
  while (lua_next(L, index)) {
    if (lua_type(L, -2) == LUA_TNUMBER) {
      if (lua_tonumber(L, -2) > 1)
        lua_rawseti(L, options, static_cast<int>(lua_tonumber(L, -2)) - 1);
      else
        lua_pop(L, 1);
    } else {
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, options);
    }
  }
  const Init init =
      initialisation(kind, read_options(L, options, kind.attributes, "nn.init." + kind.name), shape);
  lua_settop(L, options - 2);
  return init;
}

const std::vector<Attribute>& leaf_schema() {
  static const std::vector<Attribute> kSchema = [] {
    std::vector<std::string> names;
    for (const InitialisationKind& kind : initialisation_kinds()) names.push_back(kind.name);
    return std::vector<Attribute>{
        {.name = "init",
         .type = AttributeType::text,
         .doc = "first values, by a name of nn.init: uniform in [a, b), normal with mean a and deviation b, "
                "constant a, …; or a table of name and options, or a function of nn.init",
         .value = "zeros",
         .choices = names},
        {.name = "a", .type = AttributeType::real, .doc = "first number of init", .value = 0.0},
        {.name = "b", .type = AttributeType::real, .doc = "second number of init", .value = 1.0, .min = 0},
        {.name = "dtype", .type = AttributeType::dtype, .doc = "element type", .value = DType::float32}};
  }();
  return kSchema;
}

// Options stand in a table of their own, behind the shape.
void refuse_options_in_shape(lua_State* L, int shape, const char* function,
                             const std::vector<Attribute>& schema) {
  lua_pushnil(L);
  while (lua_next(L, shape)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING) continue;
    const std::string key = lua_tostring(L, -1);
    std::vector<std::string> names;
    for (const Attribute& attribute : schema) names.push_back(attribute.name);
    const bool option = std::ranges::find(names, key) != names.end();
    throw Error(Fault::usage,
                fmt::format("{}: the shape holds '{}'{}", function, key,
                            option ? ", an option" : " beside its sizes" + did_you_mean(key, names)),
                {}, "Options stand in a table behind the shape: { 2, 3 }, { init = \"ones\" }.");
  }
}

}  // namespace

Leaf make_leaf(lua_State* L, const std::string& name, int shape, int options_at, const char* function,
               const std::vector<Attribute>& more) {
  const Shape sizes = read_shape(L, shape, function, "the shape");
  check(known(sizes), Fault::usage, "{}: the shape must be known, got {}", function, str(sizes));
  Extras extras{{"init", 0}};
  std::vector<Attribute> schema = leaf_schema();
  schema.insert(schema.end(), more.begin(), more.end());
  refuse_options_in_shape(L, shape, function, schema);
  const Attributes options = read_options(L, options_at, schema, function, &extras);
  const int given = extras.at("init");
  auto leaf = std::make_shared<Parameter>();
  leaf->name = name;
  leaf->shape = sizes;
  leaf->dtype = options.dtype("dtype");
  if (given && lua_istable(L, given)) {
    leaf->init = listed_init(L, given, sizes);
  } else if (!given || !lua_isfunction(L, given)) {
    leaf->init =
        named_init(given ? read_string(L, given, function, "init") : options.text("init"), options, sizes);
  }
  leaf->trainable = std::string(function) == "parameter";
  leaf->site = border(L).sites.site(L);
  return {leaf, given && lua_isfunction(L, given) ? given : 0, options};
}

Value value_of_leaf(const Graph& graph, const ParameterPtr& leaf) {
  for (const auto& node : graph.nodes())
    if (node->is_parameter() && node->constant() == leaf) return {node.get(), 0};
  return {};
}

void fill_leaf(lua_State* L, const Leaf& leaf) {
  if (leaf.fill == 0) return;
  // What fills it is no part of what it is trained by, and writes into it.
  const bool trained = std::exchange(leaf.parameter->trainable, false);
  lua_pushvalue(L, leaf.fill);
  push(L, leaf.parameter);
  lua_call(L, 1, 0);
  leaf.parameter->trainable = trained;
}

}  // namespace orrery::lua
