// Masks, index lists, and what depends on the data.
#include <algorithm>

#include <fmt/format.h>

#include "runtime/ops/broadcast.h"
#include "runtime/ops/dims.h"
#include "runtime/ops/families.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

void expect_mask(ShapeContext& context, int port) {
  if (context.input(port).dtype != DType::boolean)
    context.expects_dtype(port, "a mask of dtype bool", "Compare first: x:gt(0).");
}

// What the index ports choose of the input: the indices' common shape stands in the place of the dimensions
// they stand for when these are neighbours, else in front.
class Chosen {
 public:
  Chosen(ShapeContext& context, int first_port) : context_(context) {
    const Attributes& a = context.attributes();
    const int count = context.input_count() - first_port;
    if (count < 1) context.expects(-1, "at least one index", "none");
    if (a.has("dims") && static_cast<int>(a.integers("dims").size()) != count)
      context.expects_option(fmt::format("one dimension for each of {} indices", count), str(a.at("dims")));
    int next = 0;
    for (int i = 0; i < count; ++i) {
      if (a.has("dims")) next = context.wrapped_dim(0, a.integers("dims")[i], "dims");
      next = add(first_port + i, next);
    }
  }

  Shape shape() const {
    const bool neighbours = dims_.back() - dims_.front() + 1 == static_cast<int>(dims_.size());
    Shape shape = without_dims(context_.shape(), dims_, false);
    shape.insert(shape.begin() + (neighbours ? dims_.front() : 0), common_.begin(), common_.end());
    return shape;
  }

 private:
  // Returns the dimension behind those that the port stands for.
  int add(int port, int dim) {
    const DType dtype = context_.input(port).dtype;
    const bool mask = dtype == DType::boolean;
    if (!mask && dtype != DType::int64 && dtype != DType::int32)
      context_.expects_dtype(port, "indices of dtype int64, int32 or bool");
    const int count = mask ? context_.rank(port) : 1;
    if (mask && count == 0) context_.expects(port, "a mask of at least 1 dimension", "a scalar");
    if ((!dims_.empty() && dim <= dims_.back()) || dim + count > context_.rank())
      context_.expects(port,
                       fmt::format("indices for the dimensions of {}, in their order", str(context_.shape())),
                       fmt::format("{} at dimension {}", str(context_.shape(port)), dim));
    for (int d = 0; d < count; ++d) {
      dims_.push_back(dim + d);
      if (mask)
        context_.expect_equal(
            port, context_.shape(port)[d], context_.shape()[dim + d],
            fmt::format("a mask like the dimensions from {} of {}", dim, str(context_.shape())),
            str(context_.shape(port)));
    }
    common_ =
        broadcast(context_, port, common_, mask ? Shape{context_.told_by_data()} : context_.shape(port));
    return dim + count;
  }

  ShapeContext& context_;
  std::vector<int> dims_;
  Shape common_;
};

std::vector<TensorType> index_rule(ShapeContext& context) {
  return reshaped(context, Chosen(context, 1).shape());
}

std::vector<TensorType> index_put_rule(ShapeContext& context) {
  const Shape place = Chosen(context, 2).shape(), &values = context.shape(1);
  const DType dtype = context.input(0).dtype;
  if (context.input(1).dtype != dtype) context.expects_dtype(1, fmt::format("{}, as the input", name(dtype)));
  const std::string expected = fmt::format("values that broadcast to {}", str(place));
  if (values.size() > place.size()) context.expects(1, expected, str(values));
  for (size_t i = 0; i < values.size(); ++i)
    if (!(values[i] == Dim(1)))
      context.expect_equal(1, values[i], place[place.size() - values.size() + i], expected, str(values));
  return like_input(context);
}

std::vector<TensorType> masked_select_rule(ShapeContext& context) {
  expect_mask(context, 1);
  broadcast(context, 1, context.shape(0), context.shape(1));
  return reshaped(context, {context.told_by_data()});
}

std::vector<TensorType> masked_scatter_rule(ShapeContext& context) {
  expect_mask(context, 1);
  const DType dtype = context.input(0).dtype;
  if (context.input(2).dtype != dtype) context.expects_dtype(2, fmt::format("{}, as the input", name(dtype)));
  return reshaped(context, broadcast(context, 1, context.shape(0), context.shape(1)));
}

std::vector<TensorType> argwhere_rule(ShapeContext& context) {
  return {{{context.told_by_data(), context.rank()}, DType::int64}};
}

std::vector<TensorType> nonzero_rule(ShapeContext& context) {
  if (!context.attributes().boolean("as_tuple")) return argwhere_rule(context);
  const TensorType each{{context.told_by_data()}, DType::int64};
  return std::vector<TensorType>(static_cast<size_t>(std::max(context.rank(), 1)), each);
}

