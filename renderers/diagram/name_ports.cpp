#include <map>

#include "renderers/diagram/passes.h"

namespace orrery {
namespace {

// Elsewhere the inputs are equals, or the drawing tells them apart by their order.
bool tells_inputs_apart(const DiagramBox& box) {
  return box.kind == DiagramBox::Kind::operation &&
         (box.category == Category::attention || box.category == Category::recurrent ||
          box.category == Category::loss);
}

}  // namespace

void name_ports(Diagram& diagram, const Graph& graph) {
  std::map<int, int> readers;  // by box
  for (const DiagramValue& value : diagram.values)
    for (const DiagramReader& reader : value.readers) ++readers[reader.box];
  for (DiagramValue& value : diagram.values)
    for (DiagramReader& reader : value.readers) {
      if (reader.node < 0 || readers[reader.box] < 2 || !tells_inputs_apart(diagram.boxes[reader.box]))
        continue;
      const Node& node = *graph.nodes()[static_cast<size_t>(reader.node)];
      const auto& inputs = node.descriptor()->inputs;
      if (static_cast<size_t>(reader.input) < inputs.size()) reader.name = inputs[reader.input].name;
    }
}

}  // namespace orrery
