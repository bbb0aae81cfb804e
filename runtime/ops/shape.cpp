#include <algorithm>

#include <fmt/format.h>

#include "runtime/core/device_name.h"
#include "runtime/ops/dims.h"
#include "runtime/ops/families.h"
#include "runtime/ops/options.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

std::vector<TensorType> reshape_rule(ShapeContext& context) {
  const Shape& input = context.shape();
  return reshaped(context, filled_shape(context, numel(input), context.attributes().shape("shape"),
                                        "its input " + str(input)));
}

std::vector<TensorType> flatten_rule(ShapeContext& context) {
  const Attributes& a = context.attributes();
  const int first = context.wrapped_dim(0, a.integer("start_dim"), "start_dim");
  const int last = context.wrapped_dim(0, a.integer("end_dim"), "end_dim");
  if (first > last)
    context.expects_option(fmt::format("a start_dim before end_dim {}", last), std::to_string(first));
  const Shape& input = context.shape();
  Shape shape(input.begin(), input.begin() + first);
  shape.push_back(merged(input, first, last));
  if (last + 1 < static_cast<int>(input.size()))
    shape.insert(shape.end(), input.begin() + last + 1, input.end());
  return reshaped(context, shape);
}

std::vector<TensorType> unflattened(ShapeContext& context, const std::string& option) {
  if (context.rank() == 0) context.expects(0, "an input of at least 1 dimension", "a scalar");
  const int dim = context.wrapped_dim(0, context.attributes().integer("dim"));
  const Shape& sizes = context.attributes().shape(option);
  if (sizes.empty()) context.expects_option("at least one size in " + option, "{}");
  Shape shape = context.shape();
  const Shape parts =
      filled_shape(context, shape[dim], sizes, fmt::format("dimension {}, {}", dim, shape[dim].str()));
  shape.erase(shape.begin() + dim);
  shape.insert(shape.begin() + dim, parts.begin(), parts.end());
  return reshaped(context, shape);
}

std::vector<TensorType> unflatten_rule(ShapeContext& context) { return unflattened(context, "sizes"); }
std::vector<TensorType> unflatten_layer_rule(ShapeContext& context) {
  return unflattened(context, "unflattened_size");
}

std::vector<TensorType> permute_rule(ShapeContext& context) {
  const std::vector<int> order = listed_dims(context, "dims");
  if (static_cast<int>(order.size()) != context.rank())
    context.expects_option(
        fmt::format("each of the {} dimensions of {} in dims", context.rank(), str(context.shape())),
        str(context.attributes().at("dims")));
  Shape shape;
  for (int dim : order) shape.push_back(context.shape()[dim]);
  return reshaped(context, shape);
}

std::vector<TensorType> transpose_rule(ShapeContext& context) {
  const int first = context.wrapped_dim(0, context.attributes().integer("dim0"), "dim0");
  const int second = context.wrapped_dim(0, context.attributes().integer("dim1"), "dim1");
  Shape shape = context.shape();
  if (!shape.empty()) std::swap(shape[first], shape[second]);
  return reshaped(context, shape);
}

// Whether a dimension is 1 must be known here, since the number of dimensions depends on it.
bool is_one(ShapeContext& context, const Dim& d) {
  if (d.known()) return d == Dim(1);
  context.expect_at_least(0, d, 2, fmt::format("a dimension {} that is not 1", d.str()), "1");
  return false;
}

std::vector<TensorType> squeeze_rule(ShapeContext& context) {
  const bool all = !context.attributes().has("dim");
  const std::vector<int> dims = listed_dims(context, "dim");
  Shape shape;
  for (int i = 0; i < context.rank(); ++i) {
    const bool chosen = all || std::find(dims.begin(), dims.end(), i) != dims.end();
    if (!chosen || !is_one(context, context.shape()[i])) shape.push_back(context.shape()[i]);
  }
  return reshaped(context, shape);
}

std::vector<TensorType> unsqueeze_rule(ShapeContext& context) {
  Shape shape = context.shape();
  shape.insert(shape.begin() + new_dim(context, "dim"), Dim(1));
  return reshaped(context, shape);
}

std::vector<TensorType> to_rule(ShapeContext& context) {
  const Attributes& a = context.attributes();
  if (!a.has("dtype") && !a.has("device")) context.expects_option("a dtype or a device", "neither");
  if (a.has("device") && (!is_device_name(a.text("device")) || a.text("device") == "auto"))
    context.expects_option("'cpu', 'cuda' or 'cuda:N'", fmt::format("'{}'", a.text("device")));
  return {{context.shape(), a.has("dtype") ? a.dtype("dtype") : context.input(0).dtype}};
}

