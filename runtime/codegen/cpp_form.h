#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/codegen/code_calls.h"
#include "runtime/codegen/cpp_words.h"

namespace orrery {

/// A node that is being written, with short words for what the forms of all operations need.
class CppNode {
 public:
  CppNode(const Node& node, const CallScope& scope) : node_(node), scope_(scope) {}

  const Node& node() const { return node_; }
  const CallScope& scope() const { return scope_; }
  const Attributes& options() const { return node_.attributes(); }
  const Shape& given() const { return node_.outputs()[0].shape; }
  bool linked(std::size_t port) const {
    return port < node_.inputs().size() && static_cast<bool>(node_.inputs()[port]);
  }
  /// The name of the value at a port, or the number that stands for it; empty for neither.
  std::string in(std::size_t port = 0) const;
  /// The names of all values that it reads.
  std::string listed() const;
  bool is_port(const std::string& option) const;
  /// Has the option a value that is not the default?
  bool is_given(const Attribute& option) const;
  /// Refuses the options that have been given, but for these.
  void takes_only(const std::set<std::string>& known) const;
  std::string integer(const char* option) const { return std::to_string(options().integer(option)); }
  std::string text(const char* option) const { return cpp_value(options().at(option)); }

  /// A dimension, as a number or as the size of a value that is known there.
  std::string size(const Dim& dim) const;
  std::string sizes(const Shape& shape) const;
  /// One size may be left open where the others are known.
  std::string open_sizes(const Shape& shape) const;

 private:
  const Node& node_;
  const CallScope& scope_;
};

/// How an operation is written.
using CppForm = std::function<CodeCall(const CppNode&)>;
using CppForms = std::map<std::string, CppForm, std::less<>>;

/// Transforms, and layers without weights, by the names of transforms; each table in a file of its own.
const CppForms& cpp_transforms();
const CppForms& cpp_shapes();
/// Layers with weights.
const CppForms& cpp_layers();

}  // namespace orrery
