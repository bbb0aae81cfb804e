// Operations of the systems that Orrery descends from, under the names they have there.
#include <algorithm>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/ops/broadcast.h"
#include "runtime/ops/families.h"
#include "runtime/ops/functional.h"
#include "runtime/ops/options.h"
#include "runtime/ops/promotion.h"

namespace orrery {
namespace {

std::vector<TensorType> normalize_shape(ShapeContext& context) {
  if (context.rank() < 3) context.expects(0, "an image (…, C, H, W)", str(context.shape()));
  context.expect_floating(0);
  const Dim& channels = context.shape()[context.rank() - 3];
  const size_t count = context.attributes().reals("mean").size();
  if (count != 1)
    context.expect_equal(0, channels, static_cast<std::int64_t>(count),
                         fmt::format("{} channels, one for each mean", count), channels.str(),
                         "Give mean and std one number for each channel, or one for all.");
  return {context.input(0)};
}

std::vector<ParameterSpec> check_statistics(const Attributes& a) {
  const auto &mean = a.reals("mean"), &deviation = a.reals("std");
  check(mean.size() == deviation.size() && !mean.empty(), Fault::usage,
        "mean and std must have as many numbers, got {} and {}", mean.size(), deviation.size());
  return {};
}

std::vector<TensorType> gram_shape(ShapeContext& context) {
  context.expect_rank(0, 4, 4, "(N, C, H, W)");
  context.expect_floating(0);
  const Dim rows = context.shape()[0] * context.shape()[1];
  return {{{rows, rows}, context.input(0).dtype}};
}

Dim gram_flops(const CostContext& cost) {
  const Shape& features = cost.inputs[0]->shape;
  return 2 * numel(features) * (features[0] * features[1]);
}

std::vector<TensorType> adder_shape(ShapeContext& context) {
  TensorType sum = context.input(0);
  for (int port = 1; port < context.input_count(); ++port) {
    const TensorType& next = context.input(port);
    sum = {broadcast(context, port, sum.shape, next.shape), result_type({operand(sum), operand(next)})};
  }
  return {sum};
}

Attribute statistics(std::string name, std::vector<double> value, std::string doc) {
  return {.name = std::move(name),
          .type = AttributeType::reals,
          .doc = std::move(doc),
          .value = std::move(value),
          .count = 0};
}

Descriptor layer(std::string name, std::string doc, std::vector<Port> inputs, std::string torch) {
  return {.name = std::move(name),
          .kind = OperationKind::layer,
          .category = Category::vision,
          .doc = std::move(doc),
          .inputs = std::move(inputs),
          .parameters = no_parameters,
          .torch = std::move(torch)};
}

Descriptor normalize() {
  Descriptor d = layer("Normalize", "Subtracts each channel's mean and divides by its standard deviation.",
                       {input_port("(…, C, H, W)")}, "torchvision.transforms.Normalize");
  Attribute deviation = statistics("std", {0.229, 0.224, 0.225}, "one for each channel; ImageNet's");
  deviation.min = 0;
  deviation.above_min = true;
  d.attributes = {statistics("mean", {0.485, 0.456, 0.406}, "one for each channel; ImageNet's"), deviation};
  d.shape = normalize_shape;
  d.parameters = check_statistics;
  return d;
}

Descriptor gram_matrix() {
  Descriptor d = layer("GetGramMatrix",
                       "How channels go together: their inner products, divided by the number of elements.",
                       {input_port("(N, C, H, W)")}, "torch.mm");
  d.shape = gram_shape;
  d.flops = gram_flops;
  return d;
}

Descriptor adder() {
  Descriptor d = layer("Adder", "Adds its inputs, such as several losses.",
                       {{.name = "inputs", .kind = Port::Kind::variadic, .doc = "one or more"}}, "torch.add");
  d.shape = adder_shape;
  d.symbol = "+";
  d.onnx = "Sum";
  return d;
}

std::optional<Misfit> bounds_misfit(const Attributes& a) {
  if (a.real("min") <= a.real("max")) return std::nullopt;
  return Misfit{"min", "at most max", fmt::format("{} for max {}", str(a.at("min")), str(a.at("max")))};
}

Attribute bound(std::string name, double value, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::real, .doc = std::move(doc), .value = value};
}

Descriptor clamp_data() {
  Descriptor d =
      layer("ClampData", "Brings each element between two bounds, such as the colours of an image.",
            {input_port()}, "torch.clamp");
  d.attributes = {bound("min", 0, "the least element of the output"),
                  bound("max", 1, "the largest element of the output")};
  d.shape = like_floating_input;
  d.parameters = none_but(bounds_misfit);
  d.onnx = "Clip";
  return d;
}

}  // namespace

void add_predecessors(Registry& registry) {
  registry.add(normalize());
  registry.add(clamp_data());
  registry.add(gram_matrix());
  registry.add(adder());
}

}  // namespace orrery
