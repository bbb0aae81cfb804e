#pragma once

#include <optional>

#include "runtime/onnx/call.h"

namespace orrery {

// Whole numbers that stand for reals: real = (whole - zero point) · scale. Computed in floating point, in
// which whole numbers of 8 bits, their products and sums are exact.

/// What the whole numbers of a type lie between.
struct OnnxSpan {
  double least = 0, most = 255;
};

/// Of the dtype in which Orrery holds them: uint16 stands as int32.
OnnxSpan onnx_span(DType dtype);

/// The numbers of an input less its zero point, exactly, in float64. The zero point (may be left out) is one
/// number, or lies along dimension `axis`.
Value onnx_less_zero(const OnnxCall& call, int input, int zero, int axis);

/// An input (a scale or a zero point) as it meets a tensor of that rank: one number, or along dimension
/// `axis`.
Value onnx_along(const OnnxCall& call, int input, int axis, int rank);

/// Rounds to whole numbers, halves to even ones, adds the zero point (may be empty), and brings them between
/// the ends of a dtype.
Value onnx_rounded(const OnnxCall& call, Value reals, Value zero, DType dtype);

}  // namespace orrery
