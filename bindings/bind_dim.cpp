#include <cmath>
#include <map>
#include <string>

#include "bindings/dim.h"

namespace orrery::lua {
namespace {

Dim dim_argument(lua_State* L, int index) {
  auto dim = to_dim(L, index);
  check(dim.has_value(), Fault::usage, "expected a whole number or a Dim, got {}", type_name(L, index));
  return *dim;
}

Dim divisor(lua_State* L, int index) {
  Dim dim = dim_argument(L, index);
  check(!(dim == Dim(0)), Fault::usage, "a dimension cannot be divided by 0");
  return dim;
}

int add(lua_State* L) { return push_dim(L, dim_argument(L, 1) + dim_argument(L, 2)), 1; }
int subtract(lua_State* L) { return push_dim(L, dim_argument(L, 1) - dim_argument(L, 2)), 1; }
int multiply(lua_State* L) { return push_dim(L, dim_argument(L, 1) * dim_argument(L, 2)), 1; }
int negate(lua_State* L) { return push_dim(L, Dim(0) - dim_argument(L, 1)), 1; }

// `/` is exact: a dimension is a whole number.
int divide(lua_State* L) {
  const Dim a = dim_argument(L, 1), b = divisor(L, 2);
  auto quotient = exact_div(a, b);
  if (!quotient)
    throw Error(Fault::usage,
                fmt::format("{} / {} does not come out exactly for every size", a.str(), b.str()), {},
                "Use a:floor_div(b) to round down.");
  return push_dim(L, *quotient), 1;
}

int floor_divide(lua_State* L) { return push_dim(L, floor_div(dim_argument(L, 1), divisor(L, 2))), 1; }
// What floor division leaves over.
int modulo(lua_State* L) {
  const Dim a = dim_argument(L, 1), b = divisor(L, 2);
  return push_dim(L, a - floor_div(a, b) * b), 1;
}

// Comparisons give true or false, so they must be decidable for every size. Lua has `<` between two Dims
// only: with a number it is `dim:lt(5)`.
int decided(lua_State* L, const char* mark, Known known) {
  if (known == Known::undecided)
    throw Error(Fault::usage,
                fmt::format("whether {} {} {} depends on the sizes", dim_argument(L, 1).str(), mark,
                            dim_argument(L, 2).str()),
                {}, "State it, g:assume{ N = 32 }, or leave the choice to operations of the graph.");
  return lua_pushboolean(L, known == Known::yes), 1;
}

int less(lua_State* L) { return decided(L, "<", at_least(dim_argument(L, 2), dim_argument(L, 1) + Dim(1))); }
int at_most(lua_State* L) { return decided(L, "<=", at_least(dim_argument(L, 2), dim_argument(L, 1))); }

int greater(lua_State* L) {
  return decided(L, ">", at_least(dim_argument(L, 1), dim_argument(L, 2) + Dim(1)));
}
int at_least_as(lua_State* L) { return decided(L, ">=", at_least(dim_argument(L, 1), dim_argument(L, 2))); }

int equal_dims(lua_State* L) { return lua_pushboolean(L, dim_argument(L, 1) == dim_argument(L, 2)), 1; }

// dim:at{ N = 32 } → the number, or nil where a symbol of it has no size.
int value_at(lua_State* L) {
  const Dim dim = dim_argument(L, 1);
  check(lua_istable(L, 2), Fault::usage, "at: expected sizes of symbols such as {{ N = 32 }}, got {}",
        type_name(L, 2));
  std::map<std::string, std::int64_t> sizes;
  lua_pushnil(L);
  while (lua_next(L, 2)) {
    const auto size = to_dim(L, -1);
    check(lua_type(L, -2) == LUA_TSTRING && size && size->known(), Fault::usage,
          "at: each entry is a symbol and its size, such as N = 32");
    sizes.emplace(lua_tostring(L, -2), size->value());
    lua_pop(L, 1);
  }
  const auto value = dim.evaluate(sizes);
  if (!value) return lua_pushnil(L), 1;
  return push_dim(L, *value), 1;
}

std::string text(void* dim) { return static_cast<Dim*>(dim)->str(); }

}  // namespace

std::optional<Dim> to_dim(lua_State* L, int index) {
  if (lua_type(L, index) == LUA_TNUMBER) {
    const double number = lua_tonumber(L, index);
    if (std::trunc(number) != number || std::abs(number) > 0x1p53) return std::nullopt;
    return Dim(static_cast<std::int64_t>(number));
  }
  return is<Dim>(L, index) ? std::optional(get<Dim>(L, index)) : std::nullopt;
}

void push_dim(lua_State* L, const Dim& dim) {
  if (dim.known()) return lua_pushnumber(L, static_cast<double>(dim.value()));
  push(L, std::make_shared<Dim>(dim));
}

void define_dim(lua_State* L) {
  define_class<Dim>(L, {
                           .methods = {{"floor_div", guarded<floor_divide>},
                                       {"at", guarded<value_at>},
                                       {"lt", guarded<less>},
                                       {"le", guarded<at_most>},
                                       {"gt", guarded<greater>},
                                       {"ge", guarded<at_least_as>}},
                           .metamethods = {{"__add", guarded<add>},
                                           {"__sub", guarded<subtract>},
                                           {"__mul", guarded<multiply>},
                                           {"__div", guarded<divide>},
                                           {"__mod", guarded<modulo>},
                                           {"__unm", guarded<negate>},
                                           {"__lt", guarded<less>},
                                           {"__le", guarded<at_most>},
                                           {"__eq", guarded<equal_dims>}},
                           .text = text,
                       });
}

}  // namespace orrery::lua
