#include "runtime/core/shape.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "runtime/core/error.h"

namespace orrery {

namespace {

enum class AtomKind { symbol, floor_div, ceil_div, min, max };

struct Atom {
  AtomKind kind;
  std::string key;  // its text; equal keys are equal atoms, and their order orders the terms
  Dim left, right;  // operands of everything but a symbol
};

using AtomPtr = std::shared_ptr<const Atom>;

struct AtomLess {
  bool operator()(const AtomPtr& a, const AtomPtr& b) const { return a->key < b->key; }
};

// A product of atoms, each with its power.
using Monomial = std::map<AtomPtr, int, AtomLess>;

struct MonomialLess {
  bool operator()(const Monomial& a, const Monomial& b) const {
    return std::lexicographical_compare(
        a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
          return x.first->key != y.first->key ? x.first->key < y.first->key : x.second < y.second;
        });
  }
};

// A sum of products; the empty monomial holds the constant. Zero coefficients are left out.
using Sum = std::map<Monomial, std::int64_t, MonomialLess>;

// No model comes near it; a damaged or hostile file could ask for a power of a sum that never ends.
constexpr size_t kMostTerms = 4096;

// Sizes come from scripts and files: they may be too large for 64 bits.
std::int64_t add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  check(!__builtin_add_overflow(a, b, &sum), Fault::usage, "a size is too large: {} + {}", a, b);
  return sum;
}

std::int64_t multiply(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  check(!__builtin_mul_overflow(a, b, &product), Fault::usage, "a size is too large: {} × {}", a, b);
  return product;
}

std::int64_t floor_quotient(std::int64_t a, std::int64_t b) {
  check(b != 0, Fault::usage, "a size is divided by 0: {} / 0", a);
  if (b == -1) return multiply(a, -1);  // the one quotient that can be too large
  const std::int64_t quotient = a / b;
  return quotient - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

}  // namespace

struct Dim::Terms {
  Sum sum;
};

struct DimBuilder {
  static Sum sum_of(const Dim& d) {
    if (d.terms_) return d.terms_->sum;
    Sum sum;
    if (d.value_ != 0) sum[Monomial{}] = d.value_;
    return sum;
  }

  static Dim make(Sum sum) {
    std::erase_if(sum, [](const auto& term) { return term.second == 0; });
    if (sum.empty()) return Dim(0);
    if (sum.size() == 1 && sum.begin()->first.empty()) return Dim(sum.begin()->second);
    return Dim(std::make_shared<const Dim::Terms>(Dim::Terms{std::move(sum)}));
  }

  static Dim atom(AtomKind kind, std::string key, Dim left = 0, Dim right = 0) {
    auto atom = std::make_shared<const Atom>(Atom{kind, std::move(key), std::move(left), std::move(right)});
    return make({{Monomial{{atom, 1}}, 1}});
  }

  static Dim combine(const Dim& a, const Dim& b, std::int64_t sign) {
    Sum sum = sum_of(a);
    for (const auto& [monomial, coefficient] : sum_of(b))
      sum[monomial] = add(sum[monomial], multiply(sign, coefficient));
    return make(std::move(sum));
  }

  static Dim apply(AtomKind kind, const Dim& a, const Dim& b) {
    switch (kind) {
      case AtomKind::floor_div: return floor_div(a, b);
      case AtomKind::ceil_div: return ceil_div(a, b);
      case AtomKind::min: return min(a, b);
      default: return max(a, b);
    }
  }

  // Most products of a model have one factor that is a number.
  static Dim scaled(const Dim& d, std::int64_t by) {
    if (by == 1 || by == 0) return by == 1 ? d : Dim(0);
    Sum sum = d.terms_->sum;
    for (auto& [monomial, coefficient] : sum) coefficient = multiply(coefficient, by);
    return Dim(std::make_shared<const Dim::Terms>(Dim::Terms{std::move(sum)}));
  }

