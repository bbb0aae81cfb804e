// Operations that repeat elements or move them about.
#include <algorithm>

#include <fmt/format.h>

#include "runtime/ops/dims.h"
#include "runtime/ops/families.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

// One dimension of an expanded shape: -1 keeps it, a 1 takes any size.
Dim expanded_dim(ShapeContext& context, const Dim& size, const Dim& wanted, const Shape& all) {
  if (wanted == Dim(-1) || size == wanted) return size;
  if (size == Dim(1)) return wanted;
  context.expect_equal(-1, wanted, size, fmt::format("sizes that {} expands to", str(context.shape())),
                       str(all));
  return wanted;
}

Shape expanded(ShapeContext& context, const Shape& wanted) {
  const Shape& input = context.shape();
  if (wanted.size() < input.size())
    context.expects_option(
        fmt::format("at least {} sizes for an input of shape {}", input.size(), str(input)), str(wanted));
  const size_t added = wanted.size() - input.size();
  Shape result = wanted;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (i < added && wanted[i] == Dim(-1))
      context.expects_option("a size for each dimension that is added in front", str(wanted));
    if (i >= added) result[i] = expanded_dim(context, input[i - added], wanted[i], wanted);
  }
  return result;
}

std::vector<TensorType> expand_rule(ShapeContext& context) {
  return reshaped(context, expanded(context, context.attributes().shape("size")));
}
std::vector<TensorType> expand_as_rule(ShapeContext& context) {
  return reshaped(context, expanded(context, context.shape(1)));
}

// Each size times its count; the shorter list is filled with 1 in front.
Shape times(Shape sizes, Shape counts) {
  const size_t rank = std::max(sizes.size(), counts.size());
  sizes.insert(sizes.begin(), rank - sizes.size(), Dim(1));
  counts.insert(counts.begin(), rank - counts.size(), Dim(1));
  for (size_t i = 0; i < rank; ++i) sizes[i] = sizes[i] * counts[i];
  return sizes;
}

std::vector<TensorType> repeat_rule(ShapeContext& context) {
  const Shape& counts = context.attributes().shape("repeats");
  if (static_cast<int>(counts.size()) < context.rank())
    context.expects_option(
        fmt::format("a count for each dimension of an input of shape {}", str(context.shape())), str(counts),
        "tile takes fewer.");
  return reshaped(context, times(context.shape(), counts));
}
std::vector<TensorType> tile_rule(ShapeContext& context) {
  return reshaped(context, times(context.shape(), context.attributes().shape("dims")));
}

// How long the dimension becomes whose elements are repeated; `size` is its length now.
Dim repeated(ShapeContext& context, const Dim& size) {
  const Attributes& a = context.attributes();
  const bool told = a.has("output_size");
  if (!context.linked(1)) {
    if (!a.has("repeats")) context.expects_option("repeats, a number ≥ 0 or a tensor of counts", "none");
    const Dim length = size * a.integer("repeats");
    if (told)
      context.expect_equal(-1, a.integer("output_size"), length,
                           fmt::format("an output_size of {}", length.str()),
                           std::to_string(a.integer("output_size")));
    return length;
  }
  if (is_floating(context.input(1).dtype) || element_size(context.input(1).dtype) < 4)
    context.expects_dtype(1, "counts of dtype int64 or int32");
  if (context.rank(1) > 1) context.expects(1, "counts of at most 1 dimension", str(context.shape(1)));
  if (context.rank(1) == 1 && !(context.shape(1)[0] == Dim(1)))
    context.expect_equal(1, context.shape(1)[0], size, fmt::format("one count or {}", size.str()),
                         str(context.shape(1)));
  return told ? Dim(a.integer("output_size")) : context.told_by_data();
}

std::vector<TensorType> repeat_interleave_rule(ShapeContext& context) {
  Shape shape = context.shape();
  if (!context.attributes().has("dim")) return reshaped(context, {repeated(context, numel(shape))});
  const int dim = dim_of_some(context);
  shape[dim] = repeated(context, shape[dim]);
  return reshaped(context, shape);
}

std::vector<TensorType> flip_rule(ShapeContext& context) {
  listed_dims(context, "dims");
  return like_input(context);
}

template <int Dim>
std::vector<TensorType> flip_one_rule(ShapeContext& context) {
  if (context.rank() <= Dim)
    context.expects(0, fmt::format("an input of at least {} dimension{}", Dim + 1, Dim ? "s" : ""),
                    str(context.shape()));
  return like_input(context);
}

