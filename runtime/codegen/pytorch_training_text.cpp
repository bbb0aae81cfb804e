#include "runtime/codegen/pytorch_training_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/python_words.h"

namespace orrery {
namespace {

template <class Number>
std::string number_or_list(const std::vector<Number>& values) {
  std::vector<std::string> words;
  for (const Number value : values) words.push_back(python_value(value));
  return words.size() == 1 ? words[0] : fmt::format("[{}]", fmt::join(words, ", "));
}

}  // namespace

std::string python_function(std::string_view head, std::string_view sentence, const PythonBody& body) {
  std::string text = "\n\n" + python_statement(fmt::format("def {}:", head), 0);
  if (!sentence.empty()) text += fmt::format("    \"\"\"{}\"\"\"\n", sentence);
  return text + body.text();
}

std::string python_hook(std::string_view head, const std::vector<std::string>& reasons) {
  PythonBody body;
  body.add(1, fmt::format("raise NotImplementedError({})",
                          python_text(fmt::format("{}", fmt::join(reasons, "; ")))));
  return python_function(head, "", body);
}

std::vector<std::string> python_options(const std::vector<Attribute>& schema, const Attributes& options) {
  std::vector<std::string> words;
  for (const Attribute& attribute : schema) {
    const AttributeValue& value = options.at(attribute.name);
    if (value == attribute.value || std::holds_alternative<std::monostate>(value)) continue;
    words.push_back(fmt::format("{}={}", attribute.name, python_list_value(value)));
  }
  return words;
}

std::string python_list_value(const AttributeValue& value) {
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&value)) return number_or_list(*integers);
  if (const auto* reals = std::get_if<std::vector<double>>(&value)) return number_or_list(*reals);
  return python_value(value);
}

}  // namespace orrery
