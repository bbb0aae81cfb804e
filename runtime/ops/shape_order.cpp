// Operations that reorder dimensions, take the form of another value, or keep the shape.
#include <algorithm>

#include <fmt/format.h>

#include "runtime/ops/dims.h"
#include "runtime/ops/families.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

std::vector<TensorType> swap_rule(ShapeContext& context, const char* first, const char* second) {
  const Attributes& a = context.attributes();
  const int left = context.wrapped_dim(0, a.integer(first), first),
            right = context.wrapped_dim(0, a.integer(second), second);
  Shape shape = context.shape();
  if (!shape.empty()) std::swap(shape[left], shape[right]);
  return reshaped(context, shape);
}
std::vector<TensorType> swapaxes_rule(ShapeContext& context) { return swap_rule(context, "axis0", "axis1"); }
std::vector<TensorType> swapdims_rule(ShapeContext& context) { return swap_rule(context, "dim0", "dim1"); }

std::vector<TensorType> t_rule(ShapeContext& context) {
  if (context.rank() > 2)
    context.expects(0, "an input of at most 2 dimensions", str(context.shape()),
                    "Name the dimensions to swap: x:transpose(0, 1).");
  Shape shape = context.shape();
  std::reverse(shape.begin(), shape.end());
  return reshaped(context, shape);
}

std::vector<TensorType> adjoint_rule(ShapeContext& context) {
  if (context.rank() == 0) return like_input(context);
  if (context.rank() == 1) context.expects(0, "an input of at least 2 dimensions", str(context.shape()));
  Shape shape = context.shape();
  std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
  return reshaped(context, shape);
}

std::vector<TensorType> movedim_rule(ShapeContext& context) {
  const std::vector<int> source = listed_dims(context, "source"),
                         target = listed_dims(context, "destination");
  if (source.size() != target.size())
    context.expects_option("as many dimensions in destination as in source",
                           str(context.attributes().at("destination")));
  const Shape& input = context.shape();
  if (input.empty()) return reshaped(context, {});
  std::vector<int> order(input.size(), -1), rest;
  for (size_t i = 0; i < source.size(); ++i) order[target[i]] = source[i];
  for (int i = 0; i < context.rank(); ++i)
    if (std::find(source.begin(), source.end(), i) == source.end()) rest.push_back(i);
  size_t next = 0;
  Shape shape;
  for (int from : order) shape.push_back(input[from < 0 ? rest[next++] : from]);
  return reshaped(context, shape);
}

// The other value's shape, with as many elements.
std::vector<TensorType> shape_of_other_rule(ShapeContext& context) {
  const Shape &input = context.shape(), &other = context.shape(1);
  context.expect_equal(1, numel(other), numel(input),
                       fmt::format("a shape with as many elements as its input {}", str(input)), str(other));
  return reshaped(context, other);
}

std::vector<TensorType> type_as_rule(ShapeContext& context) {
  return {{context.shape(), context.input(1).dtype}};
}

std::vector<TensorType> ravel_rule(ShapeContext& context) {
  return reshaped(context, {numel(context.shape())});
}

// One fixed dtype: x:float(), x:long(), ….
template <DType Type>
std::vector<TensorType> cast_rule(ShapeContext& context) {
  return {{context.shape(), Type}};
}

Descriptor seen(std::string name, std::string doc, std::vector<Attribute> options, ShapeRule shape) {
  return viewing(
      transform(Category::shape, std::move(name), std::move(doc), {input_port()}, std::move(options), shape));
}

Descriptor like_other(std::string name, std::string doc, ShapeRule shape) {
  Descriptor d =
      method(viewing(transform(Category::shape, std::move(name), std::move(doc), {input_port()}, {}, shape),
                     Alias::Kind::maybe_view));
  d.inputs.push_back({.name = "other", .doc = "the value to take after"});
  return d;
}

void add_casts(Registry& registry) {
  const auto cast = [](const char* name, const char* doc, ShapeRule rule) {
    return exported(method(viewing(transform(Category::shape, name, doc, {input_port()}, {}, rule),
                                   Alias::Kind::maybe_view)),
                    "Cast");
  };
  registry.add(cast("float", "The elements as float32.", cast_rule<DType::float32>));
  registry.add(cast("double", "The elements as float64.", cast_rule<DType::float64>));
  registry.add(cast("half", "The elements as float16.", cast_rule<DType::float16>));
  registry.add(cast("bfloat16", "The elements as bfloat16.", cast_rule<DType::bfloat16>));
  registry.add(undifferentiable(cast("long", "The elements as int64.", cast_rule<DType::int64>)));
  registry.add(undifferentiable(cast("int", "The elements as int32.", cast_rule<DType::int32>)));
  registry.add(undifferentiable(cast("bool", "Which elements are not 0.", cast_rule<DType::boolean>)));
}

}  // namespace

void add_shape_order(Registry& registry) {
  const std::vector<Attribute> moved = {required_dims("source", "the dimensions to move"),
                                        required_dims("destination", "where each of them goes")};
  registry.add(seen("swapaxes", "Swaps two dimensions.",
                    {required_integer("axis0", "one of the two"), required_integer("axis1", "the other")},
                    swapaxes_rule));
  registry.add(seen("swapdims", "Swaps two dimensions.",
                    {required_integer("dim0", "one of the two"), required_integer("dim1", "the other")},
                    swapdims_rule));
  registry.add(seen("t", "Swaps rows and columns.", {}, t_rule));
  registry.add(
      seen("adjoint", "Swaps the last two dimensions, of complex numbers conjugated.", {}, adjoint_rule));
  registry.add(seen("movedim", "Moves dimensions to other places.", moved, movedim_rule));
  registry.add(seen("moveaxis", "Moves dimensions to other places.", moved, movedim_rule));
  registry.add(
      viewing(transform(Category::shape, "ravel", "All elements in one row.", {input_port()}, {}, ravel_rule),
              Alias::Kind::maybe_view));
  registry.add(
      viewing(method(transform(Category::shape, "contiguous", "The same, its elements in one row in memory.",
                               {input_port()}, {}, like_input)),
              Alias::Kind::maybe_view));
  registry.add(transform(Category::shape, "clone", "A copy.", {input_port()}, {}, like_input));
  registry.add(like_other("view_as", "In the shape of another value.", shape_of_other_rule));
  registry.add(like_other("reshape_as", "In the shape of another value.", shape_of_other_rule));
  registry.add(like_other("type_as", "In the dtype of another value.", type_as_rule));
  add_casts(registry);
}

}  // namespace orrery
