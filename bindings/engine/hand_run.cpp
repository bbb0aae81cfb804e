#include "bindings/engine/hand_run.h"

#include <algorithm>

#include "bindings/border.h"
#include "bindings/lua_args.h"
#include "runtime/governors/invariants.h"

namespace orrery::lua {
namespace {

constexpr const char* kOpenRun = "orrery.open_run";  // the registry's place of the run that is open

HandRun& run_of_manager(lua_State* L, const char* function) {
  push_fields(L, 1);
  lua_getfield(L, -1, "run");
  check(is<HandRun>(L, -1), Fault::usage, "{}: no loop over manager:batches() is open", function);
  HandRun& hand = get<HandRun>(L, -1);
  check(hand.run.has_value(), Fault::usage, "{}: the loop over manager:batches() has ended", function);
  lua_pop(L, 2);
  return hand;
}

// The batch as a table: epoch, index, size, and the tensors under their fields' names.
void push_batch(lua_State* L, const Minibatch& batch, std::int64_t epoch) {
  lua_newtable(L);
  for (const auto& [name, tensor] : batch.fields) {
    push_tensor(L, tensor);
    lua_setfield(L, -2, name.c_str());
  }
  const std::pair<const char*, std::int64_t> numbers[] = {
      {"epoch", epoch}, {"index", batch.index}, {"size", batch.size}};
  for (const auto& [name, number] : numbers) {
    lua_pushnumber(L, static_cast<double>(number));
    lua_setfield(L, -2, name);
  }
}

// Ends the run; pushes its summary.
void finish(lua_State* L, HandRun& hand) {
  const TrainingSummary summary = hand.call()->finish();
  hand.run.reset();
  hand.events = LuaEvents(L, *hand.manager);  // the callbacks may lead back to this run
  push_summary(L, summary);
}

// upvalue: the run. Goes on to the next epoch by itself; after the last one the run is finished.
int next_batch(lua_State* L) {
  HandRun& hand = get<HandRun>(L, lua_upvalueindex(1));
  if (!hand.run) return 0;
  hand.require_idle("manager:batches");
  while (!hand.run->over()) {
    if (const auto batch = hand.call()->next()) return push_batch(L, *batch, hand.run->epochs_done() + 1), 1;
  }
  finish(L, hand);
  return 0;
}

// for batch in manager:batches() do … end: all epochs of the manager
int manager_batches(lua_State* L) {
  lua_getfield(L, LUA_REGISTRYINDEX, kOpenRun);
  if (is<HandRun>(L, -1)) {
    get<HandRun>(L, -1).require_idle("manager:batches");
    get<HandRun>(L, -1).leave();
  }
  lua_pop(L, 1);
  auto hand = std::make_shared<HandRun>(L, ready_graph(L, 1), share<Manager>(L, 1));
  add_listeners(L, 1, hand->events);
  hand->run.emplace(*border(L).runtime, *hand->graph, *hand->manager, hand->events, recording(L, 1), true);
  hand->manager->forget_resume();
  list_files(L, hand->graph, *hand->manager, hand->run->facts());
  push(L, hand);
  push_fields(L, 1);
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, "run");
  lua_pop(L, 1);
  lua_pushvalue(L, -1);
  lua_setfield(L, LUA_REGISTRYINDEX, kOpenRun);
  lua_pushcclosure(L, guarded<next_batch>, 1);
  return 1;
}

std::vector<bool> every_field(const Graph& graph) {
  return std::vector<bool>(graph.input_node()->input_spec()->fields.size(), true);
}

// manager:forward(batch) → tensors by name
int manager_forward(lua_State* L) {
  HandRun& hand = run_of_manager(L, "manager:forward");
  const std::vector<NamedTensor> values =
      hand.call()->forward(read_batch(L, 2, *hand.graph, every_field(*hand.graph), "manager:forward"));
  lua_newtable(L);
  for (const NamedTensor& value : values) {
    push_tensor(L, value.tensor);
    lua_setfield(L, -2, value.key.c_str());
  }
  return 1;
}

// fail_open_run(reason): an error ends the script, and with it the loop that is open
int fail_open_run(lua_State* L) {
  lua_getfield(L, LUA_REGISTRYINDEX, kOpenRun);
  if (!is<HandRun>(L, -1)) return 0;
  HandRun& hand = get<HandRun>(L, -1);
  if (hand.run) hand.run->abandon(read_string(L, 1, "fail_open_run", "a reason"));
  return hand.run.reset(), 0;
}

// exit_open_run(failed, why): the script ends the program, and with it the loop that is open
int exit_open_run(lua_State* L) {
  const std::string why = read_string(L, 2, "exit_open_run", "a reason");
  lua_getfield(L, LUA_REGISTRYINDEX, kOpenRun);
  if (!is<HandRun>(L, -1) || !get<HandRun>(L, -1).run) return 0;
  TrainingRun& run = *get<HandRun>(L, -1).run;
  return lua_toboolean(L, 1) ? run.abandon(why) : run.leave(why), 0;
}

// manager:finish() → summary: ends a loop that was left with `break`
int manager_finish(lua_State* L) {
  HandRun& hand = run_of_manager(L, "manager:finish");
  hand.require_idle("manager:finish");
  return finish(L, hand), 1;
}

}  // namespace

