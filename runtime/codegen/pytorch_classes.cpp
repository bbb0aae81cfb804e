#include "runtime/codegen/pytorch_classes.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/counted_names.h"
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

// The options of equal modules, side by side.
SharedOptions options_of(const std::vector<PytorchModule>& group) {
  std::vector<ArgumentRow> rows;
  for (const PytorchModule& module : group) rows.push_back(arguments_of(module));
  return {std::move(rows), {"self"}};
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
    const std::map<const Block*, int> heights = tree_.heights();
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
    const SharedOptions options = options_of(group);
    const std::string name = free_name(*group[0].block);
    for (std::size_t at = 0; at < group.size(); ++at) makers_[group[at].block] = {name, options.of(at)};
    PytorchModule module = std::move(group[0]);
    std::size_t next = 0;
    for (PytorchMember& member : module.members)
      member.maker = with_arguments(member.maker, [&] { return options.within(next++); });
    std::vector<CodeParameter> parameters = options.parameters();
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
