#include "runtime/formats/element_values.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

#include "runtime/core/error.h"

namespace orrery {
namespace {

template <class T>
double value_as(const std::byte* element) {
  T value{};
  std::memcpy(&value, element, sizeof value);
  return static_cast<double>(value);
}

// A small float of the given widths, of whose largest exponent nothing is said here.
double small_float(unsigned bits, int exponent_bits, int mantissa_bits, int bias) {
  const unsigned mantissa = bits & ((1u << mantissa_bits) - 1);
  const int exponent = static_cast<int>(bits >> mantissa_bits & ((1u << exponent_bits) - 1));
  const bool negative = bits >> (exponent_bits + mantissa_bits) & 1;
  const double fraction = std::ldexp(static_cast<double>(mantissa), -mantissa_bits);
  const double value =
      exponent == 0 ? std::ldexp(fraction, 1 - bias) : std::ldexp(1 + fraction, exponent - bias);
  return negative ? -value : value;
}

// As IEEE 754: the largest exponent holds infinity and NaN.
double ieee_float(unsigned bits, int exponent_bits, int mantissa_bits) {
  const unsigned most = (1u << exponent_bits) - 1, exponent = bits >> mantissa_bits & most;
  if (exponent != most) return small_float(bits, exponent_bits, mantissa_bits, static_cast<int>(most / 2));
  if (bits & ((1u << mantissa_bits) - 1)) return std::numeric_limits<double>::quiet_NaN();
  const bool negative = bits >> (exponent_bits + mantissa_bits) & 1;
  return negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
}

double float16_value(const std::byte* element) {
  std::uint16_t bits = 0;
  std::memcpy(&bits, element, sizeof bits);
  return ieee_float(bits, 5, 10);
}

double bfloat16_value(const std::byte* element) {
  std::uint32_t bits = 0;
  std::memcpy(reinterpret_cast<std::byte*>(&bits) + 2, element, 2);
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// No infinity, one NaN of each sign.
double e4m3_value(const std::byte* element) {
  const auto bits = static_cast<unsigned>(*element);
  return (bits & 0x7F) == 0x7F ? std::numeric_limits<double>::quiet_NaN() : small_float(bits, 4, 3, 7);
}

double e5m2_value(const std::byte* element) { return ieee_float(static_cast<unsigned>(*element), 5, 2); }

// No infinity and no negative zero, whose bits are the only NaN.
template <int kExponent, int kMantissa>
double fnuz_value(const std::byte* element) {
  const auto bits = static_cast<unsigned>(*element);
  return bits == 0x80 ? std::numeric_limits<double>::quiet_NaN()
                      : small_float(bits, kExponent, kMantissa, 1 << (kExponent - 1));
}

// A power of two, without a sign.
double e8m0_value(const std::byte* element) {
  const auto bits = static_cast<int>(*element);
  return bits == 0xFF ? std::numeric_limits<double>::quiet_NaN() : std::ldexp(1.0, bits - 127);
}

using ElementValue = double (*)(const std::byte*);

struct ElementReader {
  std::string_view dtype;
  ElementValue value;
  std::size_t width;  ///< a complex element is two
};

constexpr ElementReader kElementReaders[] = {
    {"BOOL", value_as<std::uint8_t>, 1},  {"U8", value_as<std::uint8_t>, 1},
    {"I8", value_as<std::int8_t>, 1},     {"I16", value_as<std::int16_t>, 2},
    {"U16", value_as<std::uint16_t>, 2},  {"I32", value_as<std::int32_t>, 4},
    {"U32", value_as<std::uint32_t>, 4},  {"I64", value_as<std::int64_t>, 8},
    {"U64", value_as<std::uint64_t>, 8},  {"F32", value_as<float>, 4},
    {"F64", value_as<double>, 8},         {"C64", value_as<float>, 4},
    {"C128", value_as<double>, 8},        {"F16", float16_value, 2},
    {"BF16", bfloat16_value, 2},          {"F8_E4M3", e4m3_value, 1},
    {"F8_E5M2", e5m2_value, 1},           {"F8_E4M3FNUZ", fnuz_value<4, 3>, 1},
    {"F8_E5M2FNUZ", fnuz_value<5, 2>, 1}, {"F8_E8M0", e8m0_value, 1},
};

const ElementReader* reader_of(const SafetensorsDType& dtype) {
  for (const ElementReader& reader : kElementReaders)
    if (reader.dtype == dtype.name) return &reader;
  return nullptr;
}

}  // namespace

bool has_values(const SafetensorsDType& dtype) { return reader_of(dtype) != nullptr; }

std::vector<double> values_of_elements(const SafetensorsDType& dtype, std::span<const std::byte> bytes) {
  const ElementReader* reader = reader_of(dtype);
  invariant(reader != nullptr, "elements without values are asked for their values");
  std::vector<double> values(bytes.size() / reader->width);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = reader->value(bytes.data() + i * reader->width);
  return values;
}

}  // namespace orrery
