#include "runtime/onnx/resize_task.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "runtime/onnx/composer.h"

namespace orrery {

OnnxResize::Axis OnnxResizeTarget::known(const OnnxCall& call) const {
  const OnnxComposer make(call);
  const std::string what = fmt::format("the size of axis {}", dim);
  OnnxResize::Axis axis{make.known(in, what), make.known(out, what)};
  axis.scale = scale.value_or(static_cast<double>(axis.out) / static_cast<double>(axis.in));
  axis.start = start;
  axis.end = end;
  return axis;
}

namespace {

// What LibTorch's `interpolate` would take, in the words of its mode `nearest` or `nearest-exact`.
std::vector<std::int64_t> torch_sources(const OnnxResize::Axis& axis, bool sized, bool exact) {
  const float step = sized ? static_cast<float>(axis.in) / static_cast<float>(axis.out)
                           : static_cast<float>(1.0 / axis.scale);
  std::vector<std::int64_t> sources;
  for (std::int64_t place = 0; place < axis.out; ++place) {
    const float at = (static_cast<float>(place) + (exact ? 0.5F : 0.0F)) * step;
    sources.push_back(std::min(static_cast<std::int64_t>(std::floor(at)), axis.in - 1));
  }
  return sources;
}

// Whole scales repeat their pattern with each element, so that an example tells for sizes not known.
std::optional<OnnxResize::Axis> example_axis(const OnnxCall& call, const OnnxResizeTarget& target) {
  if (target.in.known() && target.out.known()) return target.known(call);
  if (!target.scale || *target.scale < 1 || *target.scale != std::floor(*target.scale)) return std::nullopt;
  constexpr std::int64_t kExample = 16;
  return OnnxResize::Axis{kExample, kExample * static_cast<std::int64_t>(*target.scale), *target.scale};
}

std::optional<std::string> nearest_mode(const OnnxCall& call, const OnnxResizeTask& task) {
  for (const bool exact : {false, true}) {
    const bool same = std::ranges::all_of(task.targets, [&](const OnnxResizeTarget& target) {
      const auto axis = example_axis(call, target);
      return axis && task.how.sources(*axis) == torch_sources(*axis, task.sized, exact);
    });
    if (same) return exact ? "nearest-exact" : "nearest";
  }
  // Sizes that only the data tell: the same formula.
  const bool symbolic = task.sized && task.how.coordinates == "asymmetric" && task.how.nearest == "floor";
  return symbolic ? std::optional<std::string>("nearest") : std::nullopt;
}

// `align_corners` of LibTorch goes by the whole size of the output.
bool whole_outputs(const OnnxResizeTask& task) {
  return std::ranges::all_of(task.targets, [](const OnnxResizeTarget& target) {
    if (!target.scale) return true;
    if (!target.in.known()) return *target.scale == std::floor(*target.scale);
    const double out = static_cast<double>(target.in.value()) * *target.scale;
    return out == std::floor(out);
  });
}

std::optional<std::string> smooth_mode(const OnnxResizeTask& task, std::size_t axes) {
  const OnnxResize& how = task.how;
  if (how.antialias || how.exclude_outside) return std::nullopt;
  const bool to_one =
      std::ranges::any_of(task.targets, [](const OnnxResizeTarget& target) { return target.out == Dim(1); });
  const bool centred =
      how.coordinates == "half_pixel" || (how.coordinates == "pytorch_half_pixel" && !to_one);
  const bool corners = how.coordinates == "align_corners" && whole_outputs(task);
  if (!centred && !corners) return std::nullopt;
  static const char* const kLinear[] = {"linear", "bilinear", "trilinear"};
  if (how.mode == "linear") return kLinear[axes - 1];
  if (axes == 2 && how.cubic_a == -0.75) return "bicubic";
  return std::nullopt;
}

// Where the aspect is kept, a size is rounded, but places go by the scale; LibTorch's go by the size.
bool rounded_sizes(const OnnxResizeTask& task) {
  return task.sized && std::ranges::any_of(task.targets, [](const OnnxResizeTarget& target) {
           return target.scale && *target.scale * static_cast<double>(target.in.value()) !=
                                      static_cast<double>(target.out.value());
         });
}

}  // namespace

std::optional<std::string> torch_resize_mode(const OnnxCall& call, const Value& x,
                                             const OnnxResizeTask& task) {
  const std::size_t rank = x.shape().size();
  const bool images =
      rank >= 3 && rank <= 5 && is_floating(x.dtype()) &&
      std::ranges::all_of(task.targets, [](const OnnxResizeTarget& target) { return target.dim >= 2; });
  if (!images || rounded_sizes(task) || task.how.coordinates == "tf_crop_and_resize") return std::nullopt;
  return task.how.mode == "nearest" ? nearest_mode(call, task) : smooth_mode(task, rank - 2);
}

Value interpolated_by_torch(const OnnxCall& call, const Value& x, const OnnxResizeTask& task,
                            const std::string& mode) {
  const std::size_t axes = x.shape().size() - 2;
  Shape sizes(x.shape().begin() + 2, x.shape().end());
  std::vector<double> scales(axes, 1.0);
  for (const OnnxResizeTarget& target : task.targets) {
    sizes[static_cast<std::size_t>(target.dim - 2)] = target.out;
    scales[static_cast<std::size_t>(target.dim - 2)] = target.scale.value_or(0);
  }
  OnnxOptions options;
  if (task.sized)
    options.emplace_back("size", sizes);
  else
    options.emplace_back("scale_factor", scales);
  options.emplace_back("mode", mode);
  const bool corners = task.how.mode != "nearest" && task.how.coordinates == "align_corners";
  if (corners) options.emplace_back("align_corners", true);
  return call.apply("interpolate", {x}, std::move(options));
}

}  // namespace orrery
