#pragma once

#include "runtime/onnx/call.h"

namespace orrery {

// What the normalisations of ONNX are composed of where no layer does them.

/// Mean and variance over dimensions, which stay with size 1; the variance is the population's. Refused where
/// there are no dimensions.
struct OnnxMoments {
  Value mean, var;
};
OnnxMoments onnx_moments(const OnnxCall& call, const Value& x, std::vector<std::int64_t> dims);

/// (x - mean) / sqrt(var + eps)
Value onnx_standardised(const OnnxCall& call, const Value& x, const OnnxMoments& moments, double eps);

/// x · scale + shift, in the dtype of `like`. The shift may be empty.
Value onnx_scaled(const OnnxCall& call, const Value& x, const Value& scale, const Value& shift, DType like);

/// The dtype in which normalisations are worked out: float32 for the halves, else the input's own.
DType onnx_working_dtype(DType dtype);

/// The dimensions from `first` up to the rank.
std::vector<std::int64_t> onnx_dims_from(std::int64_t first, int rank);

/// A known vector of that many floating-point numbers of that dtype: what a layer of channels can own.
bool is_onnx_vector(const OnnxLiteral* literal, std::int64_t count, DType dtype);

// The parts of the family, a file each.
void import_onnx_batch_normalization(OnnxCall& call);
void import_onnx_dropout(OnnxCall& call);
void import_onnx_layer_normalization(OnnxCall& call);
void import_onnx_rms_normalization(OnnxCall& call);

}  // namespace orrery
