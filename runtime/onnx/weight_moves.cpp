#include "runtime/onnx/weight_moves.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "runtime/onnx/fold.h"
#include "runtime/onnx/order.h"

namespace orrery {
namespace {

using Sizes = std::vector<std::int64_t>;

// One graph while the ways of its weights are looked for.
class Moves {
 public:
  explicit Moves(const OnnxGraph& graph) : graph_(graph) {
    for (const OnnxNode& node : graph.nodes) {
      for (const std::string& name : node.outputs) makers_.emplace(name, &node);
      for (const std::string& name : onnx_reads(node)) ++readers_[name];
    }
    for (const OnnxValue& output : graph.outputs) ++readers_[output.name];
  }

  std::vector<const OnnxNode*> find() {
    std::vector<const OnnxNode*> found;
    for (const OnnxNode& node : graph_.nodes) {
      if (!becomes_layer(node)) continue;
      const std::vector<const OnnxNode*> ways = ways_to(node);
      found.insert(found.end(), ways.begin(), ways.end());
    }
    return found;
  }

 private:
  // What is computed step by step reads weights in ONNX's order.
  static bool becomes_layer(const OnnxNode& node) {
    if (node.operation != "LSTM" && node.operation != "GRU" && node.operation != "RNN") return false;
    const auto given = [&](const char* attribute) {
      return std::ranges::count(node.attributes, attribute, &OnnxAttribute::name) > 0;
    };
    const bool lengths = node.inputs.size() > 4 && !node.inputs[4].empty();
    const bool unusual = given("activations") || given("clip") || given("input_forget");
    if (lengths || node.inputs.size() > 7 || unusual) return false;
    return node.operation != "GRU" || given("linear_before_reset");
  }

  // All of its weights are put into order, or none.
  std::vector<const OnnxNode*> ways_to(const OnnxNode& node) {
    std::vector<const OnnxNode*> ways;
    std::unordered_map<std::string, int> taken;  // from where ways begin
    for (std::size_t input = 1; input < std::min<std::size_t>(4, node.inputs.size()); ++input)
      if (!node.inputs[input].empty() && !walk(node.inputs[input], ways, taken)) return {};
    const auto alone = [&](const auto& from) { return readers_[from.first] == from.second; };
    return std::ranges::all_of(taken, alone) ? ways : std::vector<const OnnxNode*>{};
  }

  // Names that nothing of the graph makes, and constants, are where ways begin.
  bool walk(const std::string& name, std::vector<const OnnxNode*>& way,
            std::unordered_map<std::string, int>& taken) {
    const auto maker = makers_.find(name);
    if (maker == makers_.end() || maker->second->operation == "Constant") return ++taken[name] > 0;
    const OnnxNode& node = *maker->second;
    constexpr std::array kMoves{"Concat", "Identity", "Reshape", "Slice", "Squeeze", "Unsqueeze"};
    const bool moves = node.domain.empty() && std::ranges::count(kMoves, node.operation) > 0;
    if (!moves || readers_[name] != 1 || std::ranges::count(way, &node) > 0) return false;
    way.push_back(&node);
    const std::size_t moved = node.operation == "Concat" ? node.inputs.size() : 1;
    for (std::size_t i = 0; i < std::min(moved, node.inputs.size()); ++i)
      if (!walk(node.inputs[i], way, taken)) return false;
    return true;
  }

  const OnnxGraph& graph_;
  std::unordered_map<std::string, const OnnxNode*> makers_;
  std::unordered_map<std::string, int> readers_;
};

bool fold_rows(OnnxCall& call) {
  const OnnxLiteral* from = call.literal(0);
  if (!from || from->symbolic() || from->shape().empty()) return false;
  const auto starts = call.integers("starts", 1), ends = call.integers("ends", 2);
  const Sizes axes = call.integers("axes", 3).value_or(Sizes{0});
  const bool steps = call.has(4) && call.integers(4) != Sizes{1};
  if (!starts || !ends || starts->size() != 1 || ends->size() != 1 || axes != Sizes{0} || steps) return false;
  const std::int64_t size = from->shape()[0];
  const auto place = [&](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
  };
  Sizes rows;
  for (std::int64_t row = place(starts->front()); row < place(ends->front()); ++row) rows.push_back(row);
  call.give(from->rows(rows));
  return true;
}

bool fold_join(OnnxCall& call) {
  std::vector<OnnxLiteral> parts;
  for (int i = 0; i < call.input_count(); ++i) {
    const OnnxLiteral* part = call.literal(i);
    if (!part || part->symbolic() || part->shape().empty()) return false;
    parts.push_back(*part);
    const bool fits = part->dtype() == parts[0].dtype() &&
                      std::ranges::equal(part->shape().begin() + 1, part->shape().end(),
                                         parts[0].shape().begin() + 1, parts[0].shape().end());
    if (!fits) return false;
  }
  if (parts.empty() || call.axis(call.integer("axis"), static_cast<int>(parts[0].shape().size())) != 0)
    return false;
  call.give(OnnxLiteral::joined(parts));
  return true;
}

}  // namespace

std::vector<const OnnxNode*> onnx_weight_moves(const OnnxGraph& graph) { return Moves(graph).find(); }

bool fold_weight_move(OnnxCall& call) {
  const std::string& operation = call.node().operation;
  return operation == "Slice" ? fold_rows(call) : operation == "Concat" ? fold_join(call) : fold_view(call);
}

}  // namespace orrery
