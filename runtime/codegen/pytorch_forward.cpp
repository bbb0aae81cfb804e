#include "runtime/codegen/pytorch_forward.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/forward_names.h"
#include "runtime/codegen/pytorch_calls.h"

namespace orrery {
namespace {

using Unit = ModuleTree::Unit;

class Writer {
 public:
  Writer(const ModuleTree& tree, const Block& module, const PytorchAccess& access)
      : tree_(tree),
        module_(module),
        access_(access),
        names_(tree, module, tree.units(module), {"self", "torch", "nn", "F"}, true) {}

  PytorchForward write() {
    for (const ForwardNames::Given& given : names_.parameters()) {
      forward_.parameters.push_back(given.name);
      forward_.reads.push_back(given.value);
    }
    while (names_.next()) write(names_.unit());
    finish();
    return std::move(forward_);
  }

 private:
  std::string expression(const Unit& unit) const {
    if (unit.block) {
      std::vector<std::string> read;
      for (const Value& value : tree_.read_by(unit)) read.push_back(names_.name(value));
      return fmt::format("{}({})", access_.module(tree_.first_call(*unit.block)), fmt::join(read, ", "));
    }
    PytorchScope scope{[&](const Value& value) { return names_.name(value); }, names_.known(), {}};
    if (!scope.known.empty()) scope.device = names_.name(scope.known.front()) + ".device";
    return pytorch_call(*unit.node, scope, unit.node->layer() ? access_.node(*unit.node) : std::string());
  }

  void write(const Unit& unit) {
    if (unit.node && unit.node->kind() == Node::Kind::input) return;
    if (unit.node && unit.node->kind() == Node::Kind::constant)
      return names_.name_result(access_.node(*unit.node));
    const std::string value = expression(unit);
    const std::vector<std::string> names = names_.name_results();
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
    const std::vector<std::string> names = names_.outputs();
    forward_.gives = tree_.outputs(module_);
    const std::string result = fmt::format("{}", fmt::join(names, ", "));
    forward_.is_chain = chain_ && names.size() == 1 && forward_.parameters.size() == 1 &&
                        !forward_.statements.empty() && forward_.gives[0] == made_;
    if (!forward_.statements.empty() && forward_.statements.back().starts_with(result + " = "))
      forward_.statements.back() = "return " + forward_.statements.back().substr(result.size() + 3);
    else
      forward_.statements.push_back("return " + result);
  }

  const ModuleTree& tree_;
  const Block& module_;
  const PytorchAccess& access_;
  ForwardNames names_;
  PytorchForward forward_;
  Value made_;
  bool chain_ = true;
};

}  // namespace

PytorchForward pytorch_forward(const ModuleTree& tree, const Block& module, const PytorchAccess& access) {
  return Writer(tree, module, access).write();
}

}  // namespace orrery
