#include <algorithm>

#include <fmt/format.h>

#include "bindings/border.h"
#include "bindings/conversion.h"
#include "bindings/engine_door.h"
#include "bindings/governed.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "bindings/state.h"
#include "runtime/core/names.h"
#include "runtime/ops/operations.h"

namespace orrery::lua {
namespace {

Layer& self(lua_State* L) { return get<Layer>(L, 1); }

// A parameter, or the buffer that a constant stands for, as a module's own does in its forward function; null
// for what is neither.
ParameterPtr parameter_at(lua_State* L, int index) {
  if (is<Parameter>(L, index)) return share<Parameter>(L, index);
  if (!is<GraphValue>(L, index)) return nullptr;
  const Node& node = *get<GraphValue>(L, index).value.node;
  return node.state() || node.is_parameter() ? nullptr : node.constant();
}

// The other layers' parameters in the table of options: `{ weight = embedding.weight }`.
Extras layer_extras(lua_State* L, const Descriptor& descriptor) {
  Extras extras{{"name", 0}};
  const int table = lua_gettop(L);
  if (!lua_istable(L, table)) return extras;
  lua_pushnil(L);
  while (lua_next(L, table)) {
    const std::string key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
    const bool option =
        std::ranges::find(descriptor.attributes, key, &Attribute::name) != descriptor.attributes.end();
    if (!key.empty() && !option && parameter_at(L, -1)) extras[key] = 0;
    lua_pop(L, 1);
  }
  return extras;
}

// What was given for a layer's own tensor: another's parameter is shared, a tensor or a list of numbers
// becomes the value of a buffer.
ParameterPtr given_parameter(lua_State* L, int index, const Parameter& own) {
  if (auto given = parameter_at(L, index)) return given;
  if (lua_istable(L, index)) {
    push_engine_function(L, "tensor");
    lua_pushvalue(L, index);
    lua_call(L, 1, 1);
    index = lua_gettop(L);
  }
  push_engine_function(L, "constant_of_tensor");
  lua_pushvalue(L, index);
  lua_call(L, 1, 1);
  auto given = share<Parameter>(L, -1);
  given->name = own.name;
  given->buffer = own.buffer;
  given->trainable = own.trainable;
  given->site = own.site;
  return given;
}

void share_parameters(lua_State* L, Layer& layer, const Extras& extras, const std::string& function) {
  std::vector<std::string> names;
  for (const ParameterPtr& parameter : layer.parameters()) names.push_back(parameter->name);
  for (const auto& [name, index] : extras) {
    if (index == 0 || name == "name") continue;
    check(layer.parameter(name) != nullptr, Fault::usage, "{} has no parameter '{}' that could be shared{}",
          function, name, did_you_mean(name, names));
    layer.tie(name, given_parameter(L, index, *layer.parameter(name)));
  }
}

// upvalue: the descriptor
int make_layer(lua_State* L) {
  const auto& descriptor = *static_cast<const Descriptor*>(lua_touserdata(L, lua_upvalueindex(1)));
  const std::string function = "nn." + descriptor.name;
  Extras extras = layer_extras(L, descriptor);
  Attributes attributes = read_options(L, 1, descriptor.attributes, function, &extras);
  Border& state = border(L);
  Origin origin = state.sites.origin(L, nullptr, Expression::call(descriptor.name));
  LayerPtr layer = state.runtime->make_layer(descriptor, std::move(attributes), std::move(origin));
  state.sites.note(L, layer.get());
  if (int name = extras.at("name")) layer->name_by_user(read_string(L, name, function.c_str(), "name"));
  share_parameters(L, *layer, extras, function);
  return push(L, layer), 1;
}

// `x = pool(x)` calls the layer by its local, `nn.ReLU()(x)` where it is made.
Expression written_call(const Layer& layer) {
  return layer.origin().label.empty() ? Expression::call(layer.descriptor().name, 2)
                                      : Expression::call(layer.origin().label);
}

int compute(lua_State* L) {
  push_engine_function(L, "apply_layer");
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

int call_layer(lua_State* L) {
  const LayerPtr layer = share<Layer>(L, 1);
  const int arguments = lua_gettop(L);
  Call call = read_layer_call(L, 2, layer->descriptor(), is_operand, layer->descriptor().name);
  const auto graph = graph_of(L, call.operands);
  if (!graph) return lua_settop(L, arguments), compute(L);
  const std::vector<Value> inputs = values_of(L, call.operands, graph);
  Origin origin = border(L).sites.origin(L, layer.get(), written_call(*layer));
  return push_outputs(L, graph,
                      graph->apply(layer, inputs, std::move(origin), {}, std::move(call.attributes)));
}

int parameters(lua_State* L) {
  std::vector<ParameterPtr> trained;
  for (const ParameterPtr& parameter : self(L).parameters())
    if (!parameter->buffer) trained.push_back(parameter);
  return push_parameters(L, trained), 1;
}

int set_trainable(lua_State* L, bool trainable) {
  self(L).set_trainable(trainable);
  lua_settop(L, 1);
  return 1;
}
int freeze(lua_State* L) { return set_trainable(L, false); }
int unfreeze(lua_State* L) { return set_trainable(L, true); }

int state(lua_State* L) { return push_state(L, entries_at(L, 1, "state")), 1; }

// layer:named(name): before its first application, which else names it
int named(lua_State* L) {
  Layer& layer = self(L);
  const std::string name = read_string(L, 2, "named", "name");
  check(valid_name(name), Fault::usage,
        "named: '{}' cannot be a name: it is empty or has a '/' or control characters", name);
  check(!layer.home() || layer.name() == name, Fault::usage,
        "named: the layer stands in a graph as '{}' already", layer.name());
  if (!layer.home()) layer.name_by_user(name);
  lua_settop(L, 1);
  return 1;
}

int set_training(lua_State* L, bool training) {
  self(L).set_training(training);
  lua_settop(L, 1);
  return 1;
}
// layer:train(false) is layer:eval()
int train(lua_State* L) { return set_training(L, lua_isnoneornil(L, 2) || lua_toboolean(L, 2)); }
int eval(lua_State* L) { return set_training(L, false); }

int zero_grad(lua_State* L) { return call_engine(L, "zero_grad", nullptr); }

// layer:to(dtype or device)
int to(lua_State* L) {
  lua_settop(L, 2);
  if (const auto dtype = parameter_dtype_at(L, 2)) {
    convert_owner(L, 1, *dtype);
    return lua_settop(L, 1), 1;
  }
  push_engine_function(L, "move_to");
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  lua_call(L, 2, 0);
  return lua_settop(L, 1), 1;
}

bool is_computed(const Layer& layer, const std::string& slot) {
  const auto& all = layer.parametrizations();
  return std::ranges::find(all, slot, &Parametrization::slot) != all.end();
}

// A parametrized tensor, as it is now.
void push_computed(lua_State* L) {
  push_engine_function(L, "parametrized_tensor");
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  lua_call(L, 2, 1);
}

// `mha.out_proj.weight`: the parameters whose names begin with a prefix, as nested tables; false and nothing
// when there are none.
bool push_nested(lua_State* L, const Layer& layer, const std::string& prefix) {
  const int top = lua_gettop(L);
  luaL_checkstack(L, 4, "too many values");
  for (size_t i = 0; i < layer.slots().size(); ++i) {
    const std::string& slot = layer.slots()[i];
    if (!slot.starts_with(prefix)) continue;
    if (lua_gettop(L) == top) lua_newtable(L);
    const std::string rest = slot.substr(prefix.size());
    const std::string key = rest.substr(0, rest.find('.'));
    if (key == rest) {
      push(L, layer.parameters()[i]);
    } else {
      push_nested(L, layer, prefix + key + ".");
    }
    lua_setfield(L, top + 1, key.c_str());
  }
  return lua_gettop(L) > top;
}

// Parameters and options are members: `fc.weight`, `conv.out_channels`.
int index_layer(lua_State* L) {
  if (lua_type(L, 2) != LUA_TSTRING) return 0;
  const Layer& layer = self(L);
  const std::string key = lua_tostring(L, 2);
  if (key == "kind") return push_text(L, layer.descriptor().name), 1;
  if (key == "name") return push_text(L, layer.name()), 1;
  if (key == "label") return push_text(L, layer.origin().label), 1;
  if (key == "site") return push_text(L, layer.origin().site.str()), 1;
  if (key == "training") return lua_pushboolean(L, layer.training()), 1;
  if (auto parameter = layer.parameter(key)) return push(L, parameter), 1;
  if (is_computed(layer, key)) return push_computed(L), 1;
  if (push_nested(L, layer, key + ".")) return 1;
  check(layer.complete() || (key != "weight" && key != "bias"), Fault::usage,
        "this {} has no {} before it is applied: its first input tells the options that were left out",
        layer.descriptor().name, key);
  for (const auto& entry : layer.attributes().entries())
    if (entry.name == key) return lua::push_value(L, entry.value), 1;
  return 0;
}

// `decoder.weight = encoder.weight` ties, as the option `weight =` does; a tensor is a buffer's new value.
int set_member(lua_State* L) {
  Layer& layer = self(L);
  const std::string key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : type_name(L, 2);
  const ParameterPtr own = layer.parameter(key);
  check(own != nullptr, Fault::usage, "{} has no parameter '{}' that could be set{}", layer.descriptor().name,
        key, did_you_mean(key, layer.slots()));
  check(is<Parameter>(L, 3) || (own->buffer && is_tensor(L, 3)), Fault::usage,
        "{}: {} must be a parameter, got {}; a tensor's numbers are copied by layer.{}:copy_(tensor)",
        layer.descriptor().name, key, type_name(L, 3), key);
  return layer.tie(key, given_parameter(L, 3, *own)), 0;
}

// What must be told comes without its name, unless something before it was left to the input.
std::string text_of_layer(void* object) {
  const Layer& layer = *static_cast<Layer*>(object);
  std::string options;
  bool in_order = true;
  for (const Attribute& attribute : layer.descriptor().attributes) {
    const AttributeValue& value = layer.attributes().at(attribute.name);
    const bool told = attribute.required || attribute.told_by_input;
    const bool left_out = !attribute.required && value == attribute.value;
    in_order = in_order && told && !left_out;
    if (left_out) continue;
    options += (options.empty() ? "" : ", ") + (in_order ? "" : attribute.name + "=") + str(value);
  }
  return fmt::format("{}({})", layer.descriptor().name, options);
}

// core.order_layers({ layer, … }): they exchange their places in the order of construction, so that they come
// in this order
int order_layers(lua_State* L) {
  std::vector<LayerPtr> layers;
  std::vector<std::int64_t> orders;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, 1)); ++i) {
    lua_rawgeti(L, 1, i);
    layers.push_back(share<Layer>(L, -1));
    orders.push_back(layers.back()->order());
    lua_pop(L, 1);
  }
  std::ranges::sort(orders);
  for (size_t i = 0; i < layers.size(); ++i) layers[i]->set_order(orders[i]);
  return 0;
}

