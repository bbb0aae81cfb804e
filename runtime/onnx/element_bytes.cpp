#include "runtime/onnx/element_bytes.h"

#include <cmath>
#include <cstring>

#include "runtime/core/error.h"

namespace orrery {
namespace {

template <class To, class From>
Bytes written(const std::vector<From>& elements) {
  Bytes bytes(elements.size() * sizeof(To));
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const To element = static_cast<To>(elements[i]);
    std::memcpy(bytes.data() + i * sizeof(To), &element, sizeof(To));
  }
  return bytes;
}

template <class From>
std::vector<std::int64_t> read_as(const Bytes& bytes) {
  std::vector<std::int64_t> elements(bytes.size() / sizeof(From));
  for (std::size_t i = 0; i < elements.size(); ++i) {
    From element;
    std::memcpy(&element, bytes.data() + i * sizeof(From), sizeof(From));
    elements[i] = static_cast<std::int64_t>(element);
  }
  return elements;
}

// The bits of a float of 16 bits with so many for the fraction.
std::uint16_t bits_of(double value, int fraction_bits) {
  const int exponent_bits = 15 - fraction_bits, bias = (1 << (exponent_bits - 1)) - 1;
  const auto sign = static_cast<std::uint16_t>(std::signbit(value) ? 0x8000 : 0);
  const auto infinity = static_cast<std::uint16_t>(((1 << exponent_bits) - 1) << fraction_bits);
  if (std::isnan(value)) return static_cast<std::uint16_t>(sign | infinity | 1 << (fraction_bits - 1));
  const double size = std::fabs(value);
  if (std::isinf(size)) return static_cast<std::uint16_t>(sign | infinity);
  if (size == 0) return sign;
  int exponent = 0;
  std::frexp(size, &exponent);
  const int smallest = 2 - bias;  // below it numbers are subnormal
  const int scale = fraction_bits + 1 - std::max(exponent, smallest);
  const double fraction = std::nearbyint(std::ldexp(size, scale));
  const double bits =
      exponent < smallest ? fraction : fraction + std::ldexp(exponent - 1 + bias - 1, fraction_bits);
  return static_cast<std::uint16_t>(sign | (bits >= infinity ? infinity : static_cast<std::uint16_t>(bits)));
}

Bytes halves(const std::vector<double>& elements, int fraction_bits) {
  std::vector<std::uint16_t> bits;
  for (const double element : elements) bits.push_back(bits_of(element, fraction_bits));
  return written<std::uint16_t>(bits);
}

}  // namespace

Bytes bytes_of_reals(DType dtype, const std::vector<double>& elements) {
  switch (dtype) {
    case DType::float16: return halves(elements, 10);
    case DType::bfloat16: return halves(elements, 7);
    case DType::float32: return written<float>(elements);
    default: return written<double>(elements);
  }
}

Bytes bytes_of_integers(DType dtype, const std::vector<std::int64_t>& elements) {
  switch (element_size(dtype)) {
    case 1: return written<std::uint8_t>(elements);
    case 2: return written<std::int16_t>(elements);
    case 4: return written<std::int32_t>(elements);
    default: return written<std::int64_t>(elements);
  }
}

std::vector<std::int64_t> integers_of(DType dtype, const Bytes& bytes) {
  switch (dtype) {
    case DType::int8: return read_as<std::int8_t>(bytes);
    case DType::int16: return read_as<std::int16_t>(bytes);
    case DType::int32: return read_as<std::int32_t>(bytes);
    case DType::int64: return read_as<std::int64_t>(bytes);
    default: return read_as<std::uint8_t>(bytes);
  }
}

}  // namespace orrery
