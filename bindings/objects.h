#pragma once

#include <memory>

#include <lua.hpp>

#include "bindings/lua_object.h"
#include "runtime/graph/graph.h"
#include "runtime/graph/runtime.h"

namespace orrery::lua {

/// A value as Lua holds it: together with its graph, which thereby lives.
struct GraphValue {
  std::shared_ptr<Graph> graph;
  Value value;
};

/// A block as Lua holds it.
struct GraphBlock {
  std::shared_ptr<Graph> graph;
  Block* block;
};

template <>
struct LuaClass<Graph> {
  static constexpr const char* name = "Graph";
};
template <>
struct LuaClass<GraphValue> {
  static constexpr const char* name = "Value";
};
template <>
struct LuaClass<GraphBlock> {
  static constexpr const char* name = "Block";
};
template <>
struct LuaClass<Layer> {
  static constexpr const char* name = "Layer";
};
template <>
struct LuaClass<Parameter> {
  static constexpr const char* name = "Parameter";
};

/// The class that the engine's tensors have; only the engine sees more of it.
inline constexpr const char* kTensorClass = "Tensor";

void push_graph_value(lua_State* L, const std::shared_ptr<Graph>& graph, Value value);
void push_block(lua_State* L, const std::shared_ptr<Graph>& graph, Block& block);
/// A sequence of parameters.
void push_parameters(lua_State* L, const std::vector<ParameterPtr>& parameters);

/// True for what stands for a tensor: a Value, a Parameter, a Tensor.
bool is_operand(lua_State* L, int index);
bool is_tensor(lua_State* L, int index);

/// The arithmetic metamethods of everything that stands for a tensor: they make a node when a Value is
/// among the operands, else compute at once.
std::vector<luaL_Reg> operators();
/// Pushes the method that an operation is to everything that stands for a tensor; pushes nothing when
/// there is no such stateless operation.
bool push_transform_method(lua_State* L, const std::string& name);

/// Pushes the method that an operation without inputs is to the graph; pushes nothing when there is none.
bool push_graph_transform(lua_State* L, const std::string& name);
/// Moves what stood before the colon of a method call to its port's place among the arguments.
void place_receiver(lua_State* L, const Descriptor& operation);

/// The graph of the first Value among operands; null when all of them are tensors.
std::shared_ptr<Graph> graph_of(lua_State* L, const std::vector<int>& operands);
/// The operand as a value of the graph: a tensor or a parameter becomes a constant node. Index 0 is an
/// empty value.
Value value_of(lua_State* L, int index, const std::shared_ptr<Graph>& graph);
std::vector<Value> values_of(lua_State* L, const std::vector<int>& operands,
                             const std::shared_ptr<Graph>& graph);
/// Pushes all outputs of an application; returns their number.
int push_outputs(lua_State* L, const std::shared_ptr<Graph>& graph, const std::vector<Value>& outputs);

/// g:describe([sizes]) → plain tables of blocks and nodes, with symbols replaced by sizes such as
/// { N = 32 }: types, parameters, bytes, FLOPs. What tables and drawings of a network are made of.
int describe_graph(lua_State* L);
/// graph:totals() → { count =, parameters =, trainable =, state_bytes = }: what describe tells of the whole
/// graph.
int graph_totals(lua_State* L);

/// Pushes the description of something with options: name, doc, options.
void push_described(lua_State* L, const std::string& name, const std::string& doc,
                    const std::vector<Attribute>& attributes);

// Each makes its classes known and adds its functions to the module's table, which is on top.
void open_value(lua_State* L);
void open_transform(lua_State* L);
void open_loops(lua_State* L);
void open_layer(lua_State* L);
void open_block(lua_State* L);
void open_block_function(lua_State* L);
void open_conversion(lua_State* L);
void open_graph(lua_State* L);
void open_rules(lua_State* L);
void open_parameter(lua_State* L);
void open_optimizer(lua_State* L);
void open_schedule(lua_State* L);
void open_data(lua_State* L);
void open_manager(lua_State* L);
void open_metrics(lua_State* L);
void open_operations(lua_State* L);
void open_history(lua_State* L);
void open_recorded_run(lua_State* L);
void open_initialisation(lua_State* L);
void open_config(lua_State* L);
void open_code(lua_State* L);
void open_model(lua_State* L);
void open_onnx_models(lua_State* L);
void open_insertion(lua_State* L);
void open_plan(lua_State* L);
void open_weight_files(lua_State* L);
void open_diff(lua_State* L);
void open_program(lua_State* L);
void open_processes(lua_State* L);
void open_file_watch(lua_State* L);

/// Adds functions to the table on top.
void add_functions(lua_State* L, const std::vector<luaL_Reg>& functions);

}  // namespace orrery::lua
