// Products of vectors, matrices and batches of them.
#include <algorithm>
#include <bit>
#include <cstdlib>

#include <fmt/format.h>

#include "runtime/ops/broadcast.h"
#include "runtime/ops/dims.h"
#include "runtime/ops/factors.h"
#include "runtime/ops/families.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

std::vector<TensorType> mm_rule(ShapeContext& context) {
  return reshaped(context, product(context, 0, 1, 2, 2));
}
std::vector<TensorType> mv_rule(ShapeContext& context) {
  return reshaped(context, product(context, 0, 1, 2, 1));
}
std::vector<TensorType> bmm_rule(ShapeContext& context) {
  return reshaped(context, product(context, 0, 1, 3, 3));
}

std::vector<TensorType> dot_rule(ShapeContext& context) {
  product(context, 0, 1, 1, 1);
  return reshaped(context, {});
}

std::vector<TensorType> outer_rule(ShapeContext& context) {
  for (int port : {0, 1}) expect_dims(context, port, 1);
  return {{{context.shape(0)[0], context.shape(1)[0]}, joined_dtype(context)}};
}

std::vector<TensorType> inner_rule(ShapeContext& context) {
  const Shape &left = context.shape(0), &right = context.shape(1);
  if (left.empty() || right.empty()) return {{left.empty() ? right : left, joined_dtype(context)}};
  expect_numbers(context, 0);
  expect_like(context, 1, 0);
  context.expect_equal(1, right.back(), left.back(),
                       fmt::format("a last dimension of {}, as the first's {}", left.back().str(), str(left)),
                       str(right));
  Shape shape(left.begin(), left.end() - 1);
  shape.insert(shape.end(), right.begin(), right.end() - 1);
  return {{shape, context.input(0).dtype}};
}

std::vector<TensorType> cross_rule(ShapeContext& context) {
  const Shape shape = broadcast(context, 1, context.shape(0), context.shape(1));
  if (context.rank(0) != context.rank(1))
    context.expects(1, fmt::format("as many dimensions as the first input {}", str(context.shape(0))),
                    str(context.shape(1)));
  const std::int64_t wanted = context.attributes().integer("dim");
  if (context.rank() == 0) context.expects(0, "an input of at least 1 dimension", "a scalar");
  expect_numbers(context, 0);
  expect_like(context, 1, 0);
  const int dim = context.wrapped_dim(0, wanted);
  for (int port : {0, 1})
    context.expect_equal(port, context.shape(port)[dim], 3, fmt::format("3 elements along dimension {}", dim),
                         str(context.shape(port)));
  return {{shape, context.input(0).dtype}};
}

std::vector<TensorType> kron_rule(ShapeContext& context) {
  const DType dtype = promote(context.input(0).dtype, context.input(1).dtype);
  Shape left = context.shape(0), right = context.shape(1);
  const size_t rank = std::max(left.size(), right.size());
  left.insert(left.begin(), rank - left.size(), Dim(1));
  right.insert(right.begin(), rank - right.size(), Dim(1));
  for (size_t i = 0; i < rank; ++i) left[i] = left[i] * right[i];
  return {{left, dtype}};
}

// The dimensions of each side that are summed over.
std::pair<std::vector<int>, std::vector<int>> contracted(const ShapeContext& context) {
  const Attributes& a = context.attributes();
  std::pair<std::vector<int>, std::vector<int>> dims;
  if (a.has("dims_self") != a.has("dims_other"))
    context.expects_option("dims_self and dims_other together", "one of them");
  const auto wrap = [&](const char* option, int port) {
    std::vector<int> listed;
    for (std::int64_t dim : a.integers(option)) {
      listed.push_back(context.wrapped_dim(port, dim, option));
      if (std::ranges::count(listed, listed.back()) > 1)
        context.expects_option(fmt::format("each dimension once in {}", option), str(a.at(option)));
    }
    return listed;
  };
  if (a.has("dims_self")) return {wrap("dims_self", 0), wrap("dims_other", 1)};
  const auto count = static_cast<int>(a.integer("dims"));
  if (count > context.rank(0) || count > context.rank(1))
    context.expects_option("no more dims than both inputs have dimensions", std::to_string(count));
  for (int i = 0; i < count; ++i) {
    dims.first.push_back(context.rank(0) - count + i);
    dims.second.push_back(i);
  }
  return dims;
}

