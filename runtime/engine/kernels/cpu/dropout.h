#pragma once

#include <cstdint>

namespace orrery::cpu {

/// The numbers from `begin` to before `end` that were drawn (1, else 0), times `factor`; the others become 0,
/// as numbers times 0 do. `mask` gets what was drawn. As ATen's dropout. float and double.
template <typename T>
void drop(std::int64_t begin, std::int64_t end, T factor, const T* drawn, const T* values, std::uint8_t* mask,
          T* result);

/// result = gradient * mask * factor, or adds that to it.
template <typename T>
void drop_backward(std::int64_t begin, std::int64_t end, T factor, const T* gradient,
                   const std::uint8_t* mask, bool adds, T* result);

}  // namespace orrery::cpu
