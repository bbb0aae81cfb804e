// New tensors: orrery.tensor, zeros, randn, arange, …
#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "bindings/engine/in_turn.h"
#include "bindings/engine/nested_table.h"
#include "bindings/lua_args.h"
#include "runtime/engine/kernels/compute.h"
#include "runtime/ops/operations.h"

namespace orrery::lua {
namespace {

const Attribute kDType{
    .name = "dtype", .type = AttributeType::dtype, .doc = "element type; none: the function's usual one"};
const Attribute kDevice{
    .name = "device", .type = AttributeType::text, .doc = "'cpu', 'cuda' or 'cuda:N'", .value = "cpu"};
const Attribute kGrad{.name = "requires_grad",
                      .type = AttributeType::boolean,
                      .doc = "record what is computed from it",
                      .value = false};

Attribute number(const char* name, const char* doc, AttributeValue value = {}) {
  return {.name = name,
          .type = AttributeType::real,
          .doc = doc,
          .value = value,
          .required = std::holds_alternative<std::monostate>(value)};
}

// The function's own options, then those that every function has.
std::vector<Attribute> schema(std::vector<Attribute> own) {
  own.insert(own.end(), {kDevice, kGrad});
  return own;
}

at::TensorOptions tensor_options(const Attributes& options, at::ScalarType usual = at::kFloat) {
  const at::ScalarType type = options.has("dtype") ? scalar_type(options.dtype("dtype")) : usual;
  return at::TensorOptions(type).device(device_from_name(options.text("device")));
}

int push_made(lua_State* L, const at::Tensor& tensor, const Attributes& options) {
  if (options.boolean("requires_grad")) in_turn(L, "requires_grad", [&] { tensor.requires_grad_(true); });
  return push_tensor(L, tensor), 1;
}

// What the descriptors without inputs describe: zeros, ones, full, eye, rand, randn, randint, …
struct Maker {
  const Descriptor* operation;
  std::vector<Attribute> schema;
};

const std::vector<Maker>& makers() {
  static const std::vector<Maker> kMakers = [] {
    std::vector<Maker> all;
    for (const auto& operation : operations().all())
      if (operation->kind == OperationKind::transform && operation->inputs.empty())
        all.push_back({operation.get(), schema(operation->attributes)});
    return all;
  }();
  return kMakers;
}

// upvalue: the maker
int make(lua_State* L) {
  const auto& maker = *static_cast<const Maker*>(lua_touserdata(L, lua_upvalueindex(1)));
  place_low(L, 1, *maker.operation);
  const Attributes options = read_options(L, 1, maker.schema, maker.operation->name);
  const at::Device device = device_from_name(options.text("device"));
  return push_made(L, compute(engine(L), *maker.operation, options, {}, false, device).front(), options);
}

// empty(2, 3): whatever stood in memory
int empty(lua_State* L) {
  static const std::vector<Attribute> kSchema = schema({{.name = "size",
                                                         .type = AttributeType::shape,
                                                         .doc = "the sizes",
                                                         .required = true,
                                                         .min = 0,
                                                         .variadic = true},
                                                        kDType});
  const Attributes options = read_options(L, 1, kSchema, "empty");
  const Shape& size = options.shape("size");
  check(known(size), Fault::usage, "empty: the sizes must be numbers, got {}", str(size));
  const auto make = [&] { return at::empty(values(size), tensor_options(options)); };
  return push_made(L, in_turn(L, "empty", make), options);
}

// arange([start, ]end[, step]): int64 when all numbers are whole
int arange(lua_State* L) {
  static const std::vector<Attribute> kSchema =
      schema({number("start", "the first number"), number("end", "not reached", AttributeValue(HUGE_VAL)),
              number("step", "distance", AttributeValue(1.0)), kDType});
  const Attributes options = read_options(L, 1, kSchema, "arange");
  const bool one = std::isinf(options.real("end"));
  const double start = one ? 0 : options.real("start"),
               end = one ? options.real("start") : options.real("end"), step = options.real("step");
  check(step != 0 && (end - start) / step >= 0, Fault::usage, "arange: step {} does not lead from {} to {}",
        step, start, end);
  const bool whole = std::ranges::all_of(std::initializer_list<double>{start, end, step},
                                         [](double n) { return n == std::trunc(n); });
  return push_made(L,
                   in_turn(L, "arange",
                           [&] {
                             return at::arange(start, end, step,
                                               tensor_options(options, whole ? at::kLong : at::kFloat));
                           }),
                   options);
}

// orrery.tensor(1, 2, 3): the sizes of a shape may be written so, the values of a tensor may not.
void refuse_loose_values(lua_State* L) {
  const bool several = lua_gettop(L) >= 2 && !lua_istable(L, 1) && lua_type(L, 2) == lua_type(L, 1);
  if (!several || !(lua_isnumber(L, 1) || lua_isboolean(L, 1))) return;
  std::string list;
  for (int i = 1; i <= std::min(lua_gettop(L), 4); ++i) {
    lua_getglobal(L, "tostring");
    lua_pushvalue(L, i);
    lua_call(L, 1, 1);
    list += (i == 1 ? "" : ", ") + std::string(lua_tostring(L, -1));
    lua_pop(L, 1);
  }
  throw Error(Fault::usage, fmt::format("tensor: the values come in one list, got {} values", lua_gettop(L)),
              {}, fmt::format("Write orrery.tensor({{{}{}}}).", list, lua_gettop(L) > 4 ? ", …" : ""));
}

// tensor({{1, 2}, {3, 4}}[, { dtype =, device =, requires_grad = }]): numbers are float32, Lua has no
// whole ones; booleans are bool
int tensor(lua_State* L) {
  static const std::vector<Attribute> kSchema = schema({kDType});
  check(lua_gettop(L) >= 1, Fault::usage, "tensor: expected a number or a nested table");
  if (is_tensor(L, 1)) return lua_settop(L, 1), 1;
  refuse_loose_values(L);
  const Attributes options = read_options(L, 2, kSchema, "tensor");
  const NestedTable table(L, 1, "tensor");
  return push_made(
      L,
      in_turn(
          L, "tensor",
          [&] { return table.tensor(tensor_options(options, table.boolean() ? at::kBool : at::kFloat)); }),
      options);
}

int cuda_is_available(lua_State* L) { return engine(L), lua_pushboolean(L, cuda_device_count() > 0), 1; }
int device_count(lua_State* L) { return engine(L), lua_pushnumber(L, cuda_device_count()), 1; }

int set_threads(lua_State* L) {
  const std::int64_t threads = read_integer(L, 1, "set_threads", "a number of threads");
  check(threads >= 1 && threads <= 1024, Fault::usage, "set_threads: 1 to 1024 threads, got {}", threads);
  return engine(L).set_threads(static_cast<int>(threads)), 0;
}

}  // namespace

void open_creation(lua_State* L) {
  for (const Maker& maker : makers()) {
    lua_pushlightuserdata(L, const_cast<Maker*>(&maker));
    lua_pushcclosure(L, guarded<make>, 1);
    lua_setfield(L, -2, maker.operation->name.c_str());
  }
  add_functions(L, {{"tensor", guarded<tensor>},
                    {"empty", guarded<empty>},
                    {"arange", guarded<arange>},
                    {"cuda_is_available", guarded<cuda_is_available>},
                    {"device_count", guarded<device_count>},
                    {"set_threads", guarded<set_threads>}});
}

}  // namespace orrery::lua
