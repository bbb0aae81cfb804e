#pragma once

#include <cstdint>

namespace orrery::cpu {

/// c = alpha * a b + beta * c, row-major: `a` is [m, k] and `b` is [k, n], or their transposes [k, m] and [n,
/// k] where `transpose_a` or `transpose_b` says so; `c` is [m, n]. `lda`, `ldb`, `ldc`: numbers from one row
/// in memory to the next. Straight to the BLAS that LibTorch brings, on as many threads as LibTorch was told
/// (one within at::parallel_for); the same bits as at::addmm where that calls it too. beta = 0 overwrites
/// `c`, whatever it holds. float and double.
///
/// REQUIRES: sizes and strides fit in int; c overlaps neither a nor b.
template <typename T>
void product(std::int64_t m, std::int64_t n, std::int64_t k, const T* a, std::int64_t lda, bool transpose_a,
             const T* b, std::int64_t ldb, bool transpose_b, T alpha, T beta, T* c, std::int64_t ldc);

/// While one lives, MKL keeps small products to the calling thread; it would share some of them out.
class [[nodiscard]] ThreadsOfProduct {
 public:
  explicit ThreadsOfProduct(std::int64_t multiplications);
  ~ThreadsOfProduct();
  ThreadsOfProduct(const ThreadsOfProduct&) = delete;
  ThreadsOfProduct& operator=(const ThreadsOfProduct&) = delete;

 private:
  bool limited_;
  int before_ = 0;
};

}  // namespace orrery::cpu
