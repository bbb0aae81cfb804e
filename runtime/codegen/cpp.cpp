#include "runtime/codegen/cpp.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/block_functions.h"
#include "runtime/codegen/cpp_calls.h"
#include "runtime/codegen/judging.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

// Names that C++ or the file itself has taken (https://en.cppreference.com/w/cpp/keyword, of C++20).
const std::set<std::string> kCppTaken = {"alignas",
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

struct CppHelper {
  const char* name;
  const char* text;
};

constexpr std::array kCppHelpers = {CppHelper{"linear", R"(
Tensor linear(const Tensor& x, const Weights& w) {
  return torch::linear(x, w["weight"], w.find("bias"));
}
)"},
                                    CppHelper{"embedding", R"(
Tensor embedding(const Tensor& x, const Weights& w) { return torch::embedding(w["weight"], x); }
)"},
                                    CppHelper{"conv1d", R"(
Tensor conv1d(const Tensor& x, const Weights& w, at::IntArrayRef stride = 1, at::IntArrayRef padding = 0,
              at::IntArrayRef dilation = 1, int64_t groups = 1) {
  return torch::conv1d(x, w["weight"], w.find("bias"), stride, padding, dilation, groups);
}
)"},
                                    CppHelper{"conv2d", R"(
Tensor conv2d(const Tensor& x, const Weights& w, at::IntArrayRef stride = 1, at::IntArrayRef padding = 0,
              at::IntArrayRef dilation = 1, int64_t groups = 1) {
  return torch::conv2d(x, w["weight"], w.find("bias"), stride, padding, dilation, groups);
}
)"},
                                    CppHelper{"conv3d", R"(
Tensor conv3d(const Tensor& x, const Weights& w, at::IntArrayRef stride = 1, at::IntArrayRef padding = 0,
              at::IntArrayRef dilation = 1, int64_t groups = 1) {
  return torch::conv3d(x, w["weight"], w.find("bias"), stride, padding, dilation, groups);
}
)"},
                                    CppHelper{"conv_transpose1d", R"(
Tensor conv_transpose1d(const Tensor& x, const Weights& w, at::IntArrayRef stride = 1,
                        at::IntArrayRef padding = 0, at::IntArrayRef output_padding = 0,
                        int64_t groups = 1, at::IntArrayRef dilation = 1) {
  return torch::conv_transpose1d(x, w["weight"], w.find("bias"), stride, padding, output_padding, groups,
                                 dilation);
}
)"},
                                    CppHelper{"conv_transpose2d", R"(
Tensor conv_transpose2d(const Tensor& x, const Weights& w, at::IntArrayRef stride = 1,
                        at::IntArrayRef padding = 0, at::IntArrayRef output_padding = 0,
                        int64_t groups = 1, at::IntArrayRef dilation = 1) {
  return torch::conv_transpose2d(x, w["weight"], w.find("bias"), stride, padding, output_padding, groups,
                                 dilation);
}
)"},
                                    CppHelper{"conv_transpose3d", R"(
Tensor conv_transpose3d(const Tensor& x, const Weights& w, at::IntArrayRef stride = 1,
                        at::IntArrayRef padding = 0, at::IntArrayRef output_padding = 0,
                        int64_t groups = 1, at::IntArrayRef dilation = 1) {
  return torch::conv_transpose3d(x, w["weight"], w.find("bias"), stride, padding, output_padding, groups,
                                 dilation);
}
)"},
                                    CppHelper{"batch_norm", R"(
Tensor batch_norm(const Tensor& x, const Weights& w, double eps = 1e-05) {
  return torch::batch_norm(x, w.find("weight"), w.find("bias"), w["running_mean"], w["running_var"], false,
                           0.0, eps, false);
}
)"},
                                    CppHelper{"layer_norm", R"(
Tensor layer_norm(const Tensor& x, const Weights& w, at::IntArrayRef shape, double eps = 1e-05) {
  return torch::layer_norm(x, shape, w.find("weight"), w.find("bias"), eps);
}
)"},
                                    CppHelper{"rms_norm", R"(
Tensor rms_norm(const Tensor& x, const Weights& w, at::IntArrayRef shape, std::optional<double> eps = {}) {
  return torch::rms_norm(x, shape, w.find("weight"), eps);
}
)"},
                                    CppHelper{"group_norm", R"(
Tensor group_norm(const Tensor& x, const Weights& w, int64_t groups, double eps = 1e-05) {
  return torch::group_norm(x, groups, w.find("weight"), w.find("bias"), eps);
}
)"},
                                    CppHelper{"prelu", R"(
Tensor prelu(const Tensor& x, const Weights& w) { return torch::prelu(x, w["weight"]); }
)"},
                                    CppHelper{"recurrent_weights", R"(
// In LibTorch's order: of each layer and direction what reads the input, the state, and their biases.
std::vector<Tensor> recurrent_weights(const Weights& w, int64_t layers, bool bidirectional) {
  std::vector<Tensor> all;
  for (int64_t layer = 0; layer < layers; ++layer) {
    for (const char* direction : {"", "_reverse"}) {
      if (*direction && !bidirectional) continue;
      for (const char* slot : {"weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l"}) {
        const Tensor tensor = w.find(slot + std::to_string(layer) + direction);
        if (tensor.defined()) all.push_back(tensor);
      }
    }
  }
  return all;
}

// The states before the first step where none are given.
Tensor zero_state(const Tensor& x, const Tensor& recurrent_weight, int64_t count, bool batch_first) {
  return torch::zeros({count, x.size(batch_first ? 0 : 1), recurrent_weight.size(1)}, x.options());
}
)"},
                                    CppHelper{"lstm", R"(
std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& x, const Tensor& h, const Tensor& c, const Weights& w,
                                        int64_t layers, bool bidirectional = false,
                                        bool batch_first = false) {
  const std::vector<Tensor> all = recurrent_weights(w, layers, bidirectional);
  return torch::lstm(x, {h, c}, all, w.find("bias_ih_l0").defined(), layers, 0.0, false, bidirectional,
                     batch_first);
}

std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& x, const Weights& w, int64_t layers,
                                        bool bidirectional = false, bool batch_first = false) {
  const Tensor zeros = zero_state(x, w["weight_hh_l0"], bidirectional ? 2 * layers : layers, batch_first);
  return lstm(x, zeros, zeros, w, layers, bidirectional, batch_first);
}
)"},
                                    CppHelper{"gru", R"(
std::tuple<Tensor, Tensor> gru(const Tensor& x, const Tensor& h, const Weights& w, int64_t layers,
                               bool bidirectional = false, bool batch_first = false) {
  const std::vector<Tensor> all = recurrent_weights(w, layers, bidirectional);
  return torch::gru(x, h, all, w.find("bias_ih_l0").defined(), layers, 0.0, false, bidirectional,
                    batch_first);
}

std::tuple<Tensor, Tensor> gru(const Tensor& x, const Weights& w, int64_t layers,
                               bool bidirectional = false, bool batch_first = false) {
  const Tensor zeros = zero_state(x, w["weight_hh_l0"], bidirectional ? 2 * layers : layers, batch_first);
  return gru(x, zeros, w, layers, bidirectional, batch_first);
}
)"},
                                    CppHelper{"attention", R"(
// Query, key and value stand in one matrix, and heads in its rows.
Tensor attention(const Tensor& query, const Tensor& key, const Tensor& value, const Weights& w,
                 int64_t heads) {
  const auto kernels = w["in_proj_weight"].chunk(3);
  const Tensor bias = w.find("in_proj_bias");
  const auto projected = [&](const Tensor& x, int64_t part) {
    const Tensor shift = bias.defined() ? bias.chunk(3)[part] : Tensor();
    return torch::linear(x, kernels[part], shift).unflatten(2, {heads, -1}).transpose(1, 2);
  };
  const Tensor found = torch::scaled_dot_product_attention(projected(query, 0), projected(key, 1),
                                                           projected(value, 2));
  return torch::linear(found.transpose(1, 2).flatten(2), w["out_proj.weight"], w.find("out_proj.bias"));
}
)"},
                                    CppHelper{"unpack", R"(
template <std::size_t... At>
auto unpack_at(const std::vector<Tensor>& parts, std::index_sequence<At...>) {
  return std::tuple(parts[At]...);
}

template <std::size_t Count>
auto unpack(const std::vector<Tensor>& parts) {
  return unpack_at(parts, std::make_index_sequence<Count>());
}
)"}};