std::vector<TensorType> roll_rule(ShapeContext& context) {
  const Attributes& a = context.attributes();
  const size_t shifts = a.integers("shifts").size(), dims = a.has("dims") ? a.integers("dims").size() : 0;
  if (shifts == 0) context.expects_option("at least one shift", "{}");
  if (dims == 0 && shifts != 1)
    context.expects_option("one shift for all elements, or as many dims as shifts", str(a.at("shifts")));
  if (dims != 0 && dims != shifts) context.expects_option("as many dims as shifts", str(a.at("dims")));
  if (dims != 0 && context.rank() == 0) context.expects(0, "an input of at least 1 dimension", "a scalar");
  if (dims != 0)
    for (std::int64_t dim : a.integers("dims")) context.wrapped_dim(0, dim, "dims");
  return like_input(context);
}

std::vector<TensorType> rot90_rule(ShapeContext& context) {
  if (context.rank() < 2) context.expects(0, "an input of at least 2 dimensions", str(context.shape()));
  const std::vector<int> dims = listed_dims(context, "dims");
  if (dims.size() != 2)
    context.expects_option("two dimensions in dims", str(context.attributes().at("dims")));
  Shape shape = context.shape();
  if (context.attributes().integer("k") % 2 != 0) std::swap(shape[dims[0]], shape[dims[1]]);
  return reshaped(context, shape);
}

Descriptor spread(std::string name, std::string doc, std::vector<Attribute> options, ShapeRule shape) {
  return transform(Category::shape, std::move(name), std::move(doc), {input_port()}, std::move(options),
                   shape);
}

Attribute list_of(std::string name, std::string doc, std::vector<std::int64_t> value) {
  return {.name = std::move(name),
          .type = AttributeType::integers,
          .doc = std::move(doc),
          .value = std::move(value)};
}

Attribute variadic(Attribute attribute) {
  attribute.variadic = true;
  return attribute;
}

Descriptor repeat_interleave() {
  const Attribute count = {.name = "repeats", .doc = "how often each element is repeated", .min = 0};
  const Attribute output_size = {.name = "output_size",
                                 .doc = "length of the result, where counts are a value; none: the data tell",
                                 .min = 0};
  Descriptor d = spread("repeat_interleave", "Each element several times in a row.",
                        {count, {.name = "dim", .doc = "the dimension; none: of all elements"}, output_size},
                        repeat_interleave_rule);
  d.inputs.push_back(
      {.name = "repeats", .kind = Port::Kind::number, .doc = "counts, one or one per element"});
  return d;
}

}  // namespace

void add_shape_spread(Registry& registry) {
  const Attribute size = sizes_option("size", -1, true, "sizes of the result; -1 keeps a dimension's");
  const Attribute counts = sizes_option("repeats", 0, true, "how often along each dimension");
  const Attribute tiles = sizes_option("dims", 0, true, "how often along each of the last dimensions");

  registry.add(
      exported(viewing(method(spread("expand", "Dimensions of size 1 spread to other sizes, without a copy.",
                                     {size}, expand_rule))),
               "Expand"));
  registry.add(exported(
      viewing(spread("broadcast_to", "Dimensions of size 1 spread to other sizes.", {size}, expand_rule)),
      "Expand"));
  Descriptor expand_as =
      viewing(method(spread("expand_as", "Expanded to the shape of another value.", {}, expand_as_rule)));
  expand_as.inputs.push_back({.name = "other", .doc = "whose shape is taken"});
  registry.add(std::move(expand_as));
  registry.add(exported(
      method(spread("repeat",
                    "Repeats the whole along each dimension; `repeat` is a word of Lua, which writes tile.",
                    {counts}, repeat_rule)),
      "Tile"));
  registry.add(
      exported(spread("tile", "Repeats the whole along the last dimensions.", {tiles}, tile_rule), "Tile"));
  registry.add(repeat_interleave());
  registry.add(spread("flip", "Turns the order of elements round.",
                      {variadic(required_dims("dims", "the dimensions"))}, flip_rule));
  registry.add(spread("fliplr", "Turns the order of columns round.", {}, flip_one_rule<1>));
  registry.add(spread("flipud", "Turns the order of rows round.", {}, flip_one_rule<0>));
  registry.add(
      spread("roll", "Moves elements along dimensions; what leaves at the end enters at the beginning.",
             {required_dims("shifts", "how far"), dims("dims", "along which; none: all elements in one row")},
             roll_rule));
  registry.add(spread("rot90", "Turns a plane by quarters.",
                      {integer_or("k", 1, "how many quarters, from the first dimension to the second"),
                       list_of("dims", "the two dimensions of the plane", {0, 1})},
                      rot90_rule));
}

}  // namespace orrery
