#include "runtime/core/dtype.h"

#include <algorithm>
#include <array>

namespace orrery {
namespace {

struct Entry {
  std::string_view name;
  std::string_view alias;
  std::int64_t bytes;
};

// Indexed by DType.
constexpr std::array<Entry, kDTypeCount> kEntries{{
    {"uint8", "byte", 1},
    {"int8", "char", 1},
    {"int16", "short", 2},
    {"int32", "int", 4},
    {"int64", "long", 8},
    {"float16", "half", 2},
    {"bfloat16", "bfloat16", 2},
    {"float32", "float", 4},
    {"float64", "double", 8},
    {"bool", "boolean", 1},
    {"complex64", "cfloat", 8},
    {"complex128", "cdouble", 16},
}};

}  // namespace

std::string_view name(DType dtype) { return kEntries[static_cast<int>(dtype)].name; }

std::optional<DType> dtype_from_name(std::string_view name) {
  auto found = std::find_if(kEntries.begin(), kEntries.end(),
                            [&](const Entry& e) { return e.name == name || e.alias == name; });
  if (found == kEntries.end()) return std::nullopt;
  return static_cast<DType>(found - kEntries.begin());
}

std::int64_t element_size(DType dtype) { return kEntries[static_cast<int>(dtype)].bytes; }

bool is_floating(DType dtype) { return dtype >= DType::float16 && dtype <= DType::float64; }

bool is_complex(DType dtype) { return dtype == DType::complex64 || dtype == DType::complex128; }

bool is_differentiable(DType dtype) { return is_floating(dtype) || is_complex(dtype); }

bool is_integral(DType dtype) { return !is_floating(dtype) && !is_complex(dtype); }

DType promote(DType a, DType b) {
  if (a == b) return a;
  if (a == DType::boolean) return b;
  if (b == DType::boolean) return a;
  if (is_complex(a) || is_complex(b)) {
    const bool wide = std::max(a, b) == DType::complex128 || std::min(a, b) == DType::float64;
    return wide ? DType::complex128 : DType::complex64;
  }
  if (is_floating(a) != is_floating(b)) return is_floating(a) ? a : b;
  const auto [low, high] = std::minmax(a, b);
  if (low == DType::float16 && high == DType::bfloat16) return DType::float32;
  if (low == DType::uint8 && high == DType::int8) return DType::int16;
  return high;
}

}  // namespace orrery
