#pragma once

#include <cstdint>
#include <memory>

namespace orrery::cpu {

/// A layer's weight [out, in] in the order in which MKL's products read it, so that products of few rows, in
/// which bringing it into that order takes as long as multiplying, need not do it again. As large as the
/// weight. Not thread-safe. float alone: LibTorch's MKL has no other.
class PackedWeight {
 public:
  /// Whether it is faster than `product`: for a few rows, with MKL. Measured with AVX-512: 1.2 to 4 times for
  /// 4 to 64 rows, nothing for one row or some hundred.
  static bool gains(std::int64_t rows, std::int64_t out, std::int64_t in);

  /// For products of so many rows. REQUIRES: `gains`; sizes fit in int. Throws std::bad_alloc.
  PackedWeight(std::int64_t rows, std::int64_t out, std::int64_t in);

  void pack(const float* weight);
  /// y [rows, out] = x [rows, in] · weightᵀ, as packed last.
  void multiply(const float* x, float* y) const;

 private:
  struct Free {
    void operator()(void* memory) const;
  };
  int rows_, out_, in_;
  std::unique_ptr<float, Free> packed_;
};

}  // namespace orrery::cpu
