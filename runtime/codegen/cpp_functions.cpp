#include "runtime/codegen/cpp_functions.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/cpp_calls.h"
#include "runtime/codegen/cpp_words.h"

namespace orrery {
namespace {

std::vector<std::string> cpp_names_in(const std::string& targets) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin < targets.size();) {
    const std::size_t end = std::min(targets.find(", ", begin), targets.size());
    names.push_back(targets.substr(begin, end - begin));
    begin = end + 2;
  }
  return names;
}

// The statements of a function, in which a name is declared where it stands first.
class CppBody {
 public:
  explicit CppBody(const BlockFunction& function) : function_(function) {
    declared_.insert(function.values.begin(), function.values.end());
  }

  std::string text() {
    const std::string result = fmt::format("{}", fmt::join(function_.results, ", "));
    const auto& statements = function_.statements;
    for (std::size_t at = 0; at < statements.size(); ++at) {
      const bool is_last = at + 1 == statements.size() && statements[at].targets == result;
      if (is_last) return text_ + cpp_line("return " + cpp_text(statements[at].call) + ";", 2);
      add(statements[at]);
    }
    return text_ +
           cpp_line(function_.results.size() == 1 ? "return " + result + ";" : "return {" + result + "};", 2);
  }

 private:
  void add(const CodeStatement& statement) {
    const std::string value = cpp_text(statement.call);
    std::vector<std::string> names = cpp_names_in(statement.targets);
    if (statement.call.arguments.empty() && value.starts_with("w / "))
      return line(fmt::format("const Weights {} = {};", statement.targets, value));
    if (names.size() == 1)
      return line(
          fmt::format("{}{} = {};", declared_.insert(names[0]).second ? "Tensor " : "", names[0], value));
    const bool are_new = std::ranges::none_of(
        names, [&](const std::string& name) { return name == "_" || declared_.contains(name); });
    if (!are_new) {
      for (std::string& name : names) {
        if (name == "_")
          name = "std::ignore";
        else if (!declared_.contains(name))
          line(fmt::format("Tensor {};", name));
      }
    }
    declared_.insert(names.begin(), names.end());
    line(are_new ? fmt::format("auto [{}] = {};", fmt::join(names, ", "), value)
                 : fmt::format("std::tie({}) = {};", fmt::join(names, ", "), value));
  }

  void line(const std::string& text) { text_ += cpp_line(text, 2); }

  const BlockFunction& function_;
  std::set<std::string> declared_;
  std::string text_;
};

}  // namespace

std::string cpp_result_type(const BlockFunction& function) {
  const std::vector<std::string> each(function.results.size(), "Tensor");
  return each.size() == 1 ? each[0] : fmt::format("std::tuple<{}>", fmt::join(each, ", "));
}

std::string cpp_function(const BlockFunction& function) {
  std::vector<std::string> words;
  if (function.is_named || !function.block->parent()) words.emplace_back("const Weights& w");
  for (const std::string& value : function.values) words.push_back("Tensor " + value);
  for (const std::string& made : function.made) words.push_back("const Weights& " + made);
  for (const CodeParameter& parameter : function.parameters)
    words.push_back(fmt::format("{} {}{}", parameter.type, parameter.name,
                                parameter.usual ? " = " + *parameter.usual : ""));
  return "\n" +
         cpp_line(
             fmt::format("{} {}({}) {{", cpp_result_type(function), function.name, fmt::join(words, ", ")),
             0) +
         CppBody(function).text() + "}\n";
}

}  // namespace orrery
