// Operations on tensors at once, read against the same descriptors as in a graph.
//
// LibTorch is called first, and only what it refuses goes through `compute`, which says what does not fit
// in the words of the graph: a shape rule costs more than the addition of two small tensors.
#include "bindings/engine/eager.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "bindings/border.h"
#include "bindings/engine/in_turn.h"
#include "bindings/engine/tensor.h"
#include "bindings/lua_args.h"
#include "bindings/lua_ref.h"
#include "runtime/engine/kernels/compute.h"
#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/kernels/layer_tensors.h"
#include "runtime/engine/plugin.h"
#include "runtime/ops/operations.h"

namespace orrery::lua {

// What a call needs to know of an operation, found once.
struct EagerOperation {
  const Descriptor* descriptor;
  Kernel kernel;
  Attributes defaults;
  bool plain;  // a call may be its tensors alone
};

template <>
struct LuaClass<EagerOperation> {
  static constexpr const char* name = "EagerOperation";
};

namespace {

constexpr const char* kMethods = "orrery.tensor_transforms";
constexpr const char* kOwn = "orrery.own_transforms";

EagerOperation prepared(const Descriptor& descriptor) {
  const auto needs = [](const Attribute& a) { return a.required; };
  const auto single = [](const Port& p) { return p.kind == Port::Kind::required || p.takes_number(); };
  const bool plain =
      std::ranges::none_of(descriptor.attributes, needs) && std::ranges::all_of(descriptor.inputs, single);
  return {&descriptor, kernel_of(descriptor),
          plain ? checked_attributes(descriptor.attributes, {}) : Attributes(), plain};
}

bool is_method(const Descriptor& operation) {
  return operation.kind == OperationKind::transform && !operation.inputs.empty();
}

const std::unordered_map<std::string, EagerOperation>& transforms() {
  static const auto kTransforms = [] {
    std::unordered_map<std::string, EagerOperation> all;
    for (const auto& operation : operations().all()) {
      if (!is_method(*operation)) continue;
      const EagerOperation& made = all.emplace(operation->name, prepared(*operation)).first->second;
      for (const std::string& synonym : operations().synonyms(operation->name)) all.emplace(synonym, made);
    }
    return all;
  }();
  return kTransforms;
}

// The kernel's results; nothing when it refuses. Own kernels are not asked before their shape rule.
std::optional<std::vector<at::Tensor>> tried(Engine& engine, Kernel kernel, const KernelContext& context) {
  if (context.descriptor->own) return std::nullopt;
  const Engine::Turn turn(engine);
  try {
    return kernel(context);
  } catch (const std::exception&) {
    return std::nullopt;
  } catch (const RuleBroken&) {
    return std::nullopt;
  }
}

// Lua's dead tensors are collected before the second attempt, which says what is wrong if it fails, too.
template <class Explained>
int push_results(lua_State* L, std::optional<std::vector<at::Tensor>> results, Explained explained) {
  if (!results) {
    border(L).tensors.collect(L);
    results = explained();
  }
  return push_tensors(L, *results);
}

int compute_transform(lua_State* L, const EagerOperation& operation, const Attributes& attributes,
                      const std::vector<at::Tensor>& inputs) {
  Engine& own = engine(L);
  return push_results(
      L,
      tried(
          own, operation.kernel,
          {.attributes = attributes, .descriptor = operation.descriptor, .inputs = inputs, .training = true}),
      [&] { return compute(own, *operation.descriptor, attributes, inputs, true); });
}

// The operands, when the arguments from `first` on are one tensor per port and nothing else.
bool read_plain(lua_State* L, int first, const EagerOperation& operation, std::vector<at::Tensor>& inputs) {
  const int count = static_cast<int>(operation.descriptor->inputs.size());
  if (!operation.plain || lua_gettop(L) != first + count - 1) return false;
  for (int i = first; i < first + count; ++i)
    if (!is<TorchBox>(L, i)) return false;
  inputs.reserve(static_cast<size_t>(count));
  for (int i = first; i < first + count; ++i) inputs.push_back(get<TorchBox>(L, i).tensor);
  return true;
}

int call_operation(lua_State* L, int first, const EagerOperation& operation) {
  std::vector<at::Tensor> inputs;
  if (read_plain(L, first, operation, inputs))
    return compute_transform(L, operation, operation.defaults, inputs);
  const std::string& name = operation.descriptor->name;
  Extras extras{{"name", 0}};
  const Call call = read_call(L, first, *operation.descriptor, is_operand, name, &extras);
  inputs = read_tensors(L, call.operands, name);
  require_inputs(*operation.descriptor, inputs);
  return compute_transform(L, operation, call.attributes, inputs);
}

bool has_value(lua_State* L) {
  for (int i = 1; i <= lua_gettop(L); ++i)
    if (is<GraphValue>(L, i)) return true;
  return false;
}

// One that was made known at run time, prepared once and kept with its methods; null when there is none.
const EagerOperation* own_transform(lua_State* L, const std::string& name) {
  const Descriptor* descriptor = operations(*border(L).runtime).find(name);
  if (!descriptor || !descriptor->own || !is_method(*descriptor)) return nullptr;
  const StackGuard guard(L);
  lua_getfield(L, LUA_REGISTRYINDEX, kOwn);
  lua_getfield(L, -1, name.c_str());
  if (lua_isnil(L, -1)) {
    push(L, std::make_shared<EagerOperation>(prepared(*descriptor)));
    lua_pushvalue(L, -1);
    lua_setfield(L, -4, name.c_str());
  }
  return &get<EagerOperation>(L, -1);
}

// apply_transform(name, …)
int apply_transform(lua_State* L) {
  const std::string name = read_string(L, 1, "apply_transform", "an operation");
  const auto known = transforms().find(name);
  return call_operation(L, 2, known != transforms().end() ? known->second : *own_transform(L, name));
}

// upvalue: the operation
int call_method(lua_State* L) {
  const auto& operation = *static_cast<const EagerOperation*>(lua_touserdata(L, lua_upvalueindex(1)));
  if (!has_value(L)) return place_receiver(L, *operation.descriptor), call_operation(L, 1, operation);
  push_transform_method(L, operation.descriptor->name);
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

// In-place variants: the result is written into the first input.

// Where autograd keeps the input for the backward pass, it keeps a copy: the input itself is overwritten.
at::Tensor kept_for_backward(lua_State* L, const std::vector<at::Tensor>& inputs) {
  const auto recorded = [](const at::Tensor& t) { return t.defined() && t.requires_grad(); };
  if (!c10::GradMode::is_enabled() || std::ranges::none_of(inputs, recorded)) return inputs[0];
  return in_turn(L, "clone", [&] { return inputs[0].clone(); });
}

void write_into(at::Tensor& target, const at::Tensor& result) {
  TORCH_CHECK(result.sizes() == target.sizes(), "the result has shape ", str(type_of(result).shape),
              ", the tensor that it is written into has shape ", str(type_of(target).shape));
  TORCH_CHECK(c10::canCast(result.scalar_type(), target.scalar_type()), "the result is ",
              name(type_of(result).dtype), ", which a tensor of ", name(type_of(target).dtype),
              " cannot hold");
  target.copy_(result);
}

// upvalue: the operation
int call_in_place(lua_State* L) {
  const auto& operation = *static_cast<const EagerOperation*>(lua_touserdata(L, lua_upvalueindex(1)));
  const Descriptor& descriptor = *operation.descriptor;
  const std::string name = descriptor.name + "_";
  check(!has_value(L), Fault::usage, "{} changes a tensor: no Value can be among its arguments", name);
  std::vector<at::Tensor> inputs;
  Attributes attributes = operation.defaults;
  if (!read_plain(L, 1, operation, inputs)) {
    const Call call = read_call(L, 1, descriptor, is_operand, name);
    inputs = read_tensors(L, call.operands, name);
    require_inputs(descriptor, inputs);
    attributes = call.attributes;
  }
  check(inputs[0].defined(), Fault::usage, "{} writes into its first input, which is a number", name);
  at::Tensor target = inputs[0];
  inputs[0] = kept_for_backward(L, inputs);
  Engine& own = engine(L);
  auto results =
      tried(own, operation.kernel,
            {.attributes = attributes, .descriptor = &descriptor, .inputs = inputs, .training = true});
  if (!results) results = compute(own, descriptor, attributes, inputs, true);
  in_turn(L, name.c_str(), [&] { write_into(target, results->front()); });
  return lua_settop(L, 1), 1;
}

// apply_layer(layer, …): training as the layer's `training` says
int apply_layer(lua_State* L) {
  const auto layer = share<Layer>(L, 1);
  const std::string& kind = layer->descriptor().name;
  const Call call = read_layer_call(L, 2, layer->descriptor(), is_operand, kind);
  const auto inputs = read_tensors(L, call.operands, kind);
  Engine& own = engine(L);
  require_inputs(layer->descriptor(), inputs);
  complete(*layer, inputs);
  std::optional<Attributes> changed;
  if (!call.attributes.entries().empty()) {
    changed = layer->attributes();
    changed->overlay(call.attributes);
  }
  const std::vector<at::Tensor> parameters = layer_tensors(own, *layer, layer->training());
  const KernelContext context{.attributes = changed ? *changed : layer->attributes(),
                              .descriptor = &layer->descriptor(),
                              .inputs = inputs,
                              .parameters = parameters,
                              .parameter_names = layer->read_slots(),
                              .training = layer->training()};
  return push_results(L, tried(own, kernel_of(layer->descriptor()), context),
                      [&] { return compute(own, *layer, inputs, layer->training(), call.attributes); });
}

void push_method(lua_State* L, const EagerOperation& operation, lua_CFunction method) {
  lua_pushlightuserdata(L, const_cast<EagerOperation*>(&operation));
  lua_pushcclosure(L, method, 1);
}

void make_methods(lua_State* L) {
  lua_newtable(L);
  for (const auto& [name, operation] : transforms()) {
    push_method(L, operation, guarded<call_method>);
    lua_setfield(L, -2, name.c_str());
    if (!operation.descriptor->in_place) continue;
    push_method(L, operation, guarded<call_in_place>);
    lua_setfield(L, -2, (name + "_").c_str());
  }
  lua_setfield(L, LUA_REGISTRYINDEX, kMethods);
  lua_newtable(L);
  lua_setfield(L, LUA_REGISTRYINDEX, kOwn);
}

// load_plugin(path) → the names of its operations
int load_plugin(lua_State* L) {
  const auto names = orrery::load_plugin(*border(L).runtime, read_string(L, 1, "load_plugin", "a path"));
  lua_createtable(L, static_cast<int>(names.size()), 0);
  for (size_t i = 0; i < names.size(); ++i) {
    push_text(L, names[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  return 1;
}

}  // namespace

bool push_own_tensor_transform(lua_State* L, const std::string& key) {
  if (const EagerOperation* operation = own_transform(L, key))
    return push_method(L, *operation, guarded<call_method>), true;
  if (!key.ends_with("_")) return false;
  const EagerOperation* operation = own_transform(L, key.substr(0, key.size() - 1));
  if (!operation || !operation->descriptor->in_place) return false;
  return push_method(L, *operation, guarded<call_in_place>), true;
}

bool push_tensor_transform(lua_State* L, int key) {
  lua_getfield(L, LUA_REGISTRYINDEX, kMethods);
  lua_pushvalue(L, key);
  lua_rawget(L, -2);
  lua_remove(L, -2);
  if (!lua_isnil(L, -1)) return true;
  lua_pop(L, 1);
  return false;
}

void open_eager(lua_State* L) {
  define_class<EagerOperation>(L, {});
  make_methods(L);
  add_functions(L, {{"apply_transform", guarded<apply_transform>},
                    {"apply_layer", guarded<apply_layer>},
                    {"load_plugin", guarded<load_plugin>}});
}

}  // namespace orrery::lua
