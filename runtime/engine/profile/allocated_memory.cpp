#include "runtime/engine/profile/allocated_memory.h"

#include <ATen/DeviceAccelerator.h>
#include <c10/core/CachingDeviceAllocator.h>

#include "runtime/engine/cpu_allocator.h"

namespace orrery {

std::optional<AllocatedMemory> allocated_memory(const c10::Device& device) {
  if (device.is_cpu()) {
    const CpuMemory memory = cpu_memory();
    if (memory.peak == 0) return std::nullopt;
    return AllocatedMemory{memory.current, memory.peak};
  }
  const auto bytes = at::accelerator::getDeviceStats(device.index())
                         .allocated_bytes[static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE)];
  return AllocatedMemory{bytes.current, bytes.peak};
}

}  // namespace orrery
