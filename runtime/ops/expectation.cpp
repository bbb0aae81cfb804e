#include "runtime/ops/expectation.h"

#include <fmt/format.h>

#include "runtime/ops/families.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

std::string in_words(const Shape& shape) {
  std::vector<std::string> sizes;
  for (const Dim& dim : shape) sizes.push_back(dim == Dim(kAnySize) ? "any" : dim.str());
  return fmt::format("({})", fmt::join(sizes, ", "));
}

void expect_shape(ShapeContext& context) {
  const Shape &wanted = context.attributes().shape("shape"), &given = context.shape();
  const RuleBroken otherwise = unexpected_shape(context.attributes(), given);
  if (wanted.size() != given.size()) throw otherwise;
  for (size_t i = 0; i < wanted.size(); ++i)
    if (!(wanted[i] == Dim(kAnySize)))
      context.expect({Guard::Relation::equal, given[i], wanted[i], otherwise});
}

void expect_range(ShapeContext& context) {
  const std::vector<double>& range = context.attributes().reals("range");
  if (!(range[0] <= range[1])) context.expects_option("a range from low to high", str(AttributeValue(range)));
  if (is_complex(context.input(0).dtype)) context.expects_dtype(0, "real numbers, which have a range");
}

std::vector<TensorType> expect_rule(ShapeContext& context) {
  const Attributes& a = context.attributes();
  if (a.has("shape")) expect_shape(context);
  if (a.has("dtype") && context.input(0).dtype != a.dtype("dtype"))
    context.expects_dtype(0, fmt::format("dtype {}", name(a.dtype("dtype"))));
  if (a.has("range")) expect_range(context);
  return like_input(context);
}

}  // namespace

RuleBroken unexpected_shape(const Attributes& attributes, const Shape& got) {
  return {"shape-mismatch", 0, "shape " + in_words(attributes.shape("shape")), str(got), ""};
}

RuleBroken unexpected_range(const Attributes& attributes, std::string got) {
  const std::vector<double>& range = attributes.reals("range");
  return {"value-out-of-range", 0, fmt::format("values between {:g} and {:g}", range[0], range[1]),
          std::move(got), ""};
}

bool has_expected_shape(const Attributes& attributes, const Shape& shape) {
  const Shape& wanted = attributes.shape("shape");
  if (wanted.size() != shape.size()) return false;
  std::map<std::string, std::int64_t> sizes;
  for (size_t i = 0; i < wanted.size(); ++i) {
    std::vector<std::string> names;
    wanted[i].collect_symbols(names);
    if (names.size() == 1 && wanted[i] == Dim::symbol(names[0]))
      sizes.try_emplace(names[0], shape[i].value());
  }
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto size = wanted[i].evaluate(sizes);
    if (!(wanted[i] == Dim(kAnySize)) && size && *size != shape[i].value()) return false;
  }
  return true;
}

void add_expectation(Registry& registry) {
  const std::vector<Attribute> options = {
      {.name = "shape",
       .type = AttributeType::shape,
       .doc = "its sizes: numbers, names of symbols, nil or -1 for any; none: any shape",
       .min = kAnySize,
       .names = true},
      {.name = "dtype", .type = AttributeType::dtype, .doc = "its element type; none: any"},
      {.name = "range",
       .type = AttributeType::reals,
       .doc = "the least and the largest number that it may hold; none: any, NaN too",
       .count = 2}};
  Descriptor expect = viewing(transform(Category::shape, "expect",
                                        "The same, which must be as told: asked for when the graph is made "
                                        "as far as it is known then, and whenever it runs.",
                                        {input_port()}, options, expect_rule));
  expect.of_graph = true;
  expect.torch = "torch._check";
  registry.add(std::move(expect));
}

}  // namespace orrery
