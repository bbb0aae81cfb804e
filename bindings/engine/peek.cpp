// What values of a graph are for one batch of its data: `orrery peek`.
#include "bindings/engine/hand_run.h"
#include "bindings/engine/in_turn.h"
#include "bindings/governed.h"
#include "bindings/lua_args.h"
#include "runtime/core/names.h"
#include "runtime/core/pattern.h"
#include "runtime/engine/data/loader.h"
#include "runtime/engine/training/evaluation.h"
#include "runtime/engine/training/tensor_statistics.h"
#include "runtime/governors/saver_sources.h"
#include "runtime/graph/results.h"

namespace orrery::lua {
namespace {

std::vector<Value> outputs_of_node(Node& node) {
  std::vector<Value> values;
  for (int i = 0; i < static_cast<int>(node.outputs().size()); ++i) values.push_back(node.output(i));
  return values;
}

std::vector<Value> values_of_source(const Saver::Source& source) {
  return source.block ? source.block->ports().out : outputs_of_node(*source.value.node);
}

[[noreturn]] void refuse_path(const Graph& graph, const std::string& path) {
  std::vector<std::string> paths;
  for (const auto& node : graph.nodes()) paths.push_back(node->path());
  const std::string hint = did_you_mean(path, paths);
  throw Error(Fault::usage, fmt::format("graph '{}' has no node or block '{}'{}", graph.name(), path, hint),
              {},
              "orrery summary lists the paths of a script's blocks and layers; 'features/*' means several.");
}

// The values that a path or a pattern of paths means.
std::vector<Value> values_of_pattern(const Graph& graph, const std::string& path) {
  std::vector<Value> values;
  const std::vector<Saver::Source> named = sources_of_path(graph, path);
  if (named.size() == 1) return values_of_source(named.front());
  for (const auto& node : graph.nodes()) {
    const std::string own = node->path();
    const bool ends_so = own.ends_with("/" + path);
    if (!fits_pattern(own, path) && !ends_so) continue;
    for (const Value& value : outputs_of_node(*node)) values.push_back(value);
  }
  if (values.empty()) refuse_path(graph, path);
  return values;
}

// The data that a manager trains with, else those that the graph's input was made of.
std::shared_ptr<DataSource> data_of_graph(lua_State* L, int index, const Graph& graph) {
  for (const auto& governor : graph.governors())
    if (const auto manager = std::dynamic_pointer_cast<Manager>(governor); manager && manager->parts().train)
      return manager->parts().train;
  push_fields(L, index);
  lua_getfield(L, -1, "source");
  if (is<DataSource>(L, -1)) return share<DataSource>(L, -1);
  throw Error(Fault::usage, fmt::format("graph '{}' has no data to take a batch of", graph.name()), {},
              "Give the input a source, g:input(data.digits { batch = 64 }), or the manager `train`.");
}

Minibatch nth_batch(lua_State* L, const DataSource& source, std::int64_t number) {
  return in_turn(L, "peek", [&] {
    Loader loader = make_loader(source, engine(L).seed(), device_from_name("cpu"));
    loader.seek({1, number - 1});
    auto batch = number > loader.batches() ? std::nullopt : loader.next();
    check(batch.has_value(), Fault::usage, "there is no batch {}: the data have {}", number,
          loader.batches());
    return std::move(*batch);
  });
}

void set_number(lua_State* L, const char* key, double number) {
  lua_pushnumber(L, number);
  lua_setfield(L, -2, key);
}

void push_statistics(lua_State* L, const TensorStatistics& found) {
  lua_createtable(L, 0, 7);
  set_number(L, "count", static_cast<double>(found.count));
  set_number(L, "min", found.min);
  set_number(L, "max", found.max);
  set_number(L, "mean", found.mean);
  set_number(L, "std", found.std);
  set_number(L, "zeros", found.zeros);
  set_number(L, "not_finite", static_cast<double>(found.not_finite));
}

void push_peeked(lua_State* L, const Value& value, const at::Tensor& tensor) {
  const TensorStatistics found = in_turn(L, "peek", [&] { return statistics_of(tensor); });
  lua_createtable(L, 0, 6);
  push_text(L, value.node->path());
  lua_setfield(L, -2, "path");
  push_text(L, value.node->operation());
  lua_setfield(L, -2, "operation");
  if (value.node->outputs().size() > 1) {
    push_text(L, value.node->output_name(value.output));
    lua_setfield(L, -2, "output");
  }
  push_tensor(L, tensor.clone());
  lua_setfield(L, -2, "tensor");
  push_statistics(L, found);
  lua_setfield(L, -2, "statistics");
}

// peek(graph, path[, { batch = n, device = "cpu" }]) → { { path =, operation =, output =, tensor =,
// statistics =
// }, … }: evaluation mode, only what the values are made of is computed
int peek(lua_State* L) {
  static const std::vector<Attribute> kSchema{
      {.name = "batch", .doc = "which of the first epoch", .value = std::int64_t{1}, .min = 1},
      {.name = "device", .type = AttributeType::text, .doc = "where to compute", .value = "cpu"}};
  const auto graph = share<Graph>(L, 1);
  const std::string path = read_string(L, 2, "peek", "a path");
  const Attributes options = read_options(L, 3, kSchema, "peek");
  const std::vector<Value> values = values_of_pattern(*graph, path);
  // A script that is not written to its end leaves values that nothing reads yet.
  if (!graph->finalized())
    for (const auto& node : graph->nodes())
      if (graph->readers(node->output()).empty()) graph->use({Use::Kind::output, node->output(), ""});
  ready(L, graph);
  Batch batch;
  if (graph->input_node() && std::ranges::any_of(fields_needed(*graph, values), std::identity()))
    batch = nth_batch(L, *data_of_graph(L, 1, *graph), options.integer("batch")).fields;
  const auto tensors = evaluate_values(*border(L).runtime, *graph, values, batch, options.text("device"));
  lua_createtable(L, static_cast<int>(values.size()), 0);
  for (size_t i = 0; i < values.size(); ++i) {
    push_peeked(L, values[i], tensors[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  return 1;
}

}  // namespace

void open_peek(lua_State* L) { add_functions(L, {{"peek", guarded<peek>}}); }

}  // namespace orrery::lua
