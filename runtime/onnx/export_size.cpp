#include "runtime/onnx/export_size.h"

#include <cctype>
#include <charconv>

namespace orrery {
namespace {

// sum: product {" + " product | " - " product}; product: power {"*" power}; power: atom ["^" number];
// atom: number | symbol | "(" sum ")" | function "(" operand ("/" | ", ") operand ")".
class SizeReading {
 public:
  SizeReading(std::string_view text, const OnnxSizeMaking& making) : text_(text), making_(making) {}

  std::optional<std::string> read() {
    std::optional<std::string> value = sum();
    return text_.empty() ? value : std::nullopt;
  }

 private:
  using Size = std::optional<std::string>;

  bool take(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  Size joined(const char* operation, const Size& left, const Size& right) const {
    return left && right ? Size(making_.join(operation, *left, *right)) : std::nullopt;
  }

  Size sum() {
    Size value = product();
    for (;;) {
      if (take(" + "))
        value = joined("Add", value, product());
      else if (take(" - "))
        value = joined("Sub", value, product());
      else
        return value;
    }
  }

  Size product() {
    Size value = power();
    while (value && take("*")) value = joined("Mul", value, power());
    return value;
  }

  Size power() {
    const Size base = atom();
    if (!take("^")) return base;
    Size value = base;
    for (std::int64_t times = number(); times > 1; --times) value = joined("Mul", value, base);
    return value;
  }

  std::int64_t number() {
    std::int64_t value = 0;
    const auto end = std::from_chars(text_.data(), text_.data() + text_.size(), value).ptr;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return value;
  }

  Size atom() {
    if (take("(")) return closed(sum());
    if (take("floor(")) return pair("Div", "/");
    if (take("ceil(")) return rounded_up();
    if (take("min(")) return pair("Min", ", ");
    if (take("max(")) return pair("Max", ", ");
    if (text_.empty()) return std::nullopt;
    if (std::isdigit(static_cast<unsigned char>(text_.front()))) return making_.part(number());
    std::size_t end = 0;
    while (end < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[end])) || text_[end] == '_'))
      ++end;
    if (end == 0) return std::nullopt;
    const std::string symbol(text_.substr(0, end));
    text_.remove_prefix(end);
    return making_.part(Dim::symbol(symbol));
  }

  Size pair(const char* operation, std::string_view between) {
    const Size left = sum();
    if (!take(between)) return std::nullopt;
    return closed(joined(operation, left, sum()));
  }

  // ⌈a/b⌉ = ⌊(a + b - 1)/b⌋
  Size rounded_up() {
    const Size left = sum();
    if (!take("/")) return std::nullopt;
    const Size right = sum();
    return closed(joined("Div", joined("Sub", joined("Add", left, right), making_.part(1)), right));
  }

  Size closed(Size value) { return take(")") ? value : std::nullopt; }

  std::string_view text_;
  const OnnxSizeMaking& making_;
};

}  // namespace

std::optional<std::string> onnx_size(std::string_view expression, const OnnxSizeMaking& making) {
  return SizeReading(expression, making).read();
}

}  // namespace orrery
