#include <fmt/format.h>

#include "runtime/ops/families.h"
#include "runtime/ops/initialisation.h"
#include "runtime/ops/options.h"

namespace orrery {
namespace {

// (N, 16, 4, 4) fed to Linear(256, …) lacks nothing but a flatten; else the number itself is wrong.
std::string remedy_for(const Shape& shape, const Dim& wanted) {
  const Dim sample = numel(Shape(shape.begin() + 1, shape.end()));
  if (shape.size() > 2 && sample == wanted) return "Flatten the input first: x:flatten(1).";
  if (!shape.back().known()) return "";
  return fmt::format("Give the layer in_features = {}.", shape.back().str());
}

std::vector<TensorType> linear_shape(ShapeContext& context) {
  if (context.rank() == 0)
    context.expects(0, "an input of at least 1 dimension, (…, in_features)", "a scalar");
  expect_parameter_dtype(context, 0);
  Shape shape = context.shape();
  const Dim wanted = context.attributes().integer("in_features");
  context.expect_equal(0, shape.back(), wanted, fmt::format("{} input features", wanted.str()),
                       shape.back().str(), remedy_for(shape, wanted));
  shape.back() = context.attributes().integer("out_features");
  return {{shape, context.input(0).dtype}};
}

std::vector<ParameterSpec> linear_parameters(const Attributes& a) {
  const std::int64_t in = a.integer("in_features"), out = a.integer("out_features");
  const DType dtype = a.dtype("dtype");
  std::vector<ParameterSpec> specs = {{"weight", {out, in}, kaiming_uniform(in), false, dtype}};
  if (a.boolean("bias")) specs.push_back({"bias", {out}, fan_in_uniform(in), false, dtype});
  return specs;
}

Dim linear_flops(const CostContext& cost) {
  return 2 * numel(cost.outputs[0].shape) * cost.attributes.integer("in_features");
}

std::vector<TensorType> bilinear_rule(ShapeContext& context) {
  for (int port : {0, 1}) {
    if (context.rank(port) == 0)
      context.expects(port, "an input of at least 1 dimension, (…, features)", "a scalar");
    expect_parameter_dtype(context, port);
    expect_size_of(context, port, context.rank(port) - 1, port == 0 ? "in1_features" : "in2_features",
                   "input features");
  }
  Shape shape = context.shape(0), other = context.shape(1);
  const std::string expected = fmt::format("the same dimensions as {} but the last", str(shape));
  if (shape.size() != other.size()) context.expects(1, expected, str(other));
  for (size_t i = 0; i + 1 < shape.size(); ++i)
    context.expect_equal(1, other[i], shape[i], expected, str(other));
  shape.back() = context.attributes().integer("out_features");
  return {{shape, context.input(0).dtype}};
}

std::vector<ParameterSpec> bilinear_parameters(const Attributes& a) {
  const std::int64_t in1 = a.integer("in1_features"), out = a.integer("out_features");
  const DType dtype = a.dtype("dtype");
  const Init init = fan_in_uniform(in1);
  std::vector<ParameterSpec> specs = {{"weight", {out, in1, a.integer("in2_features")}, init, false, dtype}};
  if (a.boolean("bias")) specs.push_back({"bias", {out}, init, false, dtype});
  return specs;
}

}  // namespace

void add_linear(Registry& registry) {
  registry.add({.name = "Linear",
                .kind = OperationKind::layer,
                .category = Category::linear,
                .doc = "Multiplies the last dimension by a weight matrix and adds a bias.",
                .inputs = {input_port("(…, in_features)")},
                .attributes = {told_count("in_features", "size of the input's last dimension"),
                               count_of("out_features", "size of the output's last dimension"),
                               flag("bias", true, "adds a learned bias"), parameter_dtype()},
                .shape = linear_shape,
                .parameters = linear_parameters,
                .complete = told_by_dim("in_features", -1),
                .flops = linear_flops,
                .torch = "torch.nn.Linear",
                .onnx = "Gemm"});
  registry.add({.name = "Bilinear",
                .kind = OperationKind::layer,
                .category = Category::linear,
                .doc = "Multiplies the last dimensions of two inputs through a weight cube and adds a bias.",
                .inputs = {{.name = "input1", .doc = "(…, in1_features)"},
                           {.name = "input2", .doc = "(…, in2_features), the rest as input1"}},
                .attributes = {count_of("in1_features", "size of the first input's last dimension"),
                               count_of("in2_features", "size of the second input's last dimension"),
                               count_of("out_features", "size of the output's last dimension"),
                               flag("bias", true, "adds a learned bias"), parameter_dtype()},
                .shape = bilinear_rule,
                .parameters = bilinear_parameters,
                .torch = "torch.nn.Bilinear"});
  registry.add({.name = "Identity",
                .kind = OperationKind::layer,
                .category = Category::shape,
                .doc = "Passes its input on as it is.",
                .inputs = {input_port()},
                .shape = like_input,
                .parameters = no_parameters,
                .aliases = {{Alias::Kind::view}},
                .torch = "torch.nn.Identity",
                .onnx = "Identity",
                .transform = "clone"});
}

}  // namespace orrery
