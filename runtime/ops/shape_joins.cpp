// Operations that make one value of several.
#include <algorithm>

#include <fmt/format.h>

#include "runtime/ops/dims.h"
#include "runtime/ops/families.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

void expect_inputs(const ShapeContext& context) {
  if (context.input_count() == 0) context.expects(-1, "at least one input", "none");
}

// The shapes joined along a dimension.
Shape joined(ShapeContext& context, const std::vector<Shape>& shapes, int dim) {
  Shape shape = shapes[0];
  for (size_t i = 1; i < shapes.size(); ++i) {
    const Shape& next = shapes[i];
    const int port = static_cast<int>(i);
    const std::string expected =
        fmt::format("inputs that agree with the first, {}, but for dimension {}", str(shapes[0]), dim);
    if (next.size() != shape.size()) context.expects(port, expected, str(next));
    for (int d = 0; d < static_cast<int>(shape.size()); ++d)
      if (d != dim) context.expect_equal(port, next[d], shape[d], expected, str(next));
    shape[dim] = shape[dim] + next[dim];
  }
  return shape;
}

std::vector<TensorType> cat_rule(ShapeContext& context) {
  expect_inputs(context);
  std::vector<Shape> shapes;
  for (int i = 0; i < context.input_count(); ++i) {
    if (context.rank(i) == 0)
      context.expects(i, "inputs of at least 1 dimension", "a scalar", "Use stack for scalars.");
    shapes.push_back(context.shape(i));
  }
  const int dim = context.wrapped_dim(0, context.attributes().integer("dim"));
  return {{joined(context, shapes, dim), joined_dtype(context)}};
}

std::vector<TensorType> stack_rule(ShapeContext& context) {
  expect_inputs(context);
  Shape shape = context.shape();
  for (int i = 1; i < context.input_count(); ++i) {
    const Shape& next = context.shape(i);
    const std::string expected = fmt::format("inputs of one shape, {}", str(shape));
    if (next.size() != shape.size()) context.expects(i, expected, str(next));
    for (size_t d = 0; d < shape.size(); ++d) context.expect_equal(i, next[d], shape[d], expected, str(next));
  }
  shape.insert(shape.begin() + new_dim(context, "dim"), Dim(context.input_count()));
  return {{shape, joined_dtype(context)}};
}

// At least `rank` dimensions, as torch.atleast_2d and its like give them.
Shape at_least(Shape shape, size_t rank) {
  if (shape.empty()) shape.push_back(1);
  if (shape.size() < rank && rank >= 2 && shape.size() == 1) shape.insert(shape.begin(), Dim(1));
  if (shape.size() < rank) shape.push_back(1);
  return shape;
}

std::vector<TensorType> stacked(ShapeContext& context, size_t rank, int dim) {
  expect_inputs(context);
  std::vector<Shape> shapes;
  for (int i = 0; i < context.input_count(); ++i) shapes.push_back(at_least(context.shape(i), rank));
  return {{joined(context, shapes, dim), joined_dtype(context)}};
}

std::vector<TensorType> hstack_rule(ShapeContext& context) {
  expect_inputs(context);
  return stacked(context, 1, context.rank() < 2 ? 0 : 1);
}
std::vector<TensorType> vstack_rule(ShapeContext& context) { return stacked(context, 2, 0); }
std::vector<TensorType> dstack_rule(ShapeContext& context) { return stacked(context, 3, 2); }

template <size_t Rank>
std::vector<TensorType> atleast_rule(ShapeContext& context) {
  return reshaped(context, at_least(context.shape(), Rank));
}

// One size per input: inputs of at most 1 dimension and one dtype.
Shape lengths(const ShapeContext& context, int least_rank) {
  expect_inputs(context);
  Shape sizes;
  for (int i = 0; i < context.input_count(); ++i) {
    if (context.rank(i) > 1 || context.rank(i) < least_rank)
      context.expects(i, fmt::format("inputs of {}1 dimension", least_rank ? "" : "at most "),
                      str(context.shape(i)));
    if (context.input(i).dtype != context.input(0).dtype)
      context.expects_dtype(
          i, fmt::format("inputs of one dtype, {} like the first", name(context.input(0).dtype)));
    sizes.push_back(numel(context.shape(i)));
  }
  return sizes;
}

std::vector<TensorType> meshgrid_rule(ShapeContext& context) {
  const TensorType grid{lengths(context, 0), context.input(0).dtype};
  const bool swapped = context.attributes().text("indexing") == "xy" && grid.shape.size() >= 2;
  TensorType output = grid;
  if (swapped) std::swap(output.shape[0], output.shape[1]);
  return std::vector<TensorType>(static_cast<size_t>(context.input_count()), output);
}

