#pragma once

#include <cstdint>
#include <string_view>

namespace orrery {

/// How a parameter or buffer gets its first values. What torch.nn.init works out from the shape (xavier,
/// kaiming) is a uniform or normal one with the numbers worked out: see runtime/ops/initialisation.h.
struct Init {
  enum class Kind : std::uint8_t {
    zeros,
    ones,
    constant,      ///< a everywhere
    uniform,       ///< drawn from [a, b)
    normal,        ///< mean a, standard deviation b
    trunc_normal,  ///< the same, cut off outside [c, d]
    orthogonal,    ///< rows or columns are orthogonal, of length a
    sparse,        ///< in each column the share a is 0, the others have standard deviation b
    dirac,         ///< a convolution's weights that pass the channels on, in a groups
    eye,           ///< the identity matrix
  };
  Kind kind = Kind::zeros;
  double a = 0;
  double b = 0;
  double c = 0;
  double d = 0;
  std::int64_t zero_row = -1;  ///< made zero after the draw: an embedding's padding; -1: none

  static Init zeros() { return {Kind::zeros, 0, 0}; }
  static Init ones() { return {Kind::ones, 1, 0}; }
  static Init constant(double value) { return {Kind::constant, value, 0}; }
  static Init uniform(double low, double high) { return {Kind::uniform, low, high}; }
  static Init normal(double mean, double std) { return {Kind::normal, mean, std}; }

  /// Takes numbers from the generator, so that its place in the order of construction matters.
  bool draws() const {
    return kind == Kind::uniform || kind == Kind::normal || kind == Kind::trunc_normal ||
           kind == Kind::orthogonal || kind == Kind::sparse;
  }

  bool operator==(const Init&) const = default;
};

std::string_view name(Init::Kind kind);

}  // namespace orrery
