#pragma once

#include <cstdint>
#include <vector>

#include "runtime/engine/kernels/cpu/channel_maps.h"

namespace orrery::cpu {

/// One axis of a sliding window; at place `out` of the result, weight `w` meets place out * stride - padding
/// + w * dilation of the input.
struct WindowAxis {
  std::int64_t in = 1, kernel = 1, stride = 1, padding = 0, dilation = 1;

  std::int64_t out() const { return (in + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1; }
};

/// A convolution of maps [images, channels, rows.in, columns.in] by weights [outputs, channels, rows.kernel,
/// columns.kernel] to maps [images, outputs, rows.out(), columns.out()], all contiguous, in one group.
struct Convolution {
  std::int64_t images, channels, outputs;
  WindowAxis rows, columns;

  std::int64_t in() const { return rows.in * columns.in; }
  std::int64_t out() const { return rows.out() * columns.out(); }
  std::int64_t taps() const { return rows.kernel * columns.kernel; }
};

/// Whether every place of the input reaches every place of the result, as in maps that are no larger than
/// what their windows see: such a convolution is a linear layer of whole images.
bool reaches_everywhere(const Convolution& c);

/// How the weights lie in the matrix [outputs * out, channels * in] of that linear layer, x matrixᵀ.
/// REQUIRES: reaches_everywhere.
struct SpreadWeights {
  explicit SpreadWeights(const Convolution& c);

  std::int64_t columns;  ///< of the matrix: channels * in
  std::int64_t weights;  ///< of one output: channels * taps
  std::int64_t out;
  std::vector<std::int32_t> of_matrix;   ///< [out, columns]: which weight of its output
  std::vector<std::int32_t> of_weights;  ///< [out, weights]: in which column it is; -1: it meets padding only

  /// Whether the matrix is the weights as they are.
  bool is_plain() const { return out == 1 && columns == weights; }
};

/// The matrix's rows of the outputs from `begin` to before `end`. float and double.
template <typename T>
void spread_weights(const SpreadWeights& spread, std::int64_t begin, std::int64_t end, const T* weights,
                    T* matrix);
/// The transpose: the weights of these outputs = the sums of where each lies in the matrix, added to what
/// they are if `adds`.
template <typename T>
void gather_weights(const SpreadWeights& spread, std::int64_t begin, std::int64_t end, const T* matrix,
                    bool adds, T* weights);

/// Of the channels from `begin` to before `end`, what a kernel of one place meets, image by image: rows
/// [channels, images * out] from maps [images, channels, in]. float and double. REQUIRES: taps() == 1, no
/// padding.
template <typename T>
void maps_to_rows(const Convolution& c, std::int64_t begin, std::int64_t end, const T* maps, T* rows);
/// The transpose, added to the maps if `adds`; else what no kernel meets is 0.
template <typename T>
void rows_to_maps(const Convolution& c, std::int64_t begin, std::int64_t end, const T* rows, bool adds,
                  T* maps);

/// Adds `bias` [channels] (null: nothing) to the maps in place, and relu if asked for.
template <typename T>
void add_bias_to_maps(const ChannelMaps& maps, const T* bias, bool relu, T* values);
/// sums [channels] of the maps, added to what is there if `adds`: the gradient of that bias.
template <typename T>
void sum_maps(const ChannelMaps& maps, const T* values, bool adds, T* sums);

}  // namespace orrery::cpu
