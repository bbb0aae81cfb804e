// What nn.utils does with gradients after loss:backward().
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "bindings/engine/in_turn.h"
#include "bindings/lua_args.h"
#include "bindings/state.h"

namespace orrery::lua {
namespace {

// The gradients that the parameters at index 1 have: a list, or one of them.
std::vector<at::Tensor> read_gradients(lua_State* L, const std::string& function) {
  std::vector<at::Tensor> gradients;
  const auto add = [&](int index) {
    const at::Tensor gradient = read_tensor(L, index, function).grad();
    if (gradient.defined()) gradients.push_back(gradient);
  };
  if (!lua_istable(L, 1)) return add(1), gradients;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, 1)); ++i) {
    lua_rawgeti(L, 1, i);
    add(lua_gettop(L));
    lua_pop(L, 1);
  }
  return gradients;
}

at::Tensor total_norm(const std::vector<at::Tensor>& tensors, double order) {
  if (tensors.empty()) return at::zeros({});
  std::vector<at::Tensor> norms;
  for (const at::Tensor& norm : at::_foreach_norm(tensors, order))
    norms.push_back(norm.to(tensors[0].device()));
  return at::linalg_vector_norm(at::stack(norms), order);
}

const std::vector<Attribute>& norm_schema() {
  static const std::vector<Attribute> kSchema{{.name = "max_norm",
                                               .type = AttributeType::real,
                                               .doc = "greatest norm allowed",
                                               .required = true,
                                               .min = 0},
                                              {.name = "norm_type",
                                               .type = AttributeType::real,
                                               .doc = "order of the norm; math.huge: the maximum",
                                               .value = 2.0},
                                              {.name = "error_if_nonfinite",
                                               .type = AttributeType::boolean,
                                               .doc = "refuses a norm that is no number",
                                               .value = false}};
  return kSchema;
}

// clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite) → the norm before
int clip_grad_norm(lua_State* L) {
  const std::string function = "nn.utils.clip_grad_norm_";
  const Attributes options = read_options(L, 2, norm_schema(), function);
  const std::vector<at::Tensor> gradients = read_gradients(L, function);
  const at::Tensor total = in_turn_once(L, function.c_str(), [&] {
    const c10::NoGradGuard no_grad;
    at::Tensor norm = total_norm(gradients, options.real("norm_type"));
    check(!options.boolean("error_if_nonfinite") || at::isfinite(norm).item<bool>(), Fault::run,
          "{}: the norm of the gradients is {}", function, norm.item<double>());
    const at::Tensor factor = (options.real("max_norm") / (norm + 1e-6)).clamp_max(1.0);
    for (at::Tensor gradient : gradients) gradient.mul_(factor.to(gradient.device()));
    return norm;
  });
  return push_tensor(L, total), 1;
}

// zero_grad(owner): the gradients of what it owns are forgotten
int zero_grad(lua_State* L) {
  for (const Graph::Entry& entry : entries_at(L, 1, "zero_grad")) {
    at::Tensor held = engine(L).tensor(entry.parameter);
    held.mutable_grad() = at::Tensor();
  }
  return 0;
}

// clip_grad_value_(parameters, clip_value)
int clip_grad_value(lua_State* L) {
  static const std::vector<Attribute> kSchema{{.name = "clip_value",
                                               .type = AttributeType::real,
                                               .doc = "greatest absolute value allowed",
                                               .required = true,
                                               .min = 0}};
  const std::string function = "nn.utils.clip_grad_value_";
  const double most = read_options(L, 2, kSchema, function).real("clip_value");
  const std::vector<at::Tensor> gradients = read_gradients(L, function);
  in_turn(L, function.c_str(), [&] {
    const c10::NoGradGuard no_grad;
    for (at::Tensor gradient : gradients) gradient.clamp_(-most, most);
  });
  return 0;
}

std::vector<at::Tensor> read_all(lua_State* L, int index, const std::string& function) {
  check(lua_istable(L, index), Fault::usage, "{}: expected a list of parameters, got {}", function,
        type_name(L, index));
  std::vector<at::Tensor> tensors;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    tensors.push_back(read_tensor(L, lua_gettop(L), function));
    lua_pop(L, 1);
  }
  check(!tensors.empty(), Fault::usage, "{}: expected at least one parameter", function);
  return tensors;
}

// parameters_to_vector(parameters) → all of them behind one another
int parameters_to_vector(lua_State* L) {
  const std::vector<at::Tensor> tensors = read_all(L, 1, "nn.utils.parameters_to_vector");
  const at::Tensor vector = in_turn(L, "nn.utils.parameters_to_vector", [&] {
    std::vector<at::Tensor> flat;
    for (const at::Tensor& tensor : tensors) flat.push_back(tensor.reshape(-1));
    return at::cat(flat);
  });
  return push_tensor(L, vector), 1;
}

// vector_to_parameters(vector, parameters): copies the parts back
int vector_to_parameters(lua_State* L) {
  const std::string function = "nn.utils.vector_to_parameters";
  const at::Tensor vector = read_tensor(L, 1, function);
  const std::vector<at::Tensor> tensors = read_all(L, 2, function);
  std::int64_t wanted = 0;
  for (const at::Tensor& tensor : tensors) wanted += tensor.numel();
  check(vector.dim() == 1 && vector.numel() == wanted, Fault::usage,
        "{}: the parameters have {} elements, the vector has shape {}", function, wanted,
        str(type_of(vector).shape));
  in_turn(L, function.c_str(), [&] {
    const c10::NoGradGuard no_grad;
    std::int64_t begin = 0;
    for (at::Tensor tensor : tensors) {
      tensor.copy_(vector.narrow(0, begin, tensor.numel()).view(tensor.sizes()));
      begin += tensor.numel();
    }
  });
  return 0;
}

}  // namespace

void open_gradients(lua_State* L) {
  add_functions(L, {{"zero_grad", guarded<zero_grad>},
                    {"clip_grad_norm_", guarded<clip_grad_norm>},
                    {"clip_grad_value_", guarded<clip_grad_value>},
                    {"parameters_to_vector", guarded<parameters_to_vector>},
                    {"vector_to_parameters", guarded<vector_to_parameters>}});
}

}  // namespace orrery::lua
