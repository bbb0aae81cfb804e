// Operations on tensors at once, read against the same descriptors as in a graph.
#include <map>

#include "bindings/engine/tensor.h"
#include "bindings/lua_args.h"
#include "runtime/engine/kernels/compute.h"
#include "runtime/ops/operations.h"

namespace orrery::lua {
namespace {

int compute_transform(lua_State* L, const Descriptor& operation, int first, const std::string& written) {
  Extras extras{{"name", 0}};
  const Call call = read_call(L, first, operation, is_operand, written, &extras);
  const auto inputs = read_tensors(L, call.operands, written);
  return push_tensors(L, compute(engine(L), operation, call.attributes, inputs, true));
}

// apply_transform(name, …)
int apply_transform(lua_State* L) {
  const Descriptor& operation = operations().get(read_string(L, 1, "apply_transform", "an operation"));
  return compute_transform(L, operation, 2, operation.name);
}

// apply_layer(layer, …): training as the layer's `training` says
int apply_layer(lua_State* L) {
  const auto layer = share<Layer>(L, 1);
  const std::string& kind = layer->descriptor().name;
  const auto operands = read_operands(L, 2, layer->descriptor(), is_operand, kind);
  return push_tensors(L, compute(engine(L), *layer, read_tensors(L, operands, kind), layer->training()));
}

}  // namespace

int call_transform(lua_State* L) {
  const auto& operation = *static_cast<const Descriptor*>(lua_touserdata(L, lua_upvalueindex(1)));
  return compute_transform(L, operation, 1, operation.name);
}

void open_eager(lua_State* L) {
  add_functions(L, {{"apply_transform", guarded<apply_transform>}, {"apply_layer", guarded<apply_layer>}});
}

}  // namespace orrery::lua
