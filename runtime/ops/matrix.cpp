#include <fmt/format.h>

#include "runtime/ops/broadcast.h"
#include "runtime/ops/families.h"
#include "runtime/ops/options.h"

namespace orrery {
namespace {

void expect_factors(ShapeContext& context) {
  for (int port : {0, 1})
    if (context.rank(port) == 0) context.expects(port, "inputs of at least 1 dimension", "a scalar");
  const DType dtype = context.input(0).dtype;
  if (dtype == DType::boolean)
    context.expects_dtype(0, "inputs of numbers", "Convert them first: x:to(\"float32\").");
  if (context.input(1).dtype != dtype)
    context.expects_dtype(1, fmt::format("two inputs of one dtype, {} like the first", name(dtype)),
                          fmt::format("Convert it first: x:to(\"{}\").", name(dtype)));
}

// Leading dimensions are batches; a vector is a matrix with one row (left) or column (right), which
// the result does not show.
std::vector<TensorType> matmul_shape(ShapeContext& context) {
  expect_factors(context);
  const Shape &left = context.shape(0), &right = context.shape(1);
  const Dim inner = left.back();
  const bool column = right.size() == 1;
  const Dim rows = column ? right[0] : right[right.size() - 2];
  context.expect_equal(1, rows, inner,
                       fmt::format("a second input with {} {}, to fit the first's {}", inner.str(),
                                   column ? "elements" : "rows", str(left)),
                       str(right));
  auto batch = [](const Shape& shape) {
    return shape.size() <= 2 ? Shape() : Shape(shape.begin(), shape.end() - 2);
  };
  Shape result = broadcast(context, 1, batch(left), batch(right));
  if (left.size() > 1) result.push_back(left[left.size() - 2]);
  if (!column) result.push_back(right.back());
  return {{result, context.input(0).dtype}};
}

// FlopCounterMode leaves products with a vector on the right (aten::mv, aten::dot) uncounted.
Dim matmul_flops(const CostContext& cost) {
  if (cost.inputs[1]->shape.size() == 1) return 0;
  return 2 * numel(cost.outputs[0].shape) * cost.inputs[0]->shape.back();
}

}  // namespace

void add_matrix(Registry& registry) {
  registry.add({.name = "matmul",
                .category = Category::matrix,
                .doc = "Matrix product over the last two dimensions; the others are batches and broadcast.",
                .inputs = {input_port("(…, n, k) or (k)"), {.name = "other", .doc = "(…, k, m) or (k)"}},
                .shape = matmul_shape,
                .flops = matmul_flops,
                .symbol = "@",
                .torch = "torch.matmul",
                .onnx = "MatMul"});
}

}  // namespace orrery
