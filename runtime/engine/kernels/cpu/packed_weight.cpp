#include "runtime/engine/kernels/cpu/packed_weight.h"

#include <cstdlib>
#include <limits>
#include <new>

#include "runtime/core/error.h"
#include "runtime/engine/kernels/cpu/matrix_product.h"

// MKL's, which libtorch_cpu exports where it was built with it: mkl_cblas.h of oneMKL.
extern "C" {
__attribute__((weak)) std::size_t cblas_sgemm_pack_get_size(int, int, int, int);
__attribute__((weak)) std::size_t cblas_dgemm_pack_get_size(int, int, int, int);
__attribute__((weak)) void cblas_sgemm_pack(int, int, int, int, int, int, float, const float*, int, float*);
__attribute__((weak)) void cblas_dgemm_pack(int, int, int, int, int, int, double, const double*, int,
                                            double*);
__attribute__((weak)) void cblas_sgemm_compute(int, int, int, int, int, int, const float*, int, const float*,
                                               int, float, float*, int);
__attribute__((weak)) void cblas_dgemm_compute(int, int, int, int, int, int, const double*, int,
                                               const double*, int, double, double*, int);
}

namespace orrery::cpu {
namespace {

// Values of MKL's enumerations.
constexpr int kByColumns = 102, kPlain = 111, kTransposed = 112, kPacked = 151, kFirstMatrix = 161;
constexpr std::size_t kLine = 64;
constexpr std::int64_t kFewestRows = 2, kMostRows = 128, kFewestNumbers = 64 * 128;

constexpr auto size_of_packed(float) { return cblas_sgemm_pack_get_size; }
constexpr auto size_of_packed(double) { return cblas_dgemm_pack_get_size; }
constexpr auto packer(float) { return cblas_sgemm_pack; }
constexpr auto packer(double) { return cblas_dgemm_pack; }
constexpr auto multiplier(float) { return cblas_sgemm_compute; }
constexpr auto multiplier(double) { return cblas_dgemm_compute; }

}  // namespace

template <typename T>
void PackedWeight<T>::Free::operator()(void* memory) const {
  std::free(memory);
}

template <typename T>
bool PackedWeight<T>::gains(std::int64_t rows, std::int64_t out, std::int64_t in) {
  const bool there = size_of_packed(T()) && packer(T()) && multiplier(T());
  return there && rows >= kFewestRows && rows <= kMostRows && out * in >= kFewestNumbers &&
         out <= std::numeric_limits<int>::max() && in <= std::numeric_limits<int>::max();
}

// MKL is asked by columns, as `product` does: yᵀ = weight · xᵀ, and the weight is the first matrix.
template <typename T>
PackedWeight<T>::PackedWeight(std::int64_t rows, std::int64_t out, std::int64_t in)
    : rows_(static_cast<int>(rows)), out_(static_cast<int>(out)), in_(static_cast<int>(in)) {
  invariant(gains(rows, out, in), "a weight is packed where that gains nothing");
  const std::size_t bytes = size_of_packed(T())(kFirstMatrix, out_, rows_, in_);
  packed_.reset(static_cast<T*>(std::aligned_alloc(kLine, (bytes + kLine - 1) / kLine * kLine)));
  if (!packed_) throw std::bad_alloc();
}

template <typename T>
void PackedWeight<T>::pack(const T* weight) {
  packer(T())(kByColumns, kFirstMatrix, kTransposed, out_, rows_, in_, 1, weight, in_, packed_.get());
}

template <typename T>
void PackedWeight<T>::multiply(const T* x, T* y) const {
  const ThreadsOfProduct threads(std::int64_t{rows_} * out_ * in_);
  multiplier(T())(kByColumns, kPacked, kPlain, out_, rows_, in_, packed_.get(), in_, x, in_, 0, y, out_);
}

template class PackedWeight<float>;
template class PackedWeight<double>;

}  // namespace orrery::cpu
