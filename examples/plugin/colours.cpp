// Two operations of a plug-in: `luminance`, a method of values and tensors, and the layer `nn.ColourBalance`.
// Each is a description and a function that computes it with LibTorch. From the description Orrery reads the
// arguments, infers shapes, draws, writes help, saves and restores.
#include <ATen/ATen.h>

#include "runtime/engine/plugin.h"

namespace {

using namespace orrery;

// An image of three channels, (…, 3, H, W): the dimension that counts them.
int channels_of(const ShapeContext& context) {
  context.expect_rank(0, 3, 4, "(N, 3, H, W) or (3, H, W)");
  context.expect_floating(0);
  return context.rank() - 3;
}

void expect_three(ShapeContext& context, int dim) {
  const Dim& channels = context.shape()[static_cast<size_t>(dim)];
  context.expect_equal(0, channels, 3, "3 channels, red, green and blue", channels.str());
}

Descriptor luminance() {
  Descriptor d;
  d.name = "luminance";
  d.category = Category::vision;
  d.doc = "How bright each pixel of a colour image is, by the weights of ITU-R BT.709, raised to a power.";
  d.inputs = {{.name = "input", .doc = "image, (…, 3, H, W)"}};
  d.attributes = {{.name = "gamma",
                   .type = AttributeType::real,
                   .doc = "the power",
                   .value = 1.0,
                   .min = 0.0,
                   .above_min = true}};
  d.shape = [](ShapeContext& context) -> std::vector<TensorType> {
    const int dim = channels_of(context);
    expect_three(context, dim);
    TensorType type = context.input(0);
    type.shape[static_cast<size_t>(dim)] = 1;
    return {type};
  };
  return d;
}

std::vector<at::Tensor> compute_luminance(const KernelContext& k) {
  const at::Tensor& image = k.input();
  const at::Tensor weights = at::tensor({0.2126, 0.7152, 0.0722}, image.options()).view({3, 1, 1});
  return {(image * weights).sum(-3, true).pow(k.attributes.real("gamma"))};
}

Descriptor colour_balance() {
  Descriptor d;
  d.name = "ColourBalance";
  d.kind = OperationKind::layer;
  d.category = Category::normalization;
  d.doc = "Multiplies each of the three colours by a number that is learnt.";
  d.inputs = {{.name = "input", .doc = "image, (…, 3, H, W)"}};
  d.attributes = {
      {.name = "bias", .type = AttributeType::boolean, .doc = "also adds a learnt number", .value = true}};
  d.shape = [](ShapeContext& context) -> std::vector<TensorType> {
    expect_three(context, channels_of(context));
    return {context.input(0)};
  };
  d.parameters = [](const Attributes& options) {
    std::vector<ParameterSpec> specs{{"weight", {3}, Init::ones()}};
    if (options.boolean("bias")) specs.push_back({"bias", {3}, Init::zeros()});
    return specs;
  };
  return d;
}

std::vector<at::Tensor> compute_colour_balance(const KernelContext& k) {
  const at::Tensor balanced = k.input() * k.parameter("weight").view({3, 1, 1});
  const at::Tensor& bias = k.parameter("bias");
  return {bias.defined() ? balanced + bias.view({3, 1, 1}) : balanced};
}

}  // namespace

ORRERY_PLUGIN(plugin) {
  plugin.add(luminance(), compute_luminance);
  plugin.add(colour_balance(), compute_colour_balance);
}
