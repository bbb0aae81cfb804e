// Products to which something is added.
#include <algorithm>

#include <fmt/format.h>

#include "runtime/ops/dims.h"
#include "runtime/ops/factors.h"
#include "runtime/ops/families.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

// The input, which is added, spreads to the product.
void expect_broadcasts(ShapeContext& context, const Shape& product) {
  const Shape& input = context.shape();
  const std::string expected = fmt::format("an input that broadcasts to {}", str(product));
  if (input.size() > product.size()) context.expects(0, expected, str(input));
  for (size_t i = 0; i < input.size(); ++i)
    if (!(input[i] == Dim(1)))
      context.expect_equal(0, input[i], product[product.size() - input.size() + i], expected, str(input));
}

// The product of ports 1 and 2, to which the input is added.
std::vector<TensorType> added(ShapeContext& context, const Shape& product) {
  expect_numbers(context, 0);
  expect_like(context, 1, 0);
  expect_broadcasts(context, product);
  return {{product, context.input(0).dtype}};
}

std::vector<TensorType> addmm_rule(ShapeContext& context) {
  return added(context, product(context, 1, 2, 2, 2));
}
std::vector<TensorType> addmv_rule(ShapeContext& context) {
  return added(context, product(context, 1, 2, 2, 1));
}
std::vector<TensorType> baddbmm_rule(ShapeContext& context) {
  return added(context, product(context, 1, 2, 3, 3));
}

std::vector<TensorType> addbmm_rule(ShapeContext& context) {
  Shape sum = product(context, 1, 2, 3, 3);
  sum.erase(sum.begin());
  return added(context, sum);
}

std::vector<TensorType> addr_rule(ShapeContext& context) {
  expect_dims(context, 1, 1);
  expect_dims(context, 2, 1);
  const Shape product = {context.shape(1)[0], context.shape(2)[0]};
  expect_broadcasts(context, product);
  const DType dtype = joined_dtype(context);
  const Attributes& a = context.attributes();
  if (is_integral(dtype) && !(a.is_integer("beta") && a.is_integer("alpha")))
    context.expects_option("whole numbers for integer inputs",
                           fmt::format("beta = {}, alpha = {}", str(a.at("beta")), str(a.at("alpha"))));
  return {{product, dtype}};
}

// weight (out, in), bias (out)
std::vector<TensorType> linear_rule(ShapeContext& context) {
  const Shape &input = context.shape(), &weight = context.shape(1);
  if (input.empty()) context.expects(0, "an input of at least 1 dimension", "a scalar");
  if (weight.size() != 2 && weight.size() != 1)
    context.expects(1, "a weight of 2 dimensions, (out, in), or 1, (in)", str(weight));
  expect_like(context, 1, 0);
  expect_numbers(context, 0);
  context.expect_equal(
      1, weight.back(), input.back(),
      fmt::format("a weight for {} features, as the input {}", input.back().str(), str(input)), str(weight));
  Shape shape(input.begin(), input.end() - 1);
  if (weight.size() == 2) shape.push_back(weight[0]);
  if (!context.linked(2)) return reshaped(context, shape);
  expect_like(context, 2, 0);
  if (weight.size() != 2) context.expects(2, "no bias beside a weight of 1 dimension", str(context.shape(2)));
  const Shape& bias = context.shape(2);
  if (bias.size() != 1) context.expects(2, fmt::format("a bias of {} elements", weight[0].str()), str(bias));
  context.expect_equal(2, bias[0], weight[0], fmt::format("a bias of {} elements", weight[0].str()),
                       str(bias));
  return reshaped(context, shape);
}

