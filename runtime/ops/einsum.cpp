#include "runtime/ops/einsum.h"

#include <algorithm>
#include <cctype>

#include "runtime/core/error.h"

namespace orrery {
namespace {

[[noreturn]] void refuse(const std::string& equation, const std::string& why) {
  fail(Fault::usage, "einsum: '{}' {}", equation, why);
}

// Letters of one operand; an ellipsis becomes one `.`.
std::string letters(const std::string& equation, const std::string& part) {
  std::string read;
  for (size_t i = 0; i < part.size(); ++i) {
    if (std::isalpha(static_cast<unsigned char>(part[i]))) {
      read += part[i];
    } else if (part.compare(i, 3, "...") == 0 && read.find('.') == std::string::npos) {
      read += '.';
      i += 2;
    } else if (part[i] != ' ') {
      refuse(equation, "has something else than letters, ',', '->' and one '...' an operand");
    }
  }
  return read;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  size_t start = 0;
  for (size_t comma = text.find(','); comma != std::string::npos; comma = text.find(',', start)) {
    parts.push_back(text.substr(start, comma - start));
    start = comma + 1;
  }
  parts.push_back(text.substr(start));
  return parts;
}

std::string implied_result(const std::vector<std::string>& operands) {
  std::string all, once;
  for (const std::string& operand : operands) all += operand;
  std::ranges::sort(all);
  for (char letter : all)
    if (letter != '.' && std::ranges::count(all, letter) == 1) once += letter;
  return all.find('.') == std::string::npos ? once : "." + once;
}

void require_sound_result(const std::string& equation, const EinsumEquation& parsed) {
  for (char letter : parsed.result) {
    if (std::ranges::count(parsed.result, letter) > 1) refuse(equation, "names a letter of its result twice");
    const auto has = [&](const std::string& operand) { return operand.find(letter) != std::string::npos; };
    if (letter != '.' && std::ranges::none_of(parsed.operands, has))
      refuse(equation, "names a letter in its result that no operand has");
  }
}

}  // namespace

EinsumEquation parse_einsum(const std::string& equation) {
  const size_t arrow = equation.find("->");
  EinsumEquation parsed;
  for (const std::string& part : split(equation.substr(0, arrow)))
    parsed.operands.push_back(letters(equation, part));
  parsed.result = arrow == std::string::npos ? implied_result(parsed.operands)
                                             : letters(equation, equation.substr(arrow + 2));
  require_sound_result(equation, parsed);
  return parsed;
}

}  // namespace orrery
