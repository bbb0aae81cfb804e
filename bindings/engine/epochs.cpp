// Batches of a data source for loops on tensors: for image, label in source:epoch() do … end
#include <ATen/ATen.h>

#include "bindings/engine/in_turn.h"
#include "bindings/governed.h"
#include "bindings/lua_args.h"
#include "runtime/engine/data/loader.h"

namespace orrery::lua {

/// A set that was opened, kept beside its source.
struct OpenedSet {
  std::shared_ptr<const Samples> samples;
  Loader::Options options;
};

/// A walk over a set.
struct Epoch {
  Loader loader;
};

template <>
struct LuaClass<OpenedSet> {
  static constexpr const char* name = "OpenedSet";
};

template <>
struct LuaClass<Epoch> {
  static constexpr const char* name = "Epoch";
};

namespace {

// A walk over the source at 1; the set is opened once and kept beside the source.
std::shared_ptr<Epoch> walk_over(lua_State* L, const DataSource& source) {
  push_fields(L, 1);
  lua_getfield(L, -1, "set");
  if (!is<OpenedSet>(L, -1)) {
    const std::uint64_t seed = engine(L).seed();
    push(L, std::make_shared<OpenedSet>(open_samples(source, seed), loader_options(source, seed)));
    lua_pushvalue(L, -1);
    lua_setfield(L, -4, "set");
  }
  const OpenedSet& set = get<OpenedSet>(L, -1);
  return std::make_shared<Epoch>(loader_over(set.samples, source, set.options));
}

// The number at 2, else the one after the last: counted beside the source.
std::int64_t epoch_number(lua_State* L) {
  push_fields(L, 1);
  lua_getfield(L, -1, "epoch");
  const bool given = !lua_isnoneornil(L, 2);
  const std::int64_t number =
      given ? read_integer(L, 2, "epoch", "number") : static_cast<std::int64_t>(lua_tonumber(L, -1)) + 1;
  check(number >= 1, Fault::usage, "epoch: epochs count from 1, got {}", number);
  lua_pop(L, 1);
  lua_pushnumber(L, static_cast<double>(number));
  lua_setfield(L, -2, "epoch");
  return number;
}

// upvalue: the walk. Scripts may change what they get.
int next_values(lua_State* L) {
  Epoch& epoch = get<Epoch>(L, lua_upvalueindex(1));
  const LoaderPosition place = epoch.loader.position();
  return push_tensors(L, in_turn(L, "epoch", [&] {
                        // Tried again when memory was missing: the same batch.
                        if (epoch.loader.position() != place) epoch.loader.seek(place);
                        std::vector<at::Tensor> values;
                        const auto batch = epoch.loader.next();
                        if (!batch) return values;
                        for (const Field& field : epoch.loader.fields()) {
                          const at::Tensor& value = batch->fields.at(field.name);
                          values.push_back(epoch.loader.gives_views() ? value.clone() : value);
                        }
                        return values;
                      }));
}

// source_epoch(source[, number]) → an iterator over the values of each batch, one per field
int source_epoch(lua_State* L) {
  const auto source = share<DataSource>(L, 1);
  lua_settop(L, 2);
  const std::int64_t number = epoch_number(L);
  const auto walk = walk_over(L, *source);
  walk->loader.begin(number);
  push(L, walk);
  lua_pushcclosure(L, guarded<next_values>, 1);
  return 1;
}

}  // namespace

void open_epochs(lua_State* L) {
  define_class<OpenedSet>(L, {});
  define_class<Epoch>(L, {});
  add_functions(L, {{"source_epoch", guarded<source_epoch>}});
}

}  // namespace orrery::lua