Descriptor view_of(std::string name, std::string doc, std::vector<Attribute> attributes, ShapeRule shape,
                   Alias::Kind alias, std::string onnx) {
  Descriptor d{.name = name, .category = Category::shape, .doc = std::move(doc)};
  d.inputs = {input_port()};
  d.attributes = std::move(attributes);
  d.shape = shape;
  d.aliases = {{alias}};
  d.torch = "torch." + name;
  d.onnx = std::move(onnx);
  return d;
}

std::vector<Attribute> flatten_options(std::int64_t start) {
  return {integer_or("start_dim", start, "first dimension to merge"),
          integer_or("end_dim", -1, "last dimension to merge")};
}

std::vector<Attribute> unflatten_options(const std::string& sizes) {
  return {required_integer("dim", "the dimension to split"),
          sizes_option(sizes, -1, false, "what it becomes; one may be -1")};
}

Descriptor layer_of(std::string name, std::string doc, std::vector<Attribute> options, ShapeRule shape,
                    std::string onnx) {
  Descriptor d = view_of(std::move(name), std::move(doc), std::move(options), shape, Alias::Kind::maybe_view,
                         std::move(onnx));
  d.kind = OperationKind::layer;
  d.parameters = no_parameters;
  d.torch = "torch.nn." + d.name;
  d.transform = d.default_node_name();
  return d;
}

}  // namespace

void add_shape(Registry& registry) {
  constexpr Alias::Kind maybe_view = Alias::Kind::maybe_view;
  const Attribute wanted =
      sizes_option("shape", -1, true, "sizes of the result; one may be -1, to be told from the others");
  Attribute order = dims("dims", "the input's dimensions in their new order");
  order.required = order.variadic = true;
  const Attribute device = {
      .name = "device",
      .type = AttributeType::text,
      .doc = "where it and what is computed from it lie: cpu, cuda, cuda:1; a dtype may stand here, too"};
  const Attribute dtype = {
      .name = "dtype", .type = AttributeType::dtype, .doc = "element type of the result; none: the input's"};

  registry.add(layer_of("Flatten", "Merges dimensions into one; by default all but the batch.",
                        flatten_options(1), flatten_rule, "Flatten"));
  registry.add(layer_of("Unflatten", "Splits one dimension into several.",
                        unflatten_options("unflattened_size"), unflatten_layer_rule, "Reshape"));
  registry.add(view_of("reshape", "The same elements in another shape.", {wanted}, reshape_rule, maybe_view,
                       "Reshape"));
  Descriptor view = view_of(
      "view", "The same elements in another shape; copies them where the memory layout allows no view.",
      {wanted}, reshape_rule, maybe_view, "Reshape");
  view.torch = "torch.Tensor.view";
  registry.add(std::move(view));
  registry.add(view_of("flatten", "Merges dimensions into one.", flatten_options(0), flatten_rule, maybe_view,
                       "Reshape"));
  registry.add(view_of("unflatten", "Splits one dimension into several.", unflatten_options("sizes"),
                       unflatten_rule, maybe_view, "Reshape"));
  registry.add(
      view_of("permute", "Reorders the dimensions.", {order}, permute_rule, Alias::Kind::view, "Transpose"));
  registry.add(view_of("transpose", "Swaps two dimensions.",
                       {required_integer("dim0", "one of the two"), required_integer("dim1", "the other")},
                       transpose_rule, Alias::Kind::view, "Transpose"));
  registry.add(view_of("squeeze", "Drops dimensions of size 1.",
                       {dims("dim", "which to drop if they are 1; none: all")}, squeeze_rule,
                       Alias::Kind::view, "Squeeze"));
  registry.add(view_of("unsqueeze", "Adds a dimension of size 1.",
                       {required_integer("dim", "its place in the result")}, unsqueeze_rule,
                       Alias::Kind::view, "Unsqueeze"));
  Descriptor detach =
      view_of("detach", "The same elements, which carry no gradient.", {}, like_input, Alias::Kind::view, "");
  detach.torch = "torch.Tensor.detach";
  detach.differentiable = false;
  registry.add(std::move(detach));
  Descriptor to = view_of("to", "The elements in another dtype, on another device, or both.", {device, dtype},
                          to_rule, maybe_view, "Cast");
  to.torch = "torch.Tensor.to";
  registry.add(std::move(to));
}

}  // namespace orrery
