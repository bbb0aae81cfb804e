#include "runtime/onnx/decimal.h"

#include <charconv>
#include <cmath>

#include "runtime/core/error.h"

namespace orrery {

double decimal_of(float number) {
  if (!std::isfinite(number)) return number;
  char digits[32];
  const auto written = std::to_chars(digits, digits + sizeof digits, number);
  double decimal = 0;
  const auto read = std::from_chars(digits, written.ptr, decimal);
  invariant(written.ec == std::errc() && read.ec == std::errc(), "a float is written and read as decimal");
  return decimal;
}

}  // namespace orrery
