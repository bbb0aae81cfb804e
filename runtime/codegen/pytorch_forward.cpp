#include "runtime/codegen/pytorch_forward.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/python_words.h"
#include "runtime/codegen/pytorch_calls.h"
#include "runtime/codegen/sizes.h"

namespace orrery {
namespace {

using Unit = ModuleTree::Unit;
using Key = std::pair<int, int>;

Key key_of(const Value& value) { return {value.node->id(), value.output}; }

constexpr std::array kFlowing = {"x", "out"};
constexpr int kForever = std::numeric_limits<int>::max();

bool flows(const std::string& name) { return std::ranges::find(kFlowing, name) != kFlowing.end(); }

class Writer {
 public:
  Writer(const ModuleTree& tree, const Block& module, const PytorchAccess& access)
      : tree_(tree), module_(module), access_(access), units_(tree.units(module)) {}

  PytorchForward write() {
    find_last_readings();
    name_parameters();
    for (at_ = 0; at_ < static_cast<int>(units_.size()); ++at_) write(units_[static_cast<std::size_t>(at_)]);
    finish();
    return std::move(forward_);
  }

 private:
  void find_last_readings() {
    std::vector<Value> known = tree_.inputs(module_);
    for (int at = 0; at < static_cast<int>(units_.size()); ++at) {
      const Unit& unit = units_[static_cast<std::size_t>(at)];
      for (const Value& value : tree_.read_by(unit)) last_[key_of(value)] = at;
      if (unit.node) find_sizes(*unit.node, known, at);
      std::ranges::copy(tree_.given_by(unit), std::back_inserter(known));
    }
    for (const Value& value : tree_.outputs(module_)) last_[key_of(value)] = kForever;
  }

  // A value whose size is told is read, too.
  void find_sizes(const Node& node, const std::vector<Value>& known, int at) {
    for (const Dim& size : sizes_told(node))
      size_text(size, known, [&](const Value& value, int) {
        last_[key_of(value)] = at;
        return std::string();
      });
  }

  // The fields of the graph's own input are called as they are.
  void name_parameters() {
    const std::vector<Value> inputs = tree_.inputs(module_);
    for (const Value& value : inputs) add_parameter(value, inputs.size() == 1 ? "x" : word_for(value));
    for (const Unit& unit : units_) {
      if (!unit.node || unit.node->kind() != Node::Kind::input) continue;
      for (const Value& value : tree_.given_by(unit))
        if (last_.contains(key_of(value))) add_parameter(value, unit.node->output_name(value.output));
    }
  }

  // What the port is called that reads it first, where that tells more than `input`.
  std::string word_for(const Value& value) const {
    for (const Unit& unit : units_) {
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

  void add_parameter(const Value& value, const std::string& wanted) {
    const std::string name = free_name(wanted);
    give(value, name);
    forward_.parameters.push_back(name);
    forward_.reads.push_back(value);
  }

  // Whoever had the name before cannot be read any more.
  void give(const Value& value, const std::string& name) {
    std::erase_if(known_, [&](const Value& other) { return names_.at(key_of(other)) == name; });
    names_[key_of(value)] = name;
    known_.push_back(value);
  }

  bool is_live(const std::string& name) const {
    return std::ranges::any_of(names_, [&](const auto& entry) {
      const auto last = last_.find(entry.first);
      return entry.second == name && last != last_.end() && last->second > at_;
    });
  }

  std::string free_name(const std::string& wanted) const {
    const std::string name = python_name(wanted);
    std::string free = name;
    for (int n = 2; is_live(free) || is_reserved(free); ++n) free = fmt::format("{}_{}", name, n);
    return free;
  }

  static bool is_reserved(const std::string& name) {
    return name == "self" || name == "torch" || name == "nn" || name == "F" || name == "_";
  }

  // The name of a value that is read for the last time, else the next that is free.
  std::string result_name(const Unit& unit) const {
    for (const Value& value : tree_.read_by(unit)) {
      const std::string& name = names_.at(key_of(value));
      if (flows(name) && !is_live(name)) return name;
    }
    for (const char* name : kFlowing)
      if (!is_live(name)) return name;
    return free_name(unit.node ? unit.node->name() : unit.block->name());
  }

  std::vector<std::string> name_results(const Unit& unit) {
    std::vector<std::string> names;
    bool first = true;
    for (const Value& value : tree_.given_by(unit)) {
      const bool is_read = last_.contains(key_of(value));
      std::string name = "_";
      if (is_read)
        name = first ? result_name(unit) : free_name(unit.node ? unit.node->output_name(value.output) : "x");
      if (is_read) give(value, name);
      first = first && !is_read;
      names.push_back(name);
    }
    return names;
  }

  std::string expression(const Unit& unit) const {
    if (unit.block) {
      std::vector<std::string> read;
      for (const Value& value : tree_.read_by(unit)) read.push_back(names_.at(key_of(value)));
      return fmt::format("{}({})", access_.module(tree_.first_call(*unit.block)), fmt::join(read, ", "));
    }
    PytorchScope scope{[&](const Value& value) { return names_.at(key_of(value)); }, known_, {}};
    if (!known_.empty()) scope.device = names_.at(key_of(known_.front())) + ".device";
    return pytorch_call(*unit.node, scope, unit.node->layer() ? access_.node(*unit.node) : std::string());
  }

  void write(const Unit& unit) {
    if (unit.node && unit.node->kind() == Node::Kind::input) return;
    if (unit.node && unit.node->kind() == Node::Kind::constant) {
      names_[{unit.node->id(), 0}] = access_.node(*unit.node);
      return;
    }
    const std::string value = expression(unit);
    const std::vector<std::string> names = name_results(unit);
    const std::string targets =
        unit.node ? pytorch_targets(*unit.node, names) : fmt::format("{}", fmt::join(names, ", "));
    const auto read = tree_.read_by(unit);
    if (forward_.statements.empty()) chain_ = tree_.inputs(module_).size() == 1;
    chain_ = chain_ && (unit.block || unit.node->layer()) && read.size() == 1 && names.size() == 1 &&
             targets == "x" && read[0] == (forward_.statements.empty() ? tree_.inputs(module_)[0] : made_);
    if (names.size() == 1) made_ = tree_.given_by(unit)[0];
    forward_.statements.push_back(fmt::format("{} = {}", targets, value));
  }

  void finish() {
    std::vector<std::string> names;
    forward_.gives = tree_.outputs(module_);
    for (const Value& value : forward_.gives) names.push_back(names_.at(key_of(value)));
    const std::string result = fmt::format("{}", fmt::join(names, ", "));
    forward_.is_chain = chain_ && names.size() == 1 && forward_.parameters.size() == 1 &&
                        !forward_.statements.empty() && tree_.outputs(module_)[0] == made_;
    if (!forward_.statements.empty() && forward_.statements.back().starts_with(result + " = "))
      forward_.statements.back() = "return " + forward_.statements.back().substr(result.size() + 3);
    else
      forward_.statements.push_back("return " + result);
  }

  const ModuleTree& tree_;
  const Block& module_;
  const PytorchAccess& access_;
  const std::vector<Unit>& units_;
  std::map<Key, int> last_;
  std::map<Key, std::string> names_;
  std::vector<Value> known_;
  PytorchForward forward_;
  Value made_;
  bool chain_ = true;
  int at_ = -1;
};

}  // namespace

PytorchForward pytorch_forward(const ModuleTree& tree, const Block& module, const PytorchAccess& access) {
  return Writer(tree, module, access).write();
}

}  // namespace orrery
