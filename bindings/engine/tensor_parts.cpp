#include "bindings/engine/tensor_parts.h"

#include <ATen/ATen.h>

#include "bindings/engine/in_turn.h"
#include "bindings/lua_args.h"

namespace orrery::lua {
namespace {

// One entry of a key.
struct Part {
  enum class Kind { element, slice, chosen };
  Kind kind = Kind::slice;
  std::int64_t numbers[3] = {0, INT64_MAX, 1};  // the element, or start, end, step
  at::Tensor chosen;
};

Part read_slice(lua_State* L, int index) {
  Part part;
  const int count = static_cast<int>(lua_objlen(L, index));
  check(count <= 3, Fault::usage, "indexing: a slice is {{start, end, step}}, got {} numbers", count);
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, index, i);
    part.numbers[i - 1] = read_integer(L, -1, "indexing", "an end of a slice");
    lua_pop(L, 1);
  }
  check(part.numbers[2] > 0, Fault::usage, "indexing: the step of a slice is at least 1, got {}",
        part.numbers[2]);
  return part;
}

Part read_part(lua_State* L, int index) {
  if (lua_istable(L, index)) return read_slice(L, index);
  Part part;
  if (is_tensor(L, index)) {
    part.kind = Part::Kind::chosen;
    part.chosen = read_tensor(L, index, "indexing");
    return part;
  }
  part.kind = Part::Kind::element;
  part.numbers[0] = read_integer(L, index, "indexing", "an element");
  return part;
}

std::vector<Part> read_key(lua_State* L, int index) {
  std::vector<Part> parts;
  if (!lua_istable(L, index)) {
    parts.push_back(read_part(L, index));
    return parts;
  }
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    parts.push_back(read_part(L, lua_gettop(L)));
    lua_pop(L, 1);
  }
  return parts;
}

// What elements and slices leave of a tensor, and the tensors that choose from it by its dimensions.
struct Place {
  at::Tensor view;
  c10::List<std::optional<at::Tensor>> chosen = c10::List<std::optional<at::Tensor>>();
};

Place place_of(const at::Tensor& tensor, const std::vector<Part>& parts) {
  Place place{tensor};
  std::int64_t dim = 0;
  for (const Part& part : parts) {
    check(dim < place.view.dim(), Fault::run, "indexing: {} entries are too many for shape {}", parts.size(),
          str(type_of(tensor).shape));
    if (part.kind == Part::Kind::element) {
      const std::int64_t size = place.view.size(dim), element = part.numbers[0];
      check(element >= -size && element < size, Fault::run,
            "indexing: element {} is outside of dimension {} of {}", element, dim,
            str(type_of(place.view).shape));
      place.view = place.view.select(dim, element);
      continue;
    }
    if (part.kind == Part::Kind::slice)
      place.view = place.view.slice(dim, part.numbers[0], part.numbers[1], part.numbers[2]);
    if (part.kind == Part::Kind::chosen) {
      while (static_cast<std::int64_t>(place.chosen.size()) < dim) place.chosen.push_back(std::nullopt);
      place.chosen.push_back(part.chosen);
    }
    dim += part.kind == Part::Kind::chosen && part.chosen.scalar_type() == at::kBool ? part.chosen.dim() : 1;
  }
  return place;
}

}  // namespace

int take_part(lua_State* L) {
  const at::Tensor tensor = read_tensor(L, 1, "indexing");
  if (lua_type(L, 2) == LUA_TNUMBER && tensor.dim() > 0) {
    const std::int64_t element = read_integer(L, 2, "indexing", "an element");
    if (element >= -tensor.size(0) && element < tensor.size(0))
      return push_tensor(L, in_turn(L, "indexing", [&] { return tensor.select(0, element); })), 1;
  }
  const std::vector<Part> parts = read_key(L, 2);
  return push_tensor(L, in_turn(L, "indexing",
                                [&] {
                                  const Place place = place_of(tensor, parts);
                                  return place.chosen.empty() ? place.view
                                                              : at::index(place.view, place.chosen);
                                })),
         1;
}

int set_part(lua_State* L) {
  const at::Tensor tensor = read_tensor(L, 1, "indexing");
  const std::vector<Part> parts = read_key(L, 2);
  const bool number = lua_type(L, 3) == LUA_TNUMBER || lua_isboolean(L, 3);
  const double plain = lua_isboolean(L, 3) ? lua_toboolean(L, 3) : lua_tonumber(L, 3);
  const at::Tensor given = number ? at::Tensor() : read_tensor(L, 3, "assigning to a part");
  in_turn(L, "assigning to a part", [&] {
    Place place = place_of(tensor, parts);
    const at::Tensor value = number ? at::full({}, plain, place.view.options()) : given;
    if (place.chosen.empty())
      place.view.copy_(value);
    else
      at::index_put_(place.view, place.chosen, value.to(place.view.options()));
  });
  return 0;
}

}  // namespace orrery::lua
