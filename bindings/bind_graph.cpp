#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "bindings/block_function.h"
#include "bindings/border.h"
#include "bindings/conversion.h"
#include "bindings/drawing_cues.h"
#include "bindings/findings.h"
#include "bindings/governed.h"
#include "bindings/input_fields.h"
#include "bindings/leaf.h"
#include "bindings/lua_args.h"
#include "bindings/state.h"
#include "runtime/core/names.h"
#include "runtime/governors/invariants.h"
#include "runtime/graph/json.h"
#include "runtime/graph/structural_hash.h"
#include "runtime/ops/operations.h"

namespace orrery::lua {
namespace {

Graph& self(lua_State* L) { return get<Graph>(L, 1); }

Origin method_origin(lua_State* L, const char* method) {
  return border(L).sites.origin(L, nullptr, Expression::method(method));
}

// Input.

// g:input(source) or g:input{ field = { shape =, dtype =, label =, batch = } } → one value per field
int input(lua_State* L) {
  const auto graph = share<Graph>(L, 1);
  Origin origin = method_origin(L, "input");
  if (is<DataSource>(L, 2)) {
    const std::vector<Value> values = graph->input(get<DataSource>(L, 2).input_spec(), std::move(origin));
    push_fields(L, 1);
    lua_pushvalue(L, 2);
    lua_setfield(L, -2, "source");
    return push_outputs(L, graph, values);
  }
  check(lua_istable(L, 2), Fault::usage, "input: expected a data source, or a table of fields, got {}",
        type_name(L, 2));
  InputSpec spec;
  spec.fields = read_input_fields(L, 2, "input");
  return push_outputs(L, graph, graph->input(std::move(spec), std::move(origin)));
}

// Blocks.

const std::vector<Attribute>& cue_schema() {
  static const std::vector<Attribute> kSchema{
      {.name = "direction",
       .type = AttributeType::text,
       .doc = "where the drawing of the block runs to",
       .choices = {"south", "east", "north", "west"}},
      {.name = "collapse",
       .type = AttributeType::boolean,
       .doc = "draws the block as one box",
       .value = false},
      {.name = "title", .type = AttributeType::text, .doc = "its title in drawings; none: the name"},
      {.name = "note", .type = AttributeType::text, .doc = "words beside it in drawings"},
      {.name = "color", .type = AttributeType::text, .doc = "its colour in drawings, such as '#ffd0a0'"}};
  return kSchema;
}

std::string text_or_empty(const Attributes& options, const char* name) {
  return options.has(name) ? options.text(name) : "";
}

bool is_color(const std::string& text) {
  return (text.size() == 4 || text.size() == 7) && text[0] == '#' &&
         std::all_of(text.begin() + 1, text.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
}

Cue cue_of(const Attributes& options) {
  const std::string color = text_or_empty(options, "color");
  check(color.empty() || is_color(color), Fault::usage,
        "the colour of a block must be one such as '#ffd0a0', got '{}'", color);
  return {text_or_empty(options, "direction"), options.boolean("collapse"), text_or_empty(options, "note"),
          color};
}

// g:block(name, fn[, {title=, direction=, collapse=, note=, color=, layers_of=}]) → block function; the
// layers of another one's first call are its own, too
int block(lua_State* L) {
  BlockFunction made{.graph = share<Graph>(L, 1), .name = read_string(L, 2, "block", "name")};
  check(lua_isfunction(L, 3), Fault::usage, "block: expected the function that builds '{}', got {}",
        made.name, type_name(L, 3));
  check(valid_name(made.name), Fault::usage,
        "block: '{}' cannot be a name: it is empty or has a '/' or control characters", made.name);
  Extras extras{{"layers_of", 0}};
  const Attributes options = read_options(L, 4, cue_schema(), "block", &extras);
  if (const int other = extras.at("layers_of")) {
    made.first = get<BlockFunction>(L, other).first;
    made.recorded = get<BlockFunction>(L, other).recorded;
    made.dtype = get<BlockFunction>(L, other).dtype;
  }
  made.title = text_or_empty(options, "title");
  made.cue = cue_of(options);
  made.origin = method_origin(L, "block");
  return push_block_function(L, std::move(made), 3), 1;
}

// g:group(name, {values}) → block
int group(lua_State* L) {
  const auto graph = share<Graph>(L, 1);
  const std::string name = read_string(L, 2, "group", "name");
  check(lua_istable(L, 3), Fault::usage,
        "group: expected a list of values whose nodes belong to '{}', got {}", name, type_name(L, 3));
  std::vector<Node*> nodes;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, 3)); ++i) {
    lua_rawgeti(L, 3, i);
    Node* node = get<GraphValue>(L, -1).value.node;
    if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(node);
    lua_pop(L, 1);
  }
  return push_block(L, graph, graph->group(name, nodes, method_origin(L, "group"))), 1;
}

