#include "bindings/render/read_boxes.h"

#include "bindings/lua_args.h"
#include "bindings/lua_object.h"
#include "bindings/render/each_entry.h"
#include "renderers/styles/face_image.h"
#include "runtime/core/error.h"
#include "runtime/formats/image.h"

namespace orrery::lua {
namespace {

std::optional<std::string> text_field(lua_State* L, int table, const char* key) {
  lua_getfield(L, table, key);
  std::optional<std::string> text;
  if (!lua_isnil(L, -1)) text = read_string(L, -1, "render", key);
  lua_pop(L, 1);
  return text;
}

std::vector<double> read_row(lua_State* L, int row) {
  check(lua_istable(L, row), Fault::usage, "inside: values is a list of lists of numbers, got {}",
        type_name(L, row));
  std::vector<double> numbers;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, row)); ++i) {
    lua_rawgeti(L, row, i);
    check(lua_type(L, -1) == LUA_TNUMBER, Fault::usage, "inside: expected a number, got {}",
          type_name(L, -1));
    numbers.push_back(lua_tonumber(L, -1));
    lua_pop(L, 1);
  }
  return numbers;
}

Inset read_inset(lua_State* L, int table) {
  check(lua_istable(L, table), Fault::usage, "inside: expected a table, got {}", type_name(L, table));
  Inset inset;
  const std::string kind = text_field(L, table, "kind").value_or("lines");
  check(kind == "lines" || kind == "bars" || kind == "image", Fault::usage,
        "inside: kind must be 'lines', 'bars' or 'image', got '{}'", kind);
  inset.kind = kind == "bars" ? Inset::Kind::bars : kind == "image" ? Inset::Kind::image : Inset::Kind::lines;
  inset.title = text_field(L, table, "title").value_or("");
  inset.left = text_field(L, table, "left").value_or("");
  inset.right = text_field(L, table, "right").value_or("");
  if (inset.kind == Inset::Kind::image) {
    const std::string file = text_field(L, table, "image").value_or("");
    // Of unknown size: the whole image, in colour.
    const FeatureMap whole{.kind = FeatureMap::Kind::image, .channels = 3, .sizes = {0, 0}};
    inset.dots = face_image(read_image(file, ImageMode::rgb), whole);
    return inset;
  }
  lua_getfield(L, table, "mark");
  if (!lua_isnil(L, -1)) inset.mark = read_number(L, -1, "inside", "mark", 0);
  lua_getfield(L, table, "values");
  each_entry(L, lua_gettop(L), "inside: values", [&](int row) { inset.values.push_back(read_row(L, row)); });
  lua_pop(L, 2);
  for (const auto& row : inset.values)
    check(!row.empty(), Fault::usage, "inside: there is nothing to draw in an empty list of numbers");
  return inset;
}

BoxChange read_change(lua_State* L, int table) {
  check(lua_istable(L, table), Fault::usage, "boxes: expected a table by path, got {}", type_name(L, table));
  BoxChange change{.title = text_field(L, table, "title"), .detail = text_field(L, table, "detail")};
  change.note = text_field(L, table, "note").value_or("");
  change.fill = text_field(L, table, "fill").value_or("");
  lua_getfield(L, table, "insets");
  if (!lua_isnil(L, -1))
    each_entry(L, lua_gettop(L), "inside", [&](int inset) { change.insets.push_back(read_inset(L, inset)); });
  lua_pop(L, 1);
  return change;
}

}  // namespace

std::map<std::string, BoxChange> read_boxes(lua_State* L, int index) {
  check(lua_istable(L, index), Fault::usage, "boxes: expected a table by path, got {}", type_name(L, index));
  luaL_checkstack(L, 16, "too many values");
  std::map<std::string, BoxChange> boxes;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    check(lua_type(L, -2) == LUA_TSTRING, Fault::usage, "boxes: expected paths as keys, got {}",
          type_name(L, -2));
    boxes.emplace(lua_tostring(L, -2), read_change(L, lua_gettop(L)));
  }
  return boxes;
}

}  // namespace orrery::lua
