#include "runtime/ops/initialisation.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/core/names.h"
#include "runtime/ops/options.h"

namespace orrery {

// Everything in PyTorch's order of operations (torch/nn/init.py), so that the numbers are the same doubles.

Init kaiming_uniform(std::int64_t fan_in) {
  const double slope = std::sqrt(5.0);
  const double gain = std::sqrt(2.0 / (1 + slope * slope));
  const double deviation = gain / std::sqrt(static_cast<double>(fan_in));
  const double bound = std::sqrt(3.0) * deviation;
  return Init::uniform(-bound, bound);
}

Init fan_in_uniform(std::int64_t fan_in) {
  const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
  return Init::uniform(-bound, bound);
}

namespace {

// How many inputs one output sees, and the reverse.
struct Fans {
  explicit Fans(const std::vector<std::int64_t>& sizes) : in(sizes[1]), out(sizes[0]) {
    for (size_t i = 2; i < sizes.size(); ++i) {
      in *= sizes[i];
      out *= sizes[i];
    }
  }
  std::int64_t in, out;
};

double xavier_deviation(const std::vector<std::int64_t>& sizes, double gain) {
  const Fans fans(sizes);
  return gain * std::sqrt(2.0 / static_cast<double>(fans.in + fans.out));
}

}  // namespace

Init xavier_uniform(const std::vector<std::int64_t>& sizes, double gain) {
  const double bound = std::sqrt(3.0) * xavier_deviation(sizes, gain);
  return Init::uniform(-bound, bound);
}

Init xavier_normal(const std::vector<std::int64_t>& sizes, double gain) {
  return Init::normal(0, xavier_deviation(sizes, gain));
}

const std::vector<std::string>& nonlinearities() {
  static const std::vector<std::string> kNames = {
      "linear",           "conv1d",  "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
      "conv_transpose3d", "sigmoid", "tanh",   "relu",   "leaky_relu",       "selu"};
  return kNames;
}

double gain_of(const std::string& nonlinearity, double slope) {
  if (nonlinearity == "tanh") return 5.0 / 3;
  if (nonlinearity == "relu") return std::sqrt(2.0);
  if (nonlinearity == "leaky_relu") return std::sqrt(2.0 / (1 + slope * slope));
  if (nonlinearity == "selu") return 3.0 / 4;
  return 1;
}

namespace {

Attribute real(std::string name, double value, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::real, .doc = std::move(doc), .value = value};
}

Attribute deviation(double value) {
  Attribute made = real("std", value, "standard deviation");
  made.min = 0;
  return made;
}

Attribute gain() { return real("gain", 1.0, "factor, as nn.init.calculate_gain gives it"); }

std::vector<Attribute> kaiming_options() {
  return {real("a", 0.0, "negative slope of the following leaky_relu"),
          {.name = "mode",
           .type = AttributeType::text,
           .doc = "keeps the variance of the forward pass (fan_in) or of the backward pass (fan_out)",
           .value = "fan_in",
           .choices = {"fan_in", "fan_out"}},
          {.name = "nonlinearity",
           .type = AttributeType::text,
           .doc = "what follows the layer",
           .value = "leaky_relu",
           .choices = nonlinearities()}};
}

double kaiming_deviation(const Attributes& options, const Shape& shape) {
  const Fans fans(values(shape));
  const double fan = static_cast<double>(options.text("mode") == "fan_in" ? fans.in : fans.out);
  return gain_of(options.text("nonlinearity"), options.real("a")) / std::sqrt(fan);
}

// PyTorch clamps to bounds in the wrong order, too, but the result says nothing.
Init trunc_normal(const Attributes& options, const Shape&) {
  const double low = options.real("a"), high = options.real("b"), std = options.real("std");
  check(low < high, Fault::usage, "a must be below b, got {} and {}", low, high);
  check(std > 0, Fault::usage, "std must be above 0, got {}", std);
  return {Init::Kind::trunc_normal, options.real("mean"), std, low, high};
}

Init dirac(const Attributes& options, const Shape& shape) {
  const std::int64_t groups = options.integer("groups");
  check(shape[0].value() % groups == 0, Fault::usage,
        "the first dimension must be divisible by groups = {}, the shape is {}", groups, str(shape));
  return {Init::Kind::dirac, static_cast<double>(groups)};
}

std::vector<InitialisationKind> make_plain_kinds() {
  using A = const Attributes&;
  using S = const Shape&;
  return {
      {"uniform",
       "Draws from the uniform distribution over [a, b).",
       {real("a", 0.0, "lower bound"), real("b", 1.0, "upper bound")},
       0,
       64,
       [](A o, S) { return Init::uniform(o.real("a"), o.real("b")); }},
      {"normal",
       "Draws from the normal distribution.",
       {real("mean", 0.0, "mean"), deviation(1.0)},
       0,
       64,
       [](A o, S) { return Init::normal(o.real("mean"), o.real("std")); }},
      {"trunc_normal",
       "Draws from the normal distribution, cut off outside [a, b].",
       {real("mean", 0.0, "mean"), deviation(1.0), real("a", -2.0, "least value"),
        real("b", 2.0, "greatest value")},
       0,
       64,
       trunc_normal},
      {"constant",
       "Fills with one value.",
       {{.name = "val", .type = AttributeType::real, .doc = "the value", .required = true}},
       0,
       64,
       [](A o, S) { return Init::constant(o.real("val")); }},
      {"ones", "Fills with 1.", {}, 0, 64, [](A, S) { return Init::ones(); }},
      {"zeros", "Fills with 0.", {}, 0, 64, [](A, S) { return Init::zeros(); }},
      {"eye", "Fills a matrix with the identity.", {}, 2, 2, [](A, S) { return Init{Init::Kind::eye}; }},
      {"dirac",
       "Fills a convolution's weight so that its channels pass unchanged.",
       {{.name = "groups",
         .type = AttributeType::integer,
         .doc = "groups of the convolution",
         .value = std::int64_t{1},
         .min = 1}},
       3,
       5,
       dirac},
  };
}

std::vector<InitialisationKind> make_scaled_kinds() {
  using A = const Attributes&;
  using S = const Shape&;
  return {
      {"xavier_uniform",
       "Glorot's uniform distribution: the variance stays the same forwards and backwards.",
       {gain()},
       2,
       64,
       [](A o, S s) { return xavier_uniform(values(s), o.real("gain")); }},
      {"xavier_normal",
       "Glorot's normal distribution: the variance stays the same forwards and backwards.",
       {gain()},
       2,
       64,
       [](A o, S s) { return xavier_normal(values(s), o.real("gain")); }},
      {"kaiming_uniform", "He's uniform distribution, for layers before a rectifier.", kaiming_options(), 2,
       64,
       [](A o, S s) {
         const double bound = std::sqrt(3.0) * kaiming_deviation(o, s);
         return Init::uniform(-bound, bound);
       }},
      {"kaiming_normal", "He's normal distribution, for layers before a rectifier.", kaiming_options(), 2, 64,
       [](A o, S s) { return Init::normal(0, kaiming_deviation(o, s)); }},
      {"orthogonal",
       "Fills with a random matrix whose rows, or columns, are orthogonal; further dimensions count as "
       "columns.",
       {gain()},
       2,
       64,
       [](A o, S) {
         return Init{Init::Kind::orthogonal, o.real("gain")};
       }},
      {"sparse",
       "Draws a matrix from the normal distribution and makes a share of each column 0.",
       {{.name = "sparsity",
         .type = AttributeType::real,
         .doc = "share of each column that becomes 0",
         .required = true,
         .min = 0,
         .max = 1},
        deviation(0.01)},
       2,
       2,
       [](A o, S) {
         return Init{Init::Kind::sparse, o.real("sparsity"), o.real("std")};
       }},
  };
}

}  // namespace

