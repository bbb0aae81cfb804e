#include "runtime/codegen/sizes.h"

#include <algorithm>
#include <cctype>

namespace orrery {
namespace {

struct Place {
  Value value;
  int dim = 0;
};

std::optional<Place> find_size(const Dim& size, const std::vector<Value>& values) {
  for (const Value& value : values) {
    const Shape& shape = value.shape();
    const auto at = std::ranges::find(shape, size);
    if (at != shape.end()) return Place{value, static_cast<int>(at - shape.begin())};
  }
  return std::nullopt;
}

bool begins_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_of_name(char c) { return begins_name(c) || std::isdigit(static_cast<unsigned char>(c)) != 0; }

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

std::optional<std::string> size_text(const Dim& size, const std::vector<Value>& values,
                                     const std::function<std::string(const Value&, int)>& read) {
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
    if (end < words.size() && words[end] == '(') return std::nullopt;
    const auto place = find_size(Dim::symbol(words.substr(at, end - at)), values);
    if (!place) return std::nullopt;
    text += read(place->value, place->dim);
    at = end;
  }
  return text;
}

}  // namespace orrery
