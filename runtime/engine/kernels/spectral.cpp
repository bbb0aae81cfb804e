#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/kernels/operands.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

using Line = at::Tensor (*)(const at::Tensor&, std::optional<std::int64_t>, std::int64_t,
                            std::optional<std::string_view>);
using Plane = at::Tensor (*)(const at::Tensor&, at::OptionalIntArrayRef, at::IntArrayRef,
                             std::optional<std::string_view>);
using Planes = at::Tensor (*)(const at::Tensor&, at::OptionalIntArrayRef, at::OptionalIntArrayRef,
                              std::optional<std::string_view>);

template <Line Function>
Outputs line(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {Function(k.input(), optional_integer(a, "n"), a.integer("dim"), a.text("norm"))};
}

at::OptionalIntArrayRef listed(const KernelContext& k, const char* name) {
  if (!k.attributes.has(name)) return std::nullopt;
  return at::IntArrayRef(k.attributes.integers(name));
}

template <Plane Function>
Outputs plane(const KernelContext& k) {
  return {Function(k.input(), listed(k, "s"), k.attributes.integers("dim"), k.attributes.text("norm"))};
}

template <Planes Function>
Outputs planes(const KernelContext& k) {
  return {Function(k.input(), listed(k, "s"), listed(k, "dim"), k.attributes.text("norm"))};
}

Outputs fftshift(const KernelContext& k) { return {at::fft_fftshift(k.input(), listed(k, "dim"))}; }
Outputs ifftshift(const KernelContext& k) { return {at::fft_ifftshift(k.input(), listed(k, "dim"))}; }

Outputs fftfreq(const KernelContext& k) {
  return {at::fft_fftfreq(k.sizes("n").at(0), k.attributes.real("d"), made_options(k))};
}
Outputs rfftfreq(const KernelContext& k) {
  return {at::fft_rfftfreq(k.sizes("n").at(0), k.attributes.real("d"), made_options(k))};
}

std::optional<bool> onesided(const KernelContext& k) {
  return k.attributes.has("onesided") ? std::optional(k.attributes.boolean("onesided")) : std::nullopt;
}

std::optional<at::Tensor> window(const KernelContext& k) {
  return k.input(1).defined() ? std::optional(k.input(1)) : std::nullopt;
}

Outputs stft(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::stft(k.input(), a.integer("n_fft"), optional_integer(a, "hop_length"),
                   optional_integer(a, "win_length"), window(k), a.boolean("center"), a.text("pad_mode"),
                   a.boolean("normalized"), onesided(k), a.boolean("return_complex"), std::nullopt)};
}

Outputs istft(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::istft(k.input(), a.integer("n_fft"), optional_integer(a, "hop_length"),
                    optional_integer(a, "win_length"), window(k), a.boolean("center"),
                    a.boolean("normalized"), onesided(k), optional_integer(a, "length"),
                    a.boolean("return_complex"))};
}

constexpr KernelEntry kSpectralKernels[] = {
    {"fft_fft", line<at::fft_fft>},
    {"fft_ifft", line<at::fft_ifft>},
    {"fft_rfft", line<at::fft_rfft>},
    {"fft_irfft", line<at::fft_irfft>},
    {"fft_hfft", line<at::fft_hfft>},
    {"fft_ihfft", line<at::fft_ihfft>},
    {"fft_fft2", plane<at::fft_fft2>},
    {"fft_ifft2", plane<at::fft_ifft2>},
    {"fft_rfft2", plane<at::fft_rfft2>},
    {"fft_irfft2", plane<at::fft_irfft2>},
    {"fft_fftn", planes<at::fft_fftn>},
    {"fft_ifftn", planes<at::fft_ifftn>},
    {"fft_rfftn", planes<at::fft_rfftn>},
    {"fft_irfftn", planes<at::fft_irfftn>},
    {"fft_fftshift", fftshift},
    {"fft_ifftshift", ifftshift},
    {"fft_fftfreq", fftfreq},
    {"fft_rfftfreq", rfftfreq},
    {"stft", stft},
    {"istft", istft},
};

}  // namespace

std::span<const KernelEntry> spectral_kernels() { return kSpectralKernels; }

}  // namespace orrery
