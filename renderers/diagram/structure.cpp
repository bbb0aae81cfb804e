#include "renderers/diagram/structure.h"

#include <algorithm>

#include <fmt/format.h>

namespace orrery {
namespace {

void add_options(std::string& key, const Node& node) {
  for (const Attribute& attribute : node.descriptor()->attributes) {
    const AttributeValue& value = node.attributes().at(attribute.name);
    if (!attribute.hint && value != attribute.value) key += fmt::format("{}={};", attribute.name, str(value));
  }
}

void add_layer(std::string& key, const Layer& layer) {
  for (const Parametrization& made : layer.parametrizations()) {
    key += fmt::format("{}:{};", made.slot, made.kind->name);
    for (const auto& [name, value] : made.attributes.entries())
      key += fmt::format("{}={};", name, str(value));
  }
}

std::string key_of(const Node& node) {
  std::string key = node.operation() + "(";
  // The input and a state are each one of a kind.
  if (node.input_spec() || node.state()) key += fmt::format("#{}", node.id());
  if (node.descriptor()) add_options(key, node);
  if (node.layer()) add_layer(key, *node.layer());
  key += ")";
  for (const TensorType& type : node.outputs())
    key += fmt::format("{}{};", name(type.dtype), str(type.shape));
  return key;
}

/// The contents of each frame as a text: what it holds and the lines that do not leave it.
class Contents {
 public:
  explicit Contents(const Diagram& diagram) : diagram_(diagram), texts_(diagram.boxes.size()) {
    depths_.reserve(diagram.boxes.size());
    for (const DiagramBox& box : diagram.boxes)
      depths_.push_back(box.parent < 0 ? 0 : depths_[static_cast<size_t>(box.parent)] + 1);
    for (const DiagramValue& value : diagram.values)
      for (const DiagramReader& reader : value.readers) add(value, reader);
  }

  std::string& of(size_t box) { return texts_[box]; }

 private:
  void add(const DiagramValue& value, const DiagramReader& reader) {
    const int frame = common(value.source, reader.box);
    texts_[static_cast<size_t>(frame)] +=
        fmt::format("{}.{}>{}.{};", value.source - frame, value.output, reader.box - frame, reader.port);
  }

  int depth(int box) const { return depths_[static_cast<size_t>(box)]; }
  int parent(int box) const { return diagram_.boxes[static_cast<size_t>(box)].parent; }

  int common(int a, int b) const {
    while (a != b) (depth(a) > depth(b) ? a : b) = parent(depth(a) > depth(b) ? a : b);
    return a;
  }

  const Diagram& diagram_;
  std::vector<std::string> texts_;
  std::vector<int> depths_;
};

}  // namespace

int NodeStructures::of(const Node& node) {
  return numbers_.emplace(key_of(node), static_cast<int>(numbers_.size())).first->second;
}

void number_structures(Diagram& diagram) {
  Contents contents(diagram);
  int first = 0;
  for (const DiagramBox& box : diagram.boxes) first = std::max(first, box.structure + 1);
  std::unordered_map<std::string, int> numbers;
  std::vector<std::string> members(diagram.boxes.size());
  for (size_t i = diagram.boxes.size(); i-- > 0;) {
    DiagramBox& box = diagram.boxes[i];
    if (box.kind == DiagramBox::Kind::frame) {
      const std::string key = members[i] + "|" + contents.of(i);
      box.structure = numbers.emplace(key, first + static_cast<int>(numbers.size())).first->second;
    }
    if (box.parent >= 0) members[static_cast<size_t>(box.parent)] += fmt::format("{},", box.structure);
  }
}

}  // namespace orrery
