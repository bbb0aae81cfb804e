#include <algorithm>
#include <cmath>
#include <map>

#include "renderers/diagram/passes.h"
#include "renderers/diagram/value_text.h"
#include "runtime/graph/cost.h"

namespace orrery {
namespace {

// The batch is the first size of the input's first field.
std::string batch_of(const Nodes& nodes) {
  for (const Node* node : nodes)
    if (node->input_spec() && !node->outputs().empty() && !node->outputs()[0].shape.empty()) {
      std::vector<std::string> symbols;
      node->outputs()[0].shape[0].collect_symbols(symbols);
      if (symbols.size() == 1) return symbols[0];
    }
  return {};
}

double size_of(const TensorType& type, LineWidth what, const std::string& batch, std::int64_t batch_size) {
  const Dim size = what == LineWidth::bytes ? byte_count(type) : numel(type.shape);
  std::vector<std::string> symbols;
  size.collect_symbols(symbols);
  std::map<std::string, std::int64_t> sizes;
  for (const std::string& symbol : symbols) sizes[symbol] = symbol == batch ? batch_size : 1;
  return static_cast<double>(size.evaluate(sizes).value_or(0));
}

std::string legend_title(const DiagramOptions& options) {
  const std::string what = options.line_width == LineWidth::bytes ? "bytes" : "elements";
  return "Width of lines: " + what + " of a batch of " + std::to_string(options.batch);
}

}  // namespace

void measure_lines(Diagram& diagram, const Nodes& nodes, const DiagramOptions& options) {
  if (options.line_width == LineWidth::even) return;
  const std::string batch = batch_of(nodes);
  for (DiagramValue& value : diagram.values) {
    const Node& node = *nodes[static_cast<size_t>(value.node)];
    value.amount = size_of(node.outputs()[static_cast<size_t>(value.node_output)], options.line_width, batch,
                           options.batch);
  }
}

void weigh_lines(Diagram& diagram, const DiagramOptions& options) {
  if (options.line_width == LineWidth::even) return;
  double least = 0, most = 0;
  for (const DiagramValue& value : diagram.values) {
    if (value.amount <= 0) continue;
    least = least > 0 ? std::min(least, value.amount) : value.amount;
    most = std::max(most, value.amount);
  }
  const double range = least < most ? std::log(most / least) : 0;
  for (DiagramValue& value : diagram.values)
    value.weight = value.amount <= 0 ? 0 : range > 0 ? std::log(value.amount / least) / range : 1;
  diagram.widths = HeatLegend{legend_title(options), {}};
  if (most <= 0) return;
  const std::string unit = options.line_width == LineWidth::bytes ? "B" : "";
  for (const double at : range > 0 ? std::vector{0.0, 0.5, 1.0} : std::vector{1.0})
    diagram.widths->ticks.push_back({at, amount_text(least * std::pow(most / least, at), unit)});
}

}  // namespace orrery
