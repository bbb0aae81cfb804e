#include "runtime/graph/probe.h"

#include <algorithm>
#include <array>

#include <fmt/ranges.h>

#include "runtime/core/error.h"

namespace orrery {
namespace {

using Point = std::map<std::string, std::int64_t>;  ///< a size for each symbol
using Numbers = std::vector<std::int64_t>;          ///< what something is at each point

// For each symbol two sizes to make an expression from and two to hold it against. No two symbols share one.
using Sizes = std::array<std::int64_t, 4>;
constexpr size_t kMostSymbols = 4;
constexpr size_t kMostFactors = 8;
constexpr std::array<std::array<Sizes, kMostSymbols>, 2> kRounds{
    {{{{6, 10, 9, 13}, {8, 14, 11, 17}, {12, 20, 15, 19}, {16, 28, 21, 23}}},
     {{{64, 96, 128, 72}, {80, 112, 144, 88}, {48, 160, 32, 56}, {192, 176, 208, 104}}}}};

std::vector<std::string> symbols_of(const std::vector<const TensorType*>& inputs) {
  std::vector<std::string> symbols;
  for (const TensorType* type : inputs) {
    if (!type) continue;
    for (const Dim& dim : type->shape) dim.collect_symbols(symbols);
  }
  std::vector<std::string> distinct;
  for (const std::string& symbol : symbols)
    if (std::ranges::find(distinct, symbol) == distinct.end()) distinct.push_back(symbol);
  return distinct;
}

// First the corners, the first symbol's second size at every other one; then what expressions are held
// against: each symbol at its third size, all of them at their fourth.
std::vector<Point> points_of(const std::vector<std::string>& symbols,
                             const std::array<Sizes, kMostSymbols>& sizes) {
  std::vector<Point> points;
  for (size_t corner = 0; corner < size_t{1} << symbols.size(); ++corner) {
    Point& point = points.emplace_back();
    for (size_t i = 0; i < symbols.size(); ++i) point[symbols[i]] = sizes[i][corner >> i & 1];
  }
  for (size_t i = 0; i < symbols.size(); ++i) {
    points.push_back(points.front());
    points.back()[symbols[i]] = sizes[i][2];
  }
  if (symbols.empty()) return points;
  Point& last = points.emplace_back();
  for (size_t i = 0; i < symbols.size(); ++i) last[symbols[i]] = sizes[i][3];
  return points;
}

std::vector<TensorType> types_at(const std::vector<const TensorType*>& inputs, const Point& point,
                                 const Trial& trial) {
  std::vector<TensorType> types(inputs.size());
  std::vector<const TensorType*> linked(inputs.size(), nullptr);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i]) continue;
    types[i].dtype = inputs[i]->dtype;
    for (const Dim& dim : inputs[i]->shape) {
      const std::int64_t size = dim.evaluate(point).value();
      check(size >= 0, Fault::check, "its input {} would have the size {} at {} = {}", i + 1, size, dim.str(),
            size);
      types[i].shape.emplace_back(size);
    }
    linked[i] = &types[i];
  }
  return trial(linked);
}

/// The types at every point of one round.
struct Samples {
  std::vector<Point> points;
  std::vector<std::vector<TensorType>> types;
};

Samples sampled(const std::vector<const TensorType*>& inputs, const std::vector<std::string>& symbols,
                const Trial& trial) {
  for (size_t round = 0;; ++round) {
    Samples samples{points_of(symbols, kRounds[round]), {}};
    try {
      for (const Point& point : samples.points) samples.types.push_back(types_at(inputs, point, trial));
      return samples;
    } catch (const std::exception&) {
      if (symbols.empty() || round + 1 == kRounds.size()) throw;
    }
  }
}

// `3, 5, 4 for N = 6, 10, 9`: what is seen where only one symbol changes, or everything.
std::string seen(const Numbers& numbers, const Samples& samples, const std::vector<std::string>& symbols) {
  std::string text = fmt::format("{}", fmt::join(numbers, ", "));
  for (size_t i = 0; i < symbols.size(); ++i) {
    Numbers sizes;
    for (const Point& point : samples.points) sizes.push_back(point.at(symbols[i]));
    text += fmt::format("{}{} = {}", i ? " and " : " for ", symbols[i], fmt::join(sizes, ", "));
  }
  return text;
}

bool holds(const Dim& dim, const Numbers& numbers, const Samples& samples) {
  for (size_t i = 0; i < numbers.size(); ++i)
    if (dim.evaluate(samples.points[i]) != numbers[i]) return false;
  return true;
}

