#include "renderers/plots/ticks.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "renderers/plots/numbers.h"

namespace orrery::plots {
namespace {

constexpr double kMinorDistance = 3;  // points
constexpr int kShortDigits = 4;       // of a value that stands beside its tick as it is
constexpr double kSlack = 1e-9;       // of an axis: an end that a rounding moved still has its tick

struct Step {
  int digit = 1, power = 0;
  double size() const { return Multiple{1, digit, power}.value(); }
};

Step coarser(Step step) {
  if (step.digit == 5) return {1, step.power + 1};
  return {step.digit == 1 ? 2 : 5, step.power};
}

// What divides a step into round parts: 1 into fifths, 2 into quarters, 5 into fifths.
Step finer_of(Step step) {
  if (step.digit == 1) return {2, step.power - 1};
  if (step.digit == 2) return {5, step.power - 1};
  return {1, step.power};
}

std::vector<Multiple> multiples(const Scaling& s, Step step) {
  const double size = step.size(), slack = (s.to - s.from) / size * kSlack;
  const auto first = std::llround(std::ceil(s.from / size - slack));
  const auto last = std::llround(std::floor(s.to / size + slack));
  std::vector<Multiple> found;
  for (long long i = first; i <= last; ++i) found.push_back({i, step.digit, step.power});
  return found;
}

double length_of(const Scaling& s) { return std::abs(s.end - s.begin); }

double size_of(const std::string& label, const TickRoom& room, TextMeasure& measure) {
  const Size size = measure.measure(label, room.style);
  return room.across ? size.width : size.height;
}

// Labels stand centred at their ticks.
bool labels_fit(const std::vector<Tick>& ticks, const Scaling& s, const TickRoom& room,
                TextMeasure& measure) {
  double last_end = 0, last_at = 0;
  bool first = true;
  for (const Tick& tick : ticks) {
    if (tick.label.empty()) continue;
    const double at = std::abs(s.at(tick.value) - s.begin), half = size_of(tick.label, room, measure) / 2;
    if (!first && (at - half < last_end + room.least_gap || at - last_at < room.least_distance)) return false;
    first = false, last_end = at + half, last_at = at;
  }
  return true;
}

std::vector<Tick> labelled(const std::vector<Multiple>& values, Numbers numbers) {
  const std::vector<std::string> labels = number_labels(values, numbers);
  std::vector<Tick> ticks;
  for (size_t i = 0; i < values.size(); ++i) ticks.push_back({values[i].value(), labels[i]});
  return ticks;
}

void add_minor(std::vector<Tick>& ticks, const std::vector<Multiple>& minor, double near) {
  for (const Multiple& one : minor) {
    const double value = one.value();
    const auto same = [&](const Tick& tick) { return std::abs(tick.value - value) <= near; };
    if (std::none_of(ticks.begin(), ticks.end(), same)) ticks.push_back({value, ""});
  }
  std::sort(ticks.begin(), ticks.end(), [](const Tick& a, const Tick& b) { return a.value < b.value; });
}

Step finest(const Axis& axis, const Scaling& s) {
  const double least = std::max((s.to - s.from) / 100, 1e-300);
  Step step{1, static_cast<int>(std::floor(std::log10(least)))};
  if (axis.whole && step.power < 0) step = {1, 0};
  return step;
}

size_t labels_in(const std::vector<Tick>& ticks) {
  return static_cast<size_t>(
      std::count_if(ticks.begin(), ticks.end(), [](const Tick& t) { return !t.label.empty(); }));
}

// Where even the coarsest labels that are two do not fit, one stays.
std::vector<Tick> linear_ticks(const Axis& axis, const Scaling& s, const TickRoom& room,
                               TextMeasure& measure) {
  Step step = finest(axis, s);
  std::vector<Tick> ticks = labelled(multiples(s, step), axis.numbers);
  while (ticks.size() > 1 && !labels_fit(ticks, s, room, measure)) {
    step = coarser(step);
    std::vector<Tick> next = labelled(multiples(s, step), axis.numbers);
    if (next.empty()) return {ticks.front()};
    ticks = std::move(next);
  }
  const Step minor = finer_of(step);
  const bool roomy = length_of(s) * minor.size() / (s.to - s.from) >= kMinorDistance;
  if (roomy && !(axis.whole && minor.power < 0)) add_minor(ticks, multiples(s, minor), minor.size() / 4);
  return ticks;
}

// Every `stride`th power of ten, all written alike.
std::vector<Tick> decades(const Scaling& s, int stride, Numbers numbers) {
  const auto first = static_cast<int>(std::ceil(std::log10(s.from) - kSlack));
  const auto last = static_cast<int>(std::floor(std::log10(s.to) + kSlack));
  const bool plain = numbers != Numbers::automatic || (first >= -3 && last <= 4);
  std::vector<Tick> ticks;
  for (int power = first; power <= last; ++power) {
    if (power % stride != 0) continue;
    const Multiple value{1, 1, power};
    ticks.push_back({value.value(), plain ? number_labels({value}, numbers).front() : power_of_ten(power)});
  }
  return ticks;
}

std::vector<Multiple> digits_of_decades(const Scaling& s, const std::vector<int>& digits) {
  const auto first = static_cast<int>(std::floor(std::log10(s.from)) - 1);
  const auto last = static_cast<int>(std::ceil(std::log10(s.to)));
  std::vector<Multiple> found;
  for (int power = first; power <= last; ++power)
    for (int digit : digits) {
      const Multiple one{1, digit, power};
      const double value = one.value();
      if (value >= s.from * (1 - kSlack) && value <= s.to * (1 + kSlack)) found.push_back(one);
    }
  return found;
}

// `10⁻⁵` beside `2×10⁻⁵`.
std::string label_alone(const Multiple& value, Numbers numbers) {
  const std::string label = number_labels({value}, numbers).front();
  return label.starts_with("1×") ? power_of_ten(value.power) : label;
}

// 1, 2 and 5 of each power; each label by itself, for they span magnitudes.
std::vector<Tick> ones_twos_fives(const Scaling& s, Numbers numbers) {
  std::vector<Tick> ticks;
  for (const Multiple& value : digits_of_decades(s, {1, 2, 5}))
    ticks.push_back({value.value(), label_alone(value, numbers)});
  return ticks;
}

void add_digits(std::vector<Tick>& ticks, const Scaling& s) {
  const double decade = length_of(s) / (std::log10(s.to) - std::log10(s.from));
  if (decade * std::log10(10.0 / 9) < 1) return;  // 9 and 10 would touch
  for (const Multiple& one : digits_of_decades(s, {1, 2, 3, 4, 5, 6, 7, 8, 9})) {
    const double value = one.value();
    const auto same = [&](const Tick& tick) { return std::abs(tick.value - value) <= value * 1e-6; };
    if (std::none_of(ticks.begin(), ticks.end(), same)) ticks.push_back({value, ""});
  }
  std::sort(ticks.begin(), ticks.end(), [](const Tick& a, const Tick& b) { return a.value < b.value; });
}

std::vector<Tick> logarithmic_ticks(const Axis& axis, const Scaling& s, const TickRoom& room,
                                    TextMeasure& measure) {
  std::vector<Tick> ticks = decades(s, 1, axis.numbers);
  if (ticks.size() < 3) {
    std::vector<Tick> more = ones_twos_fives(s, axis.numbers);
    if (more.size() >= 2 && labels_fit(more, s, room, measure)) ticks = std::move(more);
  }
  // Less than a factor of about two: as on a linear axis.
  if (labels_in(ticks) < 2) {
    std::vector<Tick> even = linear_ticks(axis, s, room, measure);
    if (labels_in(even) > labels_in(ticks)) return even;
  }
  for (int stride = 2; !labels_fit(ticks, s, room, measure) && ticks.size() > 1; ++stride)
    ticks = decades(s, stride, axis.numbers);
  add_digits(ticks, s);
  return ticks;
}

// As few digits as the value has; none where four are not enough.
std::optional<Multiple> decimal_of(double value) {
  if (value == 0) return Multiple{0, 1, 0};
  Multiple found{0, 1, static_cast<int>(std::floor(std::log10(std::abs(value)))) - (kShortDigits - 1)};
  found.count = std::llround(value / Multiple{1, 1, found.power}.value());
  while (found.count % 10 == 0) found.count /= 10, ++found.power;
  if (std::abs(found.value() - value) > kSlack * std::abs(value)) return std::nullopt;
  return found;
}

}  // namespace

std::vector<Tick> ticks_at(std::vector<double> values, const Scaling& scaling, const TickRoom& room,
                           TextMeasure& measure) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  std::vector<Tick> ticks;
  for (const double value : values) {
    const std::optional<Multiple> decimal = decimal_of(value);
    if (!decimal) return {};
    ticks.push_back({value, label_alone(*decimal, Numbers::automatic)});
  }
  if (!labels_fit(ticks, scaling, room, measure)) return {};
  return ticks;
}

std::vector<Tick> ticks_of(const Axis& axis, const Scaling& scaling, const TickRoom& room,
                           TextMeasure& measure) {
  return scaling.scale == Scale::log ? logarithmic_ticks(axis, scaling, room, measure)
                                     : linear_ticks(axis, scaling, room, measure);
}

}  // namespace orrery::plots
