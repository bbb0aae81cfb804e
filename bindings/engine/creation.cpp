// New tensors: orrery.tensor, zeros, randn, arange, …
#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "bindings/engine/in_turn.h"
#include "bindings/lua_args.h"

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

Attribute sizes() {
  return {.name = "size",
          .type = AttributeType::shape,
          .doc = "the sizes",
          .required = true,
          .min = 0,
          .variadic = true};
}

// The function's own options, then those that every function has.
std::vector<Attribute> schema(std::vector<Attribute> own) {
  own.insert(own.end(), {kDType, kDevice, kGrad});
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

std::vector<std::int64_t> sizes_of(const Attributes& options) { return values(options.shape("size")); }

template <class Make>
int sized(lua_State* L, const char* function, Make make) {
  static const std::vector<Attribute> kSchema = schema({sizes()});
  const Attributes options = read_options(L, 1, kSchema, function);
  return push_made(L, in_turn(L, function, [&] { return make(sizes_of(options), tensor_options(options)); }),
                   options);
}

int zeros(lua_State* L) {
  return sized(L, "zeros", [](auto size, auto options) { return at::zeros(size, options); });
}
int ones(lua_State* L) {
  return sized(L, "ones", [](auto size, auto options) { return at::ones(size, options); });
}
int empty(lua_State* L) {
  return sized(L, "empty", [](auto size, auto options) { return at::empty(size, options); });
}
int rand(lua_State* L) {
  return sized(L, "rand", [](auto size, auto options) { return at::rand(size, options); });
}
int randn(lua_State* L) {
  return sized(L, "randn", [](auto size, auto options) { return at::randn(size, options); });
}

// full({2, 3}, 7)
int full(lua_State* L) {
  static const std::vector<Attribute> kSchema = [] {
    Attribute list = sizes();
    list.variadic = false;
    return schema({list, number("fill_value", "every element")});
  }();
  const Attributes options = read_options(L, 1, kSchema, "full");
  return push_made(
      L,
      in_turn(
          L, "full",
          [&] { return at::full(sizes_of(options), options.real("fill_value"), tensor_options(options)); }),
      options);
}

// randint(low, high, {2, 3}): int64
int randint(lua_State* L) {
  static const std::vector<Attribute> kSchema = [] {
    Attribute list = sizes();
    list.variadic = false;
    return schema({{.name = "low", .doc = "the least number", .required = true},
                   {.name = "high", .doc = "one above the largest", .required = true},
                   list});
  }();
  const Attributes options = read_options(L, 1, kSchema, "randint");
  const std::int64_t low = options.integer("low"), high = options.integer("high");
  check(low < high, Fault::usage, "randint: low must be below high, got {} and {}", low, high);
  return push_made(
      L,
      in_turn(L, "randint",
              [&] { return at::randint(low, high, sizes_of(options), tensor_options(options, at::kLong)); }),
      options);
}

// arange([start, ]end[, step]): int64 when all numbers are whole
int arange(lua_State* L) {
  static const std::vector<Attribute> kSchema =
      schema({number("start", "the first number"), number("end", "not reached", AttributeValue(HUGE_VAL)),
              number("step", "distance", AttributeValue(1.0))});
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

int linspace(lua_State* L) {
  static const std::vector<Attribute> kSchema =
      schema({number("start", "the first number"),
              number("end", "the last number"),
              {.name = "steps", .doc = "how many", .required = true, .min = 0}});
  const Attributes options = read_options(L, 1, kSchema, "linspace");
  return push_made(L,
                   in_turn(L, "linspace",
                           [&] {
                             return at::linspace(options.real("start"), options.real("end"),
                                                 options.integer("steps"), tensor_options(options));
                           }),
                   options);
}

int eye(lua_State* L) {
  static const std::vector<Attribute> kSchema =
      schema({{.name = "n", .doc = "rows", .required = true, .min = 0},
              {.name = "m", .doc = "columns; none: as many", .min = 0}});
  const Attributes options = read_options(L, 1, kSchema, "eye");
  const std::int64_t rows = options.integer("n"), columns = options.has("m") ? options.integer("m") : rows;
  return push_made(L, in_turn(L, "eye", [&] { return at::eye(rows, columns, tensor_options(options)); }),
                   options);
}

template <class Make>
int like(lua_State* L, const char* function, Make make) {
  const at::Tensor model = read_tensor(L, 1, function);
  return push_tensor(L, in_turn(L, function, [&] { return make(model); })), 1;
}

int zeros_like(lua_State* L) {
  return like(L, "zeros_like", [](const at::Tensor& t) { return at::zeros_like(t); });
}
int ones_like(lua_State* L) {
  return like(L, "ones_like", [](const at::Tensor& t) { return at::ones_like(t); });
}
int rand_like(lua_State* L) {
  return like(L, "rand_like", [](const at::Tensor& t) { return at::rand_like(t); });
}
int randn_like(lua_State* L) {
  return like(L, "randn_like", [](const at::Tensor& t) { return at::randn_like(t); });
}

// A nested table of numbers or booleans, or one of them.
class NestedTable {
 public:
  NestedTable(lua_State* L, int index) : L_(L) {
    measure(index);
    lua_pushvalue(L, index);
    read(0);
    lua_pop(L, 1);
  }

  at::Tensor tensor(const at::TensorOptions& options) const {
    return at::tensor(numbers_, at::kDouble).view(sizes_).to(options);
  }
  bool boolean() const { return boolean_; }

 private:
  void measure(int index) {
    StackGuard guard(L_);
    lua_pushvalue(L_, index);
    while (lua_istable(L_, -1)) {
      luaL_checkstack(L_, 2, "too many dimensions");
      check(sizes_.size() < 64, Fault::usage, "tensor: more than 64 dimensions");
      sizes_.push_back(static_cast<std::int64_t>(lua_objlen(L_, -1)));
      lua_rawgeti(L_, -1, 1);
    }
    boolean_ = lua_isboolean(L_, -1);
  }

  void read(size_t depth) {
    if (depth == sizes_.size()) return read_element();
    check(lua_istable(L_, -1) && static_cast<std::int64_t>(lua_objlen(L_, -1)) == sizes_[depth], Fault::usage,
          "tensor: the lists at depth {} differ in length: expected {} elements, got {}", depth + 1,
          sizes_[depth], lua_istable(L_, -1) ? std::to_string(lua_objlen(L_, -1)) : type_name(L_, -1));
    luaL_checkstack(L_, 2, "too many dimensions");
    for (std::int64_t i = 1; i <= sizes_[depth]; ++i) {
      lua_rawgeti(L_, -1, static_cast<int>(i));
      read(depth + 1);
      lua_pop(L_, 1);
    }
  }

  void read_element() {
    const bool fits = boolean_ ? lua_isboolean(L_, -1) : lua_type(L_, -1) == LUA_TNUMBER;
    check(fits, Fault::usage, "tensor: expected {}, got {}", boolean_ ? "true or false" : "a number",
          type_name(L_, -1));
    numbers_.push_back(boolean_ ? lua_toboolean(L_, -1) : lua_tonumber(L_, -1));
  }

  lua_State* L_;
  std::vector<std::int64_t> sizes_;
  std::vector<double> numbers_;
  bool boolean_ = false;
};

// tensor({{1, 2}, {3, 4}}[, { dtype =, device =, requires_grad = }]): numbers are float32, Lua has no
// whole ones; booleans are bool
int tensor(lua_State* L) {
  static const std::vector<Attribute> kSchema = schema({});
  check(lua_gettop(L) >= 1, Fault::usage, "tensor: expected a number or a nested table");
  if (is_tensor(L, 1)) return lua_settop(L, 1), 1;
  const Attributes options = read_options(L, 2, kSchema, "tensor");
  const NestedTable table(L, 1);
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
  add_functions(L, {{"tensor", guarded<tensor>},
                    {"zeros", guarded<zeros>},
                    {"ones", guarded<ones>},
                    {"empty", guarded<empty>},
                    {"full", guarded<full>},
                    {"rand", guarded<rand>},
                    {"randn", guarded<randn>},
                    {"randint", guarded<randint>},
                    {"arange", guarded<arange>},
                    {"linspace", guarded<linspace>},
                    {"eye", guarded<eye>},
                    {"zeros_like", guarded<zeros_like>},
                    {"ones_like", guarded<ones_like>},
                    {"rand_like", guarded<rand_like>},
                    {"randn_like", guarded<randn_like>},
                    {"cuda_is_available", guarded<cuda_is_available>},
                    {"device_count", guarded<device_count>},
                    {"set_threads", guarded<set_threads>}});
}

}  // namespace orrery::lua
