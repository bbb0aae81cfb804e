#include "runtime/formats/pt2_program.h"

#include "runtime/core/error.h"
#include "runtime/core/strict_json.h"

namespace orrery {
namespace {

using nlohmann::json;

constexpr std::int64_t kSchemaOfPt2 = 8;  // PyTorch 2.4 to 2.11 at least
constexpr std::size_t kMostPt2Nodes = std::size_t{1} << 20;

void add_names(const json& tensors, std::vector<std::string>& names) {
  for (const json& tensor : tensors) {
    const json& told = tensor.contains("as_tensor") ? tensor.at("as_tensor") : tensor;
    if (told.contains("name")) names.push_back(told.at("name").get<std::string>());
  }
}

std::vector<std::string> tensors_in(const json& argument) {
  std::vector<std::string> names;
  for (const auto& [kind, told] : argument.items()) {
    if (kind == "as_tensor") names.push_back(told.at("name").get<std::string>());
    if (kind == "as_optional_tensor" && told.contains("as_tensor"))
      names.push_back(told.at("as_tensor").at("name").get<std::string>());
    if (kind == "as_tensors" || kind == "as_optional_tensors") add_names(told, names);
  }
  return names;
}

// A size or a number: `{"as_sym_int": {"as_name": "s0"}}`.
std::vector<std::string> numbers_in(const json& argument) {
  std::vector<std::string> names;
  for (const char* kind : {"as_sym_int", "as_sym_float", "as_sym_bool"})
    if (argument.contains(kind) && argument.at(kind).contains("as_name"))
      names.push_back(argument.at(kind).at("as_name").get<std::string>());
  return names;
}

// "L__self__layer1.0.relu@1,layer1.0.relu,torch.nn.modules.activation.ReLU", of the innermost module.
void place_node(const std::string& stack, Pt2Node& node) {
  const std::string last = stack.substr(stack.rfind(';') == stack.npos ? 0 : stack.rfind(';') + 1);
  const std::size_t first = last.find(','), end = last.rfind(',');
  if (first == last.npos || first == end || last.starts_with("_empty")) return;
  node.module = last.substr(first + 1, end - first - 1);
  const std::string call = last.substr(0, first);
  const std::size_t again = call.rfind('@');
  node.call = node.module + (again == call.npos ? "" : call.substr(again));
}

Pt2Node node_of_pt2(const json& told) {
  Pt2Node node{.target = told.at("target").get<std::string>()};
  if (node.target.starts_with("torch.ops.")) node.target.erase(0, 10);
  for (const json& argument : told.at("inputs"))
    node.arguments.emplace_back(argument.at("name").get<std::string>(), argument.at("arg"));
  for (const json& output : told.at("outputs")) {
    for (const auto& names : {tensors_in(output), numbers_in(output)})
      node.outputs.insert(node.outputs.end(), names.begin(), names.end());
  }
  // Files before schema 8.8 name nodes by their outputs alone.
  const bool named = told.contains("name") && told.at("name").is_string();
  node.name = named                  ? told.at("name").get<std::string>()
              : node.outputs.empty() ? node.target
                                     : node.outputs[0];
  const json& metadata = told.at("metadata");
  place_node(metadata.value("nn_module_stack", ""), node);
  return node;
}

void add_input(const json& spec, Pt2Program& program) {
  for (const auto& [kind, told] : spec.items()) {
    const auto add = [&](const char* target) {
      program.inputs.push_back({Pt2Input::Kind::tensor, told.at("arg").at("name").get<std::string>(),
                                told.at(target).get<std::string>()});
    };
    if (kind == "parameter") return add("parameter_name");
    if (kind == "buffer") return add("buffer_name");
    if (kind == "tensor_constant") return add("tensor_constant_name");
    if (kind == "constant_input" || kind == "token") return;
    const bool tensor = kind == "user_input" && told.at("arg").contains("as_tensor");
    if (kind == "user_input" && told.at("arg").contains("as_none")) return;
    check(tensor, Fault::input_file, "the input {} is no tensor", told.dump());
    program.inputs.push_back(
        {Pt2Input::Kind::field, told.at("arg").at("as_tensor").at("name").get<std::string>(), {}});
  }
}

Pt2Program program_of(const json& root) {
  const auto schema = root.at("schema_version").at("major").get<std::int64_t>();
  check(schema <= kSchemaOfPt2, Fault::input_file,
        "written by a newer PyTorch (schema {} of torch.export; {} is read)", schema, kSchemaOfPt2);
  const json &module = root.at("graph_module"), &graph = module.at("graph");
  Pt2Program program;
  check(graph.at("nodes").size() <= kMostPt2Nodes, Fault::input_file, "more than {} nodes", kMostPt2Nodes);
  for (const json& spec : module.at("signature").at("input_specs")) add_input(spec, program);
  for (const json& node : graph.at("nodes")) program.nodes.push_back(node_of_pt2(node));
  for (const json& spec : module.at("signature").at("output_specs")) {
    if (!spec.contains("user_output")) continue;
    const std::vector<std::string> names = tensors_in(spec.at("user_output").at("arg"));
    program.outputs.insert(program.outputs.end(), names.begin(), names.end());
  }
  check(!program.outputs.empty(), Fault::input_file, "the program gives no tensor");
  for (const Pt2Input& input : program.inputs) {
    if (input.kind != Pt2Input::Kind::field) continue;
    const json& type = graph.at("tensor_values").at(input.name);
    program.types[input.name] = {type.at("dtype").get<std::int64_t>(), type.at("sizes")};
  }
  return program;
}

}  // namespace

const json* Pt2Node::argument(const std::string& wanted) const {
  for (const auto& [given, value] : arguments)
    if (given == wanted) return value.contains("as_none") ? nullptr : &value;
  return nullptr;
}

std::vector<std::string> Pt2Node::reads() const {
  std::vector<std::string> names;
  for (const auto& [given, value] : arguments) {
    for (const auto& more : {tensors_in(value), numbers_in(value)})
      names.insert(names.end(), more.begin(), more.end());
    if (!value.contains("as_sym_ints")) continue;
    for (const json& size : value.at("as_sym_ints"))
      if (size.contains("as_name")) names.push_back(size.at("as_name").get<std::string>());
  }
  return names;
}

bool Pt2Node::in_place() const {
  if (!target.starts_with("aten.")) return false;
  const std::string word = target.substr(5, target.find('.', 5) - 5);
  return word.size() > 1 && word.ends_with('_') && !word.ends_with("__");
}

std::string Pt2Node::operation() const {
  if (!target.starts_with("aten.")) return target;
  std::string word = target.substr(5, target.find('.', 5) - 5);
  if (in_place()) word.pop_back();
  return word;
}

Pt2Program read_pt2_program(std::string_view text, const std::string& what) {
  const json root = parse_strict_json(text, what);
  try {
    return program_of(root);
  } catch (const json::exception& error) {
    fail(Fault::input_file, "{}: not as torch.export writes a program: {}", what, error.what());
  } catch (const Error& error) {
    fail(Fault::input_file, "{}: {}", what, error.message());
  }
}

}  // namespace orrery
