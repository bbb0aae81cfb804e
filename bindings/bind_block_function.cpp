#include <algorithm>

#include <fmt/format.h>

#include "bindings/block_function.h"
#include "bindings/border.h"
#include "bindings/conversion.h"
#include "bindings/governed.h"
#include "bindings/lua_args.h"
#include "bindings/state.h"

namespace orrery::lua {
namespace {

// What Lua holds of nodes and blocks that are about to vanish says so from now on.
void release_inside(lua_State* L, const std::shared_ptr<Graph>& graph, const Block& block) {
  const auto inside = [&](const Value& value) { return value && block.contains(value.node->block()); };
  release_where<GraphValue>(L,
                            [&](GraphValue& value) { return value.graph == graph && inside(value.value); });
  release_where<GraphBlock>(
      L, [&](GraphBlock& other) { return other.graph == graph && block.contains(*other.block); });
  release_where<GraphMetric>(L, [&](GraphMetric& metric) {
    return metric.graph == graph &&
           std::any_of(metric.metric.values.begin(), metric.metric.values.end(), inside);
  });
  visit_objects(L, LuaClass<BlockFunction>::name, [&](Box& box) {
    BlockFunction& function = *static_cast<BlockFunction*>(box.object.get());
    if (function.graph == graph)
      std::erase_if(function.blocks, [&](const Block* each) { return block.contains(*each); });
  });
}

/// Layers made inside are recorded, or handed out again.
class TraceScope {
 public:
  TraceScope(Runtime& runtime, LayerTrace& trace) : runtime_(runtime) { runtime_.push_trace(&trace); }
  ~TraceScope() { runtime_.pop_trace(); }
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

