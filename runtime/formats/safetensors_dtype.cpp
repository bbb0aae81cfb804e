#include "runtime/formats/safetensors_dtype.h"

#include <algorithm>
#include <array>

#include "runtime/core/error.h"

namespace orrery {
namespace {

constexpr std::array kDTypes{
    SafetensorsDType{"BOOL", 8, DType::boolean},      SafetensorsDType{"F4", 4, std::nullopt},
    SafetensorsDType{"F6_E2M3", 6, std::nullopt},     SafetensorsDType{"F6_E3M2", 6, std::nullopt},
    SafetensorsDType{"U8", 8, DType::uint8},          SafetensorsDType{"I8", 8, DType::int8},
    SafetensorsDType{"F8_E5M2", 8, std::nullopt},     SafetensorsDType{"F8_E4M3", 8, std::nullopt},
    SafetensorsDType{"F8_E8M0", 8, std::nullopt},     SafetensorsDType{"F8_E4M3FNUZ", 8, std::nullopt},
    SafetensorsDType{"F8_E5M2FNUZ", 8, std::nullopt}, SafetensorsDType{"I16", 16, DType::int16},
    SafetensorsDType{"U16", 16, std::nullopt},        SafetensorsDType{"F16", 16, DType::float16},
    SafetensorsDType{"BF16", 16, DType::bfloat16},    SafetensorsDType{"I32", 32, DType::int32},
    SafetensorsDType{"U32", 32, std::nullopt},        SafetensorsDType{"F32", 32, DType::float32},
    SafetensorsDType{"C64", 64, DType::complex64},    SafetensorsDType{"F64", 64, DType::float64},
    SafetensorsDType{"I64", 64, DType::int64},        SafetensorsDType{"U64", 64, std::nullopt},
};

}  // namespace

std::span<const SafetensorsDType> safetensors_dtypes() { return kDTypes; }

std::optional<SafetensorsDType> safetensors_dtype(std::string_view name) {
  const auto found =
      std::find_if(kDTypes.begin(), kDTypes.end(), [&](const auto& d) { return d.name == name; });
  if (found == kDTypes.end()) return std::nullopt;
  return *found;
}

SafetensorsDType safetensors_dtype(DType dtype) {
  const auto found =
      std::find_if(kDTypes.begin(), kDTypes.end(), [&](const auto& d) { return d.dtype == dtype; });
  check(found != kDTypes.end(), Fault::usage,
        "safetensors has no dtype {}: save it as complex64, or its parts", name(dtype));
  return *found;
}

}  // namespace orrery