const std::vector<InitialisationKind>& initialisation_kinds() {
  static const std::vector<InitialisationKind> kKinds = [] {
    std::vector<InitialisationKind> all = make_plain_kinds();
    for (InitialisationKind& kind : make_scaled_kinds()) all.push_back(std::move(kind));
    return all;
  }();
  return kKinds;
}

const InitialisationKind& initialisation_kind(const std::string& name) {
  const auto& kinds = initialisation_kinds();
  const auto found = std::ranges::find(kinds, name, &InitialisationKind::name);
  if (found != kinds.end()) return *found;
  std::vector<std::string> names;
  for (const InitialisationKind& kind : kinds) names.push_back(kind.name);
  fail(Fault::usage, "nn.init has no '{}'{}", name, did_you_mean(name, names));
}

Init initialisation(const InitialisationKind& kind, const Attributes& attributes, const Shape& shape) {
  const int rank = static_cast<int>(shape.size());
  check(rank >= kind.low_rank && rank <= kind.high_rank, Fault::usage,
        "nn.init.{} fills tensors of {}{} dimensions, got the shape {}", kind.name, kind.low_rank,
        kind.high_rank == kind.low_rank ? ""
        : kind.high_rank == 64          ? " or more"
                                        : fmt::format(" to {}", kind.high_rank),
        str(shape));
  if (numel(shape) == Dim(0)) return Init::zeros();
  return kind.make(attributes, shape);
}

}  // namespace orrery