Minibatch read_batch(lua_State* L, int index, const Graph& graph, const std::vector<bool>& needed,
                     const char* function) {
  check(lua_istable(L, index), Fault::usage, "{}: expected a batch, got {}", function, type_name(L, index));
  const InputSpec& input = *graph.input_node()->input_spec();
  Minibatch batch;
  std::vector<Field> given;
  for (const Field& field : input.fields) {
    lua_getfield(L, index, field.name.c_str());
    if (!lua_isnil(L, -1)) {
      check(is_operand(L, -1), Fault::usage, "{}: field '{}' must be a tensor, got {}", function, field.name,
            type_name(L, -1));
      const at::Tensor tensor = read_tensor(L, -1, function);
      given.push_back({field.name, type_of(tensor), field.label});
      batch.fields[field.name] = tensor;
    }
    lua_pop(L, 1);
  }
  throw_if_broken(invariants::fields_fit_input(given, "batch", input, needed));
  const auto whole = [&](const char* key) {
    lua_getfield(L, index, key);
    const auto number = static_cast<std::int64_t>(lua_tonumber(L, -1));
    return lua_pop(L, 1), number;
  };
  batch.index = whole("index");
  // A field may be one number (a bound of Clip): it tells no size.
  const auto sized =
      std::ranges::find_if(batch.fields, [](const auto& field) { return field.second.dim() > 0; });
  batch.size = sized == batch.fields.end() ? 0 : sized->second.size(0);
  return batch;
}

void HandRun::require_idle(const char* function) const {
  if (calls_ == 0) return;
  throw Error(Fault::usage,
              fmt::format("{} is called from inside the loop over manager:batches(), by a callback or by "
                          "what an optimizer steps with",
                          function),
              {}, "A callback that returns false ends the run.");
}

void HandRun::leave() {
  if (!run) return;
  try {
    run->leave();
  } catch (const std::exception&) {
    // Nobody could be told: the collector may be at work. The history's writer warned by itself.
  }
  run.reset();
}

HandRun* hand_run_of_optimizer(lua_State* L, int optimizer, size_t& place) {
  StackGuard guard(L);
  const Optimizer* wanted = &get<Optimizer>(L, optimizer);
  lua_getfield(L, LUA_REGISTRYINDEX, kOpenRun);
  if (!is<HandRun>(L, -1) || !get<HandRun>(L, -1).run) return nullptr;
  HandRun& hand = get<HandRun>(L, -1);
  const auto& optimizers = hand.manager->parts().optimizers;
  const auto found = std::ranges::find(optimizers, wanted, [](const auto& each) { return each.get(); });
  if (found == optimizers.end()) return nullptr;
  place = static_cast<size_t>(found - optimizers.begin());
  return &hand;
}

void open_hand_run(lua_State* L) {
  define_class<HandRun>(L, {});
  add_functions(L, {{"manager_batches", guarded<manager_batches>},
                    {"manager_forward", guarded<manager_forward>},
                    {"manager_finish", guarded<manager_finish>},
                    {"fail_open_run", guarded_always<fail_open_run>},
                    {"exit_open_run", guarded_always<exit_open_run>}});
}

}  // namespace orrery::lua
