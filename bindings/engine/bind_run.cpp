#include <unistd.h>

#include "bindings/border.h"
#include "bindings/engine/hand_run.h"
#include "bindings/engine/logging.h"
#include "bindings/engine/predictions.h"
#include "bindings/findings.h"
#include "bindings/lua_args.h"
#include "bindings/script_record.h"
#include "runtime/engine/training/evaluation.h"
#include "runtime/governors/invariants.h"

namespace orrery::lua {
namespace {

// Pushes a field of an object's own table.
void push_field(lua_State* L, int index, const char* key) {
  push_fields(L, index);
  lua_getfield(L, -1, key);
  lua_remove(L, -2);
}

// While a run goes on, a callback may end the program.
class Running {
 public:
  Running(lua_State* L, TrainingRun& run) : border_(border(L)) {
    border_.running.emplace_back(
        [&run](bool failed, const std::string& why) { failed ? run.abandon(why) : run.leave(why); });
  }
  ~Running() { border_.running.pop_back(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  Border& border_;
};

// manager:run() → summary
int manager_run(lua_State* L) {
  const auto manager = share<Manager>(L, 1);
  const auto graph = ready_graph(L, 1);
  LuaEvents events(L, *manager);
  add_listeners(L, 1, events);
  TrainingRun run(*border(L).runtime, *graph, *manager, events, recording(L, 1));
  manager->forget_resume();
  list_files(L, graph, *manager, run.facts());
  const Running running(L, run);
  const TrainingSummary summary = run.run();
  return push_summary(L, summary), 1;
}

// manager:evaluate([source]) → { loss =, accuracy =, samples =, seconds = }; manager:evaluate({values},
// batch) → tensors by name
int manager_evaluate(lua_State* L) {
  if (is<GraphValue>(L, 2) || (lua_istable(L, 2) && !lua_isnoneornil(L, 3))) return evaluate_some(L);
  const auto manager = share<Manager>(L, 1);
  const auto graph = ready_graph(L, 1);
  const Evaluation result =
      evaluate(*border(L).runtime, *graph, *manager, *source_at(L, 2, *manager, "manager:evaluate"));
  return push_evaluation(L, result), 1;
}

// manager:predict(value | {values}[, source]) → a tensor per value; manager:predict(source[, { to =, outputs
// =, batch_size = }]): predictions.cpp
int manager_predict(lua_State* L) {
  if (is<DataSource>(L, 2)) return predict_from(L);
  const auto manager = share<Manager>(L, 1);
  const auto graph = ready_graph(L, 1);
  std::vector<Value> values;
  if (is<GraphValue>(L, 2)) values.push_back(get<GraphValue>(L, 2).value);
  for (int i = 1; lua_istable(L, 2) && i <= static_cast<int>(lua_objlen(L, 2)); ++i) {
    lua_rawgeti(L, 2, i);
    values.push_back(get<GraphValue>(L, -1).value);
    lua_pop(L, 1);
  }
  for (const Value& value : values)
    check(&value.node->graph() == graph.get(), Fault::check, "manager:predict: {} {}", value.node->path(),
          belonging(value.node->graph(), *graph));
  check(!values.empty(), Fault::usage, "manager:predict: expected a Value or a list of Values, got {}",
        type_name(L, 2));
  const auto source = source_at(L, 3, *manager, "manager:predict");
  const auto tensors = predict(*border(L).runtime, *graph, values, *source, manager->options().text("device"),
                               Computing::of(*manager));
  luaL_checkstack(L, static_cast<int>(tensors.size()), "too many values");
  for (const at::Tensor& tensor : tensors) push_tensor(L, tensor);
  return static_cast<int>(tensors.size());
}

}  // namespace

void push_evaluation(lua_State* L, const Evaluation& evaluation) {
  push_numbers(L, evaluation.numbers);
  lua_pushnumber(L, static_cast<double>(evaluation.samples));
  lua_setfield(L, -2, "samples");
  lua_pushnumber(L, evaluation.seconds);
  lua_setfield(L, -2, "seconds");
}

std::shared_ptr<DataSource> source_at(lua_State* L, int index, const Manager& manager, const char* function) {
  if (is<DataSource>(L, index)) return share<DataSource>(L, index);
  check(lua_isnoneornil(L, index), Fault::usage, "{}: expected a data source, got {}", function,
        type_name(L, index));
  check(manager.parts().validate != nullptr, Fault::usage,
        "{}: the manager has no validation data: give a data source", function);
  return manager.parts().validate;
}

std::shared_ptr<Graph> ready_graph(lua_State* L, int manager) {
  push_field(L, manager, "graph");
  const auto graph = share<Graph>(L, -1);
  lua_pop(L, 1);
  return ready(L, graph), graph;
}

void ready(lua_State* L, const std::shared_ptr<Graph>& graph) {
  graph->update_gradients();
  std::vector<Finding> findings = check_governors(*graph);
  if (graph->finalized())
    throw_if_broken(
        findings = graph->levelled(std::move(findings)));  // governors come later, too, and parameters freeze
  else
    findings = graph->finalize(std::move(findings));
  for (const Finding& warning : findings) border(L).runtime->log.warning(warning.str());
}

Recording recording(lua_State* L, int index) {
  const Attributes& options = get<Manager>(L, index).options();
  Recording recording;
  recording.run = record_of_script(L);
  if (options.has("name")) recording.run.name = options.text("name");
  recording.log = begin_log(L, index);
  return recording;
}

void list_files(lua_State* L, const std::shared_ptr<Graph>& graph, const Manager& manager,
                const TrainingFacts& facts) {
  const bool kept = !facts.run_name.empty();
  border(L).files.begin(graph, kept ? manager.options().text("history") : "", facts.run_name,
                        border(L).runtime->log);
}

void add_listeners(lua_State* L, int manager, LuaEvents& events) {
  const Attributes& options = get<Manager>(L, manager).options();
  // The program reports also into a file, a line an epoch; a library is quiet there.
  const bool reported = isatty(STDERR_FILENO) != 0 || !border(L).script.path.empty();
  const bool wanted = options.has("progress") ? options.boolean("progress") : reported;
  // No StackGuard here: it would drop the message of an error that passes.
  const int top = lua_gettop(L);
  if (wanted) {
    lua_getglobal(L, "require");
    push_text(L, "orrery.cli.progress");
    lua_call(L, 1, 1);
    lua_call(L, 0, 1);
    events.add(lua_gettop(L), true);
  }
  push_field(L, manager, "callbacks");
  const int callbacks = lua_gettop(L);
  const int several = lua_istable(L, callbacks) ? static_cast<int>(lua_objlen(L, callbacks)) : 0;
  if (lua_istable(L, callbacks) && several == 0) events.add(callbacks, false);
  for (int i = 1; i <= several; ++i) {
    lua_rawgeti(L, callbacks, i);
    events.add(lua_gettop(L), false);
  }
  lua_settop(L, top);
}

void open_run(lua_State* L) {
  add_functions(L, {{"manager_run", guarded<manager_run>},
                    {"manager_evaluate", guarded<manager_evaluate>},
                    {"manager_predict", guarded<manager_predict>}});
  open_hand_run(L);
  open_lr_find(L);
  open_logging(L);
}

}  // namespace orrery::lua