  // Rebuilds the expression with every symbol mapped; stops with nothing when the map gives nothing.
  static std::optional<Dim> map_symbols(const Dim& d,
                                        const std::function<std::optional<Dim>(const std::string&)>& map) {
    if (d.known()) return d;
    Dim total = 0;
    for (const auto& [monomial, coefficient] : d.terms_->sum) {
      Dim product = coefficient;
      for (const auto& [atom, power] : monomial) {
        auto factor = map_atom(*atom, map);
        if (!factor) return std::nullopt;
        for (int i = 0; i < power; ++i) product = product * *factor;
      }
      total = total + product;
    }
    return total;
  }

  static std::optional<Dim> map_atom(const Atom& atom,
                                     const std::function<std::optional<Dim>(const std::string&)>& map) {
    if (atom.kind == AtomKind::symbol) return map(atom.key);
    auto left = map_symbols(atom.left, map);
    auto right = map_symbols(atom.right, map);
    if (!left || !right) return std::nullopt;
    return apply(atom.kind, *left, *right);
  }
};

Dim::Dim(std::shared_ptr<const Terms> terms) : terms_(std::move(terms)) {}

Dim Dim::symbol(const std::string& name) { return DimBuilder::atom(AtomKind::symbol, name); }

std::int64_t Dim::value() const {
  invariant(known(), "a symbolic dimension has no value");
  return value_;
}

namespace {

std::string text_of(const Monomial& monomial, std::int64_t coefficient) {
  std::string text;
  for (const auto& [atom, power] : monomial) {
    if (!text.empty()) text += "*";
    text += atom->key;
    if (power > 1) text += fmt::format("^{}", power);
  }
  if (text.empty()) return fmt::format("{}", coefficient);
  return coefficient == 1 ? text : fmt::format("{}*{}", coefficient, text);
}

// A quotient's operand needs brackets unless it is one plain term.
std::string operand(const Dim& d) {
  std::string text = d.str();
  return text.find(' ') == std::string::npos ? text : "(" + text + ")";
}

}  // namespace

std::string Dim::str() const {
  if (known()) return std::to_string(value_);
  std::string text;
  auto append = [&](const Monomial& monomial, std::int64_t coefficient) {
    if (text.empty()) {
      text = coefficient == -1 && !monomial.empty() ? "-" + text_of(monomial, 1)
                                                    : text_of(monomial, coefficient);
    } else {
      text += (coefficient < 0 ? " - " : " + ") + text_of(monomial, std::abs(coefficient));
    }
  };
  // The constant comes last: `2*N + 1`.
  for (const auto& [monomial, coefficient] : terms_->sum)
    if (!monomial.empty()) append(monomial, coefficient);
  if (auto constant = terms_->sum.find(Monomial{}); constant != terms_->sum.end())
    append({}, constant->second);
  return text;
}

std::optional<std::int64_t> Dim::evaluate(const std::map<std::string, std::int64_t>& symbols) const {
  auto result = DimBuilder::map_symbols(*this, [&](const std::string& name) -> std::optional<Dim> {
    auto found = symbols.find(name);
    if (found == symbols.end()) return std::nullopt;
    return Dim(found->second);
  });
  if (!result) return std::nullopt;
  return result->value();
}

Dim Dim::substitute(const std::map<std::string, Dim>& symbols) const {
  if (known() || symbols.empty()) return *this;
  return *DimBuilder::map_symbols(*this, [&](const std::string& name) -> std::optional<Dim> {
    auto found = symbols.find(name);
    return found == symbols.end() ? symbol(name) : found->second;
  });
}

void Dim::collect_symbols(std::vector<std::string>& names) const {
  DimBuilder::map_symbols(*this, [&](const std::string& name) -> std::optional<Dim> {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    return symbol(name);
  });
}

Dim operator+(const Dim& a, const Dim& b) {
  if (a.known() && b.known()) return Dim(add(a.value_, b.value_));
  return DimBuilder::combine(a, b, 1);
}

