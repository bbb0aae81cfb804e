#include "runtime/engine/kernels/cpu/embedding.h"

#include "runtime/engine/kernels/cpu/clones.h"

namespace orrery::cpu {

template <typename T>
ORRERY_CLONES std::int64_t embedding_backward(Lookup lookup, std::int64_t begin, std::int64_t end,
                                              const T* gradient, T* table_gradient) {
  for (std::int64_t i = 0; i < lookup.count; ++i)
    if (lookup.indices[i] < 0 || lookup.indices[i] >= lookup.rows) return i;
  for (std::int64_t i = 0; i < lookup.count; ++i) {
    if (lookup.indices[i] == lookup.padding_index) continue;
    const T* const from = gradient + i * lookup.columns;
    T* const row = table_gradient + lookup.indices[i] * lookup.columns;
#pragma GCC ivdep
    for (std::int64_t column = begin; column < end; ++column) row[column] += from[column];
  }
  return -1;
}

template std::int64_t embedding_backward(Lookup, std::int64_t, std::int64_t, const float*, float*);
template std::int64_t embedding_backward(Lookup, std::int64_t, std::int64_t, const double*, double*);

}  // namespace orrery::cpu
