// Parts of graphs, built again in others: what orrery.load with from and to is made of.
#include <algorithm>

#include "bindings/border.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "runtime/core/names.h"
#include "runtime/governors/saver_sources.h"
#include "runtime/graph/insertion.h"
#include "runtime/graph/results.h"

namespace orrery::lua {
namespace {

std::vector<std::string> all_paths(const Graph& graph) {
  std::vector<std::string> paths;
  for (const auto& node : graph.nodes()) {
    paths.push_back(node->path());
    const std::string block = node->block().path();
    if (!block.empty() && std::ranges::find(paths, block) == paths.end()) paths.push_back(block);
  }
  return paths;
}

// The one block or node that a path means.
Saver::Source part_of(const Graph& graph, const std::string& path, const char* option) {
  const std::vector<Saver::Source> found = sources_of_path(graph, path);
  if (found.size() == 1) return found.front();
  if (found.empty())
    throw Error(Fault::usage,
                fmt::format("load: {} names no block or node of graph '{}': '{}'{}", option, graph.name(),
                            path, did_you_mean(path, all_paths(graph))),
                {}, "orrery summary FILE lists the paths of its blocks and layers.");
  fail(Fault::usage, "load: {} = '{}' may be {} or {}", option, path, path_of(found[0]), path_of(found[1]));
}

void add_once(std::vector<Value>& values, const Value& value) {
  if (std::ranges::find(values, value) == values.end()) values.push_back(value);
}

// What a block or node gets from outside, constants left out: they come along.
std::vector<Value> entering(const Saver::Source& part) {
  std::vector<Value> values;
  for (const Value& value : part.block ? part.block->ports().in : part.value.node->inputs())
    if (value && value.node->kind() != Node::Kind::constant) add_once(values, value);
  return values;
}

std::vector<Value> leaving(const Saver::Source& part) {
  if (part.block) return part.block->ports().out;
  std::vector<Value> values;
  for (int i = 0; i < static_cast<int>(part.value.node->outputs().size()); ++i)
    values.push_back(part.value.node->output(i));
  return values;
}

// A path, or a list of them.
std::vector<std::string> read_paths(lua_State* L, int index) {
  if (!lua_istable(L, index)) return {read_string(L, index, "load", "to = a path or a list of them")};
  std::vector<std::string> paths;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    paths.push_back(read_string(L, -1, "load", "each of to to be a path"));
    lua_pop(L, 1);
  }
  check(!paths.empty(), Fault::usage, "load: to is an empty list");
  return paths;
}

std::vector<Value> read_outputs(lua_State* L, int to, const Graph& graph) {
  std::vector<Value> values;
  if (!lua_isnoneornil(L, to)) {
    for (const std::string& path : read_paths(L, to))
      for (const Value& value : leaving(part_of(graph, path, "to"))) add_once(values, value);
  } else {
    for (const Result& result : results_of(graph)) add_once(values, result.value);
  }
  if (values.empty())
    throw Error(Fault::usage, fmt::format("load: graph '{}' has no result", graph.name()), {},
                "Say which value is wanted: { to = path }.");
  return values;
}

// The fields of the input that are needed.
std::vector<Value> fields_of(const Graph& graph, const std::vector<Value>& outputs) {
  std::vector<Value> values;
  Node* input = graph.input_node();
  if (!input) return values;
  const std::vector<bool> needed = fields_needed(graph, outputs);
  for (size_t i = 0; i < needed.size(); ++i)
    if (needed[i]) values.push_back(input->output(static_cast<int>(i)));
  return values;
}

// Graph at 1, from at 2, to at 3.
Cut read_cut(lua_State* L) {
  const Graph& graph = get<Graph>(L, 1);
  Cut cut{.inputs = {}, .outputs = read_outputs(L, 3, graph)};
  cut.inputs = lua_isnoneornil(L, 2)
                   ? fields_of(graph, cut.outputs)
                   : entering(part_of(graph, read_string(L, 2, "load", "from = a path"), "from"));
  for (const Value& output : cut.outputs)
    check(std::ranges::find(cut.inputs, output) == cut.inputs.end(), Fault::usage,
          "load: {} is what the part is given, and no result of it", output.node->path());
  return cut;
}

std::string name_of_input(const Value& value) {
  return value.node->input_spec() ? value.node->output_name(value.output) : value.node->path();
}

// core.cut_inputs(graph, from, to) → the names of what the part is given
int cut_inputs(lua_State* L) {
  const Cut cut = read_cut(L);
  lua_createtable(L, static_cast<int>(cut.inputs.size()), 0);
  for (size_t i = 0; i < cut.inputs.size(); ++i) {
    push_text(L, name_of_input(cut.inputs[i]));
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  return 1;
}

// core.insert(graph, from, to, value, …) → the part's values in the graph of the given ones
int insert_part(lua_State* L) {
  const Cut cut = read_cut(L);
  std::vector<Value> inputs;
  std::shared_ptr<Graph> into;
  for (int i = 4; i <= lua_gettop(L); ++i) {
    check(is<GraphValue>(L, i), Fault::usage, "{}: expected Values, got {}", get<Graph>(L, 1).name(),
          type_name(L, i));
    into = get<GraphValue>(L, i).graph;
    inputs.push_back(get<GraphValue>(L, i).value);
  }
  std::string names;
  for (const Value& value : cut.inputs) names += (names.empty() ? "" : ", ") + name_of_input(value);
  check(inputs.size() == cut.inputs.size() && into, Fault::usage, "{}: expected {} value{} ({}), got {}",
        get<Graph>(L, 1).name(), cut.inputs.size(), cut.inputs.size() == 1 ? "" : "s", names, inputs.size());
  const Origin origin = border(L).sites.origin(L, nullptr, Expression::call(get<Graph>(L, 1).name()));
  return push_outputs(L, into, insert(cut, *into, *border(L).runtime, inputs, origin));
}

}  // namespace

void open_insertion(lua_State* L) {
  add_functions(L, {{"cut_inputs", guarded<cut_inputs>}, {"insert", guarded<insert_part>}});
}

}  // namespace orrery::lua
