#include "runtime/codegen/pytorch_classes.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/python_words.h"

namespace orrery {
namespace {

using ArgumentRow = std::vector<PytorchArgument>;

ArgumentRow arguments_of(const PytorchModule& module) {
  ArgumentRow all;
  for (const PytorchMember& member : module.members)
    for (PytorchArgument& argument : arguments_of(member.maker)) all.push_back(std::move(argument));
  return all;
}

std::string shape_of(const PytorchMaker& maker) {
  std::string text = maker.callee + "(";
  for (const PytorchArgument& argument : maker.arguments) text += argument.name + ",";
  for (const PytorchMaker& part : maker.parts) text += shape_of(part);
  return text + ")";
}

// All but the values of its members' options.
std::string shape_of(const PytorchModule& module) {
  std::string text;
  for (const PytorchMember& member : module.members)
    text += fmt::format("{}={}\n", fmt::join(member.path, "\1"), shape_of(member.maker));
  return text + fmt::format("{}\n{}\n{}", fmt::join(module.tensors, "\n"),
                            fmt::join(module.forward.parameters, ","),
                            fmt::join(module.forward.statements, "\n"));
}

// `layer1` of `layer1_2`.
std::string without_count(const std::string& name) {
  const std::size_t end = name.find_last_not_of("0123456789");
  const bool counted = end != std::string::npos && end + 1 < name.size() && end > 0 && name[end] == '_';
  return counted ? name.substr(0, end) : name;
}

// Options of equal modules, side by side: the values of one option in each of them.
class Options {
 public:
  explicit Options(const std::vector<PytorchModule>& group) {
    for (const PytorchModule& module : group) rows_.push_back(arguments_of(module));
    for (std::size_t at = 0; at < rows_[0].size(); ++at) place(at);
    for (PytorchClass::Parameter& parameter : parameters_)
      parameter.usual = usual_of(static_cast<int>(&parameter - parameters_.data()));
  }

  const std::vector<PytorchClass::Parameter>& parameters() const { return parameters_; }

  /// Of the first module, with the parameters' names.
  PytorchArgument within(std::size_t at) const {
    PytorchArgument argument = rows_[0][at];
    if (parameter_of_[at] < 0) return argument;
    argument.text = parameters_[static_cast<std::size_t>(parameter_of_[at])].name;
    argument.is_usual = false;
    return argument;
  }

  /// What makes the nth module: its values of the parameters.
  ArgumentRow of(std::size_t module) const {
    ArgumentRow all;
    for (std::size_t p = 0; p < parameters_.size(); ++p) {
      const std::string& value = rows_[module][first_of(static_cast<int>(p))].text;
      all.push_back({parameters_[p].name, value, !parameters_[p].usual, value == parameters_[p].usual});
    }
    // A person gives what has no default first.
    std::ranges::stable_partition(all, [](const PytorchArgument& argument) { return argument.by_place; });
    return all;
  }

 private:
  std::vector<std::string> column(std::size_t at) const {
    std::vector<std::string> values;
    for (const ArgumentRow& row : rows_) values.push_back(row[at].text);
    return values;
  }

  void place(std::size_t at) {
    const std::vector<std::string> values = column(at);
    parameter_of_.push_back(-1);
    if (std::ranges::count(values, values[0]) == std::ssize(values)) return;
    const auto known = columns_.try_emplace(values, static_cast<int>(parameters_.size()));
    parameter_of_[at] = known.first->second;
    if (known.second) parameters_.push_back({names_.add(rows_[0][at].name), {}});
  }

  std::size_t first_of(int parameter) const {
    return static_cast<std::size_t>(std::ranges::find(parameter_of_, parameter) - parameter_of_.begin());
  }

  // Where every option that it stands for has one and the same default, which some module has.
  std::optional<std::string> usual_of(int parameter) const {
    std::optional<std::string> usual;
    for (std::size_t at = 0; at < parameter_of_.size(); ++at) {
      if (parameter_of_[at] != parameter) continue;
      const auto row =
          std::ranges::find_if(rows_, [&](const ArgumentRow& each) { return each[at].is_usual; });
      if (row == rows_.end() || (usual && usual != (*row)[at].text)) return std::nullopt;
      usual = (*row)[at].text;
    }
    return usual;
  }

