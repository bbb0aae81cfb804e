#include "runtime/codegen/forward_names.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "runtime/codegen/python_words.h"
#include "runtime/codegen/sizes.h"

namespace orrery {
namespace {

constexpr std::array kFlowingNames = {"x", "out"};
constexpr int kReadOutside = std::numeric_limits<int>::max();

bool is_flowing(const std::string& name) {
  return std::ranges::find(kFlowingNames, name) != kFlowingNames.end();
}

}  // namespace

ForwardNames::ForwardNames(const ModuleTree& tree, const Block& module, std::vector<ModuleTree::Unit> units,
                           std::set<std::string> reserved, bool reads_sizes)
    : tree_(tree), module_(module), units_(std::move(units)), reserved_(std::move(reserved)) {
  find_last_readings(reads_sizes);
  name_parameters();
}

void ForwardNames::find_last_readings(bool reads_sizes) {
  std::vector<Value> known = tree_.inputs(module_);
  for (int at = 0; at < static_cast<int>(units_.size()); ++at) {
    const ModuleTree::Unit& unit = units_[static_cast<std::size_t>(at)];
    for (const Value& value : tree_.read_by(unit)) last_[key_of(value)] = at;
    if (unit.node && reads_sizes) find_sizes(*unit.node, known, at);
    std::ranges::copy(tree_.given_by(unit), std::back_inserter(known));
  }
  for (const Value& value : tree_.outputs(module_)) last_[key_of(value)] = kReadOutside;
}

void ForwardNames::find_sizes(const Node& node, const std::vector<Value>& known, int at) {
  for (const Dim& size : sizes_told(node))
    size_text(size, known, [&](const Value& value, int) {
      last_[key_of(value)] = at;
      return std::string();
    });
}

// The fields of the graph's own input are called as they are.
void ForwardNames::name_parameters() {
  const std::vector<Value> inputs = tree_.inputs(module_);
  for (const Value& value : inputs) add_parameter(value, inputs.size() == 1 ? "x" : word_for(value));
  for (const ModuleTree::Unit& unit : units_) {
    if (!unit.node || unit.node->kind() != Node::Kind::input) continue;
    for (const Value& value : tree_.given_by(unit))
      if (last_.contains(key_of(value))) add_parameter(value, unit.node->output_name(value.output));
  }
}

void ForwardNames::add_parameter(const Value& value, const std::string& wanted) {
  const std::string name = free_name(wanted);
  give(value, name);
  parameters_.push_back({value, name});
}

// What the port is called that reads it first, where that tells more than `input`.
std::string ForwardNames::word_for(const Value& value) const {
  for (const ModuleTree::Unit& unit : units_) {
    if (!unit.node) continue;
    const auto& inputs = unit.node->inputs();
    const auto found = std::ranges::find(inputs, value);
    if (found == inputs.end()) continue;
    const Port& port = unit.node->port(static_cast<int>(found - inputs.begin()));
    const bool tells = unit.node->layer() && port.name != "input";
    return tells ? port.name : "x";
  }
  return "x";
}

// Whoever had the name before cannot be read any more.
void ForwardNames::give(const Value& value, const std::string& name) {
  const auto [holder, is_new] = holders_.try_emplace(name, value);
  if (!is_new) std::erase(known_, std::exchange(holder->second, value));
  names_[key_of(value)] = name;
  known_.push_back(value);
}

bool ForwardNames::is_live(const std::string& name) const {
  const auto holder = holders_.find(name);
  if (holder == holders_.end()) return false;
  const auto last = last_.find(key_of(holder->second));
  return last != last_.end() && last->second > at_;
}

std::string ForwardNames::free_name(const std::string& wanted) const {
  const std::string name = python_name(wanted);
  std::string free = name;
  for (int n = 2; is_live(free) || free == "_" || reserved_.contains(free); ++n)
    free = fmt::format("{}_{}", name, n);
  return free;
}

// The name of a value that is read for the last time, else the next that is free.
std::string ForwardNames::result_name() const {
  if (unit().node && unit().node->kind() == Node::Kind::constant) return free_name(unit().node->name());
  for (const Value& value : tree_.read_by(unit())) {
    const std::string& read = name(value);
    if (is_flowing(read) && !is_live(read)) return read;
  }
  for (const char* flowing : kFlowingNames)
    if (!is_live(flowing)) return flowing;
  return free_name(unit().node ? unit().node->name() : unit().block->name());
}

bool ForwardNames::next() { return ++at_ < static_cast<int>(units_.size()); }

std::vector<std::string> ForwardNames::name_results() {
  std::vector<std::string> names;
  bool first = true;
  for (const Value& value : tree_.given_by(unit())) {
    const bool is_read = last_.contains(key_of(value));
    std::string name = "_";
    if (is_read)
      name = first ? result_name() : free_name(unit().node ? unit().node->output_name(value.output) : "x");
    if (is_read) give(value, name);
    first = first && !is_read;
    names.push_back(name);
  }
  return names;
}

void ForwardNames::name_result(const std::string& expression) {
  names_[key_of(tree_.given_by(unit())[0])] = expression;
}

std::vector<std::string> ForwardNames::outputs() const {
  std::vector<std::string> names;
  for (const Value& value : tree_.outputs(module_)) names.push_back(name(value));
  return names;
}

}  // namespace orrery
