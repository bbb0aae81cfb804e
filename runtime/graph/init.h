#pragma once

#include <cstdint>
#include <string_view>

namespace orrery {

/// How a parameter or buffer gets its first values. `uniform` draws from [a, b), `normal` has mean a
/// and standard deviation b, `constant` is a everywhere.
struct Init {
  enum class Kind : std::uint8_t { zeros, ones, constant, uniform, normal };
  Kind kind = Kind::zeros;
  double a = 0;
  double b = 0;

  static Init zeros() { return {Kind::zeros, 0, 0}; }
  static Init ones() { return {Kind::ones, 1, 0}; }
  static Init constant(double value) { return {Kind::constant, value, 0}; }
  static Init uniform(double low, double high) { return {Kind::uniform, low, high}; }
  static Init normal(double mean, double std) { return {Kind::normal, mean, std}; }

  /// Takes numbers from the generator, so that its place in the order of construction matters.
  bool draws() const { return kind == Kind::uniform || kind == Kind::normal; }

  bool operator==(const Init&) const = default;
};

std::string_view name(Init::Kind kind);

}  // namespace orrery
