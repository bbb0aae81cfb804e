#include "runtime/codegen/cpp.h"

#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/block_functions.h"
#include "runtime/codegen/cpp_calls.h"
#include "runtime/codegen/cpp_functions.h"
#include "runtime/codegen/cpp_helpers.h"
#include "runtime/codegen/cpp_words.h"
#include "runtime/codegen/judging.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

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

// Inputs and the output are a tensor a file, as torch.save writes them.
int main(int count, char** words) try {{
  if (count != {4}) {{
    std::cerr << "usage: " << words[0] << " WEIGHTS.safetensors OUTPUT.pt{5}\n";
    return 2;
  }}
  const {0}::Model model(words[1]);
  const torch::Tensor result = {6}model.forward({7}){8};
  const std::vector<char> bytes = torch::pickle_save(result);
  std::ofstream file(words[2], std::ios::binary);
  if (!file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush())
    throw std::runtime_error(std::string("cannot write ") + words[2]);
}} catch (const std::exception& fault) {{
  std::cerr << words[0] << ": " << fault.what() << "\n";
  return 1;
}}
)",
                     function.name, cpp_result_type(function), fmt::join(taken, ", "), fmt::join(given, ", "),
                     function.values.size() + 3,
                     fmt::join(std::vector<std::string>(function.values.size(), " INPUT.pt"), ""),
                     is_one ? "" : "std::get<0>(", inputs, is_one ? "" : ")");
}

void require_cpp(const Graph& graph, const std::set<const Node*>& judging) {
  std::vector<std::string> faults;
  const TensorOwners owners(graph);
  const std::vector<Value> values = graph_values(graph);
  std::size_t before = 0;
  for (const auto& node : graph.nodes()) {
    const std::span known(values.data(), before);
    before += node->outputs().size();
    if (judging.contains(node.get())) continue;
    if (const auto reason = without_cpp(*node, owners, known))
      faults.push_back(fmt::format("{} ({}{}): {}", node->path(), node->operation(),
                                   node->origin().site.known() ? ", " + node->origin().site.str() : "",
                                   *reason));
  }
  if (!graph.input_node()) faults.emplace_back("a graph without an input");
  if (faults.empty()) return;
  throw Error(Fault::check, fmt::format("C++ code cannot say:\n  {}", fmt::join(faults, "\n  ")), {},
              "Leave these out of the graph that is written.");
}

std::string cmake_text(const std::string& name) {
  return fmt::format(R"(cmake_minimum_required(VERSION 3.18)
project({0} LANGUAGES CXX)

# cmake -DCMAKE_PREFIX_PATH=/path/to/libtorch …: an unpacked LibTorch, or the folder of Python's package torch. Its own
# files for CMake are not asked, since those of builds with CUDA stop where CUDA's toolkit is not installed.
find_path(TORCH_HEADERS torch/torch.h PATH_SUFFIXES torch/csrc/api/include REQUIRED)
find_library(TORCH_CPU torch_cpu REQUIRED)
find_library(TORCH_C10 c10 REQUIRED)
get_filename_component(TORCH_FOLDER ${{TORCH_CPU}} DIRECTORY)
find_library(TORCH_ALL torch PATHS ${{TORCH_FOLDER}} NO_DEFAULT_PATH)  # with CUDA, where LibTorch has it

add_executable({0} {0}.cpp)
target_compile_features({0} PRIVATE cxx_std_17)
target_include_directories({0} SYSTEM PRIVATE ${{TORCH_HEADERS}} ${{TORCH_HEADERS}}/../../../..)
target_link_options({0} PRIVATE $<$<PLATFORM_ID:Linux>:LINKER:--no-as-needed,--allow-shlib-undefined>)
target_link_libraries({0} PRIVATE ${{TORCH_CPU}} ${{TORCH_C10}} $<$<BOOL:${{TORCH_ALL}}>:${{TORCH_ALL}}>)
)",
                     name);
}

}  // namespace

CppCode cpp_code(const Graph& graph) {
  const std::set<const Node*> judging = judging_nodes(graph);
  require_cpp(graph, judging);
  const ModuleTree tree(graph, [&](const Node& node) { return !judging.contains(&node); });
  PythonNames free(cpp_taken_names());
  CppCode code;
  code.name = free.add(graph.name());
  std::set<std::string> helpers;
  std::string functions;
  for (const BlockFunction& function : block_functions(tree, Cpp(), code.name, cpp_taken_names(), helpers))
    functions += cpp_function(function) + (function.block->parent() ? "" : cpp_model(function));
  code.source =
      "#include <algorithm>\n#include <cmath>\n#include <fstream>\n#include <iostream>\n#include "
      "<map>\n#include <memory>\n"
      "#include <string>\n#include <tuple>\n#include <vector>\n\n#include <torch/torch.h>\n\n";
  code.source += fmt::format("namespace {} {{\n\n", code.name) + cpp_weights() +
                 cpp_helpers(helpers, functions) + functions;
  code.cmake = cmake_text(code.name);
  return code;
}

}  // namespace orrery
