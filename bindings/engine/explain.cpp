// How a training step of a graph is computed and what it costs: `orrery explain`.
#include "bindings/border.h"
#include "bindings/engine/hand_run.h"
#include "bindings/governed.h"
#include "bindings/lua_args.h"
#include "runtime/engine/training/step_explanation.h"

namespace orrery::lua {
namespace {

const Manager& explained_manager(const Graph& graph) {
  for (const auto& governor : graph.governors())
    if (const auto* manager = dynamic_cast<const Manager*>(governor.get())) return *manager;
  throw Error(Fault::usage,
              fmt::format("graph '{}' has no manager, so there is no training step", graph.name()), {},
              "Give it one: orrery.manager(g, { optimizer = optimizer }).");
}

template <class Number>
void set_figure(lua_State* L, const char* key, Number number) {
  lua_pushnumber(L, static_cast<double>(number));
  lua_setfield(L, -2, key);
}

void set_wording(lua_State* L, const char* key, std::string_view words) {
  push_text(L, std::string(words));
  lua_setfield(L, -2, key);
}

// Places count from 1 in Lua.
void set_row_place(lua_State* L, const char* key, const std::optional<size_t>& place) {
  if (place) set_figure(L, key, *place + 1);
}

void set_truth(lua_State* L, const char* key) {
  lua_pushboolean(L, true);
  lua_setfield(L, -2, key);
}

void push_output_types(lua_State* L, const std::vector<TensorType>& outputs) {
  lua_createtable(L, static_cast<int>(outputs.size()), 0);
  for (size_t i = 0; i < outputs.size(); ++i) {
    lua_createtable(L, 0, 2);
    set_wording(L, "shape", str(outputs[i].shape));
    set_wording(L, "dtype", name(outputs[i].dtype));
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
}

void push_plan_row(lua_State* L, const PlanReport::Row& row) {
  lua_createtable(L, 0, 9);
  set_wording(L, "path", row.node->path());
  set_wording(L, "operation", row.node->operation());
  set_wording(L, "forward", name(row.forward));
  set_wording(L, "backward", name(row.backward));
  if (!row.why.empty()) set_wording(L, "why", row.why);
  if (row.recomputed) set_truth(L, "recomputed");
  set_row_place(L, "segment", row.segment);
  set_row_place(L, "fused_into", row.fused_into);
  set_figure(L, "bytes", row.bytes);
  push_output_types(L, row.outputs);
  lua_setfield(L, -2, "outputs");
}

void push_segment_row(lua_State* L, const PlanReport::SegmentRow& segment) {
  lua_createtable(L, 0, 4);
  set_figure(L, "first", segment.first + 1);
  set_figure(L, "count", segment.count);
  set_figure(L, "arena_bytes", segment.arena_bytes);
  set_figure(L, "buffer_bytes", segment.buffer_bytes);
}

void push_pass_row(lua_State* L, const PassGain& gain) {
  lua_createtable(L, 0, 8);
  set_wording(L, "pass", name(gain.report.pass));
  set_figure(L, "bytes", gain.report.bytes);
  for (const auto& [key, holds] : {std::pair("off", gain.report.off),
                                   {"evaluation", gain.report.evaluation},
                                   {"untaken", gain.report.untaken}}) {
    lua_pushboolean(L, holds);
    lua_setfield(L, -2, key);
  }
  lua_createtable(L, static_cast<int>(gain.report.nodes.size()), 0);
  for (size_t i = 0; i < gain.report.nodes.size(); ++i) {
    push_text(L, gain.report.nodes[i]->path());
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  lua_setfield(L, -2, "nodes");
  if (gain.seconds == 0) return;
  set_figure(L, "seconds", gain.seconds);
  set_figure(L, "seconds_without", gain.seconds_without);
}

void push_recomputed_row(lua_State* L, const PlanReport::RecomputedRow& row) {
  lua_createtable(L, 0, 4);
  set_wording(L, "block", row.block->path());
  set_figure(L, "steps", row.steps);
  set_figure(L, "recomputed", row.recomputed);
  set_figure(L, "bytes", row.bytes);
}

void push_alias_set(lua_State* L, const AliasSet& set) {
  lua_createtable(L, 0, 2);
  set_figure(L, "bytes", set.bytes);
  lua_createtable(L, static_cast<int>(set.values.size()), 0);
  for (size_t i = 0; i < set.values.size(); ++i) {
    push_text(L, set.values[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  lua_setfield(L, -2, "values");
}

void set_step_cost(lua_State* L, const char* key, const StepCost& cost) {
  lua_createtable(L, 0, 3);
  set_figure(L, "seconds", cost.seconds);
  set_figure(L, "peak_bytes", cost.peak_bytes);
  set_figure(L, "allocations", cost.allocations);
  lua_setfield(L, -2, key);
}

template <class Items, class Push>
void set_items(lua_State* L, const char* key, const Items& items, Push push_item) {
  lua_createtable(L, static_cast<int>(items.size()), 0);
  int at = 0;
  for (const auto& item : items) {
    push_item(L, item);
    lua_rawseti(L, -2, ++at);
  }
  lua_setfield(L, -2, key);
}

void push_updates(lua_State* L, const StepExplanation& report) {
  lua_createtable(L, 0, 5);
  set_figure(L, "parameters", report.parameters);
  set_figure(L, "within_backward", report.steps.updated.count);
  set_figure(L, "folded", report.steps.updated.folded);
  set_figure(L, "bytes", report.steps.updated.bytes);
  if (!report.updates_wait.empty()) set_wording(L, "why_not", report.updates_wait);
  lua_setfield(L, -2, "updates");
}

void push_explanation(lua_State* L, const StepExplanation& report) {
  lua_createtable(L, 0, 13);
  set_wording(L, "engine", report.planned ? "plan" : "autograd");
  if (!report.planned) set_wording(L, "why_not", report.why_not);
  if (!report.unlowered.empty()) set_wording(L, "unlowered", report.unlowered);
  set_items(L, "steps", report.steps.rows, push_plan_row);
  set_items(L, "segments", report.steps.segments, push_segment_row);
  set_items(L, "passes", report.passes, push_pass_row);
  set_items(L, "recomputed", report.steps.recomputed, push_recomputed_row);
  set_items(L, "shared", report.shared, push_alias_set);
  set_step_cost(L, "autograd", report.autograd);
  if (report.keeping) set_step_cost(L, "keeping", *report.keeping);
  if (report.plan) set_step_cost(L, "plan", *report.plan);
  set_figure(L, "repetitions", report.repetitions);
  set_figure(L, "threads", report.threads);
  set_wording(L, "thread_reason", report.thread_reason);
  set_figure(L, "samples", report.samples);
  set_wording(L, "device", report.device);
  if (report.uncaptured)
    set_wording(L, "cuda_graph", report.uncaptured->empty() ? "captured" : *report.uncaptured);
  push_updates(L, report);
}

// explain(graph[, { by_hand =, measures = }]) → { engine =, why_not =, steps =, segments =, passes =,
// recomputed =, updates =, keeping =, … }: of the graph's first manager; trains nothing
int explain(lua_State* L) {
  static const std::vector<Attribute> kSchema{{.name = "by_hand",
                                               .type = AttributeType::boolean,
                                               .doc = "the script writes the loop itself",
                                               .value = false},
                                              {.name = "measures",
                                               .type = AttributeType::boolean,
                                               .doc = "tries the step without each pass, too",
                                               .value = false}};
  const auto graph = share<Graph>(L, 1);
  const Attributes options = read_options(L, 2, kSchema, "explain");
  const Manager& manager = explained_manager(*graph);
  ready(L, graph);
  push_explanation(L, explain_step(*border(L).runtime, *graph, manager, options.boolean("by_hand"),
                                   options.boolean("measures")));
  return 1;
}

}  // namespace

void open_explain(lua_State* L) { add_functions(L, {{"explain", guarded<explain>}}); }

}  // namespace orrery::lua
