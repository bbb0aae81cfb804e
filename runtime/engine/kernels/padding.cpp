#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

Outputs around(const KernelContext& k, const char* mode, std::optional<double> value = {}) {
  return {at::pad(k.input(), k.attributes.integers("padding"), mode, value)};
}

Outputs constant(const KernelContext& k) { return around(k, "constant", k.attributes.real("value")); }
Outputs zero(const KernelContext& k) { return around(k, "constant"); }
Outputs reflection(const KernelContext& k) { return around(k, "reflect"); }
Outputs replication(const KernelContext& k) { return around(k, "replicate"); }
Outputs circular(const KernelContext& k) { return around(k, "circular"); }

Outputs pad(const KernelContext& k) {
  const Attributes& a = k.attributes;
  std::optional<double> value;
  if (a.has("value")) value = a.real("value");
  return {at::pad(k.input(), a.integers("pad"), a.text("mode"), value)};
}

constexpr KernelEntry kPaddingKernels[] = {
    {"ConstantPad1d", constant},
    {"ConstantPad2d", constant},
    {"ConstantPad3d", constant},
    {"ZeroPad1d", zero},
    {"ZeroPad2d", zero},
    {"ZeroPad3d", zero},
    {"ReflectionPad1d", reflection},
    {"ReflectionPad2d", reflection},
    {"ReflectionPad3d", reflection},
    {"ReplicationPad1d", replication},
    {"ReplicationPad2d", replication},
    {"ReplicationPad3d", replication},
    {"CircularPad1d", circular},
    {"CircularPad2d", circular},
    {"CircularPad3d", circular},
    {"pad", pad},
};

}  // namespace

std::span<const KernelEntry> padding_kernels() { return kPaddingKernels; }

}  // namespace orrery
