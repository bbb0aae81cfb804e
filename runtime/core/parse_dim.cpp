#include <charconv>

#include "runtime/core/error.h"
#include "runtime/core/shape.h"

namespace orrery {
namespace {

// Recursive descent over:  sum = term {(+|-) term};  term = power {* power};  power = atom [^ number];
// atom = number | symbol | (sum) | floor(term/term) | ceil(term/term) | min(sum, sum) | max(sum, sum).
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Dim parse() {
    Dim result = sum(0);
    expect(at_ == text_.size());
    return result;
  }

 private:
  Dim sum(int depth) {
    expect(depth < 64);
    Dim total = term(depth);
    for (;;) {
      if (take('+'))
        total = total + term(depth);
      else if (take('-'))
        total = total - term(depth);
      else
        return total;
    }
  }

  Dim term(int depth) {
    Dim product = power(depth);
    while (take('*')) product = product * power(depth);
    return product;
  }

  Dim power(int depth) {
    const bool negative = take('-');
    Dim base = atom(depth), result = base;
    if (take('^')) {
      const std::int64_t exponent = number();
      expect(exponent >= 1 && exponent <= 64);
      for (std::int64_t i = 1; i < exponent; ++i) result = result * base;
    }
    return negative ? 0 - result : result;
  }

  Dim atom(int depth) {
    skip();
    if (take('(')) return closed(sum(depth + 1));
    if (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_]))) return number();
    const std::string_view word = identifier();
    if (!take('(')) return Dim::symbol(std::string(word));
    const Dim left = sum(depth + 1);
    const bool quotient = word == "floor" || word == "ceil";
    expect(quotient ? take('/') : take(','));
    const Dim right = sum(depth + 1);
    expect(!(quotient && right == Dim(0)));
    if (word == "floor") return closed(floor_div(left, right));
    if (word == "ceil") return closed(ceil_div(left, right));
    if (word == "min") return closed(min(left, right));
    expect(word == "max");
    return closed(max(left, right));
  }

  Dim closed(Dim inner) {
    expect(take(')'));
    return inner;
  }

  std::int64_t number() {
    skip();
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    expect(error == std::errc());
    at_ = static_cast<size_t>(end - text_.data());
    return value;
  }

  std::string_view identifier() {
    const size_t begin = at_;
    const auto letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
    while (at_ < text_.size() && letter(text_[at_])) ++at_;
    expect(at_ > begin);
    return text_.substr(begin, at_ - begin);
  }

  bool take(char wanted) {
    skip();
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  void expect(bool fits) const {
    check(fits, Fault::usage, "'{}' is not a dimension (at character {})", text_, at_ + 1);
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

Dim parse_dim(std::string_view text) { return Parser(text).parse(); }

}  // namespace orrery
