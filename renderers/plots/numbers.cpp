#include "renderers/plots/numbers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace orrery::plots {
namespace {

constexpr int kPlainDigits = 5;  // before the point: 10000 and 99999 are plain, 100000 is 100k
constexpr int kPlainDecimals = 4;

std::string superscript(int number) {
  static constexpr std::array kDigits = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = number < 0 ? "⁻" : "";
  for (char digit : std::to_string(std::abs(number))) text += kDigits[static_cast<size_t>(digit - '0')];
  return text;
}

// count × digit as an integer with the point moved `power` places: no number in between that could round.
std::string decimal(const Multiple& multiple, int power) {
  const long long whole = multiple.count * multiple.digit;
  std::string digits = std::to_string(std::llabs(whole));
  if (whole == 0) return "0";
  if (power >= 0) return (whole < 0 ? "−" : "") + digits + std::string(static_cast<size_t>(power), '0');
  const auto decimals = static_cast<size_t>(-power);
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  return (whole < 0 ? "−" : "") + digits.insert(digits.size() - decimals, ".");
}

// The power of ten of the largest value: 2 for 100 to 999.
int largest_power(const std::vector<Multiple>& values) {
  int power = 0;
  bool found = false;
  for (const Multiple& value : values) {
    if (value.count == 0) continue;
    const auto digits = static_cast<int>(std::to_string(std::llabs(value.count * value.digit)).size());
    power = found ? std::max(power, digits - 1 + value.power) : digits - 1 + value.power;
    found = true;
  }
  return power;
}

// 100000 and 200000 as 1 and 2 × 10⁵: zeros that all have would become decimals behind a prefix.
std::vector<Multiple> without_common_zeros(std::vector<Multiple> values) {
  const auto divides = [](const Multiple& value) { return value.count * value.digit % 10 == 0; };
  const auto is_zero = [](const Multiple& value) { return value.count == 0; };
  if (std::all_of(values.begin(), values.end(), is_zero)) return values;
  while (std::all_of(values.begin(), values.end(), divides))
    for (Multiple& value : values) value = {value.count * value.digit / 10, 1, value.power + 1};
  return values;
}

bool is_short(const std::vector<Multiple>& values, int largest) {
  const int step = values.empty() ? 0 : values[0].power;
  return largest < kPlainDigits && -step <= kPlainDecimals;
}

struct Prefix {
  int power = 0;
  std::string text;
};

Prefix prefix_of(int largest) {
  static constexpr std::array kLetters = {"", "k", "M", "G", "T", "P", "E"};
  const int index = largest / 3;
  return {3 * index, kLetters[static_cast<size_t>(index)]};
}

bool has_prefix(int largest) { return largest >= 0 && largest < 21; }

Prefix factor_of(const std::vector<Multiple>& values, Numbers numbers) {
  const int largest = largest_power(values);
  const bool plain =
      numbers == Numbers::plain || (numbers == Numbers::automatic && is_short(values, largest));
  if (plain && std::abs(largest) < 16) return {};
  if (has_prefix(largest)) return prefix_of(largest);
  return {largest, "×10" + superscript(largest)};
}

}  // namespace

double Multiple::value() const {
  const auto whole = static_cast<double>(count * digit);
  return power < 0 ? whole / std::pow(10, -power) : whole * std::pow(10, power);
}

std::vector<std::string> number_labels(const std::vector<Multiple>& asked, Numbers numbers) {
  const std::vector<Multiple> values = without_common_zeros(asked);
  const Prefix factor = factor_of(values, numbers);
  std::vector<std::string> labels;
  for (const Multiple& value : values) {
    const std::string digits = decimal(value, value.power - factor.power);
    labels.push_back(digits == "0" ? digits : digits + factor.text);
  }
  return labels;
}

std::string power_of_ten(int power) { return "10" + superscript(power); }

}  // namespace orrery::plots
