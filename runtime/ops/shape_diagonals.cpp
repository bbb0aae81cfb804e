// Operations on the diagonals of matrices.
#include <fmt/format.h>

#include "runtime/ops/dims.h"
#include "runtime/ops/families.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

// Elements of a diagonal of a matrix; above the main one it is counted by columns, below by rows.
Dim diagonal_length(const Dim& rows, const Dim& columns, std::int64_t offset) {
  const Dim length = offset < 0 ? min(rows + offset, columns) : min(rows, columns - offset);
  return offset == 0 ? length : max(length, 0);
}

Dim with_offset(const Dim& size, std::int64_t offset) { return size + (offset < 0 ? -offset : offset); }

std::vector<TensorType> triangle_rule(ShapeContext& context) {
  if (context.rank() < 2) context.expects(0, "an input of at least 2 dimensions", str(context.shape()));
  return like_input(context);
}

std::vector<TensorType> diag_rule(ShapeContext& context) {
  context.expect_rank(0, 1, 2, "a vector or a matrix");
  const Shape& input = context.shape();
  const std::int64_t offset = context.attributes().integer("diagonal");
  if (context.rank() == 2) return reshaped(context, {diagonal_length(input[0], input[1], offset)});
  const Dim side = with_offset(input[0], offset);
  return reshaped(context, {side, side});
}

// The two dimensions that the options name, counted in a shape of `rank` dimensions.
std::pair<int, int> two_dims(const ShapeContext& context, int rank) {
  const auto wrapped = [&](const char* option) {
    const std::int64_t dim = context.attributes().integer(option);
    if (dim < -rank || dim >= rank)
      context.expects_option(fmt::format("{} between {} and {}", option, -rank, rank - 1),
                             std::to_string(dim));
    return static_cast<int>(dim < 0 ? dim + rank : dim);
  };
  const std::pair<int, int> dims{wrapped("dim1"), wrapped("dim2")};
  if (dims.first == dims.second)
    context.expects_option("two different dimensions dim1 and dim2", std::to_string(dims.first));
  return dims;
}

std::vector<TensorType> diagonal_rule(ShapeContext& context) {
  if (context.rank() < 2) context.expects(0, "an input of at least 2 dimensions", str(context.shape()));
  const auto [rows, columns] = two_dims(context, context.rank());
  const Shape& input = context.shape();
  Shape shape = without_dims(input, {rows, columns}, false);
  shape.push_back(diagonal_length(input[rows], input[columns], context.attributes().integer("offset")));
  return reshaped(context, shape);
}

std::vector<TensorType> diag_embed_rule(ShapeContext& context) {
  if (context.rank() == 0) context.expects(0, "an input of at least 1 dimension", "a scalar");
  auto [first, second] = two_dims(context, context.rank() + 1);
  Shape shape = context.shape();
  const Dim side = with_offset(shape.back(), context.attributes().integer("offset"));
  shape.pop_back();
  if (first > second) std::swap(first, second);
  shape.insert(shape.begin() + first, side);
  shape.insert(shape.begin() + second, side);
  return reshaped(context, shape);
}

std::vector<TensorType> diagflat_rule(ShapeContext& context) {
  const Dim side = with_offset(numel(context.shape()), context.attributes().integer("offset"));
  return reshaped(context, {side, side});
}

}  // namespace

void add_shape_diagonals(Registry& registry) {
  const auto diagonal = [](const char* name, const char* doc, std::vector<Attribute> options,
                           ShapeRule rule) {
    return transform(Category::shape, name, doc, {input_port()}, std::move(options), rule);
  };
  const Attribute which = integer_or("diagonal", 0, "0 is the main diagonal, above 0 to the right of it");
  const auto offset_and_dims = [](std::int64_t dim1, std::int64_t dim2) -> std::vector<Attribute> {
    return {integer_or("offset", 0, "0 is the main diagonal, above 0 to the right of it"),
            integer_or("dim1", dim1, "the dimension of rows"),
            integer_or("dim2", dim2, "the dimension of columns")};
  };
  registry.add(exported(writable(diagonal("tril", "Keeps what is on and below a diagonal; 0 elsewhere.",
                                          {which}, triangle_rule)),
                        "Trilu"));
  registry.add(exported(writable(diagonal("triu", "Keeps what is on and above a diagonal; 0 elsewhere.",
                                          {which}, triangle_rule)),
                        "Trilu"));
  registry.add(diagonal("diag", "A matrix's diagonal, or the matrix with a vector as its diagonal.", {which},
                        diag_rule));
  registry.add(viewing(diagonal("diagonal", "The diagonal of two dimensions, as the last dimension.",
                                offset_and_dims(0, 1), diagonal_rule)));
  registry.add(diagonal("diag_embed", "Matrices with the last dimension as their diagonal.",
                        offset_and_dims(-2, -1), diag_embed_rule));
  registry.add(diagonal("diagflat", "The matrix with all elements as its diagonal.",
                        {integer_or("offset", 0, "0 is the main diagonal, above 0 to the right of it")},
                        diagflat_rule));
}

}  // namespace orrery
