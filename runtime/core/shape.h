#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orrery {

/// One dimension of a shape: an integer, or an expression over symbols such as the batch `N`.
///
/// Expressions are kept in a normal form, a sum of products with integer coefficients, so that equal
/// expressions compare equal: `2*(N+1) == N+N+2`. Floor division that does not come out exactly, min,
/// max and ceil are opaque atoms of that form. A symbol stands for an unknown integer of at least 2
/// (never 1, so that it never broadcasts) and equals only itself. Small value type; immutable.
class Dim {
 public:
  Dim(std::int64_t value = 0)
      : value_(value) {}  // NOLINT(google-explicit-constructor): a number is a dimension

  /// The symbol of that name; two symbols are the same one when their names are equal.
  static Dim symbol(const std::string& name);

  /// True for a plain integer.
  bool known() const { return !terms_; }
  /// The integer. REQUIRES: known().
  std::int64_t value() const;

  /// Reads as mathematics: `N`, `2*N + 1`, `floor((H - 1) / 2)`.
  std::string str() const;

  /// The number that the expression has when each symbol has the given value; nothing when a symbol
  /// is missing.
  std::optional<std::int64_t> evaluate(const std::map<std::string, std::int64_t>& symbols) const;

  /// The same expression with some symbols replaced.
  Dim substitute(const std::map<std::string, Dim>& symbols) const;

  /// Adds the names of all symbols in the expression.
  void collect_symbols(std::vector<std::string>& names) const;

  friend Dim operator+(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a, const Dim& b);
  friend Dim operator*(const Dim& a, const Dim& b);
  /// Largest integer not above a / b. REQUIRES: b is not the number 0.
  friend Dim floor_div(const Dim& a, const Dim& b);
  friend Dim ceil_div(const Dim& a, const Dim& b);
  friend Dim min(const Dim& a, const Dim& b);
  friend Dim max(const Dim& a, const Dim& b);
  /// a / b when it comes out exactly for every value of the symbols, else nothing.
  friend std::optional<Dim> exact_div(const Dim& a, const Dim& b);

  /// Same expression. Two different expressions may still have the same value: see `compare`.
  friend bool operator==(const Dim& a, const Dim& b);

  struct Terms;

 private:
  explicit Dim(std::shared_ptr<const Terms> terms);
  friend struct DimBuilder;

  std::int64_t value_ = 0;
  std::shared_ptr<const Terms> terms_;
};

/// Reads what `Dim::str` writes. Symbols are letters, digits and `_`, not beginning with a digit.
/// Fails on anything else, on nesting deeper than 64 and on numbers beyond 64 bits.
Dim parse_dim(std::string_view text);

Dim floor_div(const Dim& a, const Dim& b);
Dim ceil_div(const Dim& a, const Dim& b);
Dim min(const Dim& a, const Dim& b);
Dim max(const Dim& a, const Dim& b);
std::optional<Dim> exact_div(const Dim& a, const Dim& b);

/// What is known about two dimensions before any symbol has a value.
enum class Known { yes, no, undecided };

/// Are they equal for every (yes), for no (no) or for some values of the symbols (undecided)?
Known equal(const Dim& a, const Dim& b);
/// Is a ≥ b for every, for no, or for some values of the symbols (each at least 2)?
Known at_least(const Dim& a, const Dim& b);

using Shape = std::vector<Dim>;

/// `(N, 3, 28, 28)`; `()` for a scalar; `(5)` for one dimension.
std::string str(const Shape& shape);
/// Product of all dimensions; 1 for a scalar.
Dim numel(const Shape& shape);
/// True when no dimension has a symbol.
bool known(const Shape& shape);
/// The integers. REQUIRES: known(shape).
std::vector<std::int64_t> values(const Shape& shape);
/// The shape made of plain integers.
Shape shape_of(const std::vector<std::int64_t>& sizes);

}  // namespace orrery
