// What stdlib/orrery/scan.lua frames the body of a loop with.
#include "bindings/border.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "runtime/ops/operations.h"

namespace orrery::lua {
namespace {

// The operands of a list, each of which goes onto the stack. `what`: what messages call one.
std::vector<int> push_operands(lua_State* L, int list, const char* what) {
  const int count = static_cast<int>(lua_objlen(L, list));
  luaL_checkstack(L, count + 8, "too many values");
  std::vector<int> operands;
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, list, i);
    check(is_operand(L, -1), Fault::usage, "scan: {} must be values or tensors, got {}", what,
          type_name(L, lua_gettop(L)));
    operands.push_back(lua_gettop(L));
  }
  return operands;
}

std::vector<Value> values_of_list(lua_State* L, int list, const std::shared_ptr<Graph>& graph,
                                  const char* what) {
  return values_of(L, push_operands(L, list, what), graph);
}

// Pushes a list of the outputs of a node that frames a loop.
int push_applied(lua_State* L, const std::shared_ptr<Graph>& graph, const char* operation,
                 const std::vector<Attributes::Entry>& options, std::vector<Value> inputs) {
  const Descriptor& descriptor = operations().get(operation);
  const std::vector<Value> outputs =
      graph->apply(descriptor, checked_attributes(descriptor.attributes, options), std::move(inputs),
                   border(L).sites.origin(L, nullptr, Expression::call("scan")));
  lua_createtable(L, static_cast<int>(outputs.size()), 0);
  for (size_t i = 0; i < outputs.size(); ++i) {
    push_graph_value(L, graph, outputs[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  return 1;
}

// core.scan_begin(g, carries, xs) → { steps, carry…, slice… }
int scan_begin(lua_State* L) {
  const auto graph = share<Graph>(L, 1);
  const std::vector<Value> carries = values_of_list(L, 2, graph, "its carry");
  std::vector<Value> inputs = carries;
  for (const Value& value : values_of_list(L, 3, graph, "what it loops over")) inputs.push_back(value);
  return push_applied(L, graph, "scan_begin", {{"carries", static_cast<std::int64_t>(carries.size())}},
                      std::move(inputs));
}

// core.scan_end(begun, carries, ys, names, reverse) → { carry…, stack… }; begun: what scan_begin gave
int scan_end(lua_State* L) {
  lua_rawgeti(L, 1, 1);
  const auto graph = get<GraphValue>(L, -1).graph;
  const std::vector<Value> next = values_of_list(L, 2, graph, "the carry that its function returns");
  const auto carries = static_cast<std::int64_t>(next.size());
  std::vector<Value> inputs = values_of_list(L, 1, graph, "its begin");
  inputs.resize(1 + next.size());
  inputs.insert(inputs.end(), next.begin(), next.end());
  for (const Value& value : values_of_list(L, 3, graph, "what its function returns to be stacked"))
    inputs.push_back(value);
  return push_applied(L, graph, "scan_end",
                      {{"carries", carries},
                       {"reverse", lua_toboolean(L, 5) != 0},
                       {"names", read_string(L, 4, "scan_end", "names")}},
                      std::move(inputs));
}

// core.is_operand(any): does it stand for a tensor?
int tell_operand(lua_State* L) { return lua_pushboolean(L, is_operand(L, 1)), 1; }
// core.is_value(any): is it a value of a graph?
int tell_value(lua_State* L) { return lua_pushboolean(L, is<GraphValue>(L, 1)), 1; }

}  // namespace

void open_loops(lua_State* L) {
  add_functions(L, {{"scan_begin", guarded<scan_begin>},
                    {"scan_end", guarded<scan_end>},
                    {"is_operand", guarded<tell_operand>},
                    {"is_value", guarded<tell_value>}});
}

}  // namespace orrery::lua
