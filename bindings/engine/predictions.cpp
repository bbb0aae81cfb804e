// What a model says of data: manager:test, manager:predict(source), and rows for the command line.
#include "bindings/engine/predictions.h"

#include "bindings/border.h"
#include "bindings/engine/hand_run.h"
#include "bindings/lua_args.h"
#include "bindings/named_values.h"
#include "runtime/engine/training/predictions.h"

namespace orrery::lua {
namespace {

const std::vector<Attribute>& prediction_attributes() {
  static const std::vector<Attribute> kSchema{
      {.name = "to",
       .type = AttributeType::text,
       .doc = "the file that is written: .npy, .csv, .json or .jsonl; none: the results are returned"},
      {.name = "batch_size", .doc = "samples a batch; none: the data's own", .min = 1},
      {.name = "top", .doc = "how many classes a row lists", .value = std::int64_t{5}, .min = 1}};
  return kSchema;
}

std::vector<Value> listed_values(lua_State* L, int index, const char* function) {
  std::vector<Value> values;
  if (index == 0) return values;
  if (is<GraphValue>(L, index)) return {get<GraphValue>(L, index).value};
  check(lua_istable(L, index), Fault::usage, "{}: expected a Value or a list of Values, got {}", function,
        type_name(L, index));
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    check(is<GraphValue>(L, -1), Fault::usage, "{}: entry {} must be a Value, got {}", function, i,
          type_name(L, -1));
    values.push_back(get<GraphValue>(L, -1).value);
    lua_pop(L, 1);
  }
  check(!values.empty(), Fault::usage, "{}: expected a Value or a list of Values, got an empty list",
        function);
  return values;
}

// The outputs asked for, else those that the graph has.
std::vector<Result> read_results(lua_State* L, int outputs, const Graph& graph) {
  if (outputs != 0) {
    std::vector<Result> results;
    for (const Value& value : listed_values(L, outputs, "manager:predict: outputs")) {
      require_own(graph, value, "manager:predict");
      results.push_back(result_of(graph, value));
    }
    return results;
  }
  std::vector<Result> results = results_of(graph);
  if (results.empty())
    throw Error(Fault::usage, fmt::format("manager:predict: graph '{}' has no result", graph.name()), {},
                "Mark one with g:output(value), or say which: { outputs = { value } }.");
  return results;
}

std::vector<Value> values_of_results(const std::vector<Result>& results) {
  std::vector<Value> values;
  for (const Result& result : results) values.push_back(result.value);
  return values;
}

// What a call of manager:predict with a source says.
struct Request {
  std::shared_ptr<Graph> graph;
  std::shared_ptr<DataSource> source;
  std::vector<Result> results;
  Attributes options;
  std::string device;
  Computing computing;