 private:
  Runtime& runtime_;
};

// Each block inside another takes C stack, which ends without a message.
constexpr size_t kDeepest = 200;

// The blocks that are being built, up to the fourth: " in b/b/b/b/…".
std::string place_in(Graph& graph) {
  const std::string path = graph.current_block().path();
  size_t end = 0;
  for (int i = 0; i < 4 && end != std::string::npos; ++i) end = path.find('/', end + 1);
  return " in " + (end == std::string::npos ? path : path.substr(0, end) + "/…");
}

void refuse_endless(lua_State* L, const BlockFunction& function, bool tensors) {
  if (border(L).runtime->depth() < kDeepest) return;
  throw Error(Fault::usage,
              fmt::format("block '{}' is called {} blocks deep{}: its function calls itself, and never ends",
                          function.name, kDeepest, tensors ? "" : place_in(*function.graph)),
              {}, "A loop repeats a block; nn.ModuleList keeps layers for it.");
}

// A call on the stack: the block function's userdata at 1, its arguments behind it.
bool on_tensors(lua_State* L) {
  bool tensors = false;
  for (int i = 2; i <= lua_gettop(L); ++i) {
    if (is<GraphValue>(L, i)) return false;
    tensors = tensors || is_operand(L, i);
  }
  return tensors;
}

// Calls the Lua function of the userdata at `function_at` with the arguments behind slot 1; its results, or
// the error value, take the places of all. Returns the status.
int call_with_trace(lua_State* L, BlockFunction& block, int function_at, bool replay, bool tensors) {
  const int arguments = lua_gettop(L) - 1;
  push_fields(L, function_at);
  lua_rawgeti(L, -1, 1);
  lua_replace(L, 1);
  lua_pop(L, 1);
  LayerTrace trace;
  if (replay) trace = block.first;
  trace.replay = replay;
  trace.next = trace.next_free = 0;
  trace.on_tensors = tensors;
  trace.dtype = block.dtype;
  const std::shared_ptr<Runtime> runtime = border(L).runtime;
  TraceScope scope(*runtime, trace);
  if (const int status = lua_pcall(L, arguments, LUA_MULTRET, 0)) return status;
  if (!block.recorded) {
    block.first = std::move(trace);
    block.recorded = true;
  }
  return 0;
}

void decorate(BlockFunction& function, Block& block) {
  block.set_title(function.title);
  block.cue() = function.cue;
  function.blocks.push_back(&block);
  if (!function.device.empty()) block.set_device(function.device);
  if (function.recomputes) block.set_recomputes(true);
  if (function.frozen) function.graph->set_trainable(block, false);
}

// The function is called in protected mode: what it leaves behind must be taken back before the error
// goes on, and by then no frame of it may be left.
int trace_into_graph(lua_State* L, BlockFunction& function, int function_at, bool replay, const void* noted) {
  const Expression written =
      function.origin.label.empty() ? Expression::method("block") : Expression::call(function.origin.label);
  Block& block = function.graph->begin_block(function.name, border(L).sites.origin(L, noted, written));
  if (call_with_trace(L, function, function_at, replay, false) != 0) {
    release_inside(L, function.graph, block);
    function.graph->abandon_block();
    lua_error(L);
  }
  function.graph->end_block();
  decorate(function, block);
  return lua_gettop(L);
}

int run_on_tensors(lua_State* L, BlockFunction& function, int function_at) {
  if (call_with_trace(L, function, function_at, function.recorded, true) != 0) lua_error(L);
  return lua_gettop(L);
}

// `features(imag)`: a misspelt local is nil. Blocks without inputs are called without arguments.
void refuse_nothing(lua_State* L, const BlockFunction& function) {
  bool nothing = lua_gettop(L) > 1;
  for (int i = 2; i <= lua_gettop(L); ++i) nothing = nothing && lua_isnil(L, i);
  if (nothing)
    throw Error(Fault::usage,
                fmt::format("the block '{}' expects a value or a tensor, got nil", function.name), {},
                "Is the name of what it is given spelt right?");
}

int call_block(lua_State* L, const std::shared_ptr<BlockFunction>& function, int function_at, bool shared,
               const void* noted) {
  refuse_nothing(L, *function);
  const bool tensors = on_tensors(L);
  refuse_endless(L, *function, tensors);
  if (tensors) return run_on_tensors(L, *function, function_at);
  const bool replay = function->recorded && (shared || function->blocks.empty());
  return trace_into_graph(L, *function, function_at, replay, noted);
}

int call_block_function(lua_State* L) {
  const auto function = share<BlockFunction>(L, 1);
  return call_block(L, function, 1, false, function.get());
}

int call_shared(lua_State* L) {
  const auto shared = share<SharedBlock>(L, 1);
  push_fields(L, 1);
  lua_rawgeti(L, -1, 1);
  lua_replace(L, 1);
  lua_pop(L, 1);
  return call_block(L, shared->function, 1, true, shared.get());
}

int make_shared(lua_State* L) {
  auto shared = std::make_shared<SharedBlock>(SharedBlock{share<BlockFunction>(L, 1)});
  border(L).sites.note(L, shared.get());
  push(L, std::move(shared));
  push_fields(L, -1);
  lua_pushvalue(L, 1);
  lua_rawseti(L, -2, 1);
  lua_pop(L, 1);
  return 1;
}

int set_trainable(lua_State* L, bool trainable) {
  auto& function = get<BlockFunction>(L, 1);
  function.frozen = !trainable;
  for (Block* block : function.blocks) function.graph->set_trainable(*block, trainable);
  for (const LayerPtr& layer : function.first.layers) layer->set_trainable(trainable);
  for (const ParameterPtr& parameter : function.first.free) parameter->trainable = trainable;
  lua_settop(L, 1);
  return 1;
}
int freeze(lua_State* L) { return set_trainable(L, false); }
int unfreeze(lua_State* L) { return set_trainable(L, true); }

// block:to(dtype or device) → block: those that its calls make, too
int to(lua_State* L) {
  auto& function = get<BlockFunction>(L, 1);
  if (const auto dtype = parameter_dtype_at(L, 2)) {
    convert_owner(L, 1, *dtype);
    return lua_settop(L, 1), 1;
  }
  function.device = block_device(L, 2);
  for (Block* block : function.blocks) block->set_device(function.device);
  lua_settop(L, 1);
  return 1;
}

// block:recompute([recomputes = true]) → block: those that its calls make, too
int recompute(lua_State* L) {
  auto& function = get<BlockFunction>(L, 1);
  function.recomputes = read_recomputes(L, 2);
  for (Block* block : function.blocks) block->set_recomputes(function.recomputes);
  lua_settop(L, 1);
  return 1;
}

int set_training(lua_State* L, bool training) {
  for (const LayerPtr& layer : get<BlockFunction>(L, 1).first.layers) layer->set_training(training);
  lua_settop(L, 1);
  return 1;
}
// block:train(false) is block:eval()
int train(lua_State* L) { return set_training(L, lua_isnoneornil(L, 2) || lua_toboolean(L, 2)); }
int eval(lua_State* L) { return set_training(L, false); }

int parameters(lua_State* L) {
  std::vector<ParameterPtr> found;
  const auto add = [&](const ParameterPtr& p) {
    if (!p->buffer && std::find(found.begin(), found.end(), p) == found.end()) found.push_back(p);
  };
  const BlockFunction& function = get<BlockFunction>(L, 1);
  for (const Block* block : function.blocks)
    for (const auto& entry : function.graph->state(block)) add(entry.parameter);
  for (const LayerPtr& layer : function.first.layers)
    for (const ParameterPtr& p : layer->parameters()) add(p);
  for (const ParameterPtr& p : function.first.free) add(p);
  return push_parameters(L, found), 1;
}

int zero_grad(lua_State* L) { return call_engine(L, "zero_grad", nullptr); }

int state(lua_State* L) { return push_state(L, entries_at(L, 1, "state", false)), 1; }

// The blocks that its calls made, in order.
int blocks(lua_State* L) {
  const BlockFunction& function = get<BlockFunction>(L, 1);
  lua_newtable(L);
  for (size_t i = 0; i < function.blocks.size(); ++i) {
    push_block(L, function.graph, *function.blocks[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  return 1;
}

int index_block_function(lua_State* L) {
  const BlockFunction& function = get<BlockFunction>(L, 1);
  const std::string key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (key == "name") return push_text(L, function.name), 1;
  if (key == "label") return push_text(L, function.origin.label), 1;
  return 0;
}

std::string text_of(void* object) {
  const BlockFunction& function = *static_cast<BlockFunction*>(object);
  const size_t calls = function.blocks.size();
  return fmt::format("Block function {} (called {} time{})", function.name, calls, calls == 1 ? "" : "s");
}

std::string text_of_shared(void* object) {
  return text_of(static_cast<SharedBlock*>(object)->function.get()) + ", shared";
}

}  // namespace

void push_block_function(lua_State* L, BlockFunction block, int function) {
  auto made = std::make_shared<BlockFunction>(std::move(block));
  border(L).sites.note(L, made.get());
  lua_pushvalue(L, function);
  push(L, std::move(made));
  push_fields(L, -1);
  lua_pushvalue(L, -3);
  lua_rawseti(L, -2, 1);
  lua_pop(L, 1);
  lua_remove(L, -2);
}

void open_block_function(lua_State* L) {
  define_class<BlockFunction>(L, {
                                     .methods = with_dtype_methods({{"shared", guarded<make_shared>},
                                                                    {"freeze", guarded<freeze>},
                                                                    {"unfreeze", guarded<unfreeze>},
                                                                    {"to", guarded<to>},
                                                                    {"recompute", guarded<recompute>},
                                                                    {"train", guarded<train>},
                                                                    {"eval", guarded<eval>},
                                                                    {"parameters", guarded<parameters>},
                                                                    {"state", guarded<state>},
                                                                    {"zero_grad", guarded<zero_grad>},
                                                                    {"blocks", guarded<blocks>}}),
                                     .metamethods = {{"__call", guarded<call_block_function>}},
                                     .index = index_block_function,
                                     .text = text_of,
                                 });
  define_class<SharedBlock>(L, {.metamethods = {{"__call", guarded<call_shared>}}, .text = text_of_shared});
}

}  // namespace orrery::lua
