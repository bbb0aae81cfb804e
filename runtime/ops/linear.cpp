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
  registry.add({.name = "Identity",
                .kind = OperationKind::layer,
                .category = Category::shape,
                .doc = "Passes its input on as it is.",
                .inputs = {input_port()},
                .shape = like_input,
                .parameters = no_parameters,
                .aliases = {{Alias::Kind::view}},
                .torch = "torch.nn.Identity",
                .onnx = "Identity"});
}

}  // namespace orrery