// core.order_of(layer | parameter): its place in the order of construction
int order_of(lua_State* L) {
  const std::int64_t order = is<Parameter>(L, 1) ? get<Parameter>(L, 1).order : self(L).order();
  return lua_pushnumber(L, static_cast<double>(order)), 1;
}

// core.layer(name[, more]): the constructor `nn.<name>`; an unknown name is an error with the nearest known
// one, `more` names included.
int layer_constructor(lua_State* L) {
  const std::string name = read_string(L, 1, "nn", "the name of a layer");
  const Descriptor* descriptor = operations(*border(L).runtime).find(name);
  if (!descriptor || descriptor->kind != OperationKind::layer) {
    std::vector<std::string> names;
    for (const auto& operation : operations(*border(L).runtime).all())
      if (operation->kind == OperationKind::layer) names.push_back(operation->name);
    for (int i = 1; lua_istable(L, 2) && i <= static_cast<int>(lua_objlen(L, 2)); ++i) {
      lua_rawgeti(L, 2, i);
      names.push_back(read_string(L, -1, "nn", "a name"));
      lua_pop(L, 1);
    }
    fail(Fault::usage, "nn has no layer '{}'{}", name, did_you_mean(name, names));
  }
  lua_pushlightuserdata(L, const_cast<Descriptor*>(descriptor));
  lua_pushcclosure(L, guarded<make_layer>, 1);
  return 1;
}

}  // namespace

void open_layer(lua_State* L) {
  define_class<Layer>(
      L, {
             .methods = with_dtype_methods({{"parameters", guarded<parameters>},
                                            {"freeze", guarded<freeze>},
                                            {"unfreeze", guarded<unfreeze>},
                                            {"named", guarded<named>},
                                            {"state", guarded<state>},
                                            {"zero_grad", guarded<zero_grad>},
                                            {"to", guarded<to>},
                                            {"train", guarded<train>},
                                            {"eval", guarded<eval>}}),
             .metamethods = {{"__call", guarded<call_layer>}, {"__newindex", guarded<set_member>}},
             .index = index_layer,
             .text = text_of_layer,
         });
  add_functions(L, {{"layer", guarded<layer_constructor>},
                    {"order_layers", guarded<order_layers>},
                    {"order_of", guarded<order_of>}});
}

}  // namespace orrery::lua
