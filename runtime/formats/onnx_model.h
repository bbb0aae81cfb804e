#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace orrery {

/// Element types of ONNX, by their numbers in TensorProto.DataType (onnx.proto3, IR version 11).
enum class OnnxDType : std::int32_t {
  undefined = 0,
  float32 = 1,
  uint8 = 2,
  int8 = 3,
  uint16 = 4,
  int16 = 5,
  int32 = 6,
  int64 = 7,
  text = 8,
  boolean = 9,
  float16 = 10,
  float64 = 11,
  uint32 = 12,
  uint64 = 13,
  complex64 = 14,
  complex128 = 15,
  bfloat16 = 16,
  float8_e4m3fn = 17,
  float8_e4m3fnuz = 18,
  float8_e5m2 = 19,
  float8_e5m2fnuz = 20,
  uint4 = 21,
  int4 = 22,
  float4_e2m1 = 23,
};

/// `float32`, `int4`, `string`, …; `dtype 99` for numbers that nobody knows.
std::string onnx_dtype_name(OnnxDType dtype);

/// A tensor of a file: what it is, and where its elements stand. They are read by `OnnxFile::elements`.
struct OnnxTensor {
  std::string name;
  OnnxDType dtype = OnnxDType::undefined;
  std::vector<std::int64_t> shape;
  /// Where the elements stand.
  enum class Place {
    none,      ///< nowhere: the tensor has no elements
    raw,       ///< `raw_data`: bytes of the model's file from `offset` on, `length` many
    typed,     ///< one of the typed lists (`float_data`, `int32_data`, …), brought into raw form in `bytes`
    external,  ///< a file beside the model
    texts      ///< `string_data`, kept in `texts`
  } place = Place::none;
  std::uint64_t offset = 0, length = 0;
  std::shared_ptr<const std::string> bytes = {};
  std::vector<std::string> texts = {};
  std::string location = {};  ///< of external data: the file, relative to the model's folder
};

/// One dimension of a declared type: a number, a name, or neither.
struct OnnxDim {
  std::int64_t size = -1;   ///< -1: not told
  std::string symbol = {};  ///< `batch_size`; empty: none
};

/// What a file declares about a value.
struct OnnxType {
  enum class Kind { none, tensor, sequence, optional, map, sparse } kind = Kind::none;
  OnnxDType dtype = OnnxDType::undefined;
  std::optional<std::vector<OnnxDim>> shape = {};  ///< nothing: not even the rank is told
};

struct OnnxValue {
  std::string name;
  OnnxType type;
};

struct OnnxGraph;

struct OnnxAttribute {
  /// Numbers of AttributeProto.AttributeType.
  enum class Kind : std::int32_t {
    undefined = 0,
    real = 1,
    integer = 2,
    text = 3,
    tensor = 4,
    graph = 5,
    reals = 6,
    integers = 7,
    texts = 8,
    tensors = 9,
    graphs = 10,
    sparse_tensor = 11,
    sparse_tensors = 12,
    type = 13,
    types = 14
  };
  std::string name;
  Kind kind = Kind::undefined;
  std::string reference = {};  ///< inside a function: the attribute of the calling node that it stands for
  double real = 0;
  std::int64_t integer = 0;
  std::string text = {};
  std::vector<double> reals = {};
  std::vector<std::int64_t> integers = {};
  std::vector<std::string> texts = {};
  std::vector<OnnxTensor> tensors = {};  ///< of kind `tensor` one
  std::vector<std::shared_ptr<const OnnxGraph>> graphs = {};
};

struct OnnxNode {
  std::string name;
  std::string operation;             ///< `Conv`
  std::string domain;                ///< empty: ONNX's own (`ai.onnx` is read as empty)
  std::vector<std::string> inputs;   ///< empty names: left out
  std::vector<std::string> outputs;  ///< the same
  std::vector<OnnxAttribute> attributes;
};

struct OnnxGraph {
  std::string name;
  std::vector<OnnxNode> nodes;
  std::vector<OnnxTensor> initializers;
  std::vector<std::string> sparse_initializers;  ///< their names; they are not read
  std::vector<OnnxValue> inputs, outputs, values;
};

/// A function of the model: a node of its name and domain stands for its nodes.
struct OnnxFunction {
  std::string name, domain;
  std::vector<std::string> inputs, outputs;
  std::vector<std::string> attributes;  ///< those without a default
  std::vector<OnnxAttribute> default_attributes;
  std::vector<OnnxNode> nodes;
  std::map<std::string, std::int64_t> opsets;
};

struct OnnxModel {
  std::int64_t ir_version = 0;
  std::map<std::string, std::int64_t> opsets;  ///< by domain; ONNX's own is ""
  std::string producer, producer_version, domain, doc;
  std::map<std::string, std::string> metadata;
  OnnxGraph graph;
  std::vector<OnnxFunction> functions;
};

}  // namespace orrery