// The sum of products of symbols with whole factors that the corners tell: along each symbol in turn, what
// stands at its two sizes becomes a part without and a part with it.
std::optional<Dim> sum_of_products(const Numbers& numbers, const Samples& samples,
                                   const std::vector<std::string>& symbols) {
  const size_t corners = size_t{1} << symbols.size();
  Numbers factors(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(corners));
  for (size_t i = 0; i < symbols.size(); ++i) {
    const size_t bit = size_t{1} << i;
    const std::int64_t low = samples.points[0].at(symbols[i]), high = samples.points[bit].at(symbols[i]);
    for (size_t corner = 0; corner < corners; ++corner) {
      if (corner & bit) continue;
      const std::int64_t rise = factors[corner | bit] - factors[corner];
      if (rise % (high - low) != 0) return std::nullopt;
      factors[corner | bit] = rise / (high - low);
      factors[corner] -= factors[corner | bit] * low;
    }
  }
  Dim sum = 0;
  for (size_t corner = 0; corner < corners; ++corner) {
    Dim product = factors[corner];
    for (size_t i = 0; i < symbols.size(); ++i)
      if (corner >> i & 1) product = product * Dim::symbol(symbols[i]);
    sum = sum + product;
  }
  return sum;
}

// factor * product + number, from two points where the product differs.
std::optional<Dim> scaled(const Dim& product, const Numbers& numbers, const Samples& samples) {
  const auto at = [&](size_t point) { return product.evaluate(samples.points[point]).value(); };
  size_t other = 1;
  while (other < numbers.size() && at(other) == at(0)) ++other;
  if (other == numbers.size()) return std::nullopt;
  const std::int64_t rise = numbers[other] - numbers[0], step = at(other) - at(0);
  if (rise % step != 0) return std::nullopt;
  return rise / step * product + (numbers[0] - rise / step * at(0));
}

// The inputs' symbolic dimensions, then the products of two and of three of the first ones.
std::vector<Dim> products_of(const std::vector<const TensorType*>& inputs) {
  std::vector<Dim> dims;
  for (const TensorType* type : inputs) {
    if (!type) continue;
    for (const Dim& dim : type->shape)
      if (!dim.known() && std::ranges::find(dims, dim) == dims.end()) dims.push_back(dim);
  }
  std::vector<Dim> products = dims;
  const size_t factors = std::min(dims.size(), kMostFactors);
  for (size_t a = 0; a < factors; ++a)
    for (size_t b = a; b < factors; ++b) products.push_back(dims[a] * dims[b]);
  for (size_t a = 0; a < factors; ++a)
    for (size_t b = a; b < factors; ++b)
      for (size_t c = b; c < factors; ++c) products.push_back(dims[a] * dims[b] * dims[c]);
  return products;
}

/// Finds the expression of a dimension from what it was at each point.
class Fit {
 public:
  Fit(const std::vector<const TensorType*>& inputs, const Samples& samples,
      const std::vector<std::string>& symbols)
      : samples_(samples), symbols_(symbols), products_(products_of(inputs)) {}

  std::optional<Dim> operator()(const Numbers& numbers) const {
    for (const Dim& dim : products_)
      if (holds(dim, numbers, samples_)) return dim;
    const auto sum = sum_of_products(numbers, samples_, symbols_);
    if (sum && holds(*sum, numbers, samples_)) return sum;
    for (const Dim& product : products_) {
      const auto dim = scaled(product, numbers, samples_);
      if (dim && holds(*dim, numbers, samples_)) return dim;
    }
    return std::nullopt;
  }

 private:
  const Samples& samples_;
  const std::vector<std::string>& symbols_;
  std::vector<Dim> products_;
};

bool alike(const std::vector<TensorType>& a, const std::vector<TensorType>& b) {
  return std::ranges::equal(a, b, [](const TensorType& x, const TensorType& y) {
    return x.dtype == y.dtype && x.shape.size() == y.shape.size();
  });
}

std::string listed(const std::vector<TensorType>& types) {
  std::vector<std::string> words;
  for (const TensorType& type : types)
    words.push_back(fmt::format("{} {}", str(type.shape), name(type.dtype)));
  return words.empty() ? "nothing" : fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace

std::vector<TensorType> probe_types(const std::vector<const TensorType*>& inputs, const Trial& trial) {
  const std::vector<std::string> symbols = symbols_of(inputs);
  check(symbols.size() <= kMostSymbols, Fault::check, "its inputs have more than {} symbols: {}",
        kMostSymbols, fmt::join(symbols, ", "));
  const Samples samples = sampled(inputs, symbols, trial);
  std::vector<TensorType> found = samples.types.front();
  for (const auto& types : samples.types)
    check(alike(types, found), Fault::check, "it gave {} once and {} at other sizes", listed(found),
          listed(types));
  const Fit fit(inputs, samples, symbols);
  for (size_t output = 0; output < found.size(); ++output) {
    for (size_t d = 0; d < found[output].shape.size(); ++d) {
      Numbers numbers;
      for (const auto& types : samples.types) numbers.push_back(types[output].shape[d].value());
      const auto dim = fit(numbers);
      check(dim.has_value(), Fault::check, "its dimension {} is {}", d, seen(numbers, samples, symbols));
      found[output].shape[d] = *dim;
    }
  }
  return found;
}

}  // namespace orrery
