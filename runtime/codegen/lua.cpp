#include "runtime/codegen/lua.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/lua_calls.h"
#include "runtime/codegen/lua_functions.h"
#include "runtime/codegen/lua_script.h"
#include "runtime/codegen/lua_surroundings.h"
#include "runtime/codegen/lua_words.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

// A graph's input has few fields; past this many they stand in a table.
constexpr std::size_t kMostFields = 20;

const std::string kBatch = "N";
const std::set<std::string> kFlowingNames = {"x", "out", "y", "h", "s", "t"};

bool names_batch(const Shape& shape) {
  std::vector<std::string> names;
  for (const Dim& dim : shape) dim.collect_symbols(names);
  return std::ranges::count(names, kBatch) > 0;
}

// The first size of the first field that has one: fields that begin with another say so. A number counts
// where all fields begin with it, so that no other size is the batch.
Dim batch_of(const InputSpec& spec) {
  const auto first = [](const Field& field) {
    return field.type.shape.empty() ? Dim(0) : field.type.shape[0];
  };
  const Dim known = first(spec.fields[0]);
  const bool all =
      std::ranges::all_of(spec.fields, [&](const Field& field) { return first(field) == known; });
  const bool told =
      std::ranges::any_of(spec.fields, [](const Field& field) { return names_batch(field.type.shape); });
  if (known.known() && all && !told && !spec.fields[0].type.shape.empty()) return known;
  for (const Field& field : spec.fields)
    if (const Dim dim = first(field); !dim.known() && dim == Dim::symbol(dim.str())) return dim;
  return Dim::symbol(kBatch);
}

void add_block_faults(const ModuleTree& tree, const Block& block, std::vector<std::string>& faults) {
  if (const auto reason = without_lua(tree, block))
    faults.push_back(fmt::format("{}: {}", block.path().empty() ? "the graph" : block.path(), *reason));
  for (const auto& child : block.children()) add_block_faults(tree, *child, faults);
}

void require_lua(const Graph& graph, const ModuleTree& tree) {
  std::vector<std::string> faults;
  for (const auto& node : graph.nodes()) {
    if (node->input_spec()) continue;
    if (const auto reason = without_lua(*node))
      faults.push_back(fmt::format("{} ({}): {}", node->path(), node->operation(), *reason));
  }
  add_block_faults(tree, graph.root(), faults);
  if (faults.empty()) return;
  throw Error(Fault::check, fmt::format("a Lua script cannot say:\n  {}", fmt::join(faults, "\n  ")), {},
              "Leave these out of the graph that is written.");
}

// The symbols' names are the file's own; only the batch's is `N` in every script.
std::string size_word(const Dim& dim, const Dim& batch) {
  if (dim.known()) return std::to_string(dim.value());
  if (batch == Dim::symbol(kBatch) || batch.known()) return lua_text(dim.str());
  return lua_text(
      dim.substitute({{kBatch, Dim::symbol(kBatch + "_2")}, {batch.str(), Dim::symbol(kBatch)}}).str());
}

std::string field_text(const Field& field, const Dim& batch, bool with_name) {
  std::vector<std::string> sizes, words;
  const Shape& shape = field.type.shape;
  const bool has_batch = !shape.empty() && shape[0] == batch;
  for (std::size_t i = has_batch ? 1 : 0; i < shape.size(); ++i) sizes.push_back(size_word(shape[i], batch));
  if (with_name) words.push_back("name = " + lua_text(field.name));
  words.push_back("shape = " + lua_list(sizes));
  if (field.type.dtype != DType::float32) words.push_back("dtype = " + lua_text(name(field.type.dtype)));
  if (field.label) words.emplace_back("label = true");
  if (!has_batch) words.emplace_back("batch = false");
  return lua_list(words);
}

// In the order in which `g:input` sorts fields by name.
bool is_sorted(const InputSpec& spec) {
  const auto rank = [](const Field& field) { return std::pair(field.label, field.name); };
  return std::ranges::is_sorted(spec.fields, std::ranges::less_equal{}, rank) || spec.fields.size() == 1;
}

std::string input_text(const Node& input, LuaNames& taken, std::map<int, std::string>& called) {
  const InputSpec& spec = *input.input_spec();
  const bool by_name = is_sorted(spec);
  const bool has_table = spec.fields.size() > kMostFields;
  const Dim batch = batch_of(spec);
  std::vector<std::string> names, fields;
  for (std::size_t i = 0; i < spec.fields.size(); ++i) {
    const Field& field = spec.fields[i];
    // What functions call the values that flow through them.
    const bool flows = kFlowingNames.contains(field.name);
    const std::string wanted = !flows                    ? field.name
                               : spec.fields.size() == 1 ? "input"
                                                         : "input_" + field.name;
    const std::string own = has_table ? fmt::format("fields[{}]", i + 1) : taken.add(wanted);
    called[static_cast<int>(i)] = own;
    names.push_back(own);
    fields.push_back((by_name ? lua_key(field.name) + " = " : "") + field_text(field, batch, !by_name));
  }
  std::string text;
  if (batch.known()) text += fmt::format("g:assume {{ {} = {} }}\n", kBatch, batch.value());
  const std::string call = fields.size() == 1
                               ? fmt::format("g:input {}", lua_list(fields))
                               : fmt::format("g:input {{\n  {},\n}}", fmt::join(fields, ",\n  "));
  if (has_table) return text + fmt::format("local fields = {{ {} }}\n", call);
  text += fmt::format("local {} = {}\n", fmt::join(names, ", "), call);
  return input.name() == "input" ? text
                                 : text + fmt::format("{}:named {}\n", names[0], lua_text(input.name()));
}

// What follows the graph: the weights, before the last line, which returns.
std::string with_weights(std::string script, const std::string& file) {
  if (file.empty()) return script;
  const std::size_t last = script.rfind("return g");
  script.insert(last, fmt::format("orrery.load_weights(g, {})\n", lua_text(file)));
  return script;
}

}  // namespace

std::string lua_code(const Graph& graph, const LuaCodeOptions& options) {
  const ModuleTree tree(
      graph, [](const Node&) { return true; }, ModuleTree::Kind::closing);
  require_lua(graph, tree);
  LuaNames names({"orrery", "nn", "g", "v", "layers", "blocks", "fields", "i", "_", "math", "tostring"});
  std::map<int, std::string> fields;
  std::string text = "local g = orrery.graph " + lua_text(graph.name()) + "\n";
  if (const Node* input = graph.input_node()) text += input_text(*input, names, fields);
  const LuaLayers layers(graph, tree, names);
  LuaFile file{graph, tree, layers, names, std::move(fields), {}};
  const LuaFunctions functions = lua_functions(file);
  text += "\n" + with_weights(lua_script(file, functions), options.weights);
  const bool uses_layers = text.find("nn.") != std::string::npos || text.find("nn[") != std::string::npos;
  return std::string("local orrery = require \"orrery\"\n") + (uses_layers ? "local nn = orrery.nn\n" : "") +
         "\n" + text;
}

}  // namespace orrery
