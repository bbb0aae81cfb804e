#include "runtime/formats/keras_blocks.h"

#include <algorithm>

#include "runtime/core/names.h"

namespace orrery {
namespace {

bool has_digit(const std::string& text) {
  return std::ranges::any_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_number(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<std::string> split(const std::string& text, char mark) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == mark)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

// `conv2_block1_1_conv` → `conv2_block1`, `block_3_expand` → `block_3`; nothing for a name of no block.
std::string numbered_block(const std::string& name) {
  const auto parts = split(name, '_');
  std::size_t end = 0;
  for (std::size_t at = 0; at + 1 < parts.size(); ++at) {
    if (!parts[at].starts_with("block") && !parts[at].starts_with("stage")) continue;
    if (has_digit(parts[at]))
      end = at + 1;
    else if (at + 2 < parts.size() && is_number(parts[at + 1]))
      end = at + 2;
  }
  std::string block;
  for (std::size_t at = 0; at < end; ++at) block += (at == 0 ? "" : "_") + parts[at];
  return block;
}

// A name that may stand in a path.
std::string safe(std::string name) {
  std::ranges::replace(name, '.', '_');
  std::ranges::replace(name, '/', '_');
  std::ranges::replace(name, ':', '_');
  return valid_name(name) ? name : "layer";
}

}  // namespace

std::map<std::string, KerasPlace> keras_places(const KerasModel& model) {
  std::map<std::string, int> members;
  for (const KerasLayer& layer : model.layers)
    if (layer.kind != "InputLayer") ++members[numbered_block(layer.name)];
  std::map<std::string, KerasPlace> places;
  for (const KerasLayer& layer : model.layers) {
    KerasPlace& place = places[layer.name];
    std::vector<std::string> parts = split(layer.name, '/');
    std::erase(parts, "");
    place.name = parts.empty() ? "layer" : parts.back();
    for (std::size_t at = 0; at + 1 < parts.size(); ++at) place.blocks.push_back(safe(parts[at]));
    const std::string block = numbered_block(layer.name);
    if (place.blocks.empty() && !block.empty() && members[block] > 1) {
      place.blocks = {safe(block)};
      place.name = layer.name.substr(block.size() + 1);
    }
    place.name = safe(place.name);
  }
  return places;
}

}  // namespace orrery
