#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/codegen/keras_calls.h"

namespace orrery {

/// Why a node cannot be written; thrown by the forms.
struct NotInKeras {
  std::string reason;
};

/// A node that is being written, with short words for what the forms of all operations need.
class KerasNode {
 public:
  KerasNode(const Node& node, const CallScope& scope) : node_(node), scope_(scope) {}

  const Node& node() const { return node_; }
  const CallScope& scope() const { return scope_; }
  const Attributes& options() const { return node_.attributes(); }
  bool linked(std::size_t port) const {
    return port < node_.inputs().size() && static_cast<bool>(node_.inputs()[port]);
  }
  /// The name of the value at a port, or the number that stands for it; empty for neither.
  std::string in(std::size_t port = 0) const;
  const Shape& shape(std::size_t port = 0) const { return node_.inputs()[port].shape(); }
  const Shape& given() const { return node_.outputs()[0].shape; }
  /// Has the option a value that is not the default?
  bool is_given(const std::string& option) const;
  /// Does anybody read the nth output?
  bool is_read(int output) const;
  /// Refuses the options that have been given, but for these.
  void takes_only(const std::vector<std::string>& options) const;
  /// Writes a call of a function that stands in the file itself.
  std::string helper(const std::string& name) const;
  [[noreturn]] static void refuse(std::string reason) { throw NotInKeras{std::move(reason)}; }

 private:
  const Node& node_;
  const CallScope& scope_;
};

/// An argument by place, the same in all equal blocks: a value.
CodeArgument keras_value(std::string text);
/// An argument by name that is the same in all equal blocks.
CodeArgument keras_fixed(std::string name, std::string text);
/// An option by place, and by name, which is left out where it is `usual`.
CodeArgument keras_placed(std::string name, std::string text);
CodeArgument keras_option(std::string name, std::string text, const std::string& usual = {});

/// How an operation is written.
using KerasForm = std::function<CodeCall(const KerasNode&)>;
using KerasForms = std::map<std::string, KerasForm, std::less<>>;

/// Transforms, and layers without weights, by the names of transforms; each table in a file of its own.
const KerasForms& keras_elementwise();
const KerasForms& keras_shapes();
const KerasForms& keras_reductions();
const KerasForms& keras_images();

/// Layers with weights: what makes them, and what applies them (whatever made them, here or before).
struct KerasLayerForm {
  KerasForm make;
  KerasForm apply = {};  ///< none: called with the first input
};
const std::map<std::string, KerasLayerForm, std::less<>>& keras_layers();

/// An option of ours with Keras' name for it.
struct KerasWord {
  std::string ours, keras;
  bool always = false;  ///< written even where it is our default: Keras' differs
};
/// A function of the first inputs with these options, and no other.
KerasForm keras_function(std::string function, std::vector<KerasWord> options = {}, std::size_t inputs = 1);
/// An expression of the inputs' names: `{0} + {1}`; no options.
KerasForm keras_expression(std::string pattern);

/// One of a list's numbers alone, where it has one: an axis, or axes.
std::string keras_axes(const AttributeValue& value);
/// `(2, 3)` or, where all are equal, `2`.
std::string keras_sizes(const std::vector<std::int64_t>& sizes);

}  // namespace orrery
