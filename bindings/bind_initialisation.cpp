// orrery.nn.init and orrery.nn.utils.parametrizations: the primitives that stdlib/orrery/nn builds on.
#include <algorithm>

#include <fmt/format.h>

#include "bindings/block_function.h"
#include "bindings/border.h"
#include "bindings/engine_door.h"
#include "bindings/governed.h"
#include "bindings/lua_args.h"
#include "bindings/state.h"
#include "runtime/ops/initialisation.h"
#include "runtime/ops/operations.h"

namespace orrery::lua {
namespace {

// A parameter, or a tensor, which is filled where it lies.
ParameterPtr read_target(lua_State* L, int index, const std::string& function) {
  if (is<Parameter>(L, index)) return share<Parameter>(L, index);
  check(is_tensor(L, index), Fault::usage, "{}: expected a parameter or a tensor, got {}", function,
        type_name(L, index));
  push_engine_function(L, "constant_of_tensor");
  lua_pushvalue(L, index);
  lua_call(L, 1, 1);
  ParameterPtr held = share<Parameter>(L, -1);
  lua_pop(L, 1);
  return held;
}

// What was logged takes effect at once where there is an engine.
void act(lua_State* L) {
  if (!engine_is_open(L)) return;
  push_engine_function(L, "seed");
  lua_call(L, 0, 0);
}

// core.initialise(kind, target, options…): gives a parameter other first values
int initialise(lua_State* L) {
  const InitialisationKind& kind = initialisation_kind(read_string(L, 1, "nn.init", "a name"));
  const std::string function = "nn.init." + kind.name;
  const ParameterPtr target = read_target(L, 2, function);
  const Attributes options = read_options(L, 3, kind.attributes, function);
  border(L).runtime->initialise(target, initialisation(kind, options, target->shape));
  act(L);
  return 0;
}

// core.copy_values(from, to): gives a parameter the values of another
int copy_values(lua_State* L) {
  border(L).runtime->copy(share<Parameter>(L, 1), share<Parameter>(L, 2));
  return 0;
}

// core.mute_draws(muted): while they are, what is made gets no values of its own
int mute_draws(lua_State* L) {
  border(L).runtime->draws.mute(lua_toboolean(L, 1) != 0);
  return 0;
}

// core.can_initialise(kind, target): has it a number of dimensions that the kind fills?
int can_initialise(lua_State* L) {
  const InitialisationKind& kind = initialisation_kind(read_string(L, 1, "nn.init", "a name"));
  const int rank = static_cast<int>(get<Parameter>(L, 2).shape.size());
  return lua_pushboolean(L, rank >= kind.low_rank && rank <= kind.high_rank), 1;
}

// core.calculate_gain(nonlinearity[, slope])
int calculate_gain(lua_State* L) {
  static const std::vector<Attribute> kSchema{
      {.name = "nonlinearity",
       .type = AttributeType::text,
       .doc = "what follows the layer",
       .required = true,
       .choices = nonlinearities()},
      {.name = "param", .type = AttributeType::real, .doc = "negative slope of leaky_relu", .value = 0.01}};
  const Attributes options = read_options(L, 1, kSchema, "nn.init.calculate_gain");
  return lua_pushnumber(L, gain_of(options.text("nonlinearity"), options.real("param"))), 1;
}

// core.initialisations() → their descriptions
int list_initialisations(lua_State* L) {
  lua_newtable(L);
  int at = 0;
  for (const InitialisationKind& kind : initialisation_kinds()) {
    push_described(L, kind.name, kind.doc, kind.attributes);
    lua_rawseti(L, -2, ++at);
  }
  return 1;
}

// core.parametrizations() → their descriptions
int list_parametrizations(lua_State* L) {
  lua_newtable(L);
  int at = 0;
  for (const auto& kind : operations().parametrizations()) {
    push_described(L, kind->name, kind->doc, kind->attributes);
    lua_rawseti(L, -2, ++at);
  }
  return 1;
}

// core.parametrize(kind, layer[, name], options…)
int parametrize(lua_State* L) {
  const ParametrizationKind& kind =
      operations().parametrization(read_string(L, 1, "nn.utils.parametrizations", "a name"));
  const std::string function = "nn.utils.parametrizations." + kind.name;
  check(is<Layer>(L, 2), Fault::usage, "{}: expected a layer, got {}", function, type_name(L, 2));
  std::vector<Attribute> schema = {{.name = "name",
                                    .type = AttributeType::text,
                                    .doc = "which of the layer's parameters",
                                    .value = "weight"}};
  schema.insert(schema.end(), kind.attributes.begin(), kind.attributes.end());
  const Attributes given = read_options(L, 3, schema, function);
  Attributes options(kind.attributes);
  for (const Attribute& attribute : kind.attributes) options.set(attribute.name, given.at(attribute.name));
  border(L).runtime->parametrize(get<Layer>(L, 2), {given.text("name"), &kind, std::move(options)});
  act(L);
  lua_settop(L, 2);
  return 1;
}

// core.remove_parametrization(layer, name, to original?) → the parameter
int remove_parametrization(lua_State* L) {
  const char* function = "nn.utils.parametrize.remove_parametrizations";
  check(is<Layer>(L, 1), Fault::usage, "{}: expected a layer, got {}", function, type_name(L, 1));
  const std::string slot = read_string(L, 2, function, "tensor_name");
  return push(L, get<Layer>(L, 1).remove_parametrization(slot, lua_toboolean(L, 3) != 0)), 1;
}

// core.is_parametrized(layer[, name])
int is_parametrized(lua_State* L) {
  check(is<Layer>(L, 1), Fault::usage, "is_parametrized: expected a layer, got {}", type_name(L, 1));
  const auto& all = get<Layer>(L, 1).parametrizations();
  const std::string name = lua_isnoneornil(L, 2) ? "" : read_string(L, 2, "is_parametrized", "a name");
  return lua_pushboolean(
             L, std::ranges::any_of(
                    all, [&](const Parametrization& made) { return name.empty() || made.slot == name; })),
         1;
}

bool owns_parameters(lua_State* L, int index) {
  return is<Graph>(L, index) || is<GraphBlock>(L, index) || is<BlockFunction>(L, index) ||
         is<Layer>(L, index) || lua_istable(L, index);
}

// core.parameters_of(graph, block, block function, layer or list of state) → { {key=, parameter=}, … }
// without buffers and constants; nothing for what owns none: a parameter, a tensor
int parameters_of(lua_State* L) {
  if (!owns_parameters(L, 1)) return 0;
  std::vector<Graph::Entry> entries = entries_at(L, 1, "nn.init");
  std::erase_if(entries, [](const Graph::Entry& entry) {
    const Parameter& parameter = *entry.parameter;
    return parameter.buffer || (!entry.layer && !parameter.trainable);
  });
  return push_state(L, entries), 1;
}

}  // namespace

void open_initialisation(lua_State* L) {
  add_functions(L, {{"initialise", guarded<initialise>},
                    {"copy_values", guarded<copy_values>},
                    {"mute_draws", guarded<mute_draws>},
                    {"can_initialise", guarded<can_initialise>},
                    {"calculate_gain", guarded<calculate_gain>},
                    {"initialisations", guarded<list_initialisations>},
                    {"parametrizations", guarded<list_parametrizations>},
                    {"parametrize", guarded<parametrize>},
                    {"remove_parametrization", guarded<remove_parametrization>},
                    {"is_parametrized", guarded<is_parametrized>},
                    {"parameters_of", guarded<parameters_of>}});
}

}  // namespace orrery::lua
