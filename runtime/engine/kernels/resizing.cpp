#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

// The output's sizes, or the factors that lead to them.
struct Target {
  std::optional<std::vector<std::int64_t>> sizes;
  std::optional<std::vector<double>> factors;

  at::OptionalIntArrayRef size() const {
    return sizes ? at::OptionalIntArrayRef(*sizes) : at::OptionalIntArrayRef();
  }
  std::optional<at::ArrayRef<double>> factor() const {
    return factors ? std::optional<at::ArrayRef<double>>(*factors) : std::nullopt;
  }
};

template <class T>
std::vector<T> spread(std::vector<T> list, size_t axes) {
  return list.size() == 1 ? std::vector<T>(axes, list[0]) : list;
}

// `whole`: works with the sizes that the factors lead to, and forgets the factors.
Target target_of(const KernelContext& k, bool whole) {
  const at::Tensor& input = k.input();
  const auto axes = static_cast<size_t>(input.dim() - 2);
  if (k.attributes.has("size")) return {spread(k.sizes("size"), axes), {}};
  const std::vector<double> factors = spread(k.attributes.reals("scale_factor"), axes);
  if (!whole) return {{}, factors};
  std::vector<std::int64_t> sizes;
  for (size_t i = 0; i < axes; ++i) {
    const auto size = static_cast<double>(input.size(static_cast<std::int64_t>(i) + 2));
    sizes.push_back(static_cast<std::int64_t>(size * factors[i]));
  }
  return {sizes, {}};
}

at::Tensor nearest(const at::Tensor& x, const Target& to) {
  if (x.dim() == 3) return at::upsample_nearest1d(x, to.size(), to.factor());
  if (x.dim() == 4) return at::upsample_nearest2d(x, to.size(), to.factor());
  return at::upsample_nearest3d(x, to.size(), to.factor());
}

at::Tensor nearest_exact(const at::Tensor& x, const Target& to) {
  if (x.dim() == 3) return at::_upsample_nearest_exact1d(x, to.size(), to.factor());
  if (x.dim() == 4) return at::_upsample_nearest_exact2d(x, to.size(), to.factor());
  return at::_upsample_nearest_exact3d(x, to.size(), to.factor());
}

at::Tensor area(const at::Tensor& x, const Target& to) {
  if (x.dim() == 3) return at::adaptive_avg_pool1d(x, *to.sizes);
  if (x.dim() == 4) return at::adaptive_avg_pool2d(x, *to.sizes);
  return at::adaptive_avg_pool3d(x, *to.sizes);
}

// LibTorch averages half precision on no processor: computed in single precision there.
at::Tensor antialiased(const at::Tensor& x, const Target& to, bool cubic, bool align) {
  const bool half = x.scalar_type() == at::kHalf || x.scalar_type() == at::kBFloat16;
  if (half && x.is_cpu()) return antialiased(x.to(at::kFloat), to, cubic, align).to(x.scalar_type());
  return cubic ? at::_upsample_bicubic2d_aa(x, to.size(), align, to.factor())
               : at::_upsample_bilinear2d_aa(x, to.size(), align, to.factor());
}

at::Tensor resized(const at::Tensor& x, const Target& to, const std::string& mode, bool align) {
  if (mode == "nearest") return nearest(x, to);
  if (mode == "nearest-exact") return nearest_exact(x, to);
  if (mode == "area") return area(x, to);
  if (mode == "linear") return at::upsample_linear1d(x, to.size(), align, to.factor());
  if (mode == "bilinear") return at::upsample_bilinear2d(x, to.size(), align, to.factor());
  if (mode == "bicubic") return at::upsample_bicubic2d(x, to.size(), align, to.factor());
  return at::upsample_trilinear3d(x, to.size(), align, to.factor());
}

bool set(const Attributes& a, const char* flag) { return a.has(flag) && a.boolean(flag); }

Outputs upsample(const KernelContext& k) {
  const Attributes& a = k.attributes;
  const std::string& mode = a.text("mode");
  const Target to = target_of(k, mode == "area" || set(a, "recompute_scale_factor"));
  return {resized(k.input(), to, mode, set(a, "align_corners"))};
}

Outputs interpolate(const KernelContext& k) {
  const Attributes& a = k.attributes;
  if (!a.boolean("antialias")) return upsample(k);
  const Target to = target_of(k, set(a, "recompute_scale_factor"));
  return {antialiased(k.input(), to, a.text("mode") == "bicubic", set(a, "align_corners"))};
}

Outputs nearest2d(const KernelContext& k) { return {nearest(k.input(), target_of(k, false))}; }

Outputs bilinear2d(const KernelContext& k) {
  return {resized(k.input(), target_of(k, false), "bilinear", true)};
}

constexpr KernelEntry kResizingKernels[] = {{"Upsample", upsample},
                                            {"interpolate", interpolate},
                                            {"UpsamplingNearest2d", nearest2d},
                                            {"UpsamplingBilinear2d", bilinear2d}};

}  // namespace

std::span<const KernelEntry> resizing_kernels() { return kResizingKernels; }

}  // namespace orrery
