#include <fmt/format.h>

#include "runtime/ops/broadcast.h"
#include "runtime/ops/created.h"
#include "runtime/ops/families.h"
#include "runtime/ops/options.h"
#include "runtime/ops/pointwise.h"

namespace orrery {
namespace {

// Drawn anew at each step; no gradient flows through a draw.
Descriptor drawn(Descriptor d) {
  d.category = Category::random;
  d.draws = true;
  d.differentiable = false;
  return d;
}

std::vector<TensorType> randint_rule(ShapeContext& context) {
  const Attributes& a = context.attributes();
  const std::int64_t low = a.integer("low"), high = a.integer("high");
  if (low >= high) context.expects_option("low below high", fmt::format("{} and {}", low, high));
  expect_held(context, low);
  expect_held(context, high - 1);
  return {{a.shape("size"), a.dtype("dtype")}};
}

std::vector<TensorType> randperm_rule(ShapeContext& context) {
  const Attributes& a = context.attributes();
  const Shape& n = a.shape("n");
  if (n.size() != 1) context.expects_option("one number of elements", str(n));
  if (n[0].known()) expect_held(context, n[0].value() - 1);
  return {{n, a.dtype("dtype")}};
}

// Mean and deviation as values or numbers; of two numbers, with a size.
std::vector<TensorType> normal_rule(ShapeContext& context) {
  const Attributes& a = context.attributes();
  const bool numbers = !context.linked(0) && !context.linked(1);
  const Operand mean = operand_at(context, 0, "mean"), deviation = operand_at(context, 1, "std");
  if (!context.linked(1) && a.real("std") < 0)
    context.expects_option("a std of at least 0", str(a.at("std")));
  if (numbers != a.has("size"))
    context.expects_option("a size beside two numbers, and only there", numbers ? "none" : "one");
  if (numbers) return {{a.shape("size"), DType::float32}};
  expect_kind_of(context, Takes::floating, context.linked(0) ? 0 : 1);
  if (context.linked(1)) expect_kind_of(context, Takes::no_complex, 1);
  return {{meeting_shape(context), context.linked(0) ? mean.dtype : deviation.dtype}};
}

std::vector<TensorType> bernoulli_rule(ShapeContext& context) {
  const bool own = context.attributes().has("p");
  return UnaryRule{own ? Takes::no_complex : Takes::floating}(context);
}

std::vector<TensorType> random_like_rule(ShapeContext& context) {
  const Attributes& a = context.attributes();
  const DType dtype = a.has("dtype") ? a.dtype("dtype") : context.input(0).dtype;
  if (!a.has("dtype")) expect_kind_of(context, Takes::differentiable);
  return {{context.shape(), dtype}};
}

void expect_enough(ShapeContext& context, const Dim& size) {
  const Attributes& a = context.attributes();
  const std::int64_t samples = a.integer("num_samples");
  if (!a.boolean("replacement"))
    context.expect_at_least(0, size, samples, fmt::format("at least {} weights", samples), size.str(),
                            "Draw with replacement = true, or fewer.");
}

std::vector<TensorType> multinomial_rule(ShapeContext& context) {
  expect_kind_of(context, Takes::floating);
  context.expect_rank(0, 1, 2, "(K) or (N, K)");
  Shape shape = context.shape();
  context.expect_at_least(0, shape.back(), 1, "an input that is not empty", str(shape));
  expect_enough(context, shape.back());
  shape.back() = context.attributes().integer("num_samples");
  return {{shape, DType::int64}};
}

Attribute whole(std::string name, std::string doc) {
  return required_integer(std::move(name), std::move(doc));
}

Descriptor normal() {
  Descriptor d = unary(Category::random, "normal", "Normally distributed numbers.", {});
  d.inputs.clear();
  add_number_port(d, "mean", "the mean: a value or a number");
  add_number_port(d, "std", "the standard deviation: a value or a number");
  Attribute size = size_option(false);
  size.required = false;
  size.doc = "the sizes, where mean and std are numbers";
  d.attributes.push_back(size);
  d.shape = normal_rule;
  d.in_place = false;
  return drawn(d);
}

Descriptor like(std::string name, std::string doc) {
  Descriptor d = unary(Category::random, std::move(name), std::move(doc), {});
  d.attributes = {result_dtype(differentiable_names())};
  d.shape = random_like_rule;
  d.in_place = false;
  return drawn(d);
}

Descriptor random_of_input(std::string name, std::string doc, std::vector<Attribute> options,
                           std::vector<TensorType> (*rule)(ShapeContext&)) {
  Descriptor d = unary(Category::random, std::move(name), std::move(doc), {});
  d.attributes = std::move(options);
  d.shape = rule;
  d.in_place = false;
  return drawn(d);
}

void add_of_input(Registry& registry) {
  registry.add(normal());
  registry.add(like("rand_like", "Uniform numbers between 0 and 1, as many as the input has."));
  registry.add(like("randn_like", "Normally distributed numbers, as many as the input has."));
  registry.add(random_of_input("bernoulli", "1 with a probability, the input's elements or p, else 0.",
                               {{.name = "p",
                                 .type = AttributeType::real,
                                 .doc = "the probability of each; none: the input's elements are",
                                 .min = 0,
                                 .max = 1}},
                               bernoulli_rule));
  registry.add(random_of_input(
      "multinomial", "Indices drawn by the weights of the last dimension.",
      {count_of("num_samples", "how many to draw"), flag("replacement", false, "one may be drawn again")},
      multinomial_rule));
  registry.add(random_of_input(
      "poisson", "Poisson-distributed numbers, the input's elements being the rates.", {},
      +[](ShapeContext& c) { return UnaryRule{Takes::floating}(c); }));
  Descriptor exponential = random_of_input(
      "exponential", "Exponentially distributed numbers, as many as the input has.",
      {{.name = "lambd",
        .type = AttributeType::real,
        .doc = "the rate",
        .value = 1.0,
        .min = 0,
        .above_min = true}},
      +[](ShapeContext& c) { return UnaryRule{Takes::floating}(c); });
  exponential.torch = "torch.Tensor.exponential_";
  registry.add(std::move(exponential));
}

}  // namespace

void add_random(Registry& registry) {
  const Attribute size = size_option(true), list = size_option(false);
  registry.add(drawn(created("rand", "Uniform numbers between 0 and 1.",
                             {size, dtype_option(DType::float32, differentiable_names())}, sized_rule,
                             "RandomUniform")));
  registry.add(drawn(created("randn", "Normally distributed numbers with mean 0 and deviation 1.",
                             {size, dtype_option(DType::float32, differentiable_names())}, sized_rule,
                             "RandomNormal")));
  Attribute least = whole("low", "the least number");
  least.required = false;
  least.value = std::int64_t{0};
  registry.add(drawn(created(
      "randint", "Whole numbers from low up to high, which is not reached.",
      {least, whole("high", "one above the largest"), list, dtype_option(DType::int64, number_names())},
      randint_rule)));
  Attribute n = size_option(false);
  n.name = "n";
  n.doc = "how many: a number or a symbolic size";
  registry.add(drawn(created("randperm", "The numbers from 0 to n - 1 in random order.",
                             {n, dtype_option(DType::int64, number_names())}, randperm_rule)));
  add_of_input(registry);
}

}  // namespace orrery
