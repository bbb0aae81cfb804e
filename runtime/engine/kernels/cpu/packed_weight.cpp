#include "runtime/engine/kernels/cpu/packed_weight.h"

#include <cstdlib>
#include <limits>
#include <new>

#include "runtime/core/error.h"
#include "runtime/engine/kernels/cpu/matrix_product.h"

// MKL's, which libtorch_cpu exports where it was built with it: mkl_cblas.h of oneMKL.
extern "C" {
__attribute__((weak)) std::size_t cblas_sgemm_pack_get_size(int, int, int, int);
__attribute__((weak)) void cblas_sgemm_pack(int, int, int, int, int, int, float, const float*, int, float*);
__attribute__((weak)) void cblas_sgemm_compute(int, int, int, int, int, int, const float*, int, const float*,
                                               int, float, float*, int);
}

namespace orrery::cpu {
namespace {

// Values of MKL's enumerations.
constexpr int kByColumns = 102, kPlain = 111, kTransposed = 112, kPacked = 151, kFirstMatrix = 161;
constexpr std::size_t kLine = 64;
constexpr std::int64_t kFewestRows = 2, kMostRows = 128, kFewestNumbers = 64 * 128;

}  // namespace

void PackedWeight::Free::operator()(void* memory) const { std::free(memory); }

bool PackedWeight::gains(std::int64_t rows, std::int64_t out, std::int64_t in) {
  const bool there = cblas_sgemm_pack_get_size && cblas_sgemm_pack && cblas_sgemm_compute;
  return there && rows >= kFewestRows && rows <= kMostRows && out * in >= kFewestNumbers &&
         out <= std::numeric_limits<int>::max() && in <= std::numeric_limits<int>::max();
}

// MKL is asked by columns, as `product` does: yᵀ = weight · xᵀ, and the weight is the first matrix.
PackedWeight::PackedWeight(std::int64_t rows, std::int64_t out, std::int64_t in)
    : rows_(static_cast<int>(rows)), out_(static_cast<int>(out)), in_(static_cast<int>(in)) {
  invariant(gains(rows, out, in), "a weight is packed where that gains nothing");
  const std::size_t bytes = cblas_sgemm_pack_get_size(kFirstMatrix, out_, rows_, in_);
  packed_.reset(static_cast<float*>(std::aligned_alloc(kLine, (bytes + kLine - 1) / kLine * kLine)));
  if (!packed_) throw std::bad_alloc();
}

void PackedWeight::pack(const float* weight) {
  cblas_sgemm_pack(kByColumns, kFirstMatrix, kTransposed, out_, rows_, in_, 1, weight, in_, packed_.get());
}

void PackedWeight::multiply(const float* x, float* y) const {
  const ThreadsOfProduct threads(std::int64_t{rows_} * out_ * in_);
  cblas_sgemm_compute(kByColumns, kPacked, kPlain, out_, rows_, in_, packed_.get(), in_, x, in_, 0, y, out_);
}

}  // namespace orrery::cpu
