#include <map>
#include <set>

#include "renderers/diagram/passes.h"
#include "renderers/diagram/value_text.h"
#include "runtime/graph/cost.h"

namespace orrery {
namespace {

using Pair = std::pair<int, int>;  // two folded blocks

bool is_folded(const Diagram& diagram, int box) {
  return diagram.boxes[static_cast<size_t>(box)].kind == DiagramBox::Kind::folded;
}

std::map<Pair, std::vector<size_t>> values_between_blocks(const Diagram& diagram) {
  std::map<Pair, std::vector<size_t>> between;
  for (size_t i = 0; i < diagram.values.size(); ++i)
    for (const DiagramReader& reader : diagram.values[i].readers)
      if (is_folded(diagram, diagram.values[i].source) && is_folded(diagram, reader.box) && !reader.faulty &&
          !reader.later && reader.change == GraphDiff::Kind::same)
        between[{diagram.values[i].source, reader.box}].push_back(i);
  std::erase_if(between, [](const auto& entry) { return entry.second.size() < 2; });
  return between;
}

// `N×1.20 MB`, where the batch is the one unknown; nothing where sizes are not so simple.
std::string bytes_text(const Diagram& diagram, const Nodes& nodes, const std::vector<size_t>& values) {
  Dim bytes = 0, unknown = 1;
  for (size_t i : values) {
    const Node& node = *nodes[static_cast<size_t>(diagram.values[i].node)];
    bytes = bytes + byte_count(node.outputs()[static_cast<size_t>(diagram.values[i].node_output)]);
  }
  std::vector<std::string> symbols;
  bytes.collect_symbols(symbols);
  for (const std::string& symbol : std::set(symbols.begin(), symbols.end()))
    unknown = unknown * Dim::symbol(symbol);
  const std::optional<Dim> each = exact_div(bytes, unknown);
  if (!each || !each->known()) return {};
  return (symbols.empty() ? ", " : ", " + shape_text({unknown}) + "×") +
         amount_text(static_cast<double>(each->value()), "B");
}

DiagramReader taken_out(DiagramValue& value, int box) {
  for (size_t i = 0; i < value.readers.size(); ++i)
    if (value.readers[i].box == box && !value.readers[i].later) {
      const DiagramReader reader = value.readers[i];
      value.readers.erase(value.readers.begin() + static_cast<std::ptrdiff_t>(i));
      return reader;
    }
  return {};
}

}  // namespace

void bundle(Diagram& diagram, const BundleText& text) {
  for (const auto& [pair, values] : values_between_blocks(diagram)) {
    DiagramValue line{.source = pair.first, .output = diagram.values[values[0]].output};
    line.label = text(values);
    DiagramReader all;
    for (size_t i : values) {
      line.amount += diagram.values[i].amount;
      const DiagramReader one = taken_out(diagram.values[i], pair.second);
      all = i == values[0] ? one : all;
      all.count += i == values[0] ? 0 : one.count;
    }
    all.node = all.input = -1;
    line.readers = {all};
    diagram.values.push_back(std::move(line));
  }
}

void bundle(Diagram& diagram, const Nodes& nodes) {
  bundle(diagram, [&](const std::vector<size_t>& values) {
    return std::to_string(values.size()) + " values" + bytes_text(diagram, nodes, values);
  });
}

}  // namespace orrery
