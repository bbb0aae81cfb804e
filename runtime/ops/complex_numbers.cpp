#include "runtime/ops/broadcast.h"
#include "runtime/ops/elementwise.h"
#include "runtime/ops/pointwise.h"

namespace orrery {
namespace {

// A pair of reals, the real part first, as the last dimension.
std::vector<TensorType> view_as_real_rule(ShapeContext& context) {
  expect_kind_of(context, Takes::complex);
  Shape shape = context.shape();
  shape.emplace_back(2);
  return {{shape, real_of(context.input(0).dtype)}};
}

DType complex_of_parts(const ShapeContext& context) {
  const DType dtype = context.input(0).dtype;
  if (dtype != DType::float32 && dtype != DType::float64)
    context.expects_floats(0, "an input of dtype float32 or float64", "Convert it first: x:to(\"float32\").");
  return dtype == DType::float64 ? DType::complex128 : DType::complex64;
}

std::vector<TensorType> view_as_complex_rule(ShapeContext& context) {
  const DType dtype = complex_of_parts(context);
  Shape shape = context.shape();
  if (shape.empty() || !(shape.back() == Dim(2)))
    context.expects(0, "2 as the last dimension, the real and the imaginary part", str(shape));
  shape.pop_back();
  return {{shape, dtype}};
}

std::vector<TensorType> parts_rule(ShapeContext& context) {
  const DType dtype = complex_of_parts(context);
  expect_same_dtype(context, 1, 0);
  return {{broadcast(context, 1, context.shape(0), context.shape(1)), dtype}};
}

Descriptor view(std::string name, std::string doc, UnaryRule rule, Alias::Kind kind) {
  Descriptor d = unary(Category::elementwise, std::move(name), std::move(doc), rule);
  d.aliases = {{kind}};
  d.in_place = false;
  return d;
}

Descriptor viewed(std::string name, std::string doc, std::vector<TensorType> (*rule)(ShapeContext&)) {
  Descriptor d = view(std::move(name), std::move(doc), {}, Alias::Kind::view);
  d.shape = rule;
  return d;
}

Descriptor made_of(std::string name, std::string doc, std::vector<Port> parts) {
  Descriptor d = unary(Category::elementwise, std::move(name), std::move(doc), {});
  d.inputs = std::move(parts);
  d.shape = parts_rule;
  d.in_place = false;
  return d;
}

}  // namespace

void add_complex_numbers(Registry& registry) {
  registry.add(
      view("real", "The real part of each element.", {Takes::all, Gives::real}, Alias::Kind::maybe_view));
  registry.add(
      view("imag", "The imaginary part of each element.", {Takes::complex, Gives::real}, Alias::Kind::view));
  registry.add(view("conj", "The conjugate of each element.", {}, Alias::Kind::maybe_view));
  registry.add(unary(Category::elementwise, "angle",
                     "The angle of each element in radians: 0 or pi for real ones.",
                     {Takes::all, Gives::angle}));
  registry.add(viewed("view_as_real", "Complex numbers as pairs of reals.", view_as_real_rule));
  registry.add(viewed("view_as_complex", "Pairs of reals as complex numbers.", view_as_complex_rule));
  registry.add(
      made_of("complex", "Complex numbers of their real and imaginary parts.",
              {{.name = "real", .doc = "the real part"}, {.name = "imag", .doc = "the imaginary part"}}));
  registry.add(made_of("polar", "Complex numbers of their magnitudes and angles.",
                       {{.name = "abs", .doc = "the magnitude"}, {.name = "angle", .doc = "in radians"}}));
}

}  // namespace orrery
