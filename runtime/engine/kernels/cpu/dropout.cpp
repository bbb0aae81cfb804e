#include "runtime/engine/kernels/cpu/dropout.h"

#include "runtime/engine/kernels/cpu/clones.h"

namespace orrery::cpu {

template <typename T>
ORRERY_CLONES void drop(std::int64_t begin, std::int64_t end, T factor, const T* drawn, const T* values,
                        std::uint8_t* mask, T* result) {
#pragma GCC ivdep
  for (std::int64_t i = begin; i < end; ++i) {
    mask[i] = drawn[i] != T(0);
    result[i] = values[i] * (drawn[i] * factor);
  }
}

template <typename T>
ORRERY_CLONES void drop_backward(std::int64_t begin, std::int64_t end, T factor, const T* gradient,
                                 const std::uint8_t* mask, bool adds, T* result) {
  if (adds)
#pragma GCC ivdep
    for (std::int64_t i = begin; i < end; ++i) result[i] += gradient[i] * (T(mask[i]) * factor);
  else
#pragma GCC ivdep
    for (std::int64_t i = begin; i < end; ++i) result[i] = gradient[i] * (T(mask[i]) * factor);
}

#define ORRERY_INSTANTIATE(T)                                                               \
  template void drop(std::int64_t, std::int64_t, T, const T*, const T*, std::uint8_t*, T*); \
  template void drop_backward(std::int64_t, std::int64_t, T, const T*, const std::uint8_t*, bool, T*);
ORRERY_INSTANTIATE(float)
ORRERY_INSTANTIATE(double)
#undef ORRERY_INSTANTIATE

}  // namespace orrery::cpu
