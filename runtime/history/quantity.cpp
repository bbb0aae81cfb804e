#include "runtime/history/quantity.h"

#include <algorithm>
#include <array>

namespace orrery {
namespace {

constexpr std::array<QuantityInfo, 10> kQuantities{{
    {Quantity::forward_seconds, "forward_seconds", "s", false, "wall time of the forward pass"},
    {Quantity::backward_seconds, "backward_seconds", "s", false, "wall time of the backward pass"},
    {Quantity::device_seconds, "device_seconds", "s", false, "time on the accelerator, forward and backward"},
    {Quantity::tmu_bytes, "tmu_bytes", "B", true, "unique bytes of the output tensors"},
    {Quantity::tgu_bytes, "tgu_bytes", "B", true, "unique bytes of the output tensors' gradients"},
    {Quantity::lmu_bytes, "lmu_bytes", "B", true, "bytes of parameters and buffers"},
    {Quantity::lgu_bytes, "lgu_bytes", "B", true, "bytes of the parameters' gradients"},
    {Quantity::optimizer_bytes, "optimizer_bytes", "B", true, "bytes of the optimizer's state"},
    {Quantity::peak_bytes, "peak_bytes", "B", false, "highest reading of the allocator inside the block"},
    {Quantity::flops, "flops", "FLOP", true, "floating-point operations of one step"},
}};

}  // namespace

std::span<const QuantityInfo> quantities() { return kQuantities; }

const QuantityInfo& info(Quantity quantity) { return kQuantities[static_cast<std::size_t>(quantity) - 1]; }

std::optional<Quantity> quantity_from_name(std::string_view name) {
  const auto found = std::find_if(kQuantities.begin(), kQuantities.end(),
                                  [&](const QuantityInfo& q) { return q.name == name; });
  if (found == kQuantities.end()) return std::nullopt;
  return found->quantity;
}

}  // namespace orrery
