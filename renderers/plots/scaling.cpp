#include "renderers/plots/scaling.h"

#include <algorithm>
#include <cmath>

#include "runtime/core/error.h"

namespace orrery::plots {
namespace {

constexpr double kMost = 1e300;  // of a value: differences and steps stay finite
constexpr double kLeastPositive =
    1e-290;                            // of a value on a logarithmic axis: its minor ticks are no subnormals
constexpr double kLeastShare = 1e-11;  // of a value, that an axis may span: doubles still tell ticks apart
constexpr double kNearZero = 0.3;      // of the largest value: below it an axis begins at 0

bool in_place(double value, Scale scale) {
  return std::isfinite(value) && std::abs(value) <= kMost &&
         (scale == Scale::linear || value >= kLeastPositive);
}

double along(double value, Scale scale) { return scale == Scale::log ? std::log10(value) : value; }

void check_end(const Axis& axis, const std::optional<double>& end) {
  check(!end || in_place(*end, axis.scale), Fault::usage, "the axis '{}' cannot end at {}: {}", axis.label,
        end.value_or(0),
        axis.scale == Scale::log ? "a logarithmic axis shows what is above 0" : "an end is a finite number");
}

// Room for what lies at one place.
void widen(Scaling& s) {
  const double size = std::max(std::abs(s.from), std::abs(s.to));
  if (s.scale == Scale::log) {
    if (s.to / s.from > 1 + 1e-9) return;
    s.from = std::max(s.from / 2, kLeastPositive), s.to = std::min(s.to * 2, kMost);
    return;
  }
  if (s.to - s.from > std::max(size * kLeastShare, kLeastPositive)) return;
  const double half = size < kLeastPositive ? 0.5 : size * (s.from == s.to ? 0.1 : kLeastShare);
  s.from -= half, s.to += half;
}

void add_margin(Scaling& s, double margin) {
  if (s.scale == Scale::log) {
    const double factor = std::pow(10, (std::log10(s.to) - std::log10(s.from)) * margin);
    s.from = std::max(s.from / factor, kLeastPositive), s.to = std::min(s.to * factor, kMost);
    return;
  }
  const double by = (s.to - s.from) * margin;
  s.from -= by, s.to += by;
}

bool begins_at_zero(const Axis& axis, const Extent& data) {
  return axis.scale == Scale::linear && data.least >= 0 &&
         (axis.zero || data.least == 0 || data.least < kNearZero * data.largest);
}

// Whole numbers are counted from where they begin; 0 only where it is one of them.
Scaling from_data(const Axis& axis, const Extent& data, double margin) {
  Scaling s{.scale = axis.scale, .from = data.least, .to = data.largest};
  if (data.empty) return axis.scale == Scale::log ? Scaling{Scale::log, 1, 10} : Scaling{};
  if (axis.zero && axis.scale == Scale::linear) s.from = std::min(s.from, 0.0), s.to = std::max(s.to, 0.0);
  widen(s);
  add_margin(s, margin);
  if (begins_at_zero(axis, data) && !axis.whole) s.from = 0;
  if (axis.zero && data.largest <= 0) s.to = 0;
  return s;
}

}  // namespace

bool Scaling::holds(double value) const { return in_place(value, scale); }

double Scaling::at(double value) const {
  const double low = along(from, scale), high = along(to, scale);
  return begin + (end - begin) * ((along(value, scale) - low) / (high - low));
}

void Extent::take(double value, Scale scale) {
  if (!in_place(value, scale)) return;
  least = empty ? value : std::min(least, value);
  largest = empty ? value : std::max(largest, value);
  empty = false;
}

void Extent::take(std::span<const double> values, Scale scale) {
  for (double value : values) take(value, scale);
}

Scaling scaling_of(const Axis& axis, const Extent& data, double margin) {
  check_end(axis, axis.from);
  check_end(axis, axis.to);
  Scaling s = from_data(axis, data, margin);
  if (axis.from) s.from = *axis.from;
  if (axis.to) s.to = *axis.to;
  if (axis.from && axis.to)
    check(s.from < s.to, Fault::usage, "the axis '{}' cannot go from {} to {}: the first must be the smaller",
          axis.label, s.from, s.to);
  // One end was asked for, and all data lie beyond it.
  if (!(s.from < s.to)) {
    if (axis.from)
      s.to = s.scale == Scale::log ? s.from * 10 : s.from + std::max(1.0, std::abs(s.from));
    else
      s.from = s.scale == Scale::log ? s.to / 10 : s.to - std::max(1.0, std::abs(s.to));
  }
  widen(s);
  return s;
}

}  // namespace orrery::plots