  std::vector<ArgumentRow> rows_;
  std::vector<int> parameter_of_;  // of each option; -1: it is the same in all
  std::map<std::vector<std::string>, int> columns_;
  std::vector<PytorchClass::Parameter> parameters_;
  PythonNames names_{{"self"}};
};

// How many modules stand within each other, at the most.
std::map<const Block*, int> heights_of(const ModuleTree& tree) {
  std::map<const Block*, int> heights;
  for (const Block* module : tree.modules()) {
    int height = 0;
    for (const ModuleTree::Unit& unit : tree.units(*module))
      if (unit.block && &tree.first_call(*unit.block) == unit.block)
        height = std::max(height, heights.at(unit.block) + 1);
    heights[module] = height;
  }
  return heights;
}

// Its title (`Bottleneck`), else its name; of a block with a number, the name of the block around it.
std::string name_for(const Block& block) {
  if (!block.title().empty()) return python_class_name(block.title());
  const Block* named = &block;
  while (named->parent() && is_whole_number(named->name())) named = named->parent();
  const std::string name = python_class_name(without_count(named->name().empty() ? "block" : named->name()));
  return named == &block ? name : name + "Block";
}

using Group = std::vector<PytorchModule>;

// The modules in groups that differ in their options at the most.
class Groups {
 public:
  void add(PytorchModule module) {
    const auto known = place_.try_emplace(shape_of(module), all_.size());
    if (known.second) all_.emplace_back();
    all_[known.first->second].push_back(std::move(module));
  }
  std::vector<Group>& all() { return all_; }

 private:
  std::vector<Group> all_;
  std::map<std::string, std::size_t> place_;
};

class Maker {
 public:
  Maker(const ModuleTree& tree, const std::string& name, std::set<std::string> taken)
      : tree_(tree), name_(name), taken_(std::move(taken)) {
    taken_.insert(name);
  }

  // From those that have no modules within them to the whole model.
  std::vector<PytorchClass> make() {
    const std::map<const Block*, int> heights = heights_of(tree_);
    const int highest = heights.at(&root());
    for (int height = 0; height <= highest; ++height) {
      Groups groups;
      for (const Block* block : tree_.modules())
        if (heights.at(block) == height) look_over(*block, groups);
      for (Group& group : groups.all()) add_class(std::move(group));
    }
    return std::move(classes_);
  }

 private:
  const Block& root() const { return *tree_.modules().back(); }

  void look_over(const Block& block, Groups& groups) {
    PytorchModule module = pytorch_module(
        tree_, block, [&](const Block& inner) -> const PytorchMaker& { return makers_.at(&inner); },
        [&](const Block& inner) { return lists_.contains(&inner); });
    if (module.is_list()) lists_.insert(&block);
    if (!module.is_sequential() || &block == &root()) return groups.add(std::move(module));
    PytorchMaker& sequential = makers_[&block] = {"nn.Sequential"};
    for (PytorchMember& member : module.members) sequential.parts.push_back(std::move(member.maker));
  }

  std::string free_name(const Block& block) {
    if (&block == &root()) return name_;
    const std::string wanted = name_for(block);
    std::string name = wanted;
    for (int n = 2; !taken_.insert(name).second; ++n) name = fmt::format("{}{}", wanted, n);
    return name;
  }

  void add_class(Group group) {
    const Options options(group);
    const std::string name = free_name(*group[0].block);
    for (std::size_t at = 0; at < group.size(); ++at) makers_[group[at].block] = {name, options.of(at)};
    PytorchModule module = std::move(group[0]);
    std::size_t next = 0;
    for (PytorchMember& member : module.members)
      member.maker = with_arguments(member.maker, [&] { return options.within(next++); });
    std::vector<PytorchClass::Parameter> parameters = options.parameters();
    std::ranges::stable_partition(parameters, [](const auto& parameter) { return !parameter.usual; });
    classes_.push_back({name, std::move(parameters), std::move(module)});
  }

  const ModuleTree& tree_;
  const std::string& name_;
  std::set<std::string> taken_;
  std::vector<PytorchClass> classes_;
  std::map<const Block*, PytorchMaker> makers_;
  std::set<const Block*> lists_;
};

}  // namespace

std::vector<PytorchClass> pytorch_classes(const ModuleTree& tree, const std::string& name,
                                          const std::set<std::string>& taken) {
  return Maker(tree, name, taken).make();
}

}  // namespace orrery
