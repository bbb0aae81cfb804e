#include <algorithm>

#include "renderers/diagram/diff_diagram.h"
#include "renderers/diagram/plain_text.h"

namespace orrery {
namespace {

constexpr size_t kLongest = 40;

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

// `[3,3]` → `3`, `["N",1,28]` → `N×1×28`, `true` → `yes`.
std::string value_words(std::string text) {
  if (text.empty()) return "none";
  if (text == "true") return "yes";
  if (text == "false") return "no";
  if (text == "nil" || text == "null") return "none";
  if (!text.starts_with('[') || text.find('{') != std::string::npos) return text;
  std::erase_if(text, [](char c) { return c == '[' || c == ']' || c == '"' || c == ' '; });
  const std::string first = text.substr(0, text.find(','));
  const bool number = !first.empty() && first.find_first_not_of("0123456789-") == std::string::npos;
  if (number && replaced(text + ",", first + ",", "").empty()) return first;
  return replaced(text, ",", "×");
}

}  // namespace

std::string change_text(const GraphDiff::Change& change) {
  if (change.what == "operation") return plain_text("was " + change.before, kLongest);
  if (change.what == "name") return plain_text("was " + change.before, kLongest);
  if (change.what == "path") return plain_text("was " + change.before, kLongest);
  if (change.what == "inputs") return "reads other values";
  if (change.what == "value") return "another value";
  return plain_text(
      replaced(change.what, "_", " ") + " " + value_words(change.before) + " → " + value_words(change.after),
      kLongest + 20);
}

}  // namespace orrery