Dim operator-(const Dim& a, const Dim& b) {
  if (a.known() && b.known()) return Dim(add(a.value_, multiply(b.value_, -1)));
  return DimBuilder::combine(a, b, -1);
}

Dim operator*(const Dim& a, const Dim& b) {
  if (a.known() && b.known()) return Dim(multiply(a.value_, b.value_));
  if (b.known()) return DimBuilder::scaled(a, b.value_);
  if (a.known()) return DimBuilder::scaled(b, a.value_);
  Sum product;
  for (const auto& [left, m] : DimBuilder::sum_of(a)) {
    for (const auto& [right, n] : DimBuilder::sum_of(b)) {
      Monomial both = left;
      for (const auto& [atom, power] : right) both[atom] += power;
      product[both] = add(product[both], multiply(m, n));
    }
    check(product.size() <= kMostTerms, Fault::usage, "a size has more than {} terms", kMostTerms);
  }
  return DimBuilder::make(std::move(product));
}

namespace {

// a / b for one product b that divides every term of a.
std::optional<Sum> divide_terms(const Sum& a, const Monomial& by, std::int64_t coefficient) {
  Sum quotient;
  for (const auto& [monomial, n] : a) {
    const std::int64_t part = floor_quotient(n, coefficient);
    if (n % coefficient != 0) return std::nullopt;
    Monomial rest = monomial;
    for (const auto& [atom, power] : by) {
      auto found = rest.find(atom);
      if (found == rest.end() || found->second < power) return std::nullopt;
      if ((found->second -= power) == 0) rest.erase(found);
    }
    quotient[rest] = part;
  }
  return quotient;
}

// Long division by a sum: the leading terms are divided until nothing is left.
std::optional<Dim> divide_long(const Dim& a, const Dim& b) {
  const Sum divisor = DimBuilder::sum_of(b);
  const auto& lead = *divisor.rbegin();
  Dim quotient = 0, rest = a;
  for (int step = 0; step < 64; ++step) {
    const Sum left = DimBuilder::sum_of(rest);
    if (left.empty()) return quotient;
    auto term = divide_terms({*left.rbegin()}, lead.first, lead.second);
    if (!term) return std::nullopt;
    const Dim part = DimBuilder::make(std::move(*term));
    quotient = quotient + part;
    rest = rest - part * b;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Dim> exact_div(const Dim& a, const Dim& b) {
  if (b.known() && b.value_ == 0) return std::nullopt;
  if (a.known() && b.known()) {
    const std::int64_t quotient = floor_quotient(a.value_, b.value_);
    return a.value_ % b.value_ == 0 ? std::optional<Dim>(quotient) : std::nullopt;
  }
  const Sum divisor = DimBuilder::sum_of(b);
  if (divisor.size() > 1) return divide_long(a, b);
  auto quotient = divide_terms(DimBuilder::sum_of(a), divisor.begin()->first, divisor.begin()->second);
  if (!quotient) return std::nullopt;
  return DimBuilder::make(std::move(*quotient));
}

namespace {

// Splits off the terms that a plain divisor divides: floor((4*N + 5) / 2) = 2*N + 2 + floor(1 / 2).
Dim floor_div_by_number(const Dim& a, std::int64_t b) {
  check(b != 0, Fault::usage, "a size is divided by 0: {} / 0", a.str());
  Sum whole, rest;
  for (const auto& [monomial, n] : DimBuilder::sum_of(a)) {
    const std::int64_t quotient = floor_quotient(n, b);
    if (monomial.empty() || n % b == 0) whole[monomial] = quotient;
    if (n % b != 0) rest[monomial] = monomial.empty() ? n - quotient * b : n;
  }
  Dim result = DimBuilder::make(std::move(whole));
  const Dim left = DimBuilder::make(std::move(rest));
  if (left.known()) return result + floor_quotient(left.value(), b);
  return result +
         DimBuilder::atom(AtomKind::floor_div, fmt::format("floor({}/{})", operand(left), b), left, b);
}

}  // namespace

Dim floor_div(const Dim& a, const Dim& b) {
  if (a.known() && b.known()) return Dim(floor_quotient(a.value_, b.value_));
  if (auto exact = exact_div(a, b)) return *exact;
  if (b.known()) return floor_div_by_number(a, b.value_);
  return DimBuilder::atom(AtomKind::floor_div, fmt::format("floor({}/{})", operand(a), operand(b)), a, b);
}

Dim ceil_div(const Dim& a, const Dim& b) {
  if (b.known()) return floor_div(a + (b - 1), b);
  if (auto exact = exact_div(a, b)) return *exact;
  return DimBuilder::atom(AtomKind::ceil_div, fmt::format("ceil({}/{})", operand(a), operand(b)), a, b);
}

Dim min(const Dim& a, const Dim& b) {
  if (at_least(a, b) == Known::yes) return b;
  if (at_least(b, a) == Known::yes) return a;
  const bool swap = b.str() < a.str();
  const Dim &x = swap ? b : a, &y = swap ? a : b;
  return DimBuilder::atom(AtomKind::min, fmt::format("min({}, {})", x.str(), y.str()), x, y);
}

Dim max(const Dim& a, const Dim& b) {
  if (at_least(a, b) == Known::yes) return a;
  if (at_least(b, a) == Known::yes) return b;
  const bool swap = b.str() < a.str();
  const Dim &x = swap ? b : a, &y = swap ? a : b;
  return DimBuilder::atom(AtomKind::max, fmt::format("max({}, {})", x.str(), y.str()), x, y);
}

bool operator==(const Dim& a, const Dim& b) {
  if (a.known() || b.known()) return a.known() && b.known() && a.value_ == b.value_;
  return (a - b).known() && (a - b).value() == 0;
}

Known equal(const Dim& a, const Dim& b) {
  const Dim difference = a - b;
  if (difference.known()) return difference.value() == 0 ? Known::yes : Known::no;
  if (at_least(a, b + 1) == Known::yes || at_least(b, a + 1) == Known::yes) return Known::no;
  return Known::undecided;
}

namespace {

// The least value of a sum whose symbols are at least 2, where that can be told: every product that
// is not constant must be made of plain symbols and have one sign.
std::optional<std::int64_t> lower_bound(const Sum& sum) {
  std::int64_t bound = 0;
  for (const auto& [monomial, coefficient] : sum) {
    std::int64_t least = coefficient;
    for (const auto& [atom, power] : monomial) {
      if (atom->kind != AtomKind::symbol || coefficient < 0) return std::nullopt;
      for (int i = 0; i < power; ++i)
        if (__builtin_mul_overflow(least, 2, &least)) return std::nullopt;
    }
    if (__builtin_add_overflow(bound, least, &bound)) return std::nullopt;
  }
  return bound;
}

}  // namespace

Known at_least(const Dim& a, const Dim& b) {
  const Dim difference = a - b;
  if (difference.known()) return difference.value() >= 0 ? Known::yes : Known::no;
  if (auto bound = lower_bound(DimBuilder::sum_of(difference)); bound && *bound >= 0) return Known::yes;
  if (auto bound = lower_bound(DimBuilder::sum_of(b - a)); bound && *bound > 0) return Known::no;
  return Known::undecided;
}

std::string str(const Shape& shape) {
  std::vector<std::string> parts;
  for (const Dim& d : shape) parts.push_back(d.str());
  return fmt::format("({})", fmt::join(parts, ", "));
}

Dim numel(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), Dim(1),
                         [](const Dim& a, const Dim& b) { return a * b; });
}

bool known(const Shape& shape) {
  return std::all_of(shape.begin(), shape.end(), [](const Dim& d) { return d.known(); });
}

std::vector<std::int64_t> values(const Shape& shape) {
  std::vector<std::int64_t> sizes;
  for (const Dim& d : shape) sizes.push_back(d.value());
  return sizes;
}

Shape shape_of(const std::vector<std::int64_t>& sizes) { return Shape(sizes.begin(), sizes.end()); }

}  // namespace orrery