// g:cue(block, {direction=, collapse=, title=, note=, color=})
int cue(lua_State* L) {
  const Attributes options = read_options(L, 3, cue_schema(), "cue");
  if (is<BlockFunction>(L, 2)) {
    BlockFunction& made = get<BlockFunction>(L, 2);
    made.cue = cue_of(options);
    if (options.has("title")) made.title = options.text("title");
    for (Block* each : made.blocks) {
      each->cue() = made.cue;
      each->set_title(made.title);
    }
    return 0;
  }
  Block& found = find_block(L, self(L), 2, "cue");
  found.cue() = cue_of(options);
  if (options.has("title")) found.set_title(options.text("title"));
  return 0;
}

// g:find(path) → block
int find(lua_State* L) {
  const auto graph = share<Graph>(L, 1);
  return push_block(L, graph, find_block(L, *graph, 2, "find")), 1;
}

// Results and facts.

// g:output(value, …): marks results
int output(lua_State* L) {
  Graph& graph = self(L);
  check(lua_gettop(L) >= 2, Fault::usage, "output: expected a value");
  for (int i = 2; i <= lua_gettop(L); ++i)
    graph.use({Use::Kind::output, get<GraphValue>(L, i).value, ""}, {border(L).sites.site(L), ""});
  return 0;
}

// g:assume{ H = 32 }
int assume(lua_State* L) {
  check(lua_istable(L, 2), Fault::usage, "assume: expected a table such as {{ H = 32 }}, got {}",
        type_name(L, 2));
  lua_pushnil(L);
  while (lua_next(L, 2)) {
    const std::string symbol = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
    auto dim = to_dim(L, -1);
    check(!symbol.empty() && dim, Fault::usage,
          "assume: each entry is a symbol and its size, such as H = 32");
    self(L).assume(symbol, *dim);
    lua_pop(L, 1);
  }
  return 0;
}

// g:finalize() → the warnings
int finalize(lua_State* L) {
  Graph& graph = self(L);
  if (graph.finalized()) return lua_newtable(L), 1;
  graph.update_gradients();
  const std::vector<Finding> warnings = graph.finalize(check_governors(graph));
  for (const Finding& warning : warnings) border(L).runtime->log.warning(warning.str());
  return push_findings(L, warnings), 1;
}

// g:check() → all findings, errors and warnings; nothing changes and nothing is raised
int check_graph_now(lua_State* L) { return push_findings(L, check_everything(self(L))), 1; }

int set_trainable(lua_State* L, bool trainable) {
  Graph& graph = self(L);
  Block& block =
      lua_isnoneornil(L, 2) ? graph.root() : find_block(L, graph, 2, trainable ? "unfreeze" : "freeze");
  graph.set_trainable(block, trainable);
  lua_settop(L, 1);
  return 1;
}
int freeze(lua_State* L) { return set_trainable(L, false); }
int unfreeze(lua_State* L) { return set_trainable(L, true); }

// Asking.

int parameters(lua_State* L) {
  std::vector<ParameterPtr> found;
  for (const auto& entry : self(L).state())
    if (!entry.parameter->buffer && std::find(found.begin(), found.end(), entry.parameter) == found.end())
      found.push_back(entry.parameter);
  return push_parameters(L, found), 1;
}

// g:state([block]) → { {key=, parameter=}, … } with PyTorch's names; with a shape it makes a state
int state(lua_State* L) {
  if (!lua_isnoneornil(L, 3)) return make_graph_state(L);
  Graph& graph = self(L);
  return push_state(L, graph.state(lua_isnoneornil(L, 2) ? nullptr : &find_block(L, graph, 2, "state"))), 1;
}

int to_json(lua_State* L) { return push_text(L, orrery::to_json(self(L))), 1; }
int hash(lua_State* L) { return push_text(L, structural_hash(self(L))), 1; }

