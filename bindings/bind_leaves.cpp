// The graph's methods that make what belongs to no layer: parameters, constants, states.
#include "bindings/border.h"
#include "bindings/leaf.h"
#include "bindings/lua_args.h"

namespace orrery::lua {
namespace {

Origin method_origin(lua_State* L, const char* method) {
  return border(L).sites.origin(L, nullptr, Expression::method(method));
}

const std::vector<Attribute>& reset_schema() {
  static const std::vector<Attribute> kSchema{{.name = "reset",
                                               .type = AttributeType::text,
                                               .doc = "when it gets its first values again",
                                               .value = "pass",
                                               .choices = {"pass", "never"}}};
  return kSchema;
}

// A block that is called on tensors knows of no steps.
void require_steps(lua_State* L, const char* function) {
  check(!border(L).runtime->on_tensors(), Fault::usage,
        "{}: a block that is called on tensors has no steps to carry a state over: hand the state in, and "
        "return what it becomes",
        function);
}

}  // namespace

// g:parameter(name, shape[, {init=, a=, b=, dtype=}]) → value; inside a block that is called on tensors, the
// parameter itself
int make_graph_parameter(lua_State* L) {
  const auto graph = share<Graph>(L, 1);
  const std::string name = read_string(L, 2, "parameter", "name");
  const std::shared_ptr<Runtime> runtime = border(L).runtime;
  const Leaf made = make_leaf(L, name, 3, 4, "parameter");
  const ParameterPtr leaf = runtime->make_free(made.parameter);
  if (leaf == made.parameter) fill_leaf(L, made);
  if (runtime->on_tensors()) return push(L, leaf), 1;
  Value value = leaf == made.parameter ? Value{} : value_of_leaf(*graph, leaf);
  if (!value) value = graph->constant(leaf, method_origin(L, "parameter"), name);
  return push_graph_value(L, graph, value), 1;
}

// core.free_parameter(shape[, {init=, …}]) → a parameter that waits for its graph and its name, and whether
// it is new: shared blocks make it once
int make_free_parameter(lua_State* L) {
  const Leaf made = make_leaf(L, "", 1, 2, "parameter");
  const ParameterPtr leaf = border(L).runtime->make_free(made.parameter);
  const bool is_new = leaf == made.parameter;
  if (is_new) fill_leaf(L, made);
  push(L, leaf);
  return lua_pushboolean(L, is_new), 2;
}

// g:constant(shape[, {init=, …}]) or g:constant(tensor or parameter)[, {name=}] → value; inside a block that
// is called on tensors, the tensor itself
int make_graph_constant(lua_State* L) {
  const auto graph = share<Graph>(L, 1);
  const std::shared_ptr<Runtime> runtime = border(L).runtime;
  if (!lua_istable(L, 2)) {
    check(is_operand(L, 2) && !is<GraphValue>(L, 2), Fault::usage,
          "constant: expected a tensor or a shape, got {}", type_name(L, 2));
    if (runtime->on_tensors()) return lua_settop(L, 2), 1;
    return push_graph_value(L, graph, value_of(L, 2, graph)), 1;
  }
  const Leaf leaf = make_leaf(L, "constant", 2, 3, "constant");
  runtime->draws.initialise(leaf.parameter);
  runtime->convert_made(*leaf.parameter);
  fill_leaf(L, leaf);
  if (runtime->on_tensors()) return push(L, leaf.parameter), 1;
  return push_graph_value(L, graph, graph->constant(leaf.parameter, method_origin(L, "constant"))), 1;
}

// g:state(name, shape[, {init=, a=, b=, dtype=, reset=}]) → value
int make_graph_state(lua_State* L) {
  const auto graph = share<Graph>(L, 1);
  const std::string name = read_string(L, 2, "state", "name");
  require_steps(L, "state");
  const Leaf leaf = make_leaf(L, name, 3, 4, "state", reset_schema());
  border(L).runtime->draws.initialise(leaf.parameter);
  border(L).runtime->convert_made(*leaf.parameter);
  fill_leaf(L, leaf);
  const auto reset = leaf.options.text("reset") == "never" ? StateSpec::Reset::never : StateSpec::Reset::pass;
  return push_graph_value(L, graph, graph->carried(leaf.parameter, reset, method_origin(L, "state"), name)),
         1;
}

// g:carry(state, value): what the state is after each step
int carry_graph_state(lua_State* L) {
  Graph& graph = get<Graph>(L, 1);
  require_steps(L, "carry");
  for (int index : {2, 3})
    check(is<GraphValue>(L, index), Fault::usage,
          "carry: expected a state and the value that it becomes, got {}", type_name(L, index));
  const Value state = get<GraphValue>(L, 2).value;
  check(state.node->state() && &state.node->graph() == &graph, Fault::usage,
        "carry: {} ({}) is no state of graph '{}'; g:state(name, shape) makes one", state.node->path(),
        state.node->operation(), graph.name());
  return graph.carry(state, get<GraphValue>(L, 3).value, {border(L).sites.site(L), ""}), 0;
}

}  // namespace orrery::lua