std::vector<TensorType> cartesian_prod_rule(ShapeContext& context) {
  const Shape sizes = lengths(context, 1);
  if (sizes.size() == 1) return reshaped(context, sizes);
  return reshaped(context, {numel(sizes), Dim(context.input_count())});
}

// LibTorch makes all n^r tuples and picks among them, so that more would fit into no memory; and 20! is the
// last that an integer holds.
constexpr std::int64_t most_chosen = 20;

// How many ways there are to choose r of n. REQUIRES: r <= most_chosen.
Dim choices(const Dim& n, std::int64_t r, bool with_replacement) {
  Dim product = 1;
  std::int64_t factorial = 1;
  for (std::int64_t i = 0; i < r; ++i) {
    product = product * (with_replacement ? n + i : max(n - i, 0));
    factorial *= i + 1;
  }
  return floor_div(product, factorial);
}

std::vector<TensorType> combinations_rule(ShapeContext& context) {
  if (context.rank() != 1) context.expects(0, "an input of 1 dimension", str(context.shape()));
  const Attributes& a = context.attributes();
  const std::int64_t r = a.integer("r");
  if (r == 0) return reshaped(context, {0});
  return reshaped(context, {choices(context.shape()[0], r, a.boolean("with_replacement")), r});
}

std::vector<TensorType> block_diag_rule(ShapeContext& context) {
  expect_inputs(context);
  Shape shape = {0, 0};
  for (int i = 0; i < context.input_count(); ++i) {
    if (context.rank(i) > 2) context.expects(i, "inputs of at most 2 dimensions", str(context.shape(i)));
    const Shape matrix = at_least(context.shape(i), 2);
    shape = {shape[0] + matrix[0], shape[1] + matrix[1]};
  }
  return {{shape, joined_dtype(context)}};
}

Descriptor join(std::string name, std::string doc, std::vector<Attribute> options, ShapeRule shape) {
  return transform(Category::shape, std::move(name), std::move(doc),
                   {{.name = "tensors", .kind = Port::Kind::variadic, .doc = "one or more"}},
                   std::move(options), shape);
}

}  // namespace

void add_shape_joins(Registry& registry) {
  constexpr Alias::Kind maybe_view = Alias::Kind::maybe_view;
  const Attribute indexing = {.name = "indexing",
                              .type = AttributeType::text,
                              .doc = "matrix order ('ij') or rows and columns swapped ('xy')",
                              .value = "ij",
                              .choices = {"ij", "xy"}};
  const Attribute chosen = {.name = "r",
                            .doc = "how many elements are in one combination",
                            .value = std::int64_t{2},
                            .min = 0,
                            .max = most_chosen};
  const auto shaped = [](const char* name, const char* doc, ShapeRule rule) {
    return viewing(transform(Category::shape, name, doc, {input_port()}, {}, rule), Alias::Kind::maybe_view);
  };

  registry.add(exported(join("cat", "Joins values along a dimension.",
                             {integer_or("dim", 0, "the dimension that grows")}, cat_rule),
                        "Concat"));
  registry.add(join("stack", "Joins values along a new dimension.",
                    {integer_or("dim", 0, "the new dimension's place")}, stack_rule));
  registry.add(
      join("hstack", "Joins values side by side: along dimension 1, vectors along 0.", {}, hstack_rule));
  registry.add(join("vstack", "Joins values below each other; vectors are rows.", {}, vstack_rule));
  registry.add(join("dstack", "Joins values along the third dimension.", {}, dstack_rule));
  registry.add(shaped("atleast_1d", "A scalar becomes a vector of one element.", atleast_rule<1>));
  registry.add(shaped("atleast_2d", "Dimensions of size 1 in front until there are 2.", atleast_rule<2>));
  registry.add(shaped("atleast_3d", "Dimensions of size 1 around until there are 3.", atleast_rule<3>));
  registry.add(
      viewing(giving_many(join("meshgrid", "Coordinates of the grid that vectors span, one value each.",
                               {indexing}, meshgrid_rule)),
              maybe_view));
  registry.add(join("cartesian_prod", "Every combination of an element of each vector, as rows.", {},
                    cartesian_prod_rule));
  registry.add(transform(
      Category::shape, "combinations", "Every choice of r elements of a vector, as rows.", {input_port()},
      {chosen, flag("with_replacement", false, "an element may be chosen again")}, combinations_rule));
  registry.add(join("block_diag", "The matrices along the diagonal of one, which is 0 elsewhere.", {},
                    block_diag_rule));
}

}  // namespace orrery
