#include "runtime/engine/kernels/cpu/matrix_product.h"

#include <algorithm>
#include <limits>

#include "runtime/core/error.h"

// Exported by libtorch_cpu.
extern "C" {
void sgemm_(const char*, const char*, const int*, const int*, const int*, const float*, const float*,
            const int*, const float*, const int*, const float*, float*, const int*);
void dgemm_(const char*, const char*, const int*, const int*, const int*, const double*, const double*,
            const int*, const double*, const int*, const double*, double*, const int*);
// Of MKL alone; gives what was in force, 0 where the thread has no limit of its own.
__attribute__((weak)) int MKL_Set_Num_Threads_Local(int);
}

namespace orrery::cpu {
namespace {

constexpr auto gemm(float) { return sgemm_; }
constexpr auto gemm(double) { return dgemm_; }

/// BLAS refuses a stride of 0, also where there is but one row.
int blas_size(std::int64_t size) {
  invariant(size <= std::numeric_limits<int>::max(), "a matrix product is too large for BLAS");
  return static_cast<int>(size);
}
int blas_stride(std::int64_t stride) { return std::max(blas_size(stride), 1); }

// Multiplications that one thread gets through faster than others are woken for.
constexpr std::int64_t kOneThread = 1 << 20;

}  // namespace

ThreadsOfProduct::ThreadsOfProduct(std::int64_t multiplications)
    : limited_(multiplications < kOneThread && MKL_Set_Num_Threads_Local) {
  if (limited_) before_ = MKL_Set_Num_Threads_Local(1);
}

ThreadsOfProduct::~ThreadsOfProduct() {
  if (limited_) MKL_Set_Num_Threads_Local(before_);
}

// BLAS reads by columns: what it takes for c, a and b are their transposes, and c' = b' a'.
template <typename T>
void product(std::int64_t m, std::int64_t n, std::int64_t k, const T* a, std::int64_t lda, bool transpose_a,
             const T* b, std::int64_t ldb, bool transpose_b, T alpha, T beta, T* c, std::int64_t ldc) {
  const int rows = blas_size(m), columns = blas_size(n), inner = blas_size(k);
  const int a_stride = blas_stride(lda), b_stride = blas_stride(ldb), c_stride = blas_stride(ldc);
  const ThreadsOfProduct threads(m * n * k);
  gemm(T())(transpose_b ? "T" : "N", transpose_a ? "T" : "N", &columns, &rows, &inner, &alpha, b, &b_stride,
            a, &a_stride, &beta, c, &c_stride);
}

template void product(std::int64_t, std::int64_t, std::int64_t, const float*, std::int64_t, bool,
                      const float*, std::int64_t, bool, float, float, float*, std::int64_t);
template void product(std::int64_t, std::int64_t, std::int64_t, const double*, std::int64_t, bool,
                      const double*, std::int64_t, bool, double, double, double*, std::int64_t);

}  // namespace orrery::cpu
