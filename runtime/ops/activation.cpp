#include <set>

#include <fmt/format.h>

#include "runtime/ops/families.h"
#include "runtime/ops/options.h"
#include "runtime/ops/promotion.h"

namespace orrery {
namespace {

using Rule = std::vector<TensorType> (*)(ShapeContext&);

void expect_numbers(const ShapeContext& context) {
  if (context.input(0).dtype == DType::boolean)
    context.expects_dtype(0, "an input of numbers", "Convert it first: x:to(\"float32\").");
}

std::vector<TensorType> number_rule(ShapeContext& context) {
  expect_numbers(context);
  return {context.input(0)};
}

std::vector<TensorType> smooth_rule(ShapeContext& context) {
  return {{context.shape(), floating_result(context.input(0).dtype)}};
}

std::vector<TensorType> smooth_number_rule(ShapeContext& context) {
  expect_numbers(context);
  return smooth_rule(context);
}

std::vector<TensorType> along_dim_rule(ShapeContext& context) {
  context.wrapped_dim(0, context.attributes().integer("dim"));
  return like_floating_input(context);
}

std::vector<TensorType> softmax_rule(ShapeContext& context) {
  if (!context.attributes().has("dtype")) return along_dim_rule(context);
  context.wrapped_dim(0, context.attributes().integer("dim"));
  return {{context.shape(), context.attributes().dtype("dtype")}};
}

// The input is negated before it is converted.
std::vector<TensorType> softmin_rule(ShapeContext& context) {
  expect_numbers(context);
  return softmax_rule(context);
}

std::vector<TensorType> softmax2d_rule(ShapeContext& context) {
  context.expect_rank(0, 3, 4, "(N, C, H, W) or (C, H, W)");
  return like_floating_input(context);
}

std::vector<TensorType> celu_rule(ShapeContext& context) {
  if (context.attributes().real("alpha") == 0) context.expects_option("an alpha that is not 0", "0");
  return like_floating_input(context);
}

std::vector<TensorType> hardtanh_rule(ShapeContext& context) {
  expect_numbers(context);
  const double low = context.attributes().real("min_val"), high = context.attributes().real("max_val");
  if (low > high)
    context.expects_option(fmt::format("a min_val of at most max_val = {}", high), fmt::format("{}", low));
  if (context.input(0).dtype == DType::uint8 && low <= -1)
    context.expects_dtype(0, "an input that can be negative, as its min_val");
  return {context.input(0)};
}

std::vector<TensorType> rrelu_rule(ShapeContext& context) {
  const double low = context.attributes().real("lower"), high = context.attributes().real("upper");
  if (low > high)
    context.expects_option(fmt::format("a lower of at most upper = {}", high), fmt::format("{}", low));
  return like_floating_input(context);
}

std::vector<TensorType> glu_rule(ShapeContext& context) {
  context.expect_floating(0);
  if (context.rank() == 0)
    context.expects(0, "an input of at least 1 dimension, which is halved", "a scalar");
  const int dim = context.wrapped_dim(0, context.attributes().integer("dim"));
  Shape shape = context.shape();
  const Dim half = floor_div(shape[dim], 2);
  context.expect_equal(0, shape[dim], 2 * half, fmt::format("an even size in dimension {}", dim),
                       shape[dim].str());
  shape[dim] = half;
  return {{shape, context.input(0).dtype}};
}

// One slope for everything, or one for each channel.
void expect_slopes_fit(ShapeContext& context, const Dim& slopes, const std::string& remedy) {
  if (slopes == Dim(1)) return;
  const Dim channels = context.rank() > 1 ? context.shape()[1] : Dim(1);
  context.expect_equal(0, channels, slopes, fmt::format("{} channels, one for each slope", slopes.str()),
                       channels.str(), remedy);
}

std::vector<TensorType> prelu_layer_rule(ShapeContext& context) {
  expect_parameter_dtype(context, 0);
  expect_slopes_fit(context, context.attributes().integer("num_parameters"),
                    "num_parameters is 1 or the size of dimension 1.");
  return {context.input(0)};
}

std::vector<TensorType> prelu_rule(ShapeContext& context) {
  context.expect_floating(0);
  context.expect_rank(1, 0, 1, "() or (channels)");
  if (context.input(1).dtype != context.input(0).dtype)
    context.expects_dtype(1, fmt::format("a weight of dtype {}, as its input", name(context.input(0).dtype)));
  expect_slopes_fit(context, numel(context.shape(1)), "The weight has 1 element or one for each channel.");
  return {context.input(0)};
}

std::vector<ParameterSpec> prelu_parameters(const Attributes& a) {
  return {{"weight", {a.integer("num_parameters")}, Init::constant(a.real("init")), false, a.dtype("dtype")}};
}

Descriptor::KeepsOutput kept_output(const std::string& name) {
  static const std::set<std::string> kAlways = {"relu",    "tanh",    "sigmoid",    "softmax", "log_softmax",
                                                "softmin", "Softmax", "LogSoftmax", "Softmin", "Softmax2d"};
  static const std::set<std::string> kInPlace = {"leaky_relu", "elu", "selu", "celu", "rrelu"};
  if (kAlways.contains(name)) return Descriptor::KeepsOutput::yes;
  return kInPlace.contains(name) ? Descriptor::KeepsOutput::in_place : Descriptor::KeepsOutput::no;
}

// Most activations are a layer of torch.nn and a function of torch or torch.nn.functional.
struct Activation {
  std::string layer, method;  ///< empty where there is none
  std::string doc;
  Rule shape;
  std::vector<Attribute> options = {};
  std::string onnx = {};
  bool in_place = false;
  std::string module = "torch.nn.functional.";
  std::string transform = {};  ///< of a layer alone: what computes the same
};

Descriptor described(const Activation& activation) {
  Descriptor d{.category = Category::activation, .doc = activation.doc};
  d.inputs = {input_port()};
  d.attributes = activation.options;
  d.shape = activation.shape;
  d.onnx = activation.onnx;
  d.keeps_output = kept_output(activation.method.empty() ? activation.layer : activation.method);
  return d;
}

bool has_inplace(const std::string& layer) {
  static const std::set<std::string> kLayers = {"ELU",  "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU",
                                                "Mish", "ReLU",        "ReLU6",     "RReLU",    "SELU",
                                                "CELU", "SiLU",        "Threshold"};
  return kLayers.contains(layer);
}

Descriptor layer_of(const Activation& activation) {
  Descriptor d = described(activation);
  d.name = activation.layer;
  d.node_name = activation.method;
  if (has_inplace(d.name)) d.attributes.push_back(inplace_option());
  d.kind = OperationKind::layer;
  d.parameters = no_parameters;
  d.torch = "torch.nn." + d.name;
  d.transform = activation.method.empty() ? activation.transform : activation.method;
  return d;
}

Descriptor method_of(const Activation& activation) {
  Descriptor d = described(activation);
  d.name = activation.method;
  d.in_place = activation.in_place;
  d.torch = activation.module + d.name;
  return d;
}

Attribute required_real(std::string name, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::real, .doc = std::move(doc), .required = true};
}

std::vector<Activation> piecewise() {
  Attribute lambd = real_or("lambd", 0.5, "half the width of what becomes 0");
  Attribute least = lambd;
  least.min = 0;
  return {
      {"ReLU",
       "relu",
       "Keeps what is positive and makes the rest 0.",
       number_rule,
       {},
       "Relu",
       true,
       "torch."},
      {"ReLU6",
       "relu6",
       "Keeps what lies between 0 and 6 and brings the rest there.",
       number_rule,
       {},
       "Clip"},
      {"LeakyReLU",
       "leaky_relu",
       "Keeps what is positive and multiplies the rest by a small slope.",
       like_floating_input,
       {real_or("negative_slope", 0.01, "slope of the negative side")},
       "LeakyRelu",
       true},
      {"Hardtanh",
       "hardtanh",
       "Brings each element between min_val and max_val.",
       hardtanh_rule,
       {real_or("min_val", -1, "the lowest value"), real_or("max_val", 1, "the highest value")},
       "Clip",
       true},
      {"Hardswish",
       "hardswish",
       "x * relu6(x + 3) / 6 of each element.",
       like_floating_input,
       {},
       "HardSwish"},
      {"Hardsigmoid",
       "hardsigmoid",
       "relu6(x + 3) / 6 of each element.",
       like_floating_input,
       {},
       "HardSigmoid"},
      {"Hardshrink",
       "hardshrink",
       "Makes 0 what lies between -lambd and lambd.",
       like_floating_input,
       {lambd}},
      {"Softshrink",
       "softshrink",
       "Brings each element nearer to 0 by lambd, and to 0 what is within.",
       like_floating_input,
       {least},
       "Shrink"},
      {"Threshold",
       "threshold",
       "Keeps what is above the threshold and puts a value in the place of the rest.",
       number_rule,
       {required_real("threshold", "what is above is kept"), required_real("value", "replaces the rest")},
       "",
       true},
  };
}

std::vector<Activation> smooth() {
  const Attribute alpha = real_or("alpha", 1, "size of the negative side");
  return {
      {"Tanh",
       "tanh",
       "Hyperbolic tangent of each element, between -1 and 1.",
       smooth_rule,
       {},
       "Tanh",
       true,
       "torch."},
      {"Sigmoid",
       "sigmoid",
       "1 / (1 + exp(-x)) of each element, between 0 and 1.",
       smooth_rule,
       {},
       "Sigmoid",
       true,
       "torch."},
      {"ELU",
       "elu",
       "Keeps what is positive; alpha * (exp(x) - 1) of the rest.",
       like_floating_input,
       {alpha},
       "Elu",
       true},
      {"SELU",
       "selu",
       "ELU with the scales that keep mean 0 and variance 1 from layer to layer.",
       like_floating_input,
       {},
       "Selu",
       true},
      {"CELU",
       "celu",
       "Keeps what is positive; alpha * (exp(x / alpha) - 1) of the rest.",
       celu_rule,
       {alpha},
       "Celu",
       true},
      {"GELU",
       "gelu",
       "x times the probability that a standard normal number is below x.",
       like_floating_input,
       {{.name = "approximate",
         .type = AttributeType::text,
         .doc = "computes the probability by a hyperbolic tangent",
         .value = "none",
         .choices = {"none", "tanh"}}},
       "Gelu"},
      {"SiLU", "silu", "x * sigmoid(x) of each element.", like_floating_input, {}, "Swish"},
      {"Mish", "mish", "x * tanh(softplus(x)) of each element.", like_floating_input, {}, "Mish"},
      {"Softplus",
       "softplus",
       "log(1 + exp(beta * x)) / beta of each element: a smooth ReLU.",
       like_floating_input,
       {real_or("beta", 1, "sharpness of the bend"),
        real_or("threshold", 20, "above this, beta * x is passed on as it is")},
       "Softplus"},
      {"Softsign",
       "softsign",
       "x / (1 + |x|) of each element, between -1 and 1.",
       smooth_number_rule,
       {},
       "Softsign"},
      {"Tanhshrink", "tanhshrink", "x - tanh(x) of each element.", smooth_number_rule},
      {"LogSigmoid", "logsigmoid", "Logarithm of sigmoid, computed without overflow.", like_floating_input},
  };
}

std::vector<Activation> along_a_dimension() {
  const Attribute dim = required_integer("dim", "the dimension that sums to 1");
  const Attribute dtype = result_dtype(floating_names());
  const std::string softmax = "Makes the elements along a dimension positive with sum 1.";
  const std::string log_softmax = "Logarithm of softmax, computed without overflow.";
  const std::string softmin = "Softmax of the negative: the smallest element gets the largest share.";
  return {
      {"Softmax", "", softmax, along_dim_rule, {dim}, "Softmax", false, "", "softmax"},
      {"", "softmax", softmax, softmax_rule, {dim, dtype}, "Softmax", false, "torch."},
      {"LogSoftmax", "", log_softmax, along_dim_rule, {dim}, "LogSoftmax", false, "", "log_softmax"},
      {"", "log_softmax", log_softmax, softmax_rule, {dim, dtype}, "LogSoftmax", false, "torch."},
      {"Softmin", "", softmin, along_dim_rule, {dim}, "", false, "", "softmin"},
      {"", "softmin", softmin, softmin_rule, {dim, dtype}},
      {"Softmax2d", "", "Softmax over the channels of each place of an image.", softmax2d_rule},
      {"GLU",
       "glu",
       "The first half of a dimension times the sigmoid of its second half.",
       glu_rule,
       {integer_or("dim", -1, "the dimension that is halved")}},
  };
}

void add_random_slopes(Registry& registry) {
  Activation rrelu{"RReLU",
                   "rrelu",
                   "Keeps what is positive and multiplies the rest by slopes, random while training.",
                   rrelu_rule,
                   {real_or("lower", 1.0 / 8, "the least slope"),
                    real_or("upper", 1.0 / 3, "the largest slope; the mean of both is taken in evaluation")}};
  Descriptor layer = layer_of(rrelu);
  layer.draws = layer.differs_in_training = true;
  registry.add(std::move(layer));
  rrelu.options.push_back(flag("training", false, "draws the slopes"));
  Descriptor method = method_of(rrelu);
  method.draws = true;
  registry.add(std::move(method));
}

void add_learned_slopes(Registry& registry) {
  const Activation prelu{
      "PReLU",          "prelu", "Keeps what is positive and multiplies the rest by learned slopes.",
      prelu_layer_rule, {},      "PRelu"};
  Descriptor layer = layer_of(prelu);
  layer.attributes = {count_of("num_parameters", "1, or the channels of the input"),
                      real_or("init", 0.25, "the slopes at first"), parameter_dtype()};
  layer.attributes[0].required = false;
  layer.attributes[0].value = std::int64_t{1};
  layer.parameters = prelu_parameters;
  layer.transform = {};
  registry.add(std::move(layer));
  Descriptor method = method_of(prelu);
  method.inputs.push_back({.name = "weight", .doc = "the slopes: 1, or one for each channel"});
  method.shape = prelu_rule;
  registry.add(std::move(method));
}

}  // namespace

void add_activation(Registry& registry) {
  for (const auto& family : {piecewise(), smooth(), along_a_dimension()})
    for (const Activation& activation : family) {
      if (!activation.layer.empty()) registry.add(layer_of(activation));
      if (!activation.method.empty()) registry.add(method_of(activation));
    }
  add_random_slopes(registry);
  add_learned_slopes(registry);
}

}  // namespace orrery
