#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivative.h"
#include "runtime/engine/kernels/derivatives/pooling.h"

namespace orrery {
namespace {

// What LibTorch's derivatives of resizing are called with.
struct ResizedFrom {
  const at::Tensor& gradient;
  at::IntArrayRef sizes;
  std::vector<double> factors;  // none: LibTorch takes them from the sizes

  at::IntArrayRef places() const { return gradient.sizes().slice(2); }
  size_t axes() const { return places().size(); }
  std::optional<double> factor(size_t axis) const {
    return factors.empty() ? std::nullopt : std::optional(factors[factors.size() == 1 ? 0 : axis]);
  }
};

at::Tensor nearest_backward(const ResizedFrom& r) {
  if (r.axes() == 1) return at::upsample_nearest1d_backward(r.gradient, r.places(), r.sizes, r.factor(0));
  if (r.axes() == 2)
    return at::upsample_nearest2d_backward(r.gradient, r.places(), r.sizes, r.factor(0), r.factor(1));
  return at::upsample_nearest3d_backward(r.gradient, r.places(), r.sizes, r.factor(0), r.factor(1),
                                         r.factor(2));
}

at::Tensor nearest_exact_backward(const ResizedFrom& r) {
  if (r.axes() == 1)
    return at::_upsample_nearest_exact1d_backward(r.gradient, r.places(), r.sizes, r.factor(0));
  if (r.axes() == 2)
    return at::_upsample_nearest_exact2d_backward(r.gradient, r.places(), r.sizes, r.factor(0), r.factor(1));
  return at::_upsample_nearest_exact3d_backward(r.gradient, r.places(), r.sizes, r.factor(0), r.factor(1),
                                                r.factor(2));
}

at::Tensor planes_backward(const ResizedFrom& r, bool cubic, bool align) {
  return cubic ? at::upsample_bicubic2d_backward(r.gradient, r.places(), r.sizes, align, r.factor(0),
                                                 r.factor(1))
               : at::upsample_bilinear2d_backward(r.gradient, r.places(), r.sizes, align, r.factor(0),
                                                  r.factor(1));
}

at::Tensor antialiased_backward(const ResizedFrom& r, bool cubic, bool align) {
  return cubic ? at::_upsample_bicubic2d_aa_backward(r.gradient, r.places(), r.sizes, align, r.factor(0),
                                                     r.factor(1))
               : at::_upsample_bilinear2d_aa_backward(r.gradient, r.places(), r.sizes, align, r.factor(0),
                                                      r.factor(1));
}

at::Tensor resized_backward(const ResizedFrom& r, const std::string& mode, bool align) {
  if (mode == "nearest") return nearest_backward(r);
  if (mode == "nearest-exact") return nearest_exact_backward(r);
  if (mode == "area") return adaptive_average_backward(r.gradient, r.sizes, static_cast<int>(r.axes()));
  if (mode == "linear")
    return at::upsample_linear1d_backward(r.gradient, r.places(), r.sizes, align, r.factor(0));
  if (mode == "bilinear" || mode == "bicubic") return planes_backward(r, mode == "bicubic", align);
  return at::upsample_trilinear3d_backward(r.gradient, r.places(), r.sizes, align, r.factor(0), r.factor(1),
                                           r.factor(2));
}

bool flag_given(const Attributes& a, const char* flag) { return a.has(flag) && a.boolean(flag); }

// `whole`: the factors have only led to sizes.
ResizedFrom resized_from(const DerivativeContext& d, bool whole) {
  const Attributes& a = d.call.attributes;
  return {d.gradient(), d.sizes(), whole || a.has("size") ? std::vector<double>() : a.reals("scale_factor")};
}

std::vector<at::Tensor> upsample_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  const ResizedFrom from = resized_from(d, flag_given(a, "recompute_scale_factor"));
  return d.result({resized_backward(from, a.text("mode"), flag_given(a, "align_corners"))});
}

std::vector<at::Tensor> interpolate_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  if (!a.boolean("antialias")) return upsample_backward(d);
  const ResizedFrom from = resized_from(d, flag_given(a, "recompute_scale_factor"));
  return d.result({antialiased_backward(from, a.text("mode") == "bicubic", flag_given(a, "align_corners"))});
}

// The kernel averages half precision in single precision on a CPU.
bool covers_interpolate(const KernelContext& k) {
  const at::ScalarType type = k.input().scalar_type();
  return !k.attributes.boolean("antialias") || type == at::kFloat || type == at::kDouble;
}

std::vector<at::Tensor> nearest2d_backward(const DerivativeContext& d) {
  return d.result({nearest_backward(resized_from(d, false))});
}

std::vector<at::Tensor> bilinear2d_backward(const DerivativeContext& d) {
  return d.result({planes_backward(resized_from(d, false), false, true)});
}

constexpr DerivativeEntry kResizingDerivatives[] = {
    {"Upsample", upsample_backward},
    {"interpolate", interpolate_backward, {}, nullptr, covers_interpolate},
    {"UpsamplingNearest2d", nearest2d_backward},
    {"UpsamplingBilinear2d", bilinear2d_backward},
};

}  // namespace

std::span<const DerivativeEntry> resizing_derivatives() { return kResizingDerivatives; }

}  // namespace orrery
