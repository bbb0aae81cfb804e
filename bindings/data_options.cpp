#include "bindings/data_options.h"

#include <fmt/format.h>

#include "bindings/border.h"

namespace orrery::lua {
namespace {

std::vector<std::string> read_texts(lua_State* L, int index, const std::string& function,
                                    const std::string& option) {
  check(lua_istable(L, index), Fault::usage, "{}: {} must be a list of texts, got {}", function, option,
        type_name(L, index));
  std::vector<std::string> texts;
  const int count = static_cast<int>(lua_objlen(L, index));
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, index, i);
    check(lua_type(L, -1) == LUA_TSTRING, Fault::usage, "{}: entry {} of {} must be a text, got {}", function,
          i, option, type_name(L, -1));
    texts.emplace_back(lua_tostring(L, -1), lua_objlen(L, -1));
    lua_pop(L, 1);
  }
  check(!texts.empty(), Fault::usage, "{}: {} has no entry", function, option);
  return texts;
}

// upvalue: the kind's name
int make_transform(lua_State* L) {
  const std::string kind = lua_tostring(L, lua_upvalueindex(1));
  Attributes options = read_options(L, 1, data_transform_kind(kind).attributes, "data.transforms." + kind);
  return push(L, std::make_shared<DataTransform>(data_transform(kind, std::move(options)))), 1;
}

int index_transform(lua_State* L) {
  const DataTransform& transform = get<DataTransform>(L, 1);
  const std::string key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (key == "kind") return push_text(L, transform.kind), 1;
  for (const auto& entry : transform.options.entries())
    if (entry.name == key) return push_value(L, entry.value), 1;
  return 0;
}

std::string text_of_transform(void* object) {
  const DataTransform& transform = *static_cast<DataTransform*>(object);
  std::vector<std::string> options;
  for (const auto& [name, value] : transform.options.entries())
    if (!std::holds_alternative<std::monostate>(value)) options.push_back(name + "=" + str(value));
  return fmt::format("{}({})", transform.kind, fmt::join(options, ", "));
}

}  // namespace

std::vector<DataTransform> read_data_transforms(lua_State* L, int index, const std::string& function) {
  std::vector<DataTransform> transforms;
  if (index == 0) return transforms;
  check(lua_istable(L, index), Fault::usage, "{}: transforms must be a list of data.transforms, got {}",
        function, type_name(L, index));
  const int count = static_cast<int>(lua_objlen(L, index));
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, index, i);
    check(is<DataTransform>(L, -1), Fault::usage,
          "{}: entry {} of transforms must be one of data.transforms, got {}", function, i, type_name(L, -1));
    transforms.push_back(get<DataTransform>(L, -1));
    lua_pop(L, 1);
  }
  return transforms;
}

DataOptions read_data_options(lua_State* L, int first, const std::string& kind,
                              const std::vector<Attribute>& schema, Extras extras) {
  const std::string function = "data." + kind;
  extras["transforms"] = 0;
  const std::vector<TextListOption>& lists = data_source_kind(kind).lists;
  for (const TextListOption& list : lists) extras[list.name] = 0;
  DataOptions given;
  given.options = read_options(L, first, schema, function, &extras);
  for (const TextListOption& list : lists)
    if (const int index = extras.at(list.name))
      given.parts.lists[list.name] = read_texts(L, index, function, list.name);
  given.parts.transforms = read_data_transforms(L, extras.at("transforms"), function);
  given.extras = std::move(extras);
  return given;
}

int data_transform_constructor(lua_State* L) {
  const std::string kind = read_string(L, 1, "data_transform", "the name of a transform");
  data_transform_kind(kind);
  push_text(L, kind);
  lua_pushcclosure(L, guarded<make_transform>, 1);
  return 1;
}

void define_data_transform(lua_State* L) {
  define_class<DataTransform>(L, {.index = index_transform, .text = text_of_transform});
}

}  // namespace orrery::lua
