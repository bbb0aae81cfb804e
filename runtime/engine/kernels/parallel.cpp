#include "runtime/engine/kernels/parallel.h"

#include <ATen/Parallel.h>

#ifndef _OPENMP
#error "without OpenMP at::parallel_for has one thread"
#endif

namespace orrery {

void parallel_shares(std::int64_t begin, std::int64_t end, std::int64_t grain,
                     const std::function<void(std::int64_t, std::int64_t)>& function) {
  at::parallel_for(begin, end, grain, function);
}

}  // namespace orrery