std::vector<TensorType> tensordot_rule(ShapeContext& context) {
  expect_numbers(context, 0);
  expect_like(context, 1, 0);
  const auto [left, right] = contracted(context);
  if (left.size() != right.size())
    context.expects_option("as many dimensions in dims_other as in dims_self", std::to_string(right.size()));
  for (size_t i = 0; i < left.size(); ++i) {
    const Dim &a = context.shape(0)[left[i]], &b = context.shape(1)[right[i]];
    if (!(a == Dim(1)) && !(b == Dim(1)))
      context.expect_equal(1, b, a, fmt::format("{} elements along dimension {}", a.str(), right[i]),
                           str(context.shape(1)));
  }
  Shape shape = without_dims(context.shape(0), left, false);
  const Shape rest = without_dims(context.shape(1), right, false);
  shape.insert(shape.end(), rest.begin(), rest.end());
  return reshaped(context, shape);
}

std::vector<TensorType> chain_matmul_rule(ShapeContext& context) {
  if (context.input_count() == 0) context.expects(-1, "at least one matrix", "none");
  for (int i = 0; i < context.input_count(); ++i) expect_dims(context, i, 2);
  for (int i = 1; i < context.input_count(); ++i) product(context, i - 1, i, 2, 2);
  return reshaped(context, {context.shape(0)[0], context.shape(context.input_count() - 1)[1]});
}

std::vector<TensorType> trace_rule(ShapeContext& context) {
  expect_dims(context, 0, 2);
  const DType dtype = context.input(0).dtype;
  if (dtype == DType::boolean || dtype == DType::float16 || dtype == DType::bfloat16)
    context.expects_dtype(0, "integers, float32, float64 or complex numbers");
  return {{{}, is_integral(dtype) ? DType::int64 : dtype}};
}

std::vector<TensorType> matrix_power_rule(ShapeContext& context) {
  if (context.rank() < 2) context.expects(0, "an input of at least 2 dimensions", str(context.shape()));
  const Shape& input = context.shape();
  context.expect_equal(0, input[input.size() - 2], input.back(), "square matrices", str(input));
  const std::int64_t n = context.attributes().integer("n");
  const DType dtype = context.input(0).dtype;
  if (n < 0 && dtype != DType::float32 && dtype != DType::float64 && !is_complex(dtype))
    context.expects_floats(0, "float32, float64 or complex numbers for an inverse");
  if (n >= 2) expect_numbers(context, 0);
  return like_input(context);
}

Dim inner_flops(const CostContext& cost) {
  const Shape &left = cost.inputs[0]->shape, &right = cost.inputs[1]->shape;
  if (left.empty() || right.empty() || (left.size() == 1 && right.size() == 1)) return 0;
  return 2 * numel(cost.outputs[0].shape) * left.back();
}

// Squares, and a product for each further bit of the exponent.
Dim matrix_power_flops(const CostContext& cost) {
  const auto n = static_cast<std::uint64_t>(std::abs(cost.attributes.integer("n")));
  const int products = n == 0 ? 0 : std::bit_width(n) - 1 + std::popcount(n) - 1;
  return 2 * products * numel(cost.outputs[0].shape) * cost.outputs[0].shape.back();
}

