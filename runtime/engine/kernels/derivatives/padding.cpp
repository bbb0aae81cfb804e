#include "runtime/engine/kernels/derivatives/padding.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivatives/placeholder.h"

namespace orrery {
namespace {

at::Tensor constant_border_backward(const at::Tensor& gradient, std::vector<std::int64_t> widths) {
  for (std::int64_t& width : widths) width = -width;
  return at::constant_pad_nd(gradient, widths);
}

at::Tensor reflected_border_backward(const at::Tensor& gradient, const at::Tensor& input,
                                     at::IntArrayRef widths) {
  if (widths.size() == 2) return at::reflection_pad1d_backward(gradient, input, widths);
  if (widths.size() == 4) return at::reflection_pad2d_backward(gradient, input, widths);
  return at::reflection_pad3d_backward(gradient, input, widths);
}

at::Tensor replicated_border_backward(const at::Tensor& gradient, const at::Tensor& input,
                                      at::IntArrayRef widths) {
  if (widths.size() == 2) return at::replication_pad1d_backward(gradient, input, widths);
  if (widths.size() == 4) return at::replication_pad2d_backward(gradient, input, widths);
  return at::replication_pad3d_backward(gradient, input, widths);
}

// What was put before the beginning came from the end, and the other way round.
at::Tensor unwrapped_border(const at::Tensor& gradient, std::int64_t axis, std::int64_t size,
                            std::int64_t before, std::int64_t behind) {
  at::Tensor sum = gradient.narrow(axis, before, size).clone();
  sum.narrow(axis, size - before, before) += gradient.narrow(axis, 0, before);
  sum.narrow(axis, 0, behind) += gradient.narrow(axis, before + size, behind);
  return sum;
}

at::Tensor circular_border_backward(at::Tensor gradient, at::IntArrayRef sizes,
                                    const std::vector<std::int64_t>& widths) {
  for (size_t i = 0; i < widths.size() / 2; ++i) {
    const size_t axis = sizes.size() - 1 - i;
    gradient = unwrapped_border(gradient, static_cast<std::int64_t>(axis), sizes[axis], widths[2 * i],
                                widths[2 * i + 1]);
  }
  return gradient;
}

bool covers_pad_layer(const KernelContext& k, const char* mode) {
  return covers_padding(k.attributes.integers("padding"), mode);
}

bool covers_reflection(const KernelContext& k) { return covers_pad_layer(k, "reflect"); }
bool covers_replication(const KernelContext& k) { return covers_pad_layer(k, "replicate"); }
bool covers_circular(const KernelContext& k) { return covers_pad_layer(k, "circular"); }
bool covers_pad_call(const KernelContext& k) {
  return covers_padding(k.attributes.integers("pad"), k.attributes.text("mode"));
}

std::vector<at::Tensor> pad_layer_backward(const DerivativeContext& d, const char* mode) {
  return d.result({pad_backward(d.gradient(), d.sizes(), d.call.attributes.integers("padding"), mode)});
}

std::vector<at::Tensor> constant_pad_backward(const DerivativeContext& d) {
  return pad_layer_backward(d, "constant");
}
std::vector<at::Tensor> reflection_pad_backward(const DerivativeContext& d) {
  return pad_layer_backward(d, "reflect");
}
std::vector<at::Tensor> replication_pad_backward(const DerivativeContext& d) {
  return pad_layer_backward(d, "replicate");
}
std::vector<at::Tensor> circular_pad_backward(const DerivativeContext& d) {
  return pad_layer_backward(d, "circular");
}
std::vector<at::Tensor> pad_call_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  return d.result({pad_backward(d.gradient(), d.sizes(), a.integers("pad"), a.text("mode"))});
}

constexpr DerivativeEntry kPaddingDerivatives[] = {
    {"ConstantPad1d", constant_pad_backward},
    {"ConstantPad2d", constant_pad_backward},
    {"ConstantPad3d", constant_pad_backward},
    {"ZeroPad1d", constant_pad_backward},
    {"ZeroPad2d", constant_pad_backward},
    {"ZeroPad3d", constant_pad_backward},
    {"ReflectionPad1d", reflection_pad_backward, {}, nullptr, covers_reflection},
    {"ReflectionPad2d", reflection_pad_backward, {}, nullptr, covers_reflection},
    {"ReflectionPad3d", reflection_pad_backward, {}, nullptr, covers_reflection},
    {"ReplicationPad1d", replication_pad_backward, {}, nullptr, covers_replication},
    {"ReplicationPad2d", replication_pad_backward, {}, nullptr, covers_replication},
    {"ReplicationPad3d", replication_pad_backward, {}, nullptr, covers_replication},
    {"CircularPad1d", circular_pad_backward, {}, nullptr, covers_circular},
    {"CircularPad2d", circular_pad_backward, {}, nullptr, covers_circular},
    {"CircularPad3d", circular_pad_backward, {}, nullptr, covers_circular},
    {"pad", pad_call_backward, {}, nullptr, covers_pad_call},
};

}  // namespace

at::Tensor pad_backward(const at::Tensor& gradient, at::IntArrayRef sizes,
                        const std::vector<std::int64_t>& widths, const std::string& mode) {
  if (mode == "constant") return constant_border_backward(gradient, widths);
  if (mode == "circular") return circular_border_backward(gradient, sizes, widths);
  const at::Tensor input = placeholder(sizes, gradient);
  return mode == "reflect" ? reflected_border_backward(gradient, input, widths)
                           : replicated_border_backward(gradient, input, widths);
}

bool covers_padding(const std::vector<std::int64_t>& widths, const std::string& mode) {
  return mode == "constant" || std::ranges::all_of(widths, [](std::int64_t width) { return width >= 0; });
}

std::span<const DerivativeEntry> padding_derivatives() { return kPaddingDerivatives; }

}  // namespace orrery
