#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/onnx/call.h"

namespace orrery {

/// The operators that are imported, by name (ONNX's own domain). One table for all versions: an importer asks
/// the call for its operator set where the versions differ.
class OnnxOperators {
 public:
  using Importer = std::function<void(OnnxCall&)>;

  /// REQUIRES: no other has the name.
  void add(const std::string& name, Importer importer);
  /// Operators that are one operation of Orrery, input for port, without attributes: `{"Relu", "relu"}`.
  void add_alike(const std::vector<std::pair<std::string, std::string>>& names);
  /// Null where there is none.
  const Importer* find(const std::string& name) const;
  std::vector<std::string> names() const;

 private:
  std::map<std::string, Importer> importers_;
};

/// All that Orrery imports; made once.
const OnnxOperators& onnx_operators();

// The families, a file each.
void add_onnx_arithmetic(
    OnnxOperators& table);  ///< Add … Pow, Sum, Mean, Min, Max, Clip, functions of elements
void add_onnx_activations(OnnxOperators& table);  ///< Relu … Softmax, Hardmax, PRelu
void add_onnx_comparisons(OnnxOperators& table);  ///< Equal … Not, Where, bits
void add_onnx_reductions(OnnxOperators& table);   ///< ReduceSum …, ArgMax, TopK, CumSum
void add_onnx_matrices(OnnxOperators& table);     ///< MatMul, Gemm, Einsum, Det, attention
void add_onnx_normalization(
    OnnxOperators& table);                     ///< BatchNormalization … MeanVarianceNormalization, Dropout
void add_onnx_losses(OnnxOperators& table);    ///< NegativeLogLikelihoodLoss, SoftmaxCrossEntropyLoss
void add_onnx_shapes(OnnxOperators& table);    ///< Reshape, Transpose, Concat, Split, Expand, Tile, Pad …
void add_onnx_indexing(OnnxOperators& table);  ///< Gather …, Scatter …, Slice, OneHot, NonZero, Compress
void add_onnx_convolutions(OnnxOperators& table);  ///< Conv, ConvTranspose and pooling
void add_onnx_vision(OnnxOperators& table);        ///< Resize, Upsample, GridSample, RoiAlign, DepthToSpace
void add_onnx_recurrent(OnnxOperators& table);     ///< RNN, LSTM, GRU
void add_onnx_quantised(OnnxOperators& table);     ///< QuantizeLinear …, MatMulInteger, QLinearConv
void add_onnx_creation(OnnxOperators& table);      ///< Constant…, Range, EyeLike, random numbers, windows
void add_onnx_signals(OnnxOperators& table);       ///< DFT, STFT, MelWeightMatrix
void add_onnx_ngrams(OnnxOperators& table);        ///< TfIdfVectorizer

}  // namespace orrery
