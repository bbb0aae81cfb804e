// Resize and Upsample: `interpolate` where it does the same, else a choice of elements, or a product with a
// matrix of weights, along each axis.
#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/parts.h"
#include "runtime/onnx/resize_task.h"

namespace orrery {
namespace {

using Reals = std::vector<double>;

// floor(size · scale), also of symbolic sizes where the scale is a whole number or one over it.
Dim scaled_size(const OnnxCall& call, const Dim& size, double scale) {
  if (scale == 1) return size;
  if (size.known()) return static_cast<std::int64_t>(std::floor(static_cast<double>(size.value()) * scale));
  constexpr double kParts = 1024;
  const double parts = scale * kParts;
  if (!(scale > 0) || parts != std::floor(parts) || parts > 0x1p40)
    call.refuse(fmt::format("a size {} times {} is not known", size.str(), scale),
                "Give the sizes of the inputs: shapes = { x = { 1, 3, 224, 224 } }.");
  return floor_div(size * static_cast<std::int64_t>(parts), static_cast<std::int64_t>(kParts));
}

std::vector<OnnxResizeTarget> targets_of(const OnnxCall& call, const Shape& shape,
                                         const std::vector<std::int64_t>& axes) {
  std::vector<OnnxResizeTarget> targets;
  for (const std::int64_t axis : axes) {
    const std::int64_t dim = call.axis(axis, static_cast<int>(shape.size()));
    targets.push_back({dim, shape[static_cast<std::size_t>(dim)], shape[static_cast<std::size_t>(dim)]});
  }
  return targets;
}

void set_scales(const OnnxCall& call, OnnxResizeTask& task, const Reals& scales) {
  if (scales.size() != task.targets.size())
    call.refuse(fmt::format("it has {} scales for {} axes", scales.size(), task.targets.size()));
  for (std::size_t i = 0; i < scales.size(); ++i) {
    task.targets[i].scale = scales[i];
    task.targets[i].out = scaled_size(call, task.targets[i].in, scales[i]);
  }
}

// One scale for all axes, that of the axis which would become the smallest or the largest.
void keep_aspect(const OnnxCall& call, OnnxResizeTask& task, bool larger) {
  double scale = 0;
  for (std::size_t i = 0; i < task.targets.size(); ++i) {
    const double own = task.targets[i].known(call).scale;
    scale = i == 0 ? own : larger ? std::max(scale, own) : std::min(scale, own);
  }
  for (OnnxResizeTarget& target : task.targets) {
    target.scale = scale;
    target.out = static_cast<std::int64_t>(scale * static_cast<double>(target.in.value()) + 0.5);
  }
}

void set_sizes(const OnnxCall& call, OnnxResizeTask& task, const std::vector<Dim>& sizes) {
  if (sizes.size() != task.targets.size())
    call.refuse(fmt::format("it has {} sizes for {} axes", sizes.size(), task.targets.size()));
  for (std::size_t i = 0; i < sizes.size(); ++i) task.targets[i].out = sizes[i];
  task.sized = true;
  const std::string policy = call.text("keep_aspect_ratio_policy", "stretch");
  if (policy != "stretch") keep_aspect(call, task, policy == "not_smaller");
}

void choose_region(const OnnxCall& call, OnnxResizeTask& task) {
  if (task.how.coordinates != "tf_crop_and_resize") return;
  const Reals region = call.reals(1);
  const std::size_t count = task.targets.size();
  if (region.size() != 2 * count)
    call.refuse(fmt::format("its region has {} numbers for {} axes", region.size(), count));
  for (std::size_t i = 0; i < count; ++i) {
    task.targets[i].start = region[i];
    task.targets[i].end = region[count + i];
  }
}

void require_words(const OnnxCall& call, const OnnxResize& how) {
  const auto one_of = [&](const char* what, const std::string& word,
                          std::initializer_list<const char*> words) {
    if (std::ranges::find(words, word) == words.end())
      call.refuse(fmt::format("there is no {} '{}'", what, word));
  };
  one_of("mode", how.mode, {"nearest", "linear", "cubic"});
  one_of("coordinate_transformation_mode", how.coordinates,
         {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric",
          "tf_half_pixel_for_nn", "tf_crop_and_resize"});
  one_of("nearest_mode", how.nearest, {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"});
}

OnnxResize resize_of(const OnnxCall& call) {
  OnnxResize how;
  how.mode = call.text("mode", "nearest");
  how.coordinates = call.text("coordinate_transformation_mode", "half_pixel");
  how.nearest = call.text("nearest_mode", "round_prefer_floor");
  how.cubic_a = call.real("cubic_coeff_a", -0.75);
  how.exclude_outside = call.integer("exclude_outside", 0) != 0;
  how.antialias = call.integer("antialias", 0) != 0;
  return how;
}

// Upsample, and Resize of operator set 10, know neither coordinates nor ways to round.
OnnxResize simple_resize(const OnnxCall& call) {
  OnnxResize how;
  how.mode = call.text("mode", "nearest");
  if (how.mode == "bilinear") how.mode = "linear";
  how.coordinates = "asymmetric";
  how.nearest = "floor";
  return how;
}

// A product with the weights along one dimension, which is brought to the end for it.
Value weighed(const OnnxCall& call, Value x, const OnnxResizeTarget& target, const OnnxResize& how) {
  const OnnxComposer make(call);
  const OnnxResize::Axis axis = target.known(call);
  const Value weights = make.reals({axis.out, axis.in}, how.weights(axis), x.dtype());
  const auto rank = static_cast<std::int64_t>(x.shape().size());
  if (rank >= 2 && target.dim == rank - 2) return make.with("matmul", weights, x);
  const auto turned = [&](Value value) {
    const bool last = target.dim == rank - 1;
    return last ? value : call.apply("transpose", {value}, {{"dim0", target.dim}, {"dim1", rank - 1}});
  };
  return turned(call.apply("linear", {turned(x), weights}));
}

Value with_outside(const OnnxCall& call, Value y, const OnnxResizeTarget& target,
                   const OnnxResizeTask& task) {
  const std::vector<bool> outside = task.how.outside(target.known(call));
  if (std::ranges::none_of(outside, [](bool one) { return one; })) return y;
  std::vector<std::int64_t> shape(y.shape().size(), 1);
  shape[static_cast<std::size_t>(target.dim)] = static_cast<std::int64_t>(outside.size());
  const OnnxLiteral mask(DType::boolean, shape, std::vector<Dim>(outside.begin(), outside.end()));
  return call.apply("masked_fill", {y, call.constant(mask)}, {{"value", task.outside}});
}

Value resized(const OnnxCall& call, Value x, OnnxResizeTask task) {
  std::erase_if(task.targets, [](const OnnxResizeTarget& target) { return target.unchanged(); });
  if (task.targets.empty()) return x;
  if (const auto mode = torch_resize_mode(call, x, task)) return interpolated_by_torch(call, x, task, *mode);
  const OnnxComposer make(call);
  const DType dtype = x.dtype();
  const bool nearest = task.how.mode == "nearest";
  if (!nearest && !is_floating(dtype)) x = make.to(x, DType::float32);
  for (const OnnxResizeTarget& target : task.targets)
    x = nearest ? call.apply("index_select", {x, make.integers(task.how.sources(target.known(call)))},
                             {{"dim", target.dim}})
                : weighed(call, x, target, task.how);
  if (task.how.coordinates == "tf_crop_and_resize")
    for (const OnnxResizeTarget& target : task.targets) x = with_outside(call, x, target, task);
  return make.to(x, dtype);
}

// Scales or sizes stand where the other is left out, or has no elements.
void import_resize(OnnxCall& call) {
  const Value x = call.value(0);
  const bool simple = call.opset() < 11;
  OnnxResizeTask task{.how = simple ? simple_resize(call) : resize_of(call)};
  require_words(call, task.how);
  std::vector<std::int64_t> axes(x.shape().size());
  std::iota(axes.begin(), axes.end(), 0);
  task.targets = targets_of(call, x.shape(), call.integers("axes", axes));
  task.outside = call.real("extrapolation_value", 0.0);
  const bool sized = !simple && call.has(3) && !(call.type(3).shape == Shape{Dim(0)});
  if (sized)
    set_sizes(call, task, call.dims(3));
  else
    set_scales(call, task, call.reals(simple ? 1 : 2));
  if (!simple) choose_region(call, task);
  call.give(resized(call, x, std::move(task)));
}

Reals upsample_scales(const OnnxCall& call) {
  if (call.opset() >= 9) return call.reals(1);
  if (call.opset() >= 7) return call.reals("scales", {});
  return {1, 1, call.real("height_scale"), call.real("width_scale")};
}

void import_upsample(OnnxCall& call) {
  const Value x = call.value(0);
  OnnxResizeTask task{.how = simple_resize(call)};
  require_words(call, task.how);
  std::vector<std::int64_t> axes(x.shape().size());
  std::iota(axes.begin(), axes.end(), 0);
  task.targets = targets_of(call, x.shape(), axes);
  set_scales(call, task, upsample_scales(call));
  call.give(resized(call, x, std::move(task)));
}

}  // namespace

void add_onnx_resizing(OnnxOperators& table) {
  table.add("Resize", import_resize);
  table.add("Upsample", import_upsample);
}

}  // namespace orrery
