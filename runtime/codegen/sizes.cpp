#include "runtime/codegen/sizes.h"

#include <algorithm>
#include <cctype>

namespace orrery {
namespace {

struct Place {
  Value value;
  int dim = 0;
};

std::optional<Place> find_size(const Dim& size, std::span<const Value> values) {
  for (const Value& value : values) {
    const Shape& shape = value.shape();
    const auto at = std::ranges::find(shape, size);
    if (at != shape.end()) return Place{value, static_cast<int>(at - shape.begin())};
  }
  return std::nullopt;
}

bool begins_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_of_name(char c) { return begins_name(c) || std::isdigit(static_cast<unsigned char>(c)) != 0; }

// Where the bracket closes that opens there.
std::size_t closing(const std::string& words, std::size_t open) {
  std::size_t at = open;
  for (int depth = 0; at < words.size(); ++at) {
    if (words[at] == '(') ++depth;
    if (words[at] == ')' && --depth == 0) break;
  }
  return at;
}

// `(H - 1) / 2`, as it stands in `floor((H - 1) / 2)`.
std::optional<std::string> quotient_text(const std::string& words, std::span<const Value> values,
                                         const ReadSize& read, const DivideSizes& divide) {
  std::size_t slash = std::string::npos;
  int depth = 0;
  for (std::size_t at = 0; at < words.size(); ++at) {
    depth += words[at] == '(' ? 1 : words[at] == ')' ? -1 : 0;
    if (depth == 0 && words[at] == '/') slash = at;
  }
  if (slash == std::string::npos) return std::nullopt;
  const auto above = size_text(parse_dim(words.substr(0, slash)), values, read, divide);
  const auto below = size_text(parse_dim(words.substr(slash + 1)), values, read, divide);
  if (!above || !below) return std::nullopt;
  return divide(*above, *below);
}

// `n^2` is `n*n`; `end` is moved behind the exponent.
std::string raised(const std::string& base, const std::string& words, std::size_t& end) {
  if (end >= words.size() || words[end] != '^') return base;
  std::size_t digits = 0;
  const int exponent = std::stoi(words.substr(end + 1), &digits);
  end += 1 + digits;
  std::string product = base;
  for (int i = 1; i < exponent; ++i) product += "*" + base;
  return product;
}

}  // namespace

std::vector<Dim> sizes_told(const Node& node) {
  std::vector<Dim> sizes;
  for (const auto& [name, value] : node.attributes().entries()) {
    const auto* shape = std::get_if<Shape>(&value);
    if (!shape) continue;
    std::ranges::copy_if(*shape, std::back_inserter(sizes), [](const Dim& dim) { return !dim.known(); });
  }
  return sizes;
}

std::optional<std::string> size_text(const Dim& size, std::span<const Value> values, const ReadSize& read,
                                     const DivideSizes& divide) {
  if (const auto place = find_size(size, values)) return read(place->value, place->dim);
  const std::string words = size.str();
  std::string text;
  for (std::size_t at = 0; at < words.size();) {
    if (!begins_name(words[at])) {
      if (words[at] == '/') return std::nullopt;
      text += words[at++];
      continue;
    }
    std::size_t end = at;
    while (end < words.size() && is_of_name(words[end])) ++end;
    const std::string word = words.substr(at, end - at);
    std::optional<std::string> part;
    if (end < words.size() && words[end] == '(') {
      const std::size_t close = closing(words, end);
      if (word != "floor" || !divide) return std::nullopt;
      part = quotient_text(words.substr(end + 1, close - end - 1), values, read, divide);
      end = close + 1;
    } else if (const auto place = find_size(Dim::symbol(word), values)) {
      part = read(place->value, place->dim);
    }
    if (!part) return std::nullopt;
    text += raised(*part, words, end);
    at = end;
  }
  return text;
}

}  // namespace orrery