// g:nodes() → { value, … }: the first output of each node, in the order of construction
int nodes(lua_State* L) {
  const auto graph = share<Graph>(L, 1);
  lua_newtable(L);
  int at = 0;
  for (const auto& node : graph->nodes()) {
    push_graph_value(L, graph, node->output());
    lua_rawseti(L, -2, ++at);
  }
  return 1;
}

int index_graph(lua_State* L) {
  const Graph& graph = self(L);
  const std::string key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (key == "name") return push_text(L, graph.name()), 1;
  if (key == "site") return push_text(L, graph.origin().site.str()), 1;
  if (key == "finalized") return lua_pushboolean(L, graph.finalized()), 1;
  return push_graph_transform(L, key) ? 1 : 0;
}

// g:to(dtype) → g
int to(lua_State* L) {
  const auto dtype = parameter_dtype_at(L, 2);
  check(dtype.has_value(), Fault::usage,
        "to: expected a dtype such as \"float64\", got \"{}\"; a graph computes on its manager's device",
        lua_tostring(L, 2));
  convert_owner(L, 1, *dtype);
  return lua_settop(L, 1), 1;
}

std::string text_of_graph(void* object) {
  const Graph& graph = *static_cast<Graph*>(object);
  const size_t nodes = graph.nodes().size();
  return fmt::format("Graph {} ({} node{}{})", graph.name(), nodes, nodes == 1 ? "" : "s",
                     graph.finalized() ? ", finalized" : "");
}

std::shared_ptr<Graph> new_graph(lua_State* L) {
  const std::string name = lua_isnoneornil(L, 1) ? "graph" : read_string(L, 1, "graph", "name");
  check(valid_name(name), Fault::usage,
        "graph: '{}' cannot be a name: it is empty or has a '/' or control characters", name);
  return std::make_shared<Graph>(name, border(L).sites.origin(L, nullptr, Expression::call("graph")));
}

// core.graph([name]) → graph
int make_graph(lua_State* L) {
  const auto graph = new_graph(L);
  border(L).add_graph(graph);
  return push(L, graph), 1;
}

// core.private_graph([name]) → a graph that is not one of the script's
int make_private_graph(lua_State* L) { return push(L, new_graph(L)), 1; }

int graphs(lua_State* L) {
  const auto living = border(L).graphs();
  lua_newtable(L);
  for (size_t i = 0; i < living.size(); ++i) {
    push(L, living[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  return 1;
}

// g:compile([value | {values} | { name = value }][, { device =, precision = }]) → what computes them again
// and again
int compile(lua_State* L) {
  get<Graph>(L, 1);
  return call_engine(L, "graph_compile", "graph:compile");
}

}  // namespace

void open_graph(lua_State* L) {
  define_class<Graph>(L, {
                             .methods = with_dtype_methods({{"input", guarded<input>},
                                                            {"block", guarded<block>},
                                                            {"group", guarded<group>},
                                                            {"parameter", guarded<make_graph_parameter>},
                                                            {"constant", guarded<make_graph_constant>},
                                                            {"output", guarded<output>},
                                                            {"assume", guarded<assume>},
                                                            {"finalize", guarded<finalize>},
                                                            {"compile", guarded<compile>},
                                                            {"check", guarded<check_graph_now>},
                                                            {"rules", guarded<set_rules>},
                                                            {"describe", guarded<describe_graph>},
                                                            {"totals", guarded<graph_totals>},
                                                            {"freeze", guarded<freeze>},
                                                            {"unfreeze", guarded<unfreeze>},
                                                            {"parameters", guarded<parameters>},
                                                            {"state", guarded<state>},
                                                            {"carry", guarded<carry_graph_state>},
                                                            {"json", guarded<to_json>},
                                                            {"hash", guarded<hash>},
                                                            {"nodes", guarded<nodes>},
                                                            {"find", guarded<find>},
                                                            {"to", guarded<to>},
                                                            {"cue", guarded<cue>},
                                                            {"tick", guarded<tick>},
                                                            {"tag", guarded<tag>},
                                                            {"hide", guarded<hide>},
                                                            {"pause", guarded<pause>}}),
                             .index = index_graph,
                             .text = text_of_graph,
                         });
  add_functions(L, {{"graph", guarded<make_graph>},
                    {"free_parameter", guarded<make_free_parameter>},
                    {"private_graph", guarded<make_private_graph>},
                    {"graphs", guarded<graphs>}});
}

}  // namespace orrery::lua
