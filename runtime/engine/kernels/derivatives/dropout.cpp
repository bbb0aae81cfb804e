// What LibTorch's functions of dropout are composed of, so that the noise can be kept.
#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivative.h"

namespace orrery {
namespace {

struct DropStyle {
  int unbatched = -1;     ///< dimensions of an input that has channels but no batch before them
  bool channels = false;  ///< drops whole ones
  bool alpha = false;
};

bool drops_in_one_kernel(const at::Tensor& input, double p, DropStyle style) {
  return input.is_cuda() && p < 1 && !style.channels && !style.alpha;
}

at::Tensor noise_room(const at::Tensor& input, DropStyle style) {
  if (!style.channels) return at::empty_like(input);
  std::vector<std::int64_t> sizes(static_cast<size_t>(input.dim()), 1);
  std::copy_n(input.sizes().begin(), input.dim() == style.unbatched ? 1 : 2, sizes.begin());
  return input.new_empty(sizes);
}

// What is dropped goes where SELU ends on the negative side; then everything is moved so that mean and
// variance stay.
Kept alpha_dropped(const at::Tensor& input, const at::Tensor& noise, double p) {
  constexpr double kSeluFloor = 1.7580993408473766;
  const double scale = 1. / std::sqrt((kSeluFloor * kSeluFloor * p + 1) * (1 - p));
  const at::Tensor shift = noise.add(-1).mul_(kSeluFloor * scale).add_(kSeluFloor * scale * p);
  noise.mul_(scale);
  return {{(input * noise).add_(shift)}, {noise}};
}

Kept dropped(const at::Tensor& input, double p, bool training, DropStyle style) {
  if (p == 0 || !training || input.numel() == 0) return {{input}, {}};
  if (drops_in_one_kernel(input, p, style)) {
    const auto [output, mask] = at::native_dropout(input, p, true);
    return {{output}, {mask}};
  }
  const at::Tensor noise = p == 1 ? at::zeros({}, input.options()) : noise_room(input, style);
  if (p == 1) return {{input * noise}, {noise}};
  noise.bernoulli_(1 - p);
  if (style.alpha) return alpha_dropped(input, noise, p);
  noise.div_(1 - p);
  return {{input * noise}, {noise}};
}

template <DropStyle Style>
Kept layer_keeping_noise(const KernelContext& k) {
  return dropped(k.input(), k.attributes.real("p"), k.training, Style);
}

template <DropStyle Style>
Kept method_keeping_noise(const KernelContext& k) {
  return dropped(k.input(), k.attributes.real("p"), k.attributes.boolean("training"), Style);
}

std::vector<at::Tensor> dropout_backward(const DerivativeContext& d) {
  if (d.kept.empty()) return d.result({d.gradient()});
  const at::Tensor& noise = d.kept[0];
  if (noise.scalar_type() != at::kBool) return d.result({d.gradient() * noise});
  return d.result(
      {at::native_dropout_backward(d.gradient(), noise, 1.0 / (1.0 - d.call.attributes.real("p")))});
}

template <DropStyle Style>
constexpr DerivativeEntry dropping_layer(const char* name) {
  return {name, dropout_backward, {}, layer_keeping_noise<Style>};
}

template <DropStyle Style>
constexpr DerivativeEntry dropping_method(const char* name) {
  return {name, dropout_backward, {}, method_keeping_noise<Style>};
}

constexpr DropStyle kElements, kChannels{.channels = true}, kChannels1d{.unbatched = 2, .channels = true},
    kChannels3d{.unbatched = 4, .channels = true}, kAlphaElements{.alpha = true},
    kAlphaChannels{.channels = true, .alpha = true};

constexpr DerivativeEntry kDropoutDerivatives[] = {
    dropping_layer<kElements>("Dropout"),
    dropping_method<kElements>("dropout"),
    dropping_layer<kChannels1d>("Dropout1d"),
    dropping_method<kChannels1d>("dropout1d"),
    dropping_layer<kChannels>("Dropout2d"),
    dropping_method<kChannels>("dropout2d"),
    dropping_layer<kChannels3d>("Dropout3d"),
    dropping_method<kChannels3d>("dropout3d"),
    dropping_layer<kAlphaElements>("AlphaDropout"),
    dropping_method<kAlphaElements>("alpha_dropout"),
    dropping_layer<kAlphaChannels>("FeatureAlphaDropout"),
    dropping_method<kAlphaChannels>("feature_alpha_dropout"),
};

}  // namespace

std::span<const DerivativeEntry> dropout_derivatives() { return kDropoutDerivatives; }

}  // namespace orrery
