// Graphs that are computed again and again without being trained: `g:compile()`.
#include <algorithm>
#include <functional>

#include "bindings/border.h"
#include "bindings/engine/hand_run.h"
#include "bindings/engine/predictions.h"
#include "bindings/governed.h"
#include "bindings/lua_args.h"
#include "bindings/named_values.h"
#include "runtime/engine/device.h"
#include "runtime/engine/training/compiled_graph.h"

namespace orrery::lua {

/// What `g:compile()` gives, as Lua knows it.
struct Compiled {
  CompiledGraph graph;
  bool single = false;  ///< one value was asked for, so that a call gives a tensor and no table
};

template <>
struct LuaClass<Compiled> {
  static constexpr const char* name = "CompiledGraph";
};

namespace {

std::vector<std::string> fields_read_by(const CompiledGraph& compiled) {
  std::vector<std::string> names;
  for (size_t i = 0; i < compiled.needed().size(); ++i)
    if (compiled.needed()[i]) names.push_back(compiled.graph().input_node()->input_spec()->fields[i].name);
  return names;
}

std::vector<std::string> names_of_results(const CompiledGraph& compiled) {
  std::vector<std::string> names;
  for (const Result& result : compiled.results()) names.push_back(result.name);
  return names;
}

std::string joined_names(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

// Replaces the call's tensors by one table of the fields that are read, in their order.
void gather_fields(lua_State* L, const CompiledGraph& compiled) {
  const std::vector<std::string> names = fields_read_by(compiled);
  const auto given = static_cast<size_t>(lua_gettop(L)) - 1;
  if (given == 1 && lua_istable(L, 2)) return;
  check(given == names.size(), Fault::usage, "a compiled graph: expected {} tensor{} ({}) or a table, got {}",
        names.size(), names.size() == 1 ? "" : "s", joined_names(names), given);
  lua_createtable(L, 0, static_cast<int>(given));
  lua_insert(L, 2);
  for (size_t i = given; i-- > 0;) lua_setfield(L, 2, names[i].c_str());
}

// compiled(tensor, …) or compiled{ field = tensor } → a tensor, or tensors by name
int call_compiled(lua_State* L) {
  auto& [compiled, single] = get<Compiled>(L, 1);
  gather_fields(L, compiled);
  Batch batch;
  if (std::ranges::any_of(compiled.needed(), std::identity()))
    batch = read_batch(L, 2, compiled.graph(), compiled.needed(), "a compiled graph").fields;
  const auto tensors = compiled.compute(batch);
  if (single) return push_tensor(L, tensors.front()), 1;
  lua_createtable(L, 0, static_cast<int>(tensors.size()));
  for (size_t i = 0; i < tensors.size(); ++i) {
    push_tensor(L, tensors[i]);
    lua_setfield(L, -2, compiled.results()[i].name.c_str());
  }
  return 1;
}

std::vector<Result> read_compiled_results(lua_State* L, const Graph& graph) {
  if (lua_isnoneornil(L, 2)) return results_of(graph);
  std::vector<Result> results;
  for (const NamedValue& named : read_named_values(L, 2, "compile")) {
    require_own(graph, named.value, "compile");
    results.push_back({.name = named.name, .value = named.value});
  }
  return results;
}

void push_name_list(lua_State* L, const std::vector<std::string>& names) {
  lua_createtable(L, static_cast<int>(names.size()), 0);
  for (size_t i = 0; i < names.size(); ++i) {
    push_text(L, names[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
}

int index_compiled(lua_State* L) {
  const CompiledGraph& compiled = get<Compiled>(L, 1).graph;
  const std::string key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (key == "inputs") return push_name_list(L, fields_read_by(compiled)), 1;
  if (key == "outputs") return push_name_list(L, names_of_results(compiled)), 1;
  return 0;
}

std::string text_of_compiled(void* object) {
  const CompiledGraph& compiled = static_cast<Compiled*>(object)->graph;
  return fmt::format("CompiledGraph {} ({} → {})", compiled.graph().name(),
                     joined_names(fields_read_by(compiled)), joined_names(names_of_results(compiled)));
}

const std::vector<Attribute>& compile_schema() {
  static const std::vector<Attribute> kSchema{
      {.name = "device", .type = AttributeType::text, .doc = "where to compute", .value = "auto"},
      {.name = "precision",
       .type = AttributeType::text,
       .doc = "what operations compute in",
       .value = "32-true",
       .choices = {"32-true", "bf16-mixed", "16-mixed"}}};
  return kSchema;
}

bool is_used(const Graph& graph, const Value& value) {
  return std::ranges::count(graph.uses(), value, &Use::value) > 0;
}

// graph_compile(graph[, value | {values} | { name = value }][, { device =, precision = }]) → CompiledGraph
int graph_compile(lua_State* L) {
  const auto graph = share<Graph>(L, 1);
  const Attributes options = read_options(L, 3, compile_schema(), "compile");
  // A script may compile before anything reads the values.
  std::vector<Result> results = read_compiled_results(L, *graph);
  if (results.empty())
    throw Error(Fault::usage, fmt::format("compile: graph '{}' has no result", graph->name()), {},
                "Mark one with g:output(value), or say which: g:compile(value).");
  if (!graph->finalized())
    for (const Result& result : results)
      if (graph->readers(result.value).empty() && !is_used(*graph, result.value))
        graph->use({Use::Kind::output, result.value, ""});
  ready(L, graph);
  const bool single = is<GraphValue>(L, 2) || (lua_isnoneornil(L, 2) && results.size() == 1);
  const Computing computing{.precision = Precision(options.text("precision"))};
  push(L, std::shared_ptr<Compiled>(new Compiled{
              {*border(L).runtime, graph, std::move(results), options.text("device"), computing}, single}));
  return 1;
}

}  // namespace

void open_compiled(lua_State* L) {
  define_class<Compiled>(L, {.metamethods = {{"__call", guarded<call_compiled>}},
                             .index = index_compiled,
                             .text = text_of_compiled});
  add_functions(L, {{"graph_compile", guarded<graph_compile>}});
}

}  // namespace orrery::lua
