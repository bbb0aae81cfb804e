#include "runtime/codegen/block_functions.h"

#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/forward_names.h"
#include "runtime/codegen/shared_layers.h"

namespace orrery {
namespace {

using Unit = ModuleTree::Unit;
using Blocks = std::set<const Block*>;

// What a call of a block's function has to say beside the values.
struct Callee {
  std::string name;
  std::vector<CodeArgument> options;
  bool is_named = false;
};

std::string function_shape(const CodeCall& call) {
  std::string text = call.head + "(";
  for (const CodeArgument& argument : call.arguments)
    text += fmt::format("{}={},", argument.name, argument.is_option ? "" : argument.text);
  return text + ")" + call.tail;
}

// All but the values of the options.
std::string function_shape(const BlockFunction& function) {
  std::string text = fmt::format("{}|{}|{}\n", fmt::join(function.values, ","), fmt::join(function.made, ","),
                                 fmt::join(function.results, ","));
  for (const CodeStatement& statement : function.statements)
    text += fmt::format("{}={}\n", statement.targets, function_shape(statement.call));
  return text;
}

template <class Visit>
void visit_options(BlockFunction& function, Visit visit) {
  for (CodeStatement& statement : function.statements)
    for (CodeArgument& argument : statement.call.arguments)
      if (argument.is_option) visit(argument);
}

SharedOptions::Row function_options(BlockFunction& function) {
  SharedOptions::Row row;
  visit_options(function, [&](const CodeArgument& argument) { row.push_back(argument); });
  return row;
}

// `building_block` of `Building block` or `BuildingBlock`.
std::string function_name(const std::string& words) {
  std::string name;
  for (const char c : words) {
    const bool is_upper = std::isupper(static_cast<unsigned char>(c)) != 0;
    const bool begins =
        is_upper && !name.empty() && std::islower(static_cast<unsigned char>(name.back())) != 0;
    if (begins) name += '_';
    const bool is_sign = std::isalnum(static_cast<unsigned char>(c)) == 0;
    if (is_sign && (name.empty() || name.back() == '_')) continue;
    name += is_sign ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  return python_name(name.empty() ? "block" : name);
}

// `layer1` of `layer1_2`.
std::string without_ending(const std::string& name) {
  const std::size_t end = name.find_last_not_of("0123456789");
  return end != std::string::npos && end > 0 && end + 1 < name.size() && name[end] == '_'
             ? name.substr(0, end)
             : name;
}

// Its title, else its name; of a block with a number the name of the block around it.
std::string name_of_function_of(const Block& block) {
  if (!block.title().empty()) return function_name(block.title());
  const Block* named = &block;
  while (named->parent() && is_whole_number(named->name())) named = named->parent();
  const std::string name = function_name(without_ending(named->name()));
  return named == &block ? name : name + "_block";
}

bool is_called_once(const ModuleTree& tree, const Block& block) {
  int calls = 0;
  for (const Block* module : tree.modules())
    for (const Unit& unit : tree.units(*module))
      if (unit.block && &tree.first_call(*unit.block) == &block) ++calls;
  return calls == 1;
}

// Blocks that only make something: a table of positions.
Blocks without_inputs(const ModuleTree& tree) {
  Blocks found;
  for (const Block* module : tree.modules())
    if (module->parent() && tree.inputs(*module).empty() && is_called_once(tree, *module))
      found.insert(module);
  return found;
}

// Writes one block's function.
class FunctionWriter {
 public:
  FunctionWriter(const ModuleTree& tree, const FunctionLanguage& language, const SharedLayers& shared,
                 const std::map<const Block*, Callee>& callees, std::set<std::string>& helpers)
      : tree_(tree), language_(language), shared_(shared), callees_(callees), helpers_(helpers) {}

  BlockFunction write(const Block& block, std::vector<Unit> units, std::set<std::string> reserved) {
    block_ = &block;
    function_.block = &block;
    name_layers(units, reserved);
    ForwardNames values(tree_, block, std::move(units), std::move(reserved), true);
    for (const ForwardNames::Given& given : values.parameters()) add_parameter(given);
    while (values.next()) write(values);
    function_.results = values.outputs();
    return std::move(function_);
  }

 private:
  bool is_root() const { return !block_->parent(); }

  // The variables of layers that stand apart from where they are applied.
  void name_layers(const std::vector<Unit>& units, std::set<std::string>& reserved) {
    std::set<std::string> taken = reserved;
    taken.insert({"x", "out"});
    for (const Unit& unit : units)
      if (unit.node && unit.node->kind() == Node::Kind::input)
        for (const Field& field : unit.node->input_spec()->fields) taken.insert(python_name(field.name));
    PythonNames free(taken);
    for (const Layer* layer : shared_.within(*block_)) {
      variables_[layer] = free.add(shared_.name(*layer));
      reserved.insert(variables_[layer]);
      if (!shared_.is_made_in(*layer, *block_)) function_.made.push_back(variables_[layer]);
    }
  }

  void add_parameter(const ForwardNames::Given& given) {
    function_.values.push_back(given.name);
    if (given.value.node->kind() != Node::Kind::input || !is_root()) return;
    if (auto said = language_.input(given.value, given.name))
      function_.statements.push_back(std::move(*said));
  }

  void write(ForwardNames& values) {
    const Unit& unit = values.unit();
    if (unit.node && unit.node->kind() == Node::Kind::input) return;
    for (const Layer* layer : shared_.used_by(unit, tree_)) make(*layer);
    CodeCall call = unit.node ? node_call(*unit.node, values) : block_call(*unit.block, values);
    const std::vector<std::string> names = values.name_results();
    std::string targets =
        unit.node ? language_.targets(*unit.node, names) : fmt::format("{}", fmt::join(names, ", "));
    if (call.arguments.empty() && targets == call.head) return;
    function_.statements.push_back({std::move(targets), std::move(call)});
  }

  // Before its first use.
  void make(const Layer& layer) {
    if (!shared_.is_made_in(layer, *block_) || !made_.insert(&layer).second) return;
    const Node& owner = shared_.owner(layer);
    CallScope scope{{}, {}, language_.name_of(owner, *block_), {}, {}, &helpers_};
    function_.statements.push_back({variables_.at(&layer), language_.layer(owner, scope)});
    function_.is_named = !is_root();
  }

  CodeCall node_call(const Node& node, const ForwardNames& values) {
    CallScope scope{
        [&](const Value& value) { return values.name(value); }, values.known(), {}, {}, {}, &helpers_};
    if (const auto made = variables_.find(node.layer().get()); made != variables_.end())
      scope.made = made->second;
    if (const Layer* embedding = shared_.tied_embedding(node)) scope.tied = variables_.at(embedding);
    const bool owns =
        node.kind() == Node::Kind::constant || (node.layer() && !node.layer()->parameters().empty());
    if (owns && scope.made.empty() && scope.tied.empty()) {
      scope.layer_name = language_.name_of(node, *block_);
      function_.is_named = !is_root();
    }
    return language_.call(node, scope);
  }

  CodeCall block_call(const Block& block, const ForwardNames& values) {
    const Block& first = tree_.first_call(block);
    const Callee& callee = callees_.at(&first);
    CodeCall call{callee.name + "("};
    for (const Value& value : tree_.inputs(block)) call.arguments.push_back({{}, values.name(value), true});
    for (const Layer* layer : shared_.borrowed_by(first))
      call.arguments.push_back({{}, variables_.at(layer), true});
    for (CodeArgument option : callee.options) {
      option.is_option = true;
      call.arguments.push_back(std::move(option));
    }
    if (callee.is_named) add_name(call, block);
    call.tail = ")";
    return call;
  }

  void add_name(CodeCall& call, const Block& block) {
    const bool is_first = language_.name_stands_first();
    call.arguments.insert(is_first ? call.arguments.begin() : call.arguments.end(),
                          CodeArgument{"name", language_.name_of(block, *block_), is_first});
    function_.is_named = !is_root();
  }

  const ModuleTree& tree_;
  const FunctionLanguage& language_;
  const SharedLayers& shared_;
  const std::map<const Block*, Callee>& callees_;
  std::set<std::string>& helpers_;
  const Block* block_ = nullptr;
  BlockFunction function_;
  std::map<const Layer*, std::string> variables_;
  std::set<const Layer*> made_;
};

// All functions, with some blocks written where they are called.
class FunctionMaker {
 public:
  FunctionMaker(const ModuleTree& tree, const FunctionLanguage& language, std::string name,
                std::set<std::string> taken, std::set<std::string>& helpers, Blocks inlined)
      : tree_(tree),
        language_(language),
        name_(std::move(name)),
        taken_(std::move(taken)),
        helpers_(helpers),
        inlined_(std::move(inlined)),
        shared_(tree, inlined_) {
    taken_.insert(name_);
  }

  void make() {
    find_heights();
    for (int height = 0; height <= heights_.at(&root()); ++height) {
      std::map<std::string, std::size_t> places;
      std::vector<std::vector<BlockFunction>> groups;
      for (const Block* block : tree_.modules()) {
        if (inlined_.contains(block) || heights_.at(block) != height) continue;
        FunctionWriter writer(tree_, language_, shared_, callees_, helpers_);
        BlockFunction function = writer.write(*block, units_of(*block), taken_);
        const auto place = places.try_emplace(function_shape(function), groups.size());
        if (place.second) groups.emplace_back();
        groups[place.first->second].push_back(std::move(function));
      }
      for (auto& group : groups) add(std::move(group));
    }
  }

  const std::vector<BlockFunction>& functions() const { return functions_; }

  /// The blocks that are better read where they are called: short rows of others with numbers; where there
  /// are no more, those that one place of the text calls and that are not long.
  Blocks better_in_place() const {
    Blocks rows = blocks_where([&](const BlockFunction& function) { return is_short_row(*function.block); });
    if (!rows.empty()) return rows;
    std::map<std::string, int> calls;
    for (const BlockFunction& function : functions_)
      for (const CodeStatement& statement : function.statements)
        ++calls[statement.call.head.substr(0, statement.call.head.find('('))];
    return blocks_where(
        [&](const BlockFunction& function) { return calls[function.name] == 1 && !is_long(function); });
  }

 private:
  static constexpr std::size_t kLong = 10, kShortRow = 3;

  const Block& root() const { return *tree_.modules().back(); }

  template <class Test>
  Blocks blocks_where(Test test) const {
    Blocks found;
    for (std::size_t at = 0; at < functions_.size(); ++at)
      if (functions_[at].block != &root() && test(functions_[at]))
        found.insert(blocks_[at].begin(), blocks_[at].end());
    return found;
  }

  bool only_calls(const Block& block) const {
    return std::ranges::all_of(units_of(block), [](const Unit& unit) { return unit.block != nullptr; });
  }

  bool is_long(const BlockFunction& function) const {
    return function.statements.size() > kLong && !only_calls(*function.block);
  }

  // Called once itself: what several calls share has to stay.
  bool is_short_row(const Block& block) const {
    const std::vector<Unit> units = units_of(block);
    const auto is_number = [](const Unit& unit) { return unit.block && is_whole_number(unit.block->name()); };
    return units.size() <= kShortRow && std::ranges::all_of(units, is_number) && is_called_once(tree_, block);
  }

  void append(const Block& block, std::vector<Unit>& units) const {
    for (const Unit& unit : tree_.units(block)) {
      if (unit.block && &tree_.first_call(*unit.block) == unit.block && inlined_.contains(unit.block))
        append(*unit.block, units);
      else
        units.push_back(unit);
    }
  }

  std::vector<Unit> units_of(const Block& block) const {
    std::vector<Unit> units;
    append(block, units);
    return units;
  }

  // How many functions call each other within a block's, at the most.
  void find_heights() {
    for (const Block* block : tree_.modules()) {
      int height = 0;
      for (const Unit& unit : tree_.units(*block)) {
        if (!unit.block) continue;
        const Block& first = tree_.first_call(*unit.block);
        if (heights_.contains(&first))
          height = std::max(height, heights_.at(&first) + (inlined_.contains(&first) ? 0 : 1));
      }
      heights_[block] = height;
    }
  }

  std::string free_name(const Block& block) {
    if (&block == &root()) return name_;
    std::string wanted = name_of_function_of(block);
    if (wanted == "x" || wanted == "out") wanted += "_block";  // values are called so
    std::string name = wanted;
    for (int n = 2; !taken_.insert(name).second; ++n) name = fmt::format("{}_{}", wanted, n);
    return name;
  }

  // Names that stand in the functions' text: no option may be called so.
  static std::set<std::string> words_of(const BlockFunction& function) {
    std::set<std::string> words{"name"};
    words.insert(function.values.begin(), function.values.end());
    words.insert(function.made.begin(), function.made.end());
    for (const CodeStatement& statement : function.statements) {
      for (std::size_t begin = 0; begin < statement.targets.size();) {
        const std::size_t end = std::min(statement.targets.find(", ", begin), statement.targets.size());
        words.insert(statement.targets.substr(begin, end - begin));
        begin = end + 2;
      }
      words.insert(statement.call.head.substr(0, statement.call.head.find('(')));
    }
    return words;
  }

  void add(std::vector<BlockFunction> group) {
    std::vector<SharedOptions::Row> rows;
    for (BlockFunction& function : group) rows.push_back(function_options(function));
    const SharedOptions options(std::move(rows), words_of(group[0]));
    const std::string name = free_name(*group[0].block);
    blocks_.emplace_back();
    for (std::size_t at = 0; at < group.size(); ++at) {
      callees_[group[at].block] = {name, options.of(at), group[at].is_named};
      blocks_.back().insert(group[at].block);
    }
    BlockFunction function = std::move(group[0]);
    std::size_t next = 0;
    visit_options(function, [&](CodeArgument& argument) { argument = options.within(next++); });
    function.name = name;
    function.parameters = options.parameters();
    std::ranges::stable_partition(function.parameters,
                                  [](const CodeParameter& parameter) { return !parameter.usual; });
    functions_.push_back(std::move(function));
  }

  const ModuleTree& tree_;
  const FunctionLanguage& language_;
  std::string name_;
  std::set<std::string> taken_;
  std::set<std::string>& helpers_;
  Blocks inlined_;
  SharedLayers shared_;
  std::map<const Block*, int> heights_;
  std::map<const Block*, Callee> callees_;
  std::vector<BlockFunction> functions_;
  std::vector<Blocks> blocks_;  // of each function
};

}  // namespace

std::vector<BlockFunction> block_functions(const ModuleTree& tree, const FunctionLanguage& language,
                                           const std::string& name, std::set<std::string> taken,
                                           std::set<std::string>& helpers) {
  Blocks inlined = without_inputs(tree);
  while (true) {
    std::set<std::string> called;
    FunctionMaker maker(tree, language, name, taken, called, inlined);
    maker.make();
    const Blocks more = maker.better_in_place();
    if (more.empty()) {
      helpers.insert(called.begin(), called.end());
      return maker.functions();
    }
    inlined.insert(more.begin(), more.end());
  }
}

}  // namespace orrery