constexpr const char* kWeights = R"(using torch::Tensor;

std::vector<char> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The weights of a model by their names, or those of a part, whose names begin alike. Copies share them.
class Weights {
 public:
  // Reads a plain dictionary of tensors, as Python's torch.save(dict(state), path) writes it.
  Weights(const std::string& path, torch::Device device)
      : tensors_(std::make_shared<std::map<std::string, Tensor>>()) {
    const auto state = torch::pickle_load(read_file(path)).toGenericDict();
    for (const auto& entry : state)
      tensors_->emplace(entry.key().toStringRef(), entry.value().toTensor().to(device));
  }

  Weights operator/(const std::string& part) const {
    Weights within = *this;
    within.prefix_ += part + ".";
    return within;
  }

  Tensor operator[](const std::string& name) const {
    const Tensor tensor = find(name);
    if (!tensor.defined()) throw std::runtime_error("there is no weight " + prefix_ + name);
    return tensor;
  }

  // Undefined where there is none.
  Tensor find(const std::string& name) const {
    const auto found = tensors_->find(prefix_ + name);
    return found == tensors_->end() ? Tensor() : found->second;
  }

 private:
  std::shared_ptr<std::map<std::string, Tensor>> tensors_;
  std::string prefix_;
};
)";

class Cpp : public FunctionLanguage {
 public:
  CodeCall call(const Node& node, const CallScope& scope) const override { return cpp_call(node, scope); }
  CodeCall layer(const Node&, const CallScope& scope) const override { return {"w / " + scope.layer_name}; }
  std::string targets(const Node& node, const std::vector<std::string>& names) const override {
    return cpp_results(node) == 1 ? names[0] : fmt::format("{}", fmt::join(names, ", "));
  }
  std::optional<CodeStatement> input(const Value&, const std::string&) const override { return std::nullopt; }
  std::string name_of(const Node& node, const Block& outer) const override {
    return cpp_quoted(way(node.block(), outer) + node.name());
  }
  std::string name_of(const Block& block, const Block& outer) const override {
    const std::string name = way(block, outer);
    return "w / " + cpp_quoted(name.substr(0, name.size() - 1));
  }
  bool name_stands_first() const override { return true; }

