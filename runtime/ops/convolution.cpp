#include <algorithm>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/ops/borders.h"
#include "runtime/ops/families.h"
#include "runtime/ops/functional.h"
#include "runtime/ops/initialisation.h"
#include "runtime/ops/options.h"
#include "runtime/ops/windows.h"

namespace orrery {
namespace {

using Sizes = std::vector<std::int64_t>;

// How many axes the kernel slides along; a transposed one spreads each element of its input.
struct Form {
  int axes;
  bool transposed;
};

constexpr int kKernel = 1;
constexpr int kBias = 2;

bool same(const Attributes& a) { return a.is_text("padding") && a.text("padding") == "same"; }

Window conv_window(const Attributes& a, const Sizes& kernel, int axis) {
  Window window;
  window.kernel = kernel[axis];
  window.stride = a.integers("stride")[axis];
  window.dilation = a.integers("dilation")[axis];
  if (!a.is_text("padding")) window.padding = a.integers("padding")[axis];
  return window;
}

// An odd element of "same" goes behind the end.
Border border_of(const Attributes& a, const Window& window) {
  const std::int64_t total = window.extent() - 1;
  if (same(a)) return {total / 2, total - total / 2};
  return {window.padding, window.padding};
}

Dim slid(ShapeContext& context, const Dim& size, const Window& window, const std::string& word) {
  if (!same(context.attributes())) return places(context, 0, size, window, word);
  context.expect_at_least(0, size, 1, "an input at least 1 " + word, size.str());
  return size;
}

// The sizes that were asked for: with strides, several sizes would have shrunk to the input's; those of
// PyTorch may have batch and channels in front.
Shape asked_sizes(ShapeContext& context, int axes) {
  const Attributes& a = context.attributes();
  const Shape wanted = a.has("output_size") ? a.shape("output_size") : Shape();
  const int given = static_cast<int>(wanted.size());
  if (a.has("output_size") && given != axes && given != context.rank())
    context.expects_option(fmt::format("{} or {} sizes in output_size", axes, context.rank()), str(wanted));
  return {wanted.end() - (given == 0 ? 0 : axes), wanted.end()};
}

Dim spread(ShapeContext& context, const Dim& size, const Window& window, const Shape& asked, int axis,
           const std::string& word) {
  context.expect_at_least(0, size, 1, "an input at least 1 " + word, size.str());
  const Dim least = (size - 1) * window.stride + (window.extent() - 2 * window.padding);
  const Dim result = asked.empty()
                         ? least + context.attributes().integers("output_padding")[axis]
                         : asked_size(context, least, least + (std::max(window.stride, window.dilation) - 1),
                                      asked[axis], word);
  context.expect_at_least(0, result, 1,
                          fmt::format("an input that leaves an output at least 1 {} (kernel {}, padding {})",
                                      word, window.kernel, window.padding),
                          size.str(), "Use less padding, which takes away from a transposed convolution.");
  return result;
}

// `mode` is what the padding holds; `asked` are the sizes that a transposed one shall put out, if told.
Shape convolved(ShapeContext& context, Form form, const Sizes& kernel, const Dim& channels,
                const std::string& mode = "zeros", const Shape& asked = {}) {
  const Attributes& a = context.attributes();
  Shape shape = context.shape();
  const size_t first = shape.size() - form.axes;
  shape[first - 1] = channels;
  for (int axis = 0; axis < form.axes; ++axis) {
    const Window window = conv_window(a, kernel, axis);
    const std::string word = axis_word(form.axes, axis);
    Dim& size = shape[first + axis];
    if (mode != "zeros") bordered(context, 0, size, border_of(a, window), mode, word);
    size = form.transposed ? spread(context, size, window, asked, axis, word)
                           : slid(context, size, window, word);
  }
  return shape;
}

void expect_in_channels(ShapeContext& context, int axes, const Dim& wanted, bool of_layer) {
  const Dim& given = context.shape()[context.rank() - axes - 1];
  const bool told = of_layer && given.known();
  context.expect_equal(0, given, wanted, fmt::format("{} input channels", wanted.str()), given.str(),
                       told ? fmt::format("Give the layer in_channels = {}.", given.str()) : "");
}

std::vector<TensorType> layer_shape(ShapeContext& context, Form form) {
  const Attributes& a = context.attributes();
  context.expect_rank(0, form.axes + 1, form.axes + 2, layouts(form.axes));
  expect_parameter_dtype(context, 0);
  expect_in_channels(context, form.axes, a.integer("in_channels"), true);
  const Shape asked = form.transposed ? asked_sizes(context, form.axes) : Shape();
  const Shape shape = convolved(context, form, a.integers("kernel_size"), a.integer("out_channels"),
                                a.text("padding_mode"), asked);
  return {{shape, context.input(0).dtype}};
}

// What needs no input to be seen.
std::optional<Misfit> misfit_of(const Attributes& a) {
  const Sizes& stride = a.integers("stride");
  for (std::int64_t step : stride)
    if (same(a) && step != 1) return Misfit{"stride", "1 with padding \"same\"", std::to_string(step)};
  return std::nullopt;
}

std::optional<Misfit> transposed_misfit_of(const Attributes& a) {
  const Sizes &stride = a.integers("stride"), &dilation = a.integers("dilation");
  const Sizes& more = a.integers("output_padding");
  for (size_t i = 0; i < more.size(); ++i) {
    if (more[i] < stride[i] || more[i] < dilation[i]) continue;
    return Misfit{"output_padding", "less than stride or dilation",
                  fmt::format("{} for stride {} and dilation {}", more[i], stride[i], dilation[i])};
  }
  return std::nullopt;
}

OptionRule rule_of(Form form) { return form.transposed ? transposed_misfit_of : misfit_of; }

Sizes weight_shape(const Attributes& a, Form form) {
  const std::int64_t in = a.integer("in_channels"), out = a.integer("out_channels"),
                     groups = a.integer("groups");
  Sizes shape = form.transposed ? Sizes{in, out / groups} : Sizes{out, in / groups};
  for (std::int64_t size : a.integers("kernel_size")) shape.push_back(size);
  return shape;
}

// Of PyTorch: the weight's second size, whichever direction it runs in, times the kernel.
std::int64_t fan_in(const Sizes& weight) {
  return numel(shape_of({weight.begin() + 1, weight.end()})).value();
}

std::vector<ParameterSpec> layer_parameters(const Attributes& a, Form form) {
  for (const char* channels : {"in_channels", "out_channels"}) expect_divided(a, channels, "groups");
  none_but(rule_of(form))(a);
  const Sizes weight = weight_shape(a, form);
  const DType dtype = a.dtype("dtype");
  std::vector<ParameterSpec> specs = {{"weight", weight, kaiming_uniform(fan_in(weight)), false, dtype}};
  if (a.boolean("bias"))
    specs.push_back({"bias", {a.integer("out_channels")}, fan_in_uniform(fan_in(weight)), false, dtype});
  return specs;
}

Dim layer_flops(const CostContext& cost, Form form) {
  const Shape& slid_over = form.transposed ? cost.inputs[0]->shape : cost.outputs[0].shape;
  return 2 * numel(slid_over) * fan_in(weight_shape(cost.attributes, form));
}

// A weight and a bias of the input's dtype.
void expect_operands(ShapeContext& context, Form form) {
  const DType dtype = context.input(0).dtype;
  context.expect_rank(0, form.axes + 1, form.axes + 2, layouts(form.axes));
  if (!is_differentiable(dtype)) context.expect_floating(0);
  for (int port : {kKernel, kBias}) {
    if (context.linked(port) && context.input(port).dtype != dtype)
      context.expects_dtype(port, fmt::format("dtype {}, as its input", name(dtype)),
                            fmt::format("Convert it first: to(\"{}\").", name(dtype)));
  }
  if (context.rank(kKernel) == form.axes + 2) return;
  context.expects(kKernel,
                  fmt::format("a weight of {} dimensions, ({}, kernel)", form.axes + 2,
                              form.transposed ? "in_channels, out_channels / groups"
                                              : "out_channels, in_channels / groups"),
                  str(context.shape(kKernel)));
}

Sizes kernel_of(const ShapeContext& context) {
  const Shape& weight = context.shape(kKernel);
  Sizes kernel;
  for (size_t i = 2; i < weight.size(); ++i) {
    if (!weight[i].known() || weight[i].value() < 1)
      context.expects(kKernel, "a weight whose kernel has known sizes of at least 1", str(weight));
    kernel.push_back(weight[i].value());
  }
  return kernel;
}

std::vector<TensorType> transform_shape(ShapeContext& context, Form form) {
  expect_operands(context, form);
  const Sizes kernel = kernel_of(context);
  const Shape& weight = context.shape(kKernel);
  const std::int64_t groups = context.attributes().integer("groups");
  context.expect_at_least(kKernel, weight[0], 1, "a weight of at least 1 channel", str(weight));
  expect_groups(context, kKernel, weight[0], groups,
                fmt::format("a weight whose first size is divisible by {} groups", groups), str(weight));
  const Dim many = weight[1] * groups;
  const Dim in = form.transposed ? weight[0] : many, out = form.transposed ? many : weight[0];
  expect_in_channels(context, form.axes, in, false);
  if (context.linked(kBias)) {
    const Shape& bias = context.shape(kBias);
    const std::string expected = fmt::format("a bias of shape ({})", out.str());
    if (bias.size() != 1) context.expects(kBias, expected, str(bias));
    context.expect_equal(kBias, bias[0], out, expected, str(bias));
  }
  return {{convolved(context, form, kernel, out), context.input(0).dtype}};
}

Dim transform_flops(const CostContext& cost, Form form) {
  const Shape& weight = cost.inputs[kKernel]->shape;
  const Shape& slid_over = form.transposed ? cost.inputs[0]->shape : cost.outputs[0].shape;
  return 2 * numel(slid_over) * numel(Shape(weight.begin() + 1, weight.end()));
}

Attribute stride(int axes) { return sizes_or("stride", axes, 1, 1, "step of the kernel"); }
Attribute dilation(int axes) { return sizes_or("dilation", axes, 1, 1, "distance of the kernel's elements"); }

Attribute groups() {
  return {.name = "groups",
          .doc = "channels are split into so many groups that do not mix",
          .value = std::int64_t{1},
          .min = 1};
}

Attribute padding(Form form) {
  if (form.transposed)
    return sizes_or("padding", form.axes, 0, 0, "how much less than all is put out, at each end");
  Attribute option = sizes_or("padding", form.axes, 0, 0,
                              "added at each end; \"same\" keeps the input's sizes, \"valid\" adds none");
  option.or_text = {"same", "valid"};
  return option;
}

Attribute output_padding(int axes) {
  return sizes_or("output_padding", axes, 0, 0, "how much more is put out, behind the end");
}

Attribute padding_mode(Form form) {
  std::vector<std::string> modes = {"zeros"};
  if (!form.transposed) modes = {"zeros", "reflect", "replicate", "circular"};
  return {.name = "padding_mode",
          .type = AttributeType::text,
          .doc = "what the padding holds",
          .value = "zeros",
          .choices = std::move(modes)};
}

// In PyTorch's order, which is another one for transposed convolutions.
std::vector<Attribute> layer_options(Form form) {
  const int axes = form.axes;
  std::vector<Attribute> options = {
      told_count("in_channels", "channels of the input"), count_of("out_channels", "channels of the output"),
      required_sizes("kernel_size", axes, 1, "sizes of the kernel"), stride(axes), padding(form)};
  const Attribute bias = flag("bias", true, "adds a learned bias to each channel");
  const std::vector<Attribute> more = form.transposed
                                          ? std::vector{output_padding(axes), groups(), bias, dilation(axes)}
                                          : std::vector{dilation(axes), groups(), bias};
  options.insert(options.end(), more.begin(), more.end());
  options.push_back(padding_mode(form));
  options.push_back(parameter_dtype());
  if (form.transposed)
    options.push_back(at_call({.name = "output_size",
                               .type = AttributeType::shape,
                               .doc = "sizes of the output, in place of output_padding",
                               .min = 1}));
  return options;
}

std::vector<Attribute> transform_options(Form form) {
  const int axes = form.axes;
  if (form.transposed) return {stride(axes), padding(form), output_padding(axes), groups(), dilation(axes)};
  return {stride(axes), padding(form), dilation(axes), groups()};
}

std::string doc_of(Form form) {
  const char* what[] = {"sequences", "images", "volumes"};
  const char* over = what[form.axes - 1];
  return form.transposed ? fmt::format("Spreads each element of {} with learned kernels.", over)
                         : fmt::format("Slides learned kernels over {}.", over);
}

Descriptor layer_of(Form form) {
  const std::string name = fmt::format("Conv{}{}d", form.transposed ? "Transpose" : "", form.axes);
  return {.name = name,
          .kind = OperationKind::layer,
          .category = Category::convolution,
          .doc = doc_of(form),
          .inputs = {input_port(layouts(form.axes))},
          .attributes = layer_options(form),
          .shape = [form](ShapeContext& context) { return layer_shape(context, form); },
          .parameters = [form](const Attributes& a) { return layer_parameters(a, form); },
          .complete = told_by_dim("in_channels", -form.axes - 1),
          .flops = [form](const CostContext& cost) { return layer_flops(cost, form); },
          .torch = "torch.nn." + name,
          .onnx = form.transposed ? "ConvTranspose" : "Conv"};
}

Descriptor transform_of(Form form) {
  const std::string name = fmt::format("conv{}{}d", form.transposed ? "_transpose" : "", form.axes);
  const Descriptor call = {
      .category = Category::convolution,
      .doc = form.transposed ? "Spreads each element with the kernels of another value."
                             : "Slides the kernels of another value over the input.",
      .inputs = {input_port(layouts(form.axes)),
                 {.name = "weight", .doc = "the kernels, as of the layer"},
                 {.name = "bias", .kind = Port::Kind::optional, .doc = "one for each channel of the output"}},
      .attributes = transform_options(form),
      .shape = [form](ShapeContext& context) { return transform_shape(context, form); },
      .flops = [form](const CostContext& cost) { return transform_flops(cost, form); },
      .onnx = form.transposed ? "ConvTranspose" : "Conv"};
  return functional(call, name, rule_of(form));
}

}  // namespace

void add_convolution(Registry& registry) {
  for (bool transposed : {false, true}) {
    for (int axes : {1, 2, 3}) {
      registry.add(layer_of({axes, transposed}));
      registry.add(transform_of({axes, transposed}));
    }
  }
}

}  // namespace orrery
