// Norms of vectors and matrices.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "runtime/ops/dims.h"
#include "runtime/ops/families.h"
#include "runtime/ops/reduced.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

// Norms of complex numbers are real; integers must be converted.
DType norm_dtype(ShapeContext& context) {
  const DType dtype = context.input(0).dtype;
  if (!is_differentiable(dtype))
    context.expects_floats(0, "floating-point or complex numbers", "Convert them first: x:to(\"float32\").");
  const Attributes& a = context.attributes();
  if (!a.has("dtype"))
    return dtype == DType::complex64 ? DType::float32 : dtype == DType::complex128 ? DType::float64 : dtype;
  const DType wanted = a.dtype("dtype");
  if (is_complex(dtype) || promote(dtype, wanted) != wanted)
    context.expects_option(fmt::format("a dtype that holds {}", name(dtype)), std::string(name(wanted)));
  return wanted;
}

bool open(const ShapeContext& context, const char* option) { return !context.attributes().has(option); }

// Orders that have no neutral element cannot be taken of nothing.
bool needs_elements(const Attributes& a) {
  return !a.is_text("ord") && (std::isinf(a.real("ord")) || a.real("ord") < 0);
}

std::vector<TensorType> over(ShapeContext& context, const std::vector<int>& dims) {
  const DType dtype = norm_dtype(context);
  if (context.rank() > 0 && context.attributes().has("ord") && needs_elements(context.attributes()))
    for (int dim : dims)
      context.expect_at_least(0, context.shape()[dim], 1, "at least 1 element for this order",
                              str(context.shape()));
  return {{without_dims(context.shape(), dims, context.attributes().boolean("keepdim")), dtype}};
}

std::vector<int> dims_or_all(const ShapeContext& context) {
  if (open(context, "dim") || context.attributes().integers("dim").empty()) return all_dims(context);
  return listed_dims(context, "dim");
}

std::vector<TensorType> vector_norm_rule(ShapeContext& context) {
  return over(context, dims_or_all(context));
}

// Norms by singular values are computed in single and double precision alone.
void expect_matrix_order(ShapeContext& context) {
  const Attributes& a = context.attributes();
  const DType dtype = context.input(0).dtype;
  const bool by_values = a.is_text("ord") ? a.text("ord") == "nuc" : std::fabs(a.real("ord")) == 2;
  if (!a.is_text("ord") && !std::isinf(a.real("ord")) && std::fabs(a.real("ord")) != 1 &&
      std::fabs(a.real("ord")) != 2)
    context.expects_option("the order 1, 2, infinity, their negatives, 'fro' or 'nuc' of a matrix",
                           str(a.at("ord")));
  if (by_values && (dtype == DType::float16 || dtype == DType::bfloat16))
    context.expects_dtype(0, "float32, float64 or complex numbers for this order");
}

std::vector<TensorType> matrix_norm_rule(ShapeContext& context) {
  if (context.rank() < 2) context.expects(0, "matrices, at least 2 dimensions", str(context.shape()));
  const std::vector<int> dims = listed_dims(context, "dim");
  if (dims.size() != 2) context.expects_option("two dimensions in dim", str(context.attributes().at("dim")));
  expect_matrix_order(context);
  return over(context, dims);
}

std::vector<TensorType> linalg_norm_rule(ShapeContext& context) {
  const Attributes& a = context.attributes();
  const std::vector<int> dims = open(context, "dim") ? all_dims(context) : listed_dims(context, "dim");
  if (!open(context, "dim") && dims.size() != 1 && dims.size() != 2)
    context.expects_option("one or two dimensions in dim", str(a.at("dim")));
  if (open(context, "ord")) return over(context, dims);
  if (dims.size() != 1 && dims.size() != 2)
    context.expects(0, "one dimension for an order of vectors or two for one of matrices, or dim",
                    str(context.shape()));
  if (dims.size() == 2) {
    if (context.rank() < 2) context.expects(0, "matrices, at least 2 dimensions", str(context.shape()));
    expect_matrix_order(context);
  } else if (a.is_text("ord")) {
    context.expects_option("a number as order of a vector", str(a.at("ord")));
  }
  return over(context, dims);
}

Descriptor norm_of(const std::string& name, std::string doc, const char* input, AttributeValue order,
                   std::vector<std::string> words, AttributeValue dim, ShapeRule shape) {
  const Attribute ord = {.name = "ord",
                         .type = AttributeType::number,
                         .doc = "the order; math.huge for the largest",
                         .value = std::move(order),
                         .or_text = std::move(words)};
  const Attribute dims_of = {.name = "dim",
                             .type = AttributeType::integers,
                             .doc = "the dimensions; none: all",
                             .value = std::move(dim)};
  return called(
      transform(Category::linalg, "linalg_" + name, std::move(doc), {{.name = input, .doc = "the numbers"}},
                {ord, dims_of, flag("keepdim", false, "keep them as size 1"), result_dtype(floating_names())},
                shape),
      "torch.linalg." + name);
}

}  // namespace

void add_linalg_norms(Registry& registry) {
  registry.add(
      keeping(norm_of("norm", "Norm of a vector or matrix.", "A", {}, {"fro", "nuc"}, {}, linalg_norm_rule)));
  registry.add(
      keeping(norm_of("vector_norm", "Norm of a vector.", "x", std::int64_t{2}, {}, {}, vector_norm_rule)));
  registry.add(norm_of("matrix_norm", "Norm of a matrix.", "A", "fro", {"fro", "nuc"},
                       std::vector<std::int64_t>{-2, -1}, matrix_norm_rule));
}

}  // namespace orrery
