#include "runtime/codegen/lua_writer.h"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/codegen/lua_makers.h"
#include "runtime/codegen/lua_words.h"
#include "runtime/core/error.h"

namespace orrery {

LuaWriter::LuaWriter(const LuaFile& file, const Block& module, int depth)
    : file_(file),
      tree_(file.tree),
      module_(module),
      units_(file.tree.units(module)),
      around_(file.graph, file.tree, module),
      values_(file.names, depth),
      depth_(depth) {}

LuaFunction LuaWriter::write() {
  find_readings();
  name_parameters();
  declare_layers();
  write_units();
  finish();
  return {&module_, std::move(parameters_), std::move(lines_)};
}

void LuaWriter::find_readings() {
  std::vector<Value> known = tree_.inputs(module_);
  for (int at = 0; at < static_cast<int>(units_.size()); ++at) {
    const ModuleTree::Unit& unit = units_[static_cast<std::size_t>(at)];
    for (const Value& value : around_.read_by(unit)) values_.read(value, at);
    if (unit.node) measure_sizes(*unit.node, known, at);
    std::ranges::copy(tree_.given_by(unit), std::back_inserter(known));
  }
  for (const Value& value : around_.results()) values_.read(value, LuaValues::kAtEnd);
  for (const Node* state : around_.states())
    values_.keep(output_of(*state)), values_.keep(state->state()->next);
  for (const Block* block : around_.groups())
    for (const Node* node : block->all_nodes()) values_.keep(output_of(*node));
}

void LuaWriter::measure_sizes(const Node& node, const std::vector<Value>& known, int at) {
  for (const Dim& size : sizes_told(node))
    size_words(size, known, [&](const Value& value, int) {
      if (is_root() || value.node->kind() != Node::Kind::input) values_.measure(value, at);
      return std::string();
    });
}

// The fields of the input are known to every function.
std::optional<std::string> LuaWriter::size_words(const Dim& size, std::vector<Value> known,
                                                 const ReadSize& read) const {
  for (const auto& [output, name] : file_.fields) known.push_back({file_.graph.input_node(), output});
  return size_text(size, known, read, [](const std::string& above, const std::string& below) {
    return fmt::format("({}):floor_div({})", above, below);
  });
}

std::string LuaWriter::size_text_of(const Dim& size, std::set<std::string>& reads) const {
  const auto words = size_words(size, values_.named(), [&](const Value& value, int dim) {
    const std::string& name = values_.has_name(value) ? values_.name(value) : file_.fields.at(value.output);
    reads.insert(name);
    return fmt::format("{}:size({})", name, dim);
  });
  invariant(words.has_value(), "a function of Lua knows the sizes that its nodes tell");
  return *words;
}

void LuaWriter::name_parameters() {
  if (is_root()) {
    if (const Node* input = file_.graph.input_node()) names_.insert(input->name());
    for (const auto& [output, name] : file_.fields) values_.give({file_.graph.input_node(), output}, name);
    return;
  }
  const std::vector<Value> inputs = tree_.inputs(module_);
  for (const Value& value : inputs) {
    const std::string port = inputs.size() == 1 ? "" : around_.port_of(value);
    parameters_.push_back(values_.add_parameter(port.empty() ? values_.flowing() : port));
    values_.give(value, parameters_.back());
  }
}

void LuaWriter::declare_layers() {
  for (const LayerPtr& layer : file_.layers.made_by(module_)) {
    const std::string name = file_.layers.name(*layer);
    const bool is_usual = layer->name() == layer->descriptor().default_node_name();
    lines_.push_back({.variable = name,
                      .declares = name.find('.') == std::string::npos,
                      .pieces = lua_layer(*layer, is_usual ? "" : layer->name(), file_.layers.ties(*layer))});
    if (!is_root()) values_.fix(name);
  }
  if (!lines_.empty()) lines_.back().ends_part = true;
}

// The name that a node has to be given: none where it gets the right one by itself, or cannot have it
// before it has moved into its group.
std::string LuaWriter::name_to_give(const std::string& usual, const Node& node) {
  const std::string own = names_.free_name(usual);
  if (own != node.name() && names_.contains(node.name())) named_later_.insert(&node);
  const bool give = own != node.name() && !named_later_.contains(&node);
  names_.insert(give ? node.name() : own);
  return give ? node.name() : std::string();
}

void LuaWriter::write_units() {
  for (at_ = 0; at_ < static_cast<int>(units_.size()); ++at_) write(units_[static_cast<std::size_t>(at_)]);
  at_ = LuaValues::kAtEnd;
}

void LuaWriter::write(const ModuleTree::Unit& unit) {
  if (unit.block) return is_loop(*unit.block) ? write_loop(*unit.block) : write_call(*unit.block);
  const Node& node = *unit.node;
  if (node.kind() == Node::Kind::input) return;
  if (node.kind() == Node::Kind::constant) return write_constant(node);
  if (node.descriptor()->loop == Descriptor::LoopEnd::none) return write_operation(node);
  names_.insert(node.name());
}

void LuaWriter::write_constant(const Node& node) {
  const std::string shared = file_.layers.tensor_of(node);
  const bool is_named = shared.empty() && (node.state() || node.is_parameter());
  const char* usual = shared.empty() || !node.constant()->trainable ? "constant" : "parameter";
  const std::string name = name_to_give(is_named ? node.name() : usual, node);
  flush();
  assign(output_of(node), {.expression = {lua_constant(node, name, shared)}}, at_ + 1);
}

void LuaWriter::write_operation(const Node& node) {
  const bool is_made_here = node.layer() && file_.layers.name(*node.layer()).empty();
  const auto folded = fold(row_.foldable(open_inputs(node), !is_made_here, true));
  LuaMade made{.makes_layers = is_made_here};
  const LuaScope scope = scope_of(folded, made);
  made.expression = node.layer() ? applied(node, scope, is_made_here) : transformed(node, scope);
  give_result(tree_.given_by({.node = &node}), std::move(made));
}

LuaExpression LuaWriter::transformed(const Node& node, const LuaScope& scope) {
  return lua_transform(node, scope, name_to_give(node.descriptor()->default_node_name(), node));
}

// A layer is called by its name, unless this is the only place that applies it.
LuaExpression LuaWriter::applied(const Node& node, const LuaScope& scope, bool is_made_here) {
  const Layer& layer = *node.layer();
  const std::string usual = is_made_here ? node.descriptor()->default_node_name() : layer.name();
  const std::string name = name_to_give(usual, node);
  if (is_made_here) return lua_application(node, scope, lua_layer(layer, name, file_.layers.ties(layer)));
  LuaExpression result = lua_application(node, scope, lua_plain(file_.layers.name(layer)));
  if (!name.empty() && node.outputs().size() == 1) result.pieces += ":named " + lua_text(name);
  return result;
}

void LuaWriter::write_call(const Block& block) {
  const Block& first = tree_.first_call(block);
  const std::vector<Value> inputs = tree_.inputs(block);
  const auto folded = fold(inputs.size() == 1 ? row_.foldable(inputs, true, false) : 0);
  LuaMade made{.makes_layers = true, .is_block = true};
  const LuaScope scope = scope_of(folded, made);
  LuaPieces pieces = called(block, first);
  names_.insert(names_.free_name(lua_block_name(first)));
  pieces += "(";
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (i > 0) pieces += ", ";
    pieces += scope.value(inputs[i]).pieces;
  }
  pieces += ")";
  made.expression = {std::move(pieces)};
  give_result(tree_.outputs(block), std::move(made));
}

// The function of a block: what makes it, or, where it is called several times, its name.
LuaPieces LuaWriter::called(const Block& block, const Block& first) {
  const auto known = shared_.find(&first);
  if (known != shared_.end()) return lua_plain(known->second + ":shared()");
  LuaPiece piece = file_.function(block);
  piece.behind = around_.steering_of(block);
  piece.text = values_.add_fixed(is_lua_name(block.name()) ? block.name() : "block_" + block.name());
  const bool again = std::ranges::any_of(units_, [&](const ModuleTree::Unit& unit) {
    return unit.block && unit.block != &block && &tree_.first_call(*unit.block) == &first;
  });
  if (!again) return {std::move(piece)};
  const std::string name = shared_[&first] = piece.text;
  lines_.push_back({.variable = name, .declares = true, .pieces = {std::move(piece)}});
  return lua_plain(name);
}

}  // namespace orrery
