// Operations that make several values of one.
#include <fmt/format.h>

#include "runtime/ops/dims.h"
#include "runtime/ops/families.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

// The input with each of these sizes in one dimension.
std::vector<TensorType> parts(const ShapeContext& context, int dim, const std::vector<Dim>& sizes) {
  std::vector<TensorType> outputs(sizes.size(), context.input(0));
  for (size_t i = 0; i < sizes.size(); ++i) outputs[i].shape[dim] = sizes[i];
  return outputs;
}

std::vector<TensorType> split_rule(ShapeContext& context) {
  const int dim = dim_of_some(context);
  const Shape& wanted = context.attributes().shape("split_size_or_sections");
  const Dim& whole = context.shape()[dim];
  if (wanted.size() == 1) return parts(context, dim, parts_of(context, whole, wanted[0]));
  if (wanted.empty()) context.expects_option("at least one size", "{}");
  Dim sum = 0;
  for (const Dim& size : wanted) sum = sum + size;
  context.expect_equal(-1, sum, whole, fmt::format("sizes that add up to dimension {}, {}", dim, whole.str()),
                       str(wanted));
  return parts(context, dim, wanted);
}

std::vector<TensorType> chunk_rule(ShapeContext& context) {
  const int dim = dim_of_some(context);
  const std::int64_t wanted = context.attributes().integer("chunks");
  const Dim& whole = context.shape()[dim];
  if (whole == Dim(0)) return parts(context, dim, std::vector<Dim>(static_cast<size_t>(wanted), Dim(0)));
  const Dim size = ceil_div(whole, wanted);
  if (whole.known()) return parts(context, dim, parts_of(context, whole, size));
  // As many as are wanted, unless the dimension turns out to be too small for that.
  context.expect_at_least(0, whole, (wanted - 1) * size + 1,
                          fmt::format("a dimension {} that falls into {} chunks", dim, wanted), whole.str());
  std::vector<Dim> sizes(static_cast<size_t>(wanted - 1), size);
  sizes.push_back(whole - (wanted - 1) * size);
  return parts(context, dim, sizes);
}

std::vector<TensorType> tensor_split_rule(ShapeContext& context) {
  const int dim = dim_of_some(context);
  const Dim& whole = context.shape()[dim];
  const Attributes& a = context.attributes();
  std::vector<Dim> sizes;
  if (a.is_integer("indices_or_sections")) {
    const std::int64_t count = a.integer("indices_or_sections");
    if (count < 1) context.expects_option("at least one section", std::to_string(count));
    for (std::int64_t i = 0; i < count; ++i) sizes.push_back(floor_div(whole + (count - 1 - i), count));
    return parts(context, dim, sizes);
  }
  Dim start = 0;
  for (std::int64_t index : a.integers("indices_or_sections")) {
    const Dim end = clamped(index, whole);
    sizes.push_back(start == Dim(0) ? end : max(end - start, 0));
    start = end;
  }
  sizes.push_back(whole - start);
  return parts(context, dim, sizes);
}

std::vector<TensorType> unbind_rule(ShapeContext& context) {
  const int dim = dim_of_some(context);
  const Dim whole = context.shape()[dim];
  const std::int64_t count = expect_parts(context, whole, fmt::format("{} elements", whole.str()));
  TensorType output = context.input(0);
  output.shape.erase(output.shape.begin() + dim);
  return std::vector<TensorType>(static_cast<size_t>(count), output);
}

Descriptor cut(std::string name, std::string doc, std::vector<Attribute> options, ShapeRule shape) {
  return giving_many(viewing(transform(Category::shape, std::move(name), std::move(doc), {input_port()},
                                       std::move(options), shape)));
}

}  // namespace

void add_shape_parts(Registry& registry) {
  const Attribute dim = integer_or("dim", 0, "the dimension to cut");
  const Attribute chunks = {
      .name = "chunks", .doc = "how many parts, at most", .required = true, .min = 1, .max = 65536};
  const Attribute sections = {.name = "indices_or_sections",
                              .type = AttributeType::integers,
                              .doc = "how many parts, or a list of the places to cut at",
                              .required = true,
                              .max = 65536,
                              .or_integer = true};
  registry.add(exported(
      cut("split", "Parts of a dimension: of one size, the last perhaps smaller, or of the listed sizes.",
          {sizes_option("split_size_or_sections", 0, false, "size of each part, or a list of sizes"), dim},
          split_rule),
      "Split"));
  registry.add(cut("chunk", "A number of equal parts of a dimension, the last perhaps smaller.",
                   {chunks, dim}, chunk_rule));
  registry.add(cut("tensor_split", "Parts of a dimension, as equal as can be, or cut at the listed places.",
                   {sections, dim}, tensor_split_rule));
  registry.add(cut("unbind", "The elements along a dimension, which vanishes.", {dim}, unbind_rule));
}

}  // namespace orrery
