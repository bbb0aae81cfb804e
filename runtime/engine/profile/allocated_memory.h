#pragma once

#include <cstdint>
#include <optional>

#include <c10/core/Device.h>

namespace orrery {

/// Bytes of tensors that a device's allocator has handed out to the whole process.
struct AllocatedMemory {
  std::int64_t current = 0;
  std::int64_t peak = 0;  ///< since the process began
};

/// Nothing where the allocator does not count: on the CPU, that of another program than `orrery`.
std::optional<AllocatedMemory> allocated_memory(const c10::Device& device);

}  // namespace orrery
