#include <ATen/ATen.h>

#include "runtime/engine/kernels/operands.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

Outputs rand(const KernelContext& k) { return {at::rand(k.sizes("size"), made_options(k))}; }
Outputs randn(const KernelContext& k) { return {at::randn(k.sizes("size"), made_options(k))}; }

Outputs randint(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::randint(a.integer("low"), a.integer("high"), k.sizes("size"), made_options(k))};
}

Outputs randperm(const KernelContext& k) { return {at::randperm(k.sizes("n").at(0), made_options(k))}; }

Outputs normal(const KernelContext& k) {
  const Attributes& a = k.attributes;
  if (k.input(0).defined() && k.input(1).defined()) return {at::normal(k.input(0), k.input(1))};
  if (k.input(0).defined()) return {at::normal(k.input(0), a.real("std"))};
  if (k.input(1).defined()) return {at::normal(a.real("mean"), k.input(1))};
  const auto options = at::TensorOptions(at::kFloat).device(k.device);
  return {at::normal(a.real("mean"), a.real("std"), k.sizes("size"), std::nullopt, options)};
}

Outputs rand_like(const KernelContext& k) { return {at::rand_like(k.input(), like_input(k))}; }
Outputs randn_like(const KernelContext& k) { return {at::randn_like(k.input(), like_input(k))}; }

Outputs bernoulli(const KernelContext& k) {
  if (k.attributes.has("p")) return {at::bernoulli(k.input(), k.attributes.real("p"))};
  return {at::bernoulli(k.input())};
}

Outputs multinomial(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::multinomial(k.input(), a.integer("num_samples"), a.boolean("replacement"))};
}

Outputs poisson(const KernelContext& k) { return {at::poisson(k.input())}; }

Outputs exponential(const KernelContext& k) {
  return {at::empty_like(k.input().detach()).exponential_(k.attributes.real("lambd"))};
}

constexpr KernelEntry kRandomKernels[] = {
    {"rand", rand},
    {"randn", randn},
    {"randint", randint},
    {"randperm", randperm},
    {"normal", normal},
    {"rand_like", rand_like},
    {"randn_like", randn_like},
    {"bernoulli", bernoulli},
    {"multinomial", multinomial},
    {"poisson", poisson},
    {"exponential", exponential},
};

}  // namespace

std::span<const KernelEntry> random_kernels() { return kRandomKernels; }

}  // namespace orrery
