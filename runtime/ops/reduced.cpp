#include "runtime/ops/reduced.h"

#include <numeric>

#include "runtime/ops/dims.h"
#include "runtime/ops/options.h"

namespace orrery {
std::vector<int> all_dims(const ShapeContext& context) {
  std::vector<int> dims(context.rank());
  std::iota(dims.begin(), dims.end(), 0);
  return dims;
}

std::vector<int> reduced_dims(const ShapeContext& context) {
  std::vector<int> dims = listed_dims(context, "dim");
  return dims.empty() ? all_dims(context) : dims;
}

std::vector<int> reduced_dim(const ShapeContext& context) {
  const Attributes& a = context.attributes();
  if (!a.has("dim")) return all_dims(context);
  return {context.wrapped_dim(0, a.integer("dim"))};
}

Shape reduced_shape(const ShapeContext& context, const std::vector<int>& dims) {
  return without_dims(context.shape(), dims, context.attributes().boolean("keepdim"));
}

void expect_elements(ShapeContext& context, const std::vector<int>& dims) {
  for (int dim : dims)
    if (dim < context.rank())
      context.expect_at_least(0, context.shape()[dim], 1, "an input that is not empty", str(context.shape()));
}

void expect_whole_or_dim(const ShapeContext& context) {
  const Attributes& a = context.attributes();
  if (!a.has("dim") && a.boolean("keepdim"))
    context.expects_option("a dim with keepdim", "keepdim alone", "Name the dimension that stays.");
}

DType summed_dtype(const ShapeContext& context) {
  if (context.attributes().has("dtype")) return context.attributes().dtype("dtype");
  const DType input = context.input(0).dtype;
  return is_integral(input) ? DType::int64 : input;
}

Attribute over_dims() { return dims("dim", "the dimensions to reduce; none: all"); }

Attribute over_dim() { return {.name = "dim", .doc = "the dimension to reduce; none: all of them"}; }

Attribute keepdim() { return flag("keepdim", false, "reduced dimensions stay with size 1"); }

Descriptor reduction_of(std::string name, std::string doc, std::vector<Attribute> attributes,
                        ReductionRule shape, std::string onnx) {
  Descriptor d{.name = name, .category = Category::reduction, .doc = std::move(doc)};
  d.inputs = {input_port()};
  d.attributes = std::move(attributes);
  d.shape = shape;
  d.torch = "torch." + name;
  d.onnx = std::move(onnx);
  return d;
}

Descriptor without_gradient(Descriptor descriptor) {
  descriptor.differentiable = false;
  return descriptor;
}

}  // namespace orrery