  std::optional<std::int64_t> batch() const {
    if (!options.has("batch_size")) return std::nullopt;
    return options.integer("batch_size");
  }
};

// Manager at 1, source at 2, options from `first` on.
Request read_request(lua_State* L, int first) {
  Request request{.graph = nullptr, .source = share<DataSource>(L, 2)};
  const auto manager = share<Manager>(L, 1);
  Extras extras{{"outputs", 0}};
  request.options = read_options(L, first, prediction_attributes(), "manager:predict", &extras);
  request.graph = ready_graph(L, 1);
  request.results = read_results(L, extras.at("outputs"), *request.graph);
  request.device = manager->options().text("device");
  request.computing = Computing::of(*manager);
  return request;
}

void predict_into_file(lua_State* L, const Request& request) {
  PredictionFile file(request.options.text("to"), request.results, classes_of(*request.graph),
                      *request.source);
  for_each_prediction(*border(L).runtime, *request.graph, values_of_results(request.results), *request.source,
                      request.device, request.computing, request.batch(),
                      [&](const PredictedBatch& batch) { file.add(batch); });
  file.commit();
  Border& state = border(L);
  state.files.add(request.graph, "predictions", request.options.text("to"), state.runtime->log);
}

void set_text(lua_State* L, const char* key, const std::string& text) {
  push_text(L, text);
  lua_setfield(L, -2, key);
}

void set_count(lua_State* L, const char* key, double number) {
  lua_pushnumber(L, number);
  lua_setfield(L, -2, key);
}

void push_classes(lua_State* L, const std::vector<LikelyClass>& classes) {
  lua_createtable(L, static_cast<int>(classes.size()), 0);
  for (size_t i = 0; i < classes.size(); ++i) {
    lua_createtable(L, 0, 3);
    set_count(L, "index", static_cast<double>(classes[i].index));
    set_text(L, "name", classes[i].name);
    set_count(L, "probability", classes[i].probability);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
}

// The rows of one batch, output by output.
class BatchRows {
 public:
  BatchRows(lua_State* L, const Request& request, const PredictedBatch& batch)
      : L_(L), request_(request), batch_(batch), classes_(request.results.size()) {
    const auto names = classes_of(*request.graph);
    for (size_t i = 0; i < classes_.size(); ++i) {
      const Result::Scores scores = request.results[i].scores;
      if (scores == Result::Scores::none) continue;
      classes_[i] = likely_classes(batch.values[i], scores, names, request.options.integer("top"));
    }
  }

  // { index =, file =, outputs = { { name =, classes = {…} }, { name =, values = tensor } } }
  void push(std::int64_t row) const {
    const auto index = static_cast<size_t>(batch_.first + row);
    lua_createtable(L_, 0, 3);
    set_count(L_, "index", static_cast<double>(index));
    if (!request_.source->files.empty()) set_text(L_, "file", request_.source->files[index]);
    lua_createtable(L_, static_cast<int>(classes_.size()), 0);
    for (size_t i = 0; i < classes_.size(); ++i) {
      lua_createtable(L_, 0, 2);
      set_text(L_, "name", request_.results[i].name);
      if (classes_[i].empty())
        push_tensor(L_, batch_.values[i].select(0, row).clone());
      else
        push_classes(L_, classes_[i][static_cast<size_t>(row)]);
      lua_setfield(L_, -2, classes_[i].empty() ? "values" : "classes");
      lua_rawseti(L_, -2, static_cast<int>(i) + 1);
    }
    lua_setfield(L_, -2, "outputs");
  }

 private:
  lua_State* L_;
  const Request& request_;
  const PredictedBatch& batch_;
  std::vector<std::vector<std::vector<LikelyClass>>> classes_;
};

void check_entries(const Request& request, const PredictedBatch& batch) {
  for (size_t i = 0; i < request.results.size(); ++i) {
    const at::Tensor& values = batch.values[i];
    check(values.dim() > 0 && values.size(0) == batch.samples, Fault::usage,
          "'{}' has not one entry a sample, so that there are no rows", request.results[i].name);
  }
}

// What the function on the rows failed with is on top.
struct RowFailed {};

// predict_rows(manager, source, on_row[, { outputs =, batch_size =, top = }])
int predict_rows(lua_State* L) {
  check(lua_isfunction(L, 3), Fault::usage, "predict_rows: expected a function, got {}", type_name(L, 3));
  const Request request = read_request(L, 4);
  try {
    for_each_prediction(*border(L).runtime, *request.graph, values_of_results(request.results),
                        *request.source, request.device, request.computing, request.batch(),
                        [&](const PredictedBatch& batch) {
                          check_entries(request, batch);
                          const BatchRows rows(L, request, batch);
                          for (std::int64_t row = 0; row < batch.samples; ++row) {
                            lua_pushvalue(L, 3);
                            rows.push(row);
                            if (lua_pcall(L, 1, 0, 0) != 0) throw RowFailed();
                          }
                        });
    return 0;
  } catch (const RowFailed&) {
  }
  return lua_error(L);
}

std::vector<MetricRecord> test_metrics(const Evaluation& result) {
  std::vector<MetricRecord> metrics;
  for (const NamedNumber& number : result.numbers)
    metrics.push_back({0, Split::test, number.name, number.value});
  return metrics;
}

// manager:test(source) → { loss =, accuracy =, samples =, seconds = }, which the history keeps as `test`
int manager_test(lua_State* L) {
  const auto manager = share<Manager>(L, 1);
  const auto graph = ready_graph(L, 1);
  const Evaluation result =
      evaluate(*border(L).runtime, *graph, *manager, *source_at(L, 2, *manager, "manager:test"));
  border(L).files.add(graph, test_metrics(result), border(L).runtime->log);
  LuaEvents events(L, *manager);
  add_listeners(L, 1, events);
  events.on_test_end({result.samples, result.seconds, result.numbers});
  return push_evaluation(L, result), 1;
}

}  // namespace

void require_own(const Graph& graph, const Value& value, const char* function) {
  check(&value.node->graph() == &graph, Fault::check, "{}: {} {}", function, value.node->path(),
        belonging(value.node->graph(), graph));
}

int predict_from(lua_State* L) {
  const Request request = read_request(L, 3);
  if (request.options.has("to")) return predict_into_file(L, request), 0;
  return push_tensors(L, predict(*border(L).runtime, *request.graph, values_of_results(request.results),
                                 *request.source, request.device, request.computing, request.batch()));
}

int evaluate_some(lua_State* L) {
  const auto manager = share<Manager>(L, 1);
  const auto graph = ready_graph(L, 1);
  const std::vector<NamedValue> wanted = read_named_values(L, 2, "manager:evaluate");
  std::vector<Value> values;
  for (const NamedValue& named : wanted) {
    require_own(*graph, named.value, "manager:evaluate");
    values.push_back(named.value);
  }
  Batch batch;
  if (graph->input_node())
    batch = read_batch(L, 3, *graph, fields_needed(*graph, values), "manager:evaluate").fields;
  const auto tensors = evaluate_values(*border(L).runtime, *graph, values, batch,
                                       manager->options().text("device"), Computing::of(*manager));
  lua_createtable(L, 0, static_cast<int>(wanted.size()));
  for (size_t i = 0; i < wanted.size(); ++i) {
    push_tensor(L, tensors[i].clone());
    lua_setfield(L, -2, wanted[i].name.c_str());
  }
  return 1;
}

void open_predictions(lua_State* L) {
  add_functions(L, {{"manager_test", guarded<manager_test>}, {"predict_rows", guarded<predict_rows>}});
}

}  // namespace orrery::lua
