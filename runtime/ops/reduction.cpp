#include <numeric>

#include <fmt/format.h>

#include "runtime/ops/dims.h"
#include "runtime/ops/families.h"
#include "runtime/ops/options.h"

namespace orrery {
namespace {

// No dimension, and an empty list of them, mean all.
std::vector<int> reduced_dims(const ShapeContext& context) {
  std::vector<int> dims = listed_dims(context, "dim");
  if (!dims.empty()) return dims;
  dims.resize(context.rank());
  std::iota(dims.begin(), dims.end(), 0);
  return dims;
}

Shape reduced_shape(const ShapeContext& context) {
  return without_dims(context.shape(), reduced_dims(context), context.attributes().boolean("keepdim"));
}

std::vector<TensorType> sum_rule(ShapeContext& context) {
  const DType input = context.input(0).dtype;
  const DType natural = is_floating(input) ? input : DType::int64;
  return {{reduced_shape(context),
           context.attributes().has("dtype") ? context.attributes().dtype("dtype") : natural}};
}

std::vector<TensorType> mean_rule(ShapeContext& context) {
  if (context.attributes().has("dtype"))
    return {{reduced_shape(context), context.attributes().dtype("dtype")}};
  context.expect_floating(0);
  return {{reduced_shape(context), context.input(0).dtype}};
}

std::vector<TensorType> argmax_rule(ShapeContext& context) {
  if (context.input(0).dtype == DType::boolean)
    context.expects_dtype(0, "an input of numbers", "Convert it first: x:to(\"uint8\").");
  const Attributes& a = context.attributes();
  std::vector<int> dims(context.rank());
  std::iota(dims.begin(), dims.end(), 0);
  if (a.has("dim")) dims = {context.wrapped_dim(0, a.integer("dim"))};
  for (int dim : dims)
    if (dim < context.rank())
      context.expect_at_least(0, context.shape()[dim], 1, "an input that is not empty", str(context.shape()));
  return {{without_dims(context.shape(), dims, a.boolean("keepdim")), DType::int64}};
}

Descriptor reduction_of(std::string name, std::string doc, std::vector<Attribute> attributes,
                        std::vector<TensorType> (*shape)(ShapeContext&), std::string onnx) {
  Descriptor d{.name = name, .category = Category::reduction, .doc = std::move(doc)};
  d.inputs = {input_port()};
  d.attributes = std::move(attributes);
  d.shape = shape;
  d.torch = "torch." + name;
  d.onnx = std::move(onnx);
  return d;
}

}  // namespace

void add_reduction(Registry& registry) {
  const Attribute over = dims("dim", "the dimensions to reduce; none: all");
  const Attribute keepdim = flag("keepdim", false, "reduced dimensions stay with size 1");

  registry.add(reduction_of("sum", "The sum over dimensions; integers give int64.",
                            {over, keepdim, result_dtype()}, sum_rule, "ReduceSum"));
  registry.add(reduction_of("mean", "The mean over dimensions.",
                            {over, keepdim, result_dtype(floating_names())}, mean_rule, "ReduceMean"));
  Descriptor argmax = reduction_of(
      "argmax", "The index of the largest element, along a dimension or in the flattened input.",
      {{.name = "dim", .doc = "the dimension; none: the flattened input"}, keepdim}, argmax_rule, "ArgMax");
  argmax.differentiable = false;
  registry.add(std::move(argmax));
}

}  // namespace orrery