 private:
  // `layer1.0.`
  static std::string way(const Block& block, const Block& outer) {
    std::string names;
    for (const Block* at = &block; at != &outer; at = at->parent()) names.insert(0, at->name() + ".");
    return names;
  }
};

// Broken behind a comma where it is too long for a line.
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

std::vector<std::string> names_in(const std::string& targets) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin < targets.size();) {
    const std::size_t end = std::min(targets.find(", ", begin), targets.size());
    names.push_back(targets.substr(begin, end - begin));
    begin = end + 2;
  }
  return names;
}

// The statements of a function, in which a name is declared where it stands first.
class Body {
 public:
  explicit Body(const BlockFunction& function) : function_(function) {
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
    std::vector<std::string> names = names_in(statement.targets);
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

std::string result_type(std::size_t count) {
  if (count == 1) return "Tensor";
  return fmt::format("std::tuple<{}>", fmt::join(std::vector<std::string>(count, "Tensor"), ", "));
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
         cpp_line(fmt::format("{} {}({}) {{", result_type(function.results.size()), function.name,
                              fmt::join(words, ", ")),
                  0) +
         Body(function).text() + "}\n";
}

// The class that a program uses, and a program that does.
std::string cpp_model(const BlockFunction& function) {
  std::vector<std::string> taken, given;
  for (const std::string& value : function.values) {
    taken.push_back("Tensor " + value);
    given.push_back(value);
  }
  std::string inputs;
  for (std::size_t at = 0; at < function.values.size(); ++at)
    inputs += fmt::format("{}torch::pickle_load({}::read_file(words[{}])).toTensor()", at ? ", " : "",
                          function.name, at + 3);
  const bool is_one = function.results.size() == 1;
  return fmt::format(R"(
// Reads its weights once, and computes the model in evaluation; on any number of threads.
class Model {{
 public:
  explicit Model(const std::string& weights, torch::Device device = torch::kCPU)
      : weights_(weights, device) {{}}

  {1} forward({2}) const {{
    const torch::InferenceMode guard;
    return {0}(weights_, {3});
  }}

 private:
  Weights weights_;
}};

}}  // namespace {0}

// A tensor a file, as torch.save writes them.
int main(int count, char** words) {{
  if (count != {4}) {{
    std::cerr << "usage: " << words[0] << " WEIGHTS.pt OUTPUT.pt{5}\n";
    return 2;
  }}
  const {0}::Model model(words[1]);
  const torch::Tensor result = {6}model.forward({7}){8};
  const std::vector<char> bytes = torch::pickle_save(result);
  std::ofstream(words[2], std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}}
)",
                     function.name, result_type(function.results.size()), fmt::join(taken, ", "),
                     fmt::join(given, ", "), function.values.size() + 3,
                     fmt::join(std::vector<std::string>(function.values.size(), " INPUT.pt"), ""),
                     is_one ? "" : "std::get<0>(", inputs, is_one ? "" : ")");
}

