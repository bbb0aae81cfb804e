#include "runtime/ops/created.h"
#include "runtime/ops/options.h"
#include "runtime/ops/reduced.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

int along(const ShapeContext& context) { return context.wrapped_dim(0, context.attributes().integer("dim")); }

std::vector<TensorType> cumsum_rule(ShapeContext& context) {
  along(context);
  return {{context.shape(), summed_dtype(context)}};
}

std::vector<TensorType> logcumsumexp_rule(ShapeContext& context) {
  along(context);
  return UnaryRule{Takes::differentiable}(context);
}

std::vector<TensorType> cummax_rule(ShapeContext& context) {
  along(context);
  const TensorType values = UnaryRule{Takes::no_complex}(context)[0];
  return {values, {values.shape, DType::int64}};
}

// What is put before or behind the input adds to its size along one dimension.
Dim added(ShapeContext& context, int port, int dim) {
  if (!context.linked(port)) return 0;
  Shape shape = context.shape(port);
  const std::string got = str(shape);
  const bool same_rank = static_cast<int>(shape.size()) == context.rank();
  const std::string expected = "the input's shape but for dim";
  if (!same_rank) context.expects(port, expected, got);
  for (int i = 0; i < context.rank(); ++i)
    if (i != dim) context.expect_equal(port, shape[i], context.shape()[i], expected, got);
  return shape[dim];
}

std::vector<TensorType> diff_rule(ShapeContext& context) {
  if (context.rank() == 0) context.expects(0, "an input with at least 1 dimension", "a scalar");
  // Nothing is done, and only what is put beside the input is looked at.
  const bool alone = !context.linked(1) && !context.linked(2);
  const std::int64_t times = context.attributes().integer("n");
  if (times == 0 && alone) return {context.input(0)};
  const int dim = along(context);
  const Dim size = context.shape()[dim] + added(context, 1, dim) + added(context, 2, dim);
  if (times == 0) return {context.input(0)};
  Shape shape = context.shape();
  shape[dim] = max(size - Dim(times), Dim(0));
  DType dtype = context.input(0).dtype;
  for (int port : {1, 2})
    if (context.linked(port)) dtype = promote(dtype, context.input(port).dtype);
  return {{shape, dtype}};
}

std::vector<std::string> number_and_complex_names() {
  std::vector<std::string> names = number_names();
  names.insert(names.end(), {"complex64", "complex128"});
  return names;
}

Descriptor scan(std::string name, std::string doc, ReductionRule rule, bool dtype, std::string onnx = {}) {
  std::vector<Attribute> options = {required_integer("dim", "the dimension to run along")};
  if (dtype) options.push_back(result_dtype(number_and_complex_names()));
  return reduction_of(std::move(name), std::move(doc), std::move(options), rule, std::move(onnx));
}

Descriptor running(std::string name, std::string doc) {
  Descriptor d = scan(std::move(name), std::move(doc), cummax_rule, false);
  d.outputs = {"values", "indices"};
  return d;
}

Descriptor diff() {
  Descriptor d = reduction_of("diff", "Differences of neighbours along a dimension.",
                              {{.name = "n", .doc = "how often", .value = std::int64_t{1}, .min = 0},
                               integer_or("dim", -1, "the dimension to run along")},
                              diff_rule);
  d.inputs.push_back({.name = "prepend", .kind = Port::Kind::optional, .doc = "put before the input"});
  d.inputs.push_back({.name = "append", .kind = Port::Kind::optional, .doc = "put behind the input"});
  return d;
}

Descriptor in_place(Descriptor d) {
  d.in_place = true;
  return d;
}

}  // namespace

void add_scans(Registry& registry) {
  registry.add(in_place(scan("cumsum", "The running sum along a dimension; integers give int64.", cumsum_rule,
                             true, "CumSum")));
  registry.add(keeping(in_place(
      scan("cumprod", "The running product along a dimension; integers give int64.", cumsum_rule, true))));
  registry.add(keeping(
      scan("logcumsumexp", "log of the running sum of exp(x), without overflow.", logcumsumexp_rule, false)));
  registry.add(running("cummax", "The largest element so far along a dimension, and its place."));
  registry.add(running("cummin", "The smallest element so far along a dimension, and its place."));
  registry.add(diff());
}

}  // namespace orrery
