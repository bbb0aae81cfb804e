#include "runtime/history/quantity.h"

#include <algorithm>
#include <array>

namespace orrery {
namespace {

constexpr std::array<QuantityInfo, kQuantityCount> kQuantities{{
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
    {Quantity::bytes_moved, "bytes_moved", "B", true, "bytes that the operations read and write in one step"},
    {Quantity::scratch_bytes, "scratch_bytes", "B", true,
     "most bytes that were allocated and given back within one operation"},
    {Quantity::grad_norm, "grad_norm", "1", false, "Euclidean norm of the parameters' gradients"},
    {Quantity::update_ratio, "update_ratio", "1", false,
     "norm of the parameters' change in one step, divided by their norm"},
    {Quantity::allocated_bytes, "allocated_bytes", "B", true,
     "all that the allocator had handed out when the epoch ended; of the graph itself"},
    {Quantity::allocated_peak_bytes, "allocated_peak_bytes", "B", true,
     "the most that it had handed out since the process began; of the graph itself"},
    {Quantity::arena_bytes, "arena_bytes", "B", true,
     "buffers of the plan, which nodes share; of the graph itself"},
    {Quantity::remainder_bytes, "remainder_bytes", "B", true,
     "allocated, and neither parameters, nor buffers, nor an optimizer's, nor the plan's; of the graph "
     "itself"},
    {Quantity::fused_share, "fused_share", "1", true,
     "part of the time of a pass that computes several nodes, by predicted cost; of nodes alone"},
}};

}  // namespace

std::span<const QuantityInfo> quantities() { return kQuantities; }

const QuantityInfo& info(Quantity quantity) { return kQuantities[index_of(quantity)]; }

std::optional<Quantity> quantity_from_name(std::string_view name) {
  const auto found = std::find_if(kQuantities.begin(), kQuantities.end(),
                                  [&](const QuantityInfo& q) { return q.name == name; });
  if (found == kQuantities.end()) return std::nullopt;
  return found->quantity;
}

}  // namespace orrery
