#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;
using Drop = at::Tensor (*)(const at::Tensor&, double, bool);

// Channels are the second dimension; an input of `Unbatched` dimensions has no batch before them.
template <int Unbatched>
at::Tensor feature_dropout(const at::Tensor& input, double p, bool training) {
  if (input.dim() != Unbatched) return at::feature_dropout(input, p, training);
  return at::feature_dropout(input.unsqueeze(0), p, training).squeeze(0);
}

template <Drop drop>
Outputs layer(const KernelContext& k) {
  return {drop(k.input(), k.attributes.real("p"), k.training)};
}

template <Drop drop>
Outputs method(const KernelContext& k) {
  return {drop(k.input(), k.attributes.real("p"), k.attributes.boolean("training"))};
}

constexpr KernelEntry kDropoutKernels[] = {
    {"Dropout", layer<at::dropout>},
    {"dropout", method<at::dropout>},
    {"Dropout1d", layer<feature_dropout<2>>},
    {"dropout1d", method<feature_dropout<2>>},
    {"Dropout2d", layer<at::feature_dropout>},
    {"dropout2d", method<at::feature_dropout>},
    {"Dropout3d", layer<feature_dropout<4>>},
    {"dropout3d", method<feature_dropout<4>>},
    {"AlphaDropout", layer<at::alpha_dropout>},
    {"alpha_dropout", method<at::alpha_dropout>},
    {"FeatureAlphaDropout", layer<at::feature_alpha_dropout>},
    {"feature_alpha_dropout", method<at::feature_alpha_dropout>},
};

}  // namespace

std::span<const KernelEntry> dropout_kernels() { return kDropoutKernels; }

}  // namespace orrery
