#include "runtime/ops/resizing.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "runtime/ops/families.h"
#include "runtime/ops/functional.h"
#include "runtime/ops/options.h"
#include "runtime/ops/windows.h"

namespace orrery {

std::optional<Dim> scaled(const Dim& size, double factor) {
  constexpr double kLargest = 1e15;
  if (size.known()) {
    const double product = static_cast<double>(size.value()) * factor;
    if (!(std::abs(product) < kLargest)) return std::nullopt;
    return Dim(static_cast<std::int64_t>(product));
  }
  constexpr std::int64_t kParts = 1024;
  const double parts = factor * kParts;
  if (std::trunc(parts) != parts || !(std::abs(parts) < kLargest)) return std::nullopt;
  const auto whole = static_cast<std::int64_t>(parts);
  const std::int64_t common = std::gcd(whole, kParts);
  return floor_div(size * (whole / common), kParts / common);
}

namespace {

// Which inputs a mode takes.
struct Mode {
  const char* name;
  int axes;  // 0: 1 to 3
  bool bytes;
  bool aligns;
};

constexpr Mode kModes[] = {
    {"nearest", 0, true, false},       {"linear", 1, false, true},    {"bilinear", 2, true, true},
    {"bicubic", 2, true, true},        {"trilinear", 3, false, true}, {"area", 0, false, false},
    {"nearest-exact", 0, true, false},
};

const Mode& mode_of(const std::string& name) {
  return *std::ranges::find_if(kModes, [&](const Mode& mode) { return mode.name == name; });
}

std::vector<std::string> mode_names() {
  std::vector<std::string> names;
  for (const Mode& mode : kModes) names.emplace_back(mode.name);
  return names;
}

std::string remedy_for(const Mode& mode, int axes) {
  if (axes < 1 || axes > 3 || std::string(mode.name).find("linear") == std::string::npos) return "";
  const char* fitting[] = {"linear", "bilinear", "trilinear"};
  return fmt::format("Use mode \"{}\" for {} dimensions.", fitting[axes - 1], axes + 2);
}

void expect_input(ShapeContext& context, const Mode& mode) {
  const int axes = context.rank() - 2;
  if (axes < 1 || axes > 3 || (mode.axes != 0 && mode.axes != axes)) {
    const char* layouts[] = {"(N, C, L), (N, C, H, W) or (N, C, D, H, W)", "(N, C, L)", "(N, C, H, W)",
                             "(N, C, D, H, W)"};
    context.expects(0, fmt::format("an input {} in mode \"{}\"", layouts[mode.axes], mode.name),
                    str(context.shape()), remedy_for(mode, axes));
  }
  if (!mode.bytes || context.input(0).dtype != DType::uint8) context.expect_floating(0);
  for (int i = 1; i < context.rank(); ++i)
    context.expect_at_least(0, context.shape()[i], 1, "an input whose dimensions are not 0",
                            str(context.shape()));
}

// One entry for each axis, or one for all.
template <class List>
auto entry(const ShapeContext& context, const std::string& option, const List& list, int axis) {
  const int axes = context.rank() - 2;
  if (list.size() != 1 && static_cast<int>(list.size()) != axes)
    context.expects_option(fmt::format("one {} for all or {} of them", option, axes),
                           str(context.attributes().at(option)));
  return list.size() == 1 ? list[0] : list[axis];
}

Dim resized(ShapeContext& context, const Dim& size, int axis) {
  const Attributes& a = context.attributes();
  const std::string word = axis_word(context.rank() - 2, axis);
  if (a.has("size")) return entry(context, "size", a.shape("size"), axis);
  const double factor = entry(context, "scale_factor", a.reals("scale_factor"), axis);
  const auto result = scaled(size, factor);
  const std::string what = fmt::format("scale_factor {}", factor);
  if (!result)
    context.expects(0, fmt::format("a known size for {}", what), size.str(),
                    "Give size instead, or a factor such as 2, 1.5 or 0.25.");
  context.expect_at_least(0, *result, 1, fmt::format("an input at least 1 {} after {}", word, what),
                          size.str());
  return *result;
}

std::vector<TensorType> resized_shape(ShapeContext& context, const std::string& mode) {
  expect_input(context, mode_of(mode));
  Shape shape = context.shape();
  for (int axis = 0; axis < context.rank() - 2; ++axis)
    shape[axis + 2] = resized(context, shape[axis + 2], axis);
  return {{shape, context.input(0).dtype}};
}

std::optional<Misfit> size_misfit(const Attributes& a) {
  if (a.has("size") && a.has("scale_factor")) return Misfit{"size", "left out beside scale_factor", "both"};
  if (!a.has("size") && !a.has("scale_factor")) return Misfit{"size or scale_factor", "given", "neither"};
  return std::nullopt;
}

std::optional<Misfit> upsample_misfit(const Attributes& a) {
  const std::string& mode = a.text("mode");
  if (a.has("align_corners") && !mode_of(mode).aligns)
    return Misfit{"align_corners", fmt::format("left out in mode \"{}\"", mode), str(a.at("align_corners"))};
  if (a.has("size") && a.has("recompute_scale_factor") && a.boolean("recompute_scale_factor"))
    return Misfit{"recompute_scale_factor", "left out beside size", "true"};
  return size_misfit(a);
}

std::optional<Misfit> interpolate_misfit(const Attributes& a) {
  const std::string& mode = a.text("mode");
  if (a.boolean("antialias") && mode != "bilinear" && mode != "bicubic")
    return Misfit{"antialias", fmt::format("false in mode \"{}\"", mode), "true"};
  return upsample_misfit(a);
}

std::vector<TensorType> free_shape(ShapeContext& context) {
  return resized_shape(context, context.attributes().text("mode"));
}

std::vector<Attribute> size_options() {
  return {{.name = "size",
           .type = AttributeType::shape,
           .doc = "size of the output along each axis, or one for all",
           .min = 1},
          {.name = "scale_factor",
           .type = AttributeType::reals,
           .doc = "how many times as large the output is along each axis, or one for all",
           .min = 0,
           .above_min = true,
           .count = 0}};
}

std::vector<Attribute> upsample_options() {
  auto options = size_options();
  options.push_back({.name = "mode",
                     .type = AttributeType::text,
                     .doc = "how new elements are told from old ones",
                     .value = "nearest",
                     .choices = mode_names()});
  options.push_back({.name = "align_corners",
                     .type = AttributeType::boolean,
                     .doc = "corners keep their values, in the linear and cubic modes; none: false"});
  options.push_back({.name = "recompute_scale_factor",
                     .type = AttributeType::boolean,
                     .doc = "works with the factor that the whole sizes have; none: false"});
  return options;
}

Descriptor upsample(std::string name, std::string doc, std::vector<Attribute> options) {
  return {.name = name,
          .kind = OperationKind::layer,
          .category = Category::vision,
          .doc = std::move(doc),
          .inputs = {input_port("(N, C, L), (N, C, H, W) or (N, C, D, H, W)")},
          .attributes = std::move(options),
          .shape = free_shape,
          .parameters = none_but(upsample_misfit),
          .torch = "torch.nn." + name,
          .onnx = "Resize"};
}

Descriptor image_upsample(std::string name, std::string doc, std::string mode) {
  Descriptor d = upsample(std::move(name), std::move(doc), size_options());
  d.inputs = {input_port("(N, C, H, W)")};
  d.shape = [mode](ShapeContext& context) {
    context.expect_rank(0, 4, 4, "(N, C, H, W)");
    return resized_shape(context, mode);
  };
  d.parameters = none_but(size_misfit);
  return d;
}

}  // namespace

void add_resizing(Registry& registry) {
  Descriptor layer = upsample("Upsample", "Resizes sequences, images or volumes.", upsample_options());
  layer.transform = "interpolate";
  Descriptor transform = layer;
  transform.attributes.push_back(
      flag("antialias", false, "averages while shrinking, in modes bilinear and bicubic"));
  registry.add(layer);
  registry.add(functional(transform, "interpolate", interpolate_misfit));
  registry.add(image_upsample("UpsamplingNearest2d", "Resizes images by repeating pixels.", "nearest"));
  registry.add(image_upsample("UpsamplingBilinear2d",
                              "Resizes images by mixing neighbours; corners keep their values.", "bilinear"));
}

}  // namespace orrery
