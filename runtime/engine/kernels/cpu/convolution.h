#pragma once

#include <cstdint>
#include <vector>

namespace orrery::cpu {

/// One axis of a sliding window, as torch.nn.functional.unfold numbers its places.
struct WindowAxis {
  std::int64_t in, out, kernel, stride, padding, dilation;
};

/// A convolution of maps [images, channels, rows.in, columns.in] by weights [outputs, channels, rows.kernel,
/// columns.kernel] to maps [images, outputs, rows.out, columns.out], all contiguous, in one group.
struct Convolution {
  std::int64_t images, channels, outputs;
  WindowAxis rows, columns;

  std::int64_t in() const { return rows.in * columns.in; }
  std::int64_t out() const { return rows.out * columns.out; }
  std::int64_t taps() const { return rows.kernel * columns.kernel; }
};

/// How the weights of a convolution of small maps lie in the matrix [outputs * out, channels * in] with which
/// it is a linear layer of whole images: x matrixᵀ. Each row belongs to a place of the result.
struct SpreadWeights {
  explicit SpreadWeights(const Convolution& c);

  std::int64_t columns;  ///< of the matrix: channels * in
  std::int64_t weights;  ///< of one output: channels * taps
  std::int64_t out;
  std::vector<std::int32_t> of_matrix;   ///< [out, columns]: which weight of its output; -1: none reaches
  std::vector<std::int32_t> of_weights;  ///< [out, weights]: in which column it is; -1: in none
  /// Numbers of [out, in] that are no weight's: 0 to 1.
  double empty;
  /// The matrix is the weights themselves.
  bool same;
};

/// The matrix's rows of the outputs from `begin` to before `end`. float and double.
template <typename T>
void spread_weights(const SpreadWeights& s, std::int64_t begin, std::int64_t end, const T* weights,
                    T* matrix);
/// The transpose: weights = beta * weights + the sum of where each lies in the matrix. beta = 0 overwrites.
template <typename T>
void gather_weights(const SpreadWeights& s, std::int64_t begin, std::int64_t end, const T* matrix, T beta,
                    T* weights);

/// What a kernel of one place meets, as a matrix [channels, images * out], from maps with the strides of
/// `c`, for the channels from `begin` to before `end`; and the transpose, which writes every number of the
/// maps, beta = 0 or 1. With strides 1 it puts the images side by side. float and double. REQUIRES: taps() ==
/// 1, no padding.
template <typename T>
void maps_to_rows(const Convolution& c, std::int64_t begin, std::int64_t end, const T* maps, T* rows);
template <typename T>
void rows_to_maps(const Convolution& c, std::int64_t begin, std::int64_t end, const T* rows, T beta, T* maps);

}  // namespace orrery::cpu
