#pragma once

#include "bindings/lua_args.h"
#include "bindings/lua_object.h"
#include "runtime/governors/data_source.h"

namespace orrery::lua {

template <>
struct LuaClass<DataTransform> {
  static constexpr const char* name = "DataTransform";
};

/// What a script gives a source of data: options, and beside them lists of texts and transforms.
struct DataOptions {
  Attributes options;
  SourceParts parts;
  Extras extras;  ///< those asked for, found
};

/// Reads the arguments from `first` on. `schema`: the kind's options, whose defaults may be others than
/// usual.
DataOptions read_data_options(lua_State* L, int first, const std::string& kind,
                              const std::vector<Attribute>& schema, Extras extras = {});

/// The transforms in the list at an index; none where there is nothing.
std::vector<DataTransform> read_data_transforms(lua_State* L, int index, const std::string& function);

/// core.data_transform(name): the constructor `data.transforms.<name>`
int data_transform_constructor(lua_State* L);
void define_data_transform(lua_State* L);

}  // namespace orrery::lua