Dim tensordot_flops(const CostContext& cost) {
  const Shape &left = cost.inputs[0]->shape, &right = cost.inputs[1]->shape;
  const Attributes& a = cost.attributes;
  Dim inner = 1;
  if (a.has("dims_self")) {
    for (std::int64_t dim : a.integers("dims_self"))
      inner = inner * left[static_cast<size_t>(dim < 0 ? dim + static_cast<std::int64_t>(left.size()) : dim)];
  } else {
    inner = merged(right, 0, static_cast<int>(a.integer("dims")) - 1);
  }
  return 2 * numel(cost.outputs[0].shape) * inner;
}

Descriptor of_two(std::string name, std::string doc, const char* left, const char* right, ShapeRule shape) {
  return transform(Category::matrix, std::move(name), std::move(doc),
                   {input_port(left), {.name = "other", .doc = right}}, {}, shape);
}

Descriptor renamed(Descriptor d, std::string second) {
  d.inputs[1].name = std::move(second);
  return d;
}

}  // namespace

void add_matrix_products(Registry& registry) {
  registry.add(
      exported(counted(renamed(of_two("mm", "Product of two matrices.", "(n, k)", "(k, m)", mm_rule), "mat2"),
                       product_flops<0>),
               "MatMul"));
  registry.add(
      exported(renamed(of_two("mv", "A matrix times a vector.", "(n, k)", "(k)", mv_rule), "vec"), "MatMul"));
  registry.add(exported(counted(renamed(of_two("bmm", "Products of the matrices of two batches.", "(b, n, k)",
                                               "(b, k, m)", bmm_rule),
                                        "mat2"),
                                product_flops<0>),
                        "MatMul"));
  registry.add(renamed(of_two("dot", "Sum of the products of two vectors' elements.", "(n)", "(n)", dot_rule),
                       "tensor"));
  registry.add(of_two("vdot", "The same with the first vector conjugated.", "(n)", "(n)", dot_rule));
  registry.add(renamed(
      of_two("outer", "Products of all pairs of two vectors' elements.", "(n)", "(m)", outer_rule), "vec2"));
  registry.add(renamed(
      of_two("ger", "Products of all pairs of two vectors' elements.", "(n)", "(m)", outer_rule), "vec2"));
  registry.add(
      counted(of_two("inner", "Sums of products over the last dimensions.", "(…, k)", "(…, k)", inner_rule),
              inner_flops));
  registry.add(of_two("kron", "The second input times each element of the first.", "blocks",
                      "what fills them", kron_rule));
  Descriptor cross =
      called(of_two("cross", "Vector product in three dimensions.", "(…, 3, …)", "(…, 3, …)", cross_rule),
             "torch.linalg.cross");
  cross.attributes = {integer_or("dim", -1, "the dimension of the 3 elements")};
  registry.add(std::move(cross));
  Descriptor tensordot =
      counted(of_two("tensordot", "Products summed over several dimensions of both inputs.", "the first",
                     "the second", tensordot_rule),
              tensordot_flops);
  tensordot.attributes = {{.name = "dims",
                           .doc = "how many: the last of the first input and the first of the second",
                           .value = std::int64_t{2},
                           .min = 0},
                          dims("dims_self", "those of the first input instead"),
                          dims("dims_other", "those of the second, in the same order")};
  registry.add(std::move(tensordot));
  registry.add(
      counted(transform(Category::matrix, "chain_matmul", "Product of many matrices, in the cheapest order.",
                        {{.name = "matrices", .kind = Port::Kind::variadic, .doc = "two or more"}}, {},
                        chain_matmul_rule),
              chain_flops));
  registry.add(transform(Category::matrix, "trace", "Sum of a matrix's diagonal.", {input_port("(n, m)")}, {},
                         trace_rule));
  registry.add(
      counted(transform(Category::matrix, "matrix_power", "A square matrix multiplied with itself.",
                        {input_port("(…, n, n)")}, {required_integer("n", "how often; below 0 its inverse")},
                        matrix_power_rule),
              matrix_power_flops));
}

}  // namespace orrery
