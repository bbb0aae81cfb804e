#include "runtime/codegen/cpp_words.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/core/dtype.h"

namespace orrery {
namespace {

struct CppWords {
  std::string operator()(std::monostate) const { return "std::nullopt"; }
  std::string operator()(bool is) const { return is ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return cpp_number(value); }
  std::string operator()(const std::string& text) const { return cpp_quoted(text); }
  std::string operator()(const std::vector<std::int64_t>& all) const {
    std::vector<std::string> words;
    for (const std::int64_t value : all) words.push_back(std::to_string(value));
    return cpp_list(words);
  }
  std::string operator()(const std::vector<double>& all) const {
    std::vector<std::string> words;
    for (const double value : all) words.push_back(cpp_number(value));
    return cpp_list(words);
  }
  std::string operator()(const Shape&) const { cpp_refuse("a shape as an option"); }
  std::string operator()(DType dtype) const { return cpp_dtype(dtype); }
};

}  // namespace

void cpp_refuse(std::string reason) { throw NotInCpp{std::move(reason)}; }

// The keywords of C++20, https://en.cppreference.com/w/cpp/keyword, macros of the headers, and our own.
const std::set<std::string>& cpp_taken_names() {
  static const std::set<std::string> names = {"alignas",
                                              "alignof",
                                              "and",
                                              "and_eq",
                                              "asm",
                                              "auto",
                                              "bitand",
                                              "bitor",
                                              "bool",
                                              "break",
                                              "case",
                                              "catch",
                                              "char",
                                              "char8_t",
                                              "char16_t",
                                              "char32_t",
                                              "class",
                                              "compl",
                                              "concept",
                                              "const",
                                              "consteval",
                                              "constexpr",
                                              "constinit",
                                              "const_cast",
                                              "continue",
                                              "co_await",
                                              "co_return",
                                              "co_yield",
                                              "decltype",
                                              "default",
                                              "delete",
                                              "do",
                                              "double",
                                              "dynamic_cast",
                                              "else",
                                              "enum",
                                              "explicit",
                                              "export",
                                              "extern",
                                              "false",
                                              "float",
                                              "for",
                                              "friend",
                                              "goto",
                                              "if",
                                              "inline",
                                              "int",
                                              "long",
                                              "mutable",
                                              "namespace",
                                              "new",
                                              "noexcept",
                                              "not",
                                              "not_eq",
                                              "nullptr",
                                              "operator",
                                              "or",
                                              "or_eq",
                                              "private",
                                              "protected",
                                              "public",
                                              "register",
                                              "reinterpret_cast",
                                              "requires",
                                              "return",
                                              "short",
                                              "signed",
                                              "sizeof",
                                              "static",
                                              "static_assert",
                                              "static_cast",
                                              "struct",
                                              "switch",
                                              "template",
                                              "this",
                                              "thread_local",
                                              "throw",
                                              "true",
                                              "try",
                                              "typedef",
                                              "typeid",
                                              "typename",
                                              "union",
                                              "unsigned",
                                              "using",
                                              "virtual",
                                              "void",
                                              "volatile",
                                              "wchar_t",
                                              "while",
                                              "xor",
                                              "xor_eq",
                                              "w",
                                              "torch",
                                              "std",
                                              "at",
                                              "c10",
                                              "Tensor",
                                              "Weights",
                                              "Model",
                                              "main",
                                              "read_file",
                                              "read_tensor",
                                              "read_weights",
                                              "Header",
                                              "unpack",
                                              "int64_t",
                                              "linear",
                                              "embedding",
                                              "conv1d",
                                              "conv2d",
                                              "conv3d",
                                              "conv_transpose1d",
                                              "conv_transpose2d",
                                              "conv_transpose3d",
                                              "batch_norm",
                                              "layer_norm",
                                              "rms_norm",
                                              "group_norm",
                                              "prelu",
                                              "lstm",
                                              "gru",
                                              "attention",
                                              "recurrent_weights",
                                              "INFINITY",
                                              "NULL",
                                              "errno",
                                              "assert"};
  return names;
}

std::string cpp_quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') quoted += '\\';
    if (byte < 0x20 || byte == 0x7f)
      quoted += fmt::format("\\{:03o}", byte);
    else
      quoted += c;
  }
  return quoted + '"';
}

std::string cpp_number(double value) {
  if (std::isnan(value)) return "std::nan(\"\")";
  if (std::isinf(value)) return value > 0 ? "INFINITY" : "-INFINITY";
  std::string text = fmt::format("{}", value);
  return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
}

std::string cpp_list(const std::vector<std::string>& items) {
  return fmt::format("{{{}}}", fmt::join(items, ", "));
}

std::string cpp_dtype(DType dtype) {
  static const std::map<DType, const char*> names = {
      {DType::float32, "torch::kFloat32"}, {DType::float64, "torch::kFloat64"},
      {DType::float16, "torch::kFloat16"}, {DType::bfloat16, "torch::kBFloat16"},
      {DType::int64, "torch::kInt64"},     {DType::int32, "torch::kInt32"},
      {DType::boolean, "torch::kBool"}};
  const auto found = names.find(dtype);
  if (found == names.end()) cpp_refuse(fmt::format("elements of {}", name(dtype)));
  return found->second;
}

std::string cpp_value(const AttributeValue& value) { return std::visit(CppWords(), value); }

std::string cpp_line(const std::string& text, std::size_t indent) {
  constexpr std::size_t kLine = 100, kDeeper = 4;
  std::string lines;
  std::string rest = std::string(indent, ' ') + text;
  while (rest.size() > kLine) {
    std::size_t comma = 0;
    bool in_text = false;
    for (std::size_t at = 0; at < std::min(rest.size(), kLine); ++at) {
      if (in_text && rest[at] == '\\') {
        ++at;
        continue;
      }
      if (rest[at] == '"') in_text = !in_text;
      if (!in_text && rest[at] == ',' && at + 1 < rest.size() && rest[at + 1] == ' ') comma = at;
    }
    if (comma == 0) break;
    lines += rest.substr(0, comma + 1) + "\n";
    rest = std::string(indent + kDeeper, ' ') + rest.substr(comma + 2);
  }
  return lines + rest + "\n";
}

}  // namespace orrery
