#include "bindings/engine/tensor.h"

#include <ATen/ATen.h>

#include "bindings/border.h"

namespace orrery::lua {
namespace {

std::int64_t bytes_of(const at::Tensor& tensor) {
  return tensor.defined() ? static_cast<std::int64_t>(tensor.nbytes()) : 0;
}

}  // namespace

Engine& engine(lua_State* L) { return Engine::of(*border(L).runtime); }

void push_tensor(lua_State* L, const at::Tensor& tensor) {
  if (!tensor.defined()) return lua_pushnil(L);
  const void* identity = tensor.unsafeGetTensorImpl();
  if (push_existing(L, kTensorClass, identity)) return;
  border(L).tensors.allocated(L, bytes_of(tensor));
  push_new(L, kTensorClass, std::make_shared<TorchBox>(tensor), identity);
}

int push_tensors(lua_State* L, const std::vector<at::Tensor>& tensors) {
  luaL_checkstack(L, static_cast<int>(tensors.size()) + 2, "too many values");
  for (const at::Tensor& tensor : tensors) push_tensor(L, tensor);
  return static_cast<int>(tensors.size());
}

at::Tensor read_tensor(lua_State* L, int index, const std::string& function) {
  if (is<TorchBox>(L, index)) return get<TorchBox>(L, index).tensor;
  if (is<Parameter>(L, index)) return engine(L).tensor(share<Parameter>(L, index));
  fail(Fault::usage, "{}: expected a tensor, got {}", function, type_name(L, index));
}

std::vector<at::Tensor> read_tensors(lua_State* L, const std::vector<int>& operands,
                                     const std::string& function) {
  std::vector<at::Tensor> tensors;
  for (int index : operands) tensors.push_back(index ? read_tensor(L, index, function) : at::Tensor());
  return tensors;
}

void forget_tensor(lua_State* L, void* box) {
  border(L).tensors.freed(bytes_of(static_cast<TorchBox*>(box)->tensor));
}

}  // namespace orrery::lua