void require_cpp(const Graph& graph, const std::set<const Node*>& judging) {
  std::vector<std::string> faults;
  for (const auto& node : graph.nodes()) {
    if (judging.contains(node.get())) continue;
    if (const auto reason = without_cpp(*node))
      faults.push_back(fmt::format("{} ({}{}): {}", node->path(), node->operation(),
                                   node->origin().site.known() ? ", " + node->origin().site.str() : "",
                                   *reason));
  }
  if (!graph.input_node()) faults.emplace_back("a graph without an input");
  if (faults.empty()) return;
  throw Error(Fault::check, fmt::format("C++ code cannot say:\n  {}", fmt::join(faults, "\n  ")), {},
              "Leave these out of the graph that is written.");
}

std::string helpers_text(std::set<std::string> called, const std::string& functions) {
  if (called.contains("lstm") || called.contains("gru")) called.insert("recurrent_weights");
  if (functions.find("unpack<") != std::string::npos) called.insert("unpack");
  std::string text;
  for (const CppHelper& helper : kCppHelpers)
    if (called.contains(helper.name)) text += helper.text;
  return text;
}

std::string cmake_text(const std::string& name) {
  return fmt::format(R"(cmake_minimum_required(VERSION 3.18)
project({0} LANGUAGES CXX)

# cmake -DCMAKE_PREFIX_PATH=/path/to/libtorch …
find_package(Torch REQUIRED)

add_executable({0} {0}.cpp)
target_compile_features({0} PRIVATE cxx_std_17)
target_link_libraries({0} PRIVATE ${{TORCH_LIBRARIES}})
)",
                     name);
}

}  // namespace

CppCode cpp_code(const Graph& graph) {
  const std::set<const Node*> judging = judging_nodes(graph);
  require_cpp(graph, judging);
  const ModuleTree tree(graph, [&](const Node& node) { return !judging.contains(&node); });
  PythonNames free(kCppTaken);
  CppCode code;
  code.name = free.add(graph.name());
  std::set<std::string> helpers;
  std::string functions;
  for (const BlockFunction& function : block_functions(tree, Cpp(), code.name, kCppTaken, helpers))
    functions += cpp_function(function) + (function.block->parent() ? "" : cpp_model(function));
  code.source =
      "#include <cmath>\n#include <fstream>\n#include <iostream>\n#include <map>\n#include <memory>\n"
      "#include <string>\n#include <tuple>\n#include <vector>\n\n#include <torch/torch.h>\n\n";
  code.source +=
      fmt::format("namespace {} {{\n\n", code.name) + kWeights + helpers_text(helpers, functions) + functions;
  code.cmake = cmake_text(code.name);
  return code;
}

}  // namespace orrery
