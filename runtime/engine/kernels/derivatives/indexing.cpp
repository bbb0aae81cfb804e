#include "runtime/engine/kernels/derivatives/views.h"

namespace orrery {
namespace {

constexpr DerivativeEntry kIndexingDerivatives[] = {
    {"select", placed_gradients}, {"narrow", placed_gradients}, {"slice", placed_gradients}};

}  // namespace

std::span<const DerivativeEntry> indexing_derivatives() { return kIndexingDerivatives; }

}  // namespace orrery
