#include "runtime/formats/onnx_dtype.h"

#include <array>

#include <fmt/format.h>

#include "runtime/formats/weights_file.h"

namespace orrery {
namespace {

using Type = OnnxDType;
using Field = OnnxField;

// Source: onnx.proto3 of ONNX 1.18 (IR version 11), the comments of TensorProto.
constexpr std::array kLayouts{
    OnnxDTypeLayout{Type::float32, "float32", 32, Field::floats, "F32"},
    OnnxDTypeLayout{Type::uint8, "uint8", 8, Field::int32s, "U8"},
    OnnxDTypeLayout{Type::int8, "int8", 8, Field::int32s, "I8"},
    OnnxDTypeLayout{Type::uint16, "uint16", 16, Field::int32s, "U16"},
    OnnxDTypeLayout{Type::int16, "int16", 16, Field::int32s, "I16"},
    OnnxDTypeLayout{Type::int32, "int32", 32, Field::int32s, "I32"},
    OnnxDTypeLayout{Type::int64, "int64", 64, Field::int64s, "I64"},
    OnnxDTypeLayout{Type::text, "string", 0, Field::texts, nullptr},
    OnnxDTypeLayout{Type::boolean, "bool", 8, Field::int32s, "BOOL"},
    OnnxDTypeLayout{Type::float16, "float16", 16, Field::int32s, "F16"},
    OnnxDTypeLayout{Type::float64, "float64", 64, Field::doubles, "F64"},
    OnnxDTypeLayout{Type::uint32, "uint32", 32, Field::uint64s, "U32"},
    OnnxDTypeLayout{Type::uint64, "uint64", 64, Field::uint64s, "U64"},
    OnnxDTypeLayout{Type::complex64, "complex64", 64, Field::floats, "C64"},
    OnnxDTypeLayout{Type::complex128, "complex128", 128, Field::doubles, nullptr},
    OnnxDTypeLayout{Type::bfloat16, "bfloat16", 16, Field::int32s, "BF16"},
    OnnxDTypeLayout{Type::float8_e4m3fn, "float8_e4m3fn", 8, Field::int32s, "F8_E4M3"},
    OnnxDTypeLayout{Type::float8_e4m3fnuz, "float8_e4m3fnuz", 8, Field::int32s, "F8_E4M3FNUZ"},
    OnnxDTypeLayout{Type::float8_e5m2, "float8_e5m2", 8, Field::int32s, "F8_E5M2"},
    OnnxDTypeLayout{Type::float8_e5m2fnuz, "float8_e5m2fnuz", 8, Field::int32s, "F8_E5M2FNUZ"},
    OnnxDTypeLayout{Type::uint4, "uint4", 4, Field::int32s, nullptr},
    OnnxDTypeLayout{Type::int4, "int4", 4, Field::int32s, nullptr},
    OnnxDTypeLayout{Type::float4_e2m1, "float4_e2m1", 4, Field::int32s, "F4"},
};

}  // namespace

const OnnxDTypeLayout* onnx_layout(OnnxDType dtype) {
  for (const OnnxDTypeLayout& layout : kLayouts)
    if (layout.dtype == dtype) return &layout;
  return nullptr;
}

std::string onnx_dtype_name(OnnxDType dtype) {
  const OnnxDTypeLayout* layout = onnx_layout(dtype);
  return layout ? layout->name : fmt::format("dtype {}", static_cast<int>(dtype));
}

std::optional<SafetensorsDType> weights_dtype(OnnxDType dtype) {
  if (dtype == OnnxDType::complex128) return element_type(DType::complex128);
  const OnnxDTypeLayout* layout = onnx_layout(dtype);
  return layout && layout->safetensors ? safetensors_dtype(layout->safetensors) : std::nullopt;
}

}  // namespace orrery