std::vector<TensorType> bilinear_of_values_rule(ShapeContext& context) {
  const Shape &left = context.shape(0), &right = context.shape(1), &weight = context.shape(2);
  if (weight.size() != 3) context.expects(2, "a weight of 3 dimensions, (out, in1, in2)", str(weight));
  if (left.empty()) context.expects(0, "an input of at least 1 dimension", "a scalar");
  if (left.size() != right.size())
    context.expects(1, fmt::format("as many dimensions as the first input {}", str(left)), str(right));
  for (size_t i = 0; i + 1 < left.size(); ++i)
    context.expect_equal(1, right[i], left[i], fmt::format("the batch of the first input {}", str(left)),
                         str(right));
  expect_numbers(context, 0);
  for (int port : {1, 2}) expect_like(context, port, 0);
  context.expect_equal(2, weight[1], left.back(), fmt::format("a weight for {} features", left.back().str()),
                       str(weight));
  context.expect_equal(2, weight[2], right.back(),
                       fmt::format("a weight for {} features", right.back().str()), str(weight));
  Shape shape(left.begin(), left.end() - 1);
  shape.push_back(weight[0]);
  if (!context.linked(3)) return reshaped(context, shape);
  expect_like(context, 3, 0);
  const Shape& bias = context.shape(3);
  if (bias.size() != 1) context.expects(3, fmt::format("a bias of {} elements", weight[0].str()), str(bias));
  context.expect_equal(3, bias[0], weight[0], fmt::format("a bias of {} elements", weight[0].str()),
                       str(bias));
  return reshaped(context, shape);
}

Dim linear_of_values_flops(const CostContext& cost) {
  if (cost.inputs[1]->shape.size() == 1) return 0;
  return 2 * numel(cost.outputs[0].shape) * cost.inputs[0]->shape.back();
}

// `beta * input + alpha * (first @ second)`
Descriptor sum_of(std::string name, std::string doc, std::string first, std::string second, ShapeRule shape) {
  const auto factor = [](const char* option, const char* what) -> Attribute {
    return {.name = option, .type = AttributeType::number, .doc = what, .value = std::int64_t{1}};
  };
  return writable(transform(Category::matrix, std::move(name), std::move(doc),
                            {input_port("what is added"),
                             {.name = std::move(first), .doc = "the first factor"},
                             {.name = std::move(second), .doc = "the second factor"}},
                            {factor("beta", "factor of the input"), factor("alpha", "factor of the product")},
                            shape));
}

}  // namespace

void add_matrix_sums(Registry& registry) {
  registry.add(exported(
      counted(sum_of("addmm", "A matrix product and what is added to it.", "mat1", "mat2", addmm_rule),
              product_flops<1>),
      "Gemm"));
  registry.add(sum_of("addmv", "A matrix times a vector and what is added to it.", "mat", "vec", addmv_rule));
  registry.add(counted(sum_of("baddbmm", "Matrix products of a batch and what is added to them.", "batch1",
                              "batch2", baddbmm_rule),
                       product_flops<1>));
  registry.add(sum_of("addbmm", "The sum of a batch's matrix products and what is added to it.", "batch1",
                      "batch2", addbmm_rule));
  registry.add(sum_of("addr", "The products of all pairs of two vectors' elements and what is added.", "vec1",
                      "vec2", addr_rule));

  const Port bias = {.name = "bias", .kind = Port::Kind::optional, .doc = "(out)"};
  registry.add(exported(
      counted(called(transform(Category::matrix, "linear", "x W^T + b with a weight that is a value.",
                               {input_port("(…, in)"), {.name = "weight", .doc = "(out, in)"}, bias}, {},
                               linear_rule),
                     "torch.nn.functional.linear"),
              linear_of_values_flops),
      "Gemm"));
  registry.add(called(transform(Category::matrix, "bilinear", "x1 W x2 + b with a weight that is a value.",
                                {{.name = "input1", .doc = "(…, in1)"},
                                 {.name = "input2", .doc = "(…, in2)"},
                                 {.name = "weight", .doc = "(out, in1, in2)"},
                                 bias},
                                {}, bilinear_of_values_rule),
                      "torch.nn.functional.bilinear"));
}

}  // namespace orrery
