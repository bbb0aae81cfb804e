#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/codegen/code_calls.h"
#include "runtime/codegen/module_tree.h"

namespace orrery {

/// The words of a language that a model is written in, a function a block.
class FunctionLanguage {
 public:
  virtual ~FunctionLanguage() = default;
  /// The expression of a node, and of what makes its layer where others apply it, too.
  virtual CodeCall call(const Node& node, const CallScope& scope) const = 0;
  virtual CodeCall layer(const Node& node, const CallScope& scope) const = 0;
  /// What stands before `=` when a node's results get these names.
  virtual std::string targets(const Node& node, const std::vector<std::string>& names) const = 0;
  /// What the whole model says first of a field of its input; nothing where it only takes it.
  virtual std::optional<CodeStatement> input(const Value& field, const std::string& name) const = 0;
  /// The name of what a node owns, or of a block, as an expression in the function of the block `outer`.
  virtual std::string name_of(const Node& node, const Block& outer) const = 0;
  virtual std::string name_of(const Block& block, const Block& outer) const = 0;
  /// Is the name what a function takes first, by its place? Else it is the last, called `name`.
  virtual bool name_stands_first() const = 0;
};

/// A function of a block, for all blocks that differ in their options at the most, or of the whole model.
struct BlockFunction {
  std::string name;
  const Block* block = nullptr;
  std::vector<std::string> values;        ///< what it reads
  std::vector<std::string> made;          ///< layers that are made outside, since others apply them, too
  std::vector<CodeParameter> parameters;  ///< its options
  bool is_named = false;                  ///< takes the name of the block, which its layers' begin with
  std::vector<CodeStatement> statements;
  std::vector<std::string> results;
};

/// The functions of a model, those called by others first, the whole model's, called `name`, last. A block
/// that is called at one place of the text alone stands there, unless it is long. Names that are `taken` are
/// not used; `helpers` gets those that are called.
std::vector<BlockFunction> block_functions(const ModuleTree& tree, const FunctionLanguage& language,
                                           const std::string& name, std::set<std::string> taken,
                                           std::set<std::string>& helpers);

}  // namespace orrery
