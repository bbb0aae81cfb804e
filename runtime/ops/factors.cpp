#include "runtime/ops/factors.h"

#include <fmt/format.h>

namespace orrery {

void expect_dims(ShapeContext& context, int port, int rank) {
  if (context.rank(port) != rank)
    context.expects(port,
                    fmt::format("{} of {} dimension{}",
                                rank == 1   ? "a vector"
                                : rank == 2 ? "a matrix"
                                            : "a batch of matrices",
                                rank, rank == 1 ? "" : "s"),
                    str(context.shape(port)));
}

void expect_numbers(ShapeContext& context, int port) {
  if (context.input(port).dtype == DType::boolean)
    context.expects_dtype(port, "inputs of numbers", "Convert them first: x:to(\"float32\").");
}

void expect_like(ShapeContext& context, int port, int first) {
  const DType dtype = context.input(first).dtype;
  if (context.input(port).dtype != dtype)
    context.expects_dtype(port, fmt::format("inputs of one dtype, {} like the first", name(dtype)),
                          fmt::format("Convert it first: x:to(\"{}\").", name(dtype)));
}

Shape product(ShapeContext& context, int left_port, int right_port, int left_rank, int right_rank) {
  expect_dims(context, left_port, left_rank);
  expect_dims(context, right_port, right_rank);
  expect_numbers(context, left_port);
  expect_like(context, right_port, left_port);
  const Shape &left = context.shape(left_port), &right = context.shape(right_port);
  const Dim rows = right_rank == 1 ? right[0] : right[right_rank - 2];
  context.expect_equal(right_port, rows, left.back(),
                       fmt::format("a second factor with {} {}, to fit the first's {}", left.back().str(),
                                   right_rank == 1 ? "elements" : "rows", str(left)),
                       str(right));
  Shape shape(left.begin(), left.end() - 1);
  if (left_rank == 3)
    context.expect_equal(right_port, right[0], left[0],
                         fmt::format("a batch of {}, as the first factor", left[0].str()), str(right));
  if (right_rank > 1) shape.push_back(right.back());
  return shape;
}

Dim chain_flops(const CostContext& cost) {
  const auto side = [&](size_t i) -> Dim {
    const Shape& shape = cost.inputs[i]->shape;
    return shape.size() == 2 || i > 0 ? shape[0] : Dim(1);
  };
  const size_t count = cost.inputs.size();
  const Shape& last = cost.inputs.back()->shape;
  std::vector<std::vector<Dim>> least(count, std::vector<Dim>(count, Dim(0)));
  std::vector<Dim> sides;
  for (size_t i = 0; i < count; ++i) sides.push_back(side(i));
  sides.push_back(last.size() == 2 ? last[1] : Dim(1));
  for (size_t length = 2; length <= count; ++length)
    for (size_t i = 0; i + length <= count; ++i) {
      const size_t j = i + length - 1;
      for (size_t k = i; k < j; ++k) {
        const Dim here = least[i][k] + least[k + 1][j] + 2 * sides[i] * sides[k + 1] * sides[j + 1];
        least[i][j] = k == i ? here : min(least[i][j], here);
      }
    }
  return least[0][count - 1];
}

}  // namespace orrery