// The distinct elements, or slices of a dimension; then what the options ask for.
std::vector<TensorType> distinct(ShapeContext& context) {
  const Attributes& a = context.attributes();
  const Dim found = context.told_by_data();
  Shape values{found}, inverse = context.shape();
  if (a.has("dim")) {
    const int dim = dim_of_some(context);
    values = context.shape();
    inverse = {values[dim]};
    values[dim] = found;
  }
  std::vector<TensorType> outputs = reshaped(context, values);
  if (a.boolean("return_inverse")) outputs.push_back({inverse, DType::int64});
  if (a.boolean("return_counts")) outputs.push_back({{found}, DType::int64});
  return outputs;
}

void expect_real(ShapeContext& context, int port) {
  if (is_complex(context.input(port).dtype)) context.expects_dtype(port, "real numbers, which have an order");
}

std::vector<TensorType> unique_rule(ShapeContext& context) {
  expect_real(context, 0);
  return distinct(context);
}

std::vector<TensorType> one_hot_rule(ShapeContext& context) {
  if (context.input(0).dtype != DType::int64)
    context.expects_dtype(0, "classes of dtype int64", "Convert them first: x:to(\"int64\").");
  Shape shape = context.shape();
  const std::int64_t classes = context.attributes().integer("num_classes");
  if (classes == 0) context.expects_option("at least one class", "0");
  shape.push_back(classes < 0 ? context.told_by_data() : Dim(classes));
  return reshaped(context, shape);
}

Descriptor of_input(std::string name, std::string doc, std::vector<Attribute> options, ShapeRule shape) {
  return transform(Category::indexing, std::move(name), std::move(doc), {input_port()}, std::move(options),
                   shape);
}

void add_unique(Registry& registry) {
  const Attribute dim = {.name = "dim", .doc = "slices of this dimension; none: single elements"};
  const std::vector<std::string> outputs = {"output", "inverse_indices", "counts"};
  const std::vector<Attribute> options = {
      flag("return_inverse", false, "also where each element stands in the result"),
      flag("return_counts", false, "also how often each appears"), dim};
  std::vector<Attribute> with_sorted = options;
  with_sorted.insert(with_sorted.begin(), flag("sorted", true, "in rising order"));
  const auto distinct_of = [&](const char* name, const char* doc, std::vector<Attribute> these,
                               ShapeRule rule) {
    return undifferentiable(giving_many(giving(of_input(name, doc, std::move(these), rule), outputs)));
  };
  registry.add(exported(distinct_of("unique", "The distinct elements.", with_sorted, unique_rule), "Unique"));
  registry.add(
      distinct_of("unique_consecutive", "The elements without repetitions in a row.", options, unique_rule));
}

void add_nonzero(Registry& registry) {
  registry.add(exported(undifferentiable(giving_many(of_input(
                            "nonzero", "The places of elements that are not 0, as rows of indices.",
                            {flag("as_tuple", false, "one value per dimension instead")}, nonzero_rule))),
                        "NonZero"));
  registry.add(undifferentiable(
      of_input("argwhere", "The places of elements that are not 0, as rows of indices.", {}, argwhere_rule)));
}

void add_index_lists(Registry& registry) {
  const Attribute dims_of = dims("dims", "the dimension that each index stands for; none: the first ones");
  const Port indices = {.name = "indices", .kind = Port::Kind::variadic, .doc = "indices, or masks"};
  registry.add(called(
      transform(Category::indexing, "index", "The elements that index values and masks choose: x[{i, j}].",
                {input_port(), indices}, {dims_of}, index_rule),
      "torch.ops.aten.index"));
  registry.add(writable(method(
      ordered(transform(Category::indexing, "index_put", "Puts values where index values and masks say.",
                        {input_port(), {.name = "values", .doc = "what is put; broadcasts"}, indices},
                        {flag("accumulate", false, "add to what is there"), dims_of}, index_put_rule),
              {"input", "indices", "values"}))));
}

}  // namespace

void add_indexing_masks(Registry& registry) {
  const Port mask = {.name = "mask", .doc = "bool, broadcasts"};
  const Attribute classes = {.name = "num_classes",
                             .doc = "how many classes; -1: one more than the largest",
                             .value = std::int64_t{-1},
                             .min = -1};
  add_index_lists(registry);
  registry.add(transform(Category::indexing, "masked_select", "The elements under a mask, in one row.",
                         {input_port(), mask}, {}, masked_select_rule));
  registry.add(writable(method(transform(
      Category::indexing, "masked_scatter", "Puts the elements of a source, in their order, under a mask.",
      {input_port(), mask, {.name = "source", .doc = "at least as many elements as the mask has"}}, {},
      masked_scatter_rule))));
  add_nonzero(registry);
  add_unique(registry);
  registry.add(exported(
      undifferentiable(called(
          of_input("one_hot", "A row of 0 with a 1 at the class, for each element.", {classes}, one_hot_rule),
          "torch.nn.functional.one_hot")),
      "OneHot"));
}

}  // namespace orrery
