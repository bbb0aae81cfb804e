#include <algorithm>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/ops/families.h"
#include "runtime/ops/initialisation.h"
#include "runtime/ops/options.h"

namespace orrery {
namespace {

// What sets the kinds apart.
struct Recurrence {
  const char* name;
  std::int64_t gates;  ///< how many times the hidden size the gates take together
  bool cell_state = false;
};

constexpr Recurrence kRnn{"RNN", 1}, kLstm{"LSTM", 4, true}, kGru{"GRU", 3};

std::int64_t directions(const Attributes& a) { return a.boolean("bidirectional") ? 2 : 1; }

// Features of the output of one direction.
std::int64_t projected(const Attributes& a) {
  const auto given = [](const Attributes::Entry& entry) {
    return entry.name == "proj_size" && entry.value != AttributeValue(std::int64_t{0});
  };
  return std::ranges::any_of(a.entries(), given) ? a.integer("proj_size") : a.integer("hidden_size");
}

std::int64_t layer_input(const Attributes& a, std::int64_t layer) {
  return layer == 0 ? a.integer("input_size") : projected(a) * directions(a);
}

void expect_features(ShapeContext& context, std::int64_t wanted) {
  const Dim given = context.shape().back();
  context.expect_equal(0, given, wanted, fmt::format("{} input features", wanted), given.str(),
                       given.known() ? fmt::format("Give the layer input_size = {}.", given.str()) : "");
}

// A state that is handed in has exactly this shape, which PyTorch does not spread.
void expect_state(ShapeContext& context, int port, const Shape& wanted) {
  if (!context.linked(port)) return;
  expect_parameter_dtype(context, port);
  const Shape& given = context.shape(port);
  const std::string expected = fmt::format("an initial state of shape {}", str(wanted));
  if (given.size() != wanted.size()) context.expects(port, expected, str(given));
  for (size_t i = 0; i < wanted.size(); ++i)
    context.expect_equal(port, given[i], wanted[i], expected, str(given));
}

// Layers over a sequence.

std::vector<TensorType> sequence_shape(ShapeContext& context, const Recurrence& kind) {
  const Attributes& a = context.attributes();
  const bool batch_first = a.boolean("batch_first");
  context.expect_rank(
      0, 2, 3,
      batch_first ? "(N, L, input_size) or (L, input_size)" : "(L, N, input_size) or (L, input_size)");
  expect_parameter_dtype(context, 0);
  expect_features(context, a.integer("input_size"));
  const bool batched = context.rank() == 3;
  const Shape& input = context.shape();
  context.expect_at_least(0, input[batched && batch_first ? 1 : 0], 1, "a sequence of at least 1 element",
                          str(input));
  const auto state = [&](std::int64_t width) {
    Shape shape = {Dim(a.integer("num_layers") * directions(a))};
    if (batched) shape.push_back(input[batch_first ? 0 : 1]);
    shape.push_back(width);
    return shape;
  };
  const Shape hidden = state(projected(a)), cell = state(a.integer("hidden_size"));
  expect_state(context, 1, hidden);
  if (kind.cell_state) {
    expect_state(context, 2, cell);
    if (context.linked(1) != context.linked(2))
      context.expects_option("both h_0 and c_0, or neither", context.linked(1) ? "h_0 alone" : "c_0 alone");
  }
  Shape output = input;
  output.back() = projected(a) * directions(a);
  const DType dtype = context.input(0).dtype;
  std::vector<TensorType> outputs = {{output, dtype}, {hidden, dtype}};
  if (kind.cell_state) outputs.push_back({cell, dtype});
  return outputs;
}

std::vector<ParameterSpec> sequence_parameters(const Attributes& a, const Recurrence& kind) {
  const std::int64_t hidden = a.integer("hidden_size"), out = projected(a);
  const Init init = fan_in_uniform(hidden);
  const DType dtype = a.dtype("dtype");
  std::vector<ParameterSpec> specs;
  for (std::int64_t layer = 0; layer < a.integer("num_layers"); ++layer) {
    for (const char* direction : {"", "_reverse"}) {
      if (*direction && directions(a) == 1) continue;
      const auto add = [&](const char* name, std::vector<std::int64_t> sizes) {
        specs.push_back(
            {fmt::format("{}_l{}{}", name, layer, direction), std::move(sizes), init, false, dtype});
      };
      add("weight_ih", {kind.gates * hidden, layer_input(a, layer)});
      add("weight_hh", {kind.gates * hidden, out});
      if (a.boolean("bias")) {
        add("bias_ih", {kind.gates * hidden});
        add("bias_hh", {kind.gates * hidden});
      }
      if (out != hidden) add("weight_hr", {out, hidden});
    }
  }
  return specs;
}

// The matrix products of every step. FlopCounterMode counts the same, but for an LSTM on the CPU without
// projection, which oneDNN computes out of its sight.
Dim sequence_flops(const CostContext& cost, const Recurrence& kind) {
  const Attributes& a = cost.attributes;
  const std::int64_t hidden = a.integer("hidden_size"), out = projected(a);
  std::int64_t products = 0;
  for (std::int64_t layer = 0; layer < a.integer("num_layers"); ++layer) {
    products += kind.gates * hidden * (layer_input(a, layer) + out);
    if (out != hidden) products += out * hidden;
  }
  const Shape& input = cost.inputs[0]->shape;
  return numel(Shape(input.begin(), input.end() - 1)) * (2 * directions(a) * products);
}

Attribute integer(std::string name, std::int64_t value, double min, std::string doc) {
  return {.name = std::move(name),
          .type = AttributeType::integer,
          .doc = std::move(doc),
          .value = value,
          .min = min};
}

Attribute nonlinearity() {
  return {.name = "nonlinearity",
          .type = AttributeType::text,
          .doc = "function of each step",
          .value = "tanh",
          .choices = {"tanh", "relu"}};
}

// Each makes tensors of its own.
constexpr double kMostLayers = 65536;

std::vector<Attribute> sequence_options(const Recurrence& kind) {
  std::vector<Attribute> options = {told_count("input_size", "features of the input"),
                                    count_of("hidden_size", "features of the hidden state"),
                                    integer("num_layers", 1, 1, "layers, each reading the one before")};
  options.back().max = kMostLayers;
  if (std::string(kind.name) == "RNN") options.push_back(nonlinearity());
  options.insert(options.end(),
                 {flag("bias", true, "adds learned biases"),
                  flag("batch_first", false, "the batch comes before the sequence"),
                  {.name = "dropout",
                   .type = AttributeType::real,
                   .doc = "probability of an element between two layers to become 0 while training",
                   .value = 0.0,
                   .min = 0,
                   .max = 1},
                  flag("bidirectional", false, "reads the sequence backwards, too")});
  if (kind.cell_state)
    options.push_back(integer("proj_size", 0, 0, "features that the hidden state is projected to; 0: none"));
  options.push_back(parameter_dtype());
  return options;
}

Port state_port(std::string name, std::string doc) {
  return {.name = std::move(name), .kind = Port::Kind::optional, .doc = std::move(doc)};
}

void check_projection(const Attributes& a) {
  if (!a.integer("proj_size")) return;
  check(a.integer("proj_size") < a.integer("hidden_size"), Fault::usage,
        "proj_size must be below hidden_size, got {} and {}", a.integer("proj_size"),
        a.integer("hidden_size"));
}

Descriptor sequence(const Recurrence& kind, std::string doc, std::string onnx) {
  const std::string states = "(layers·directions, N, hidden_size); none: 0";
  Descriptor made = {
      .name = kind.name,
      .kind = OperationKind::layer,
      .category = Category::recurrent,
      .doc = std::move(doc),
      .inputs = {input_port("(L, N, input_size), (N, L, input_size) if batch_first, or (L, input_size)")},
      .attributes = sequence_options(kind),
      .outputs = {"output", "h_n"},
      .shape = [&kind](ShapeContext& context) { return sequence_shape(context, kind); },
      .parameters =
          [&kind](const Attributes& a) {
            if (kind.cell_state) check_projection(a);
            return sequence_parameters(a, kind);
          },
      .complete = told_by_dim("input_size", -1),
      .flops = [&kind](const CostContext& cost) { return sequence_flops(cost, kind); },
      .draws = true,
      .differs_in_training = true,
      .keeps_output = Descriptor::KeepsOutput::yes,  // as cuDNN's and oneDNN's
      .torch = std::string("torch.nn.") + kind.name,
      .onnx = std::move(onnx)};
  if (kind.cell_state) {
    made.inputs.push_back(state_port("h_0", "(layers·directions, N, proj_size or hidden_size); none: 0"));
    made.inputs.push_back(state_port("c_0", states));
    made.outputs.emplace_back("c_n");
  } else {
    made.inputs.push_back(state_port("hx", states));
  }
  return made;
}

// Cells: one step.

std::vector<TensorType> cell_shape(ShapeContext& context, const Recurrence& kind) {
  const Attributes& a = context.attributes();
  context.expect_rank(0, 1, 2, "(N, input_size) or (input_size)");
  expect_parameter_dtype(context, 0);
  expect_features(context, a.integer("input_size"));
  Shape state = context.shape();
  state.back() = a.integer("hidden_size");
  expect_state(context, 1, state);
  const TensorType type = {state, context.input(0).dtype};
  if (!kind.cell_state) return {type};
  expect_state(context, 2, state);
  if (context.linked(1) != context.linked(2))
    context.expects_option("both h_0 and c_0, or neither", context.linked(1) ? "h_0 alone" : "c_0 alone");
  return {type, type};
}

std::vector<ParameterSpec> cell_parameters(const Attributes& a, const Recurrence& kind) {
  const std::int64_t hidden = a.integer("hidden_size"), rows = kind.gates * hidden;
  const Init init = fan_in_uniform(hidden);
  const DType dtype = a.dtype("dtype");
  std::vector<ParameterSpec> specs = {{"weight_ih", {rows, a.integer("input_size")}, init, false, dtype},
                                      {"weight_hh", {rows, hidden}, init, false, dtype}};
  if (a.boolean("bias"))
    for (const char* name : {"bias_ih", "bias_hh"}) specs.push_back({name, {rows}, init, false, dtype});
  return specs;
}

Dim cell_flops(const CostContext& cost, const Recurrence& kind) {
  const Attributes& a = cost.attributes;
  const Dim elements = numel(cost.outputs[0].shape);
  return elements * (2 * kind.gates * (a.integer("input_size") + a.integer("hidden_size")));
}

Descriptor cell(const Recurrence& kind, std::string doc) {
  const std::string name = std::string(kind.name) + "Cell";
  Descriptor made = {.name = name,
                     .kind = OperationKind::layer,
                     .category = Category::recurrent,
                     .doc = std::move(doc),
                     .inputs = {input_port("(N, input_size) or (input_size)")},
                     .attributes = {told_count("input_size", "features of the input"),
                                    count_of("hidden_size", "features of the hidden state"),
                                    flag("bias", true, "adds learned biases")},
                     .outputs = {"h_1"},
                     .shape = [&kind](ShapeContext& context) { return cell_shape(context, kind); },
                     .parameters = [&kind](const Attributes& a) { return cell_parameters(a, kind); },
                     .complete = told_by_dim("input_size", -1),
                     .flops = [&kind](const CostContext& cost) { return cell_flops(cost, kind); },
                     .torch = "torch.nn." + name};
  const char* const doc_of_state = "(N, hidden_size) or (hidden_size); none: 0";
  if (kind.cell_state) {
    made.inputs.push_back(state_port("h_0", doc_of_state));
    made.inputs.push_back(state_port("c_0", doc_of_state));
    made.outputs.emplace_back("c_1");
  } else {
    made.inputs.push_back(state_port("hx", doc_of_state));
  }
  if (name == "RNNCell") {
    made.attributes.push_back(nonlinearity());
    made.keeps_output = Descriptor::KeepsOutput::yes;
  }
  made.attributes.push_back(parameter_dtype());
  return made;
}

}  // namespace

void add_recurrent(Registry& registry) {
  registry.add(sequence(kRnn, "Elman's recurrent layers over a sequence.", "RNN"));
  registry.add(sequence(kLstm, "Long short-term memory: recurrent layers with a gated cell state.", "LSTM"));
  registry.add(sequence(kGru, "Gated recurrent units over a sequence.", "GRU"));
  registry.add(cell(kRnn, "One step of Elman's recurrent layer."));
  registry.add(cell(kLstm, "One step of a long short-term memory."));
  registry.add(cell(kGru, "One step of a gated recurrent unit."));
}

}  // namespace orrery
