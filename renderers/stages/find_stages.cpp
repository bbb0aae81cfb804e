#include <algorithm>
#include <map>
#include <set>

#include "renderers/stages/stages.h"

namespace orrery {
namespace {

using Kind = Stage::Kind;

bool is_band(const DiagramBox& box) {
  return box.category == Category::normalization || box.category == Category::activation ||
         box.category == Category::dropout;
}

// Leaves every number as it is: nothing to draw.
bool only_moves(const DiagramBox& box) {
  static const std::set<std::string> names = {"flatten", "Flatten", "Identity", "contiguous"};
  return names.contains(box.title);
}

Kind kind_of(const DiagramBox& box, size_t inputs) {
  using Box = DiagramBox::Kind;
  if (box.kind == Box::input) return Kind::input;
  if (box.kind == Box::folded) return Kind::folded;
  if (box.kind != Box::operation || !box.category) return Kind::other;
  if (is_band(box)) return Kind::band;
  if (box.title == "cat") return Kind::joined;
  if (!box.symbol.empty() && inputs > 1) return Kind::symbol;
  switch (*box.category) {
    case Category::convolution:
      return box.title.starts_with("ConvTranspose") ? Kind::upwards : Kind::convolution;
    case Category::linear: return Kind::linear;
    case Category::pooling: return Kind::pooling;
    case Category::vision:
      return box.title.starts_with("Upsampl") || box.title == "PixelShuffle" ? Kind::upwards : Kind::other;
    default: return Kind::other;
  }
}

// Layers tell where the channels are; what has no parameters keeps them where they were.
std::optional<bool> puts_channels_last(const Node& node) {
  if (!node.descriptor()) return false;
  switch (node.descriptor()->category) {
    case Category::convolution:
    case Category::pooling:
    case Category::vision: return false;
    case Category::linear:
    case Category::sparse:
    case Category::recurrent:
    case Category::attention: return true;
    case Category::normalization:
      if (node.operation() == "LayerNorm" || node.operation() == "RMSNorm") return true;
      return {};
    default: return {};
  }
}

std::vector<char> where_channels_are_last(const Graph& graph) {
  std::vector<char> last(graph.nodes().size(), 0);
  for (const auto& node : graph.nodes()) {
    const Node* before = node->inputs().empty() ? nullptr : node->inputs()[0].node;
    const bool kept = before && before->id() < node->id() && last[static_cast<size_t>(before->id())];
    last[static_cast<size_t>(node->id())] = puts_channels_last(*node).value_or(kept);
  }
  return last;
}

// A convolution or pooling of n extents that gives n + 1 dimensions.
bool takes_one_sample(const Node& node) {
  if (!node.descriptor()) return false;
  const Category category = node.descriptor()->category;
  if (category != Category::convolution && category != Category::pooling) return false;
  const auto* kernel = sizes_option(node, "kernel_size");
  return kernel && !node.outputs().empty() && !node.inputs().empty() &&
         node.outputs()[0].shape.size() == kernel->size() + 1;
}

// By node: whether its values are of one sample, without a batch. Where it begins, a convolution tells.
std::vector<char> without_batch(const Graph& graph) {
  std::vector<char> alone(graph.nodes().size(), 0);
  for (const auto& node : graph.nodes()) {
    const Node* before = node->inputs().empty() ? nullptr : node->inputs()[0].node;
    const auto id = static_cast<size_t>(node->id());
    alone[id] = before && before->id() < node->id() && alone[static_cast<size_t>(before->id())];
    if (!takes_one_sample(*node)) continue;
    alone[id] = 1;
    if (before && before->kind() != Node::Kind::input) alone[static_cast<size_t>(before->id())] = 1;
  }
  return alone;
}

bool takes_extras(const Stage& stage) { return stage.kind == Kind::linear && stage.bands.empty(); }

bool is_marked(const DiagramBox& box) { return !box.errors.empty() || !box.warnings.empty(); }

// A box that is drawn with its own texts has them upon it.
void take_texts(const DiagramBox& box, Stage& stage) {
  stage.errors.insert(stage.errors.end(), box.errors.begin(), box.errors.end());
  stage.warnings.insert(stage.warnings.end(), box.warnings.begin(), box.warnings.end());
  for (const auto* texts : {&box.before, &box.after})
    stage.notes.insert(stage.notes.end(), texts->begin(), texts->end());
  for (const std::string* text : {&box.cost, &box.amount})
    if (!text->empty()) stage.notes.push_back(*text);
}

bool takes_bands(Kind kind) { return kind != Kind::other && kind != Kind::input && kind != Kind::folded; }

/// Goes over the boxes in their order and lets each begin a stage or join the one before.
class StageFinder {
 public:
  StageFinder(const Diagram& diagram, const Graph& graph)
      : diagram_(diagram),
        graph_(graph),
        stage_of_(diagram.boxes.size(), -1),
        entering_(diagram.boxes.size()),
        channels_last_(where_channels_are_last(graph)),
        alone_(without_batch(graph)) {}

  Stages find() {
    collect_lines();
    take_weights();
    for (size_t box = 1; box < diagram_.boxes.size(); ++box)
      if (diagram_.boxes[box].kind != DiagramBox::Kind::frame && !taken_.contains(static_cast<int>(box)))
        add(static_cast<int>(box));
    for (size_t box = 1; box < entering_.size(); ++box) add_lines(static_cast<int>(box));
    return std::move(result_);
  }

 private:
  struct Entering {
    int port;
    const DiagramValue* value;
    bool faulty;
  };

  void collect_lines() {
    for (const DiagramValue& value : diagram_.values)
      for (const DiagramReader& reader : value.readers)
        entering_[reader.box].push_back({reader.port, &value, reader.faulty});
    for (auto& some : entering_)
      std::stable_sort(some.begin(), some.end(),
                       [](const Entering& a, const Entering& b) { return a.port < b.port; });
  }

  // A parameter belongs to what works on data with it.
  void take_weights() {
    const auto is_weight = [&](const Entering& entering) {
      return diagram_.boxes[entering.value->source].kind == DiagramBox::Kind::parameter;
    };
    for (const DiagramValue& value : diagram_.values) {
      if (diagram_.boxes[value.source].kind != DiagramBox::Kind::parameter) continue;
      const bool all =
          std::all_of(value.readers.begin(), value.readers.end(), [&](const DiagramReader& reader) {
            return !std::all_of(entering_[reader.box].begin(), entering_[reader.box].end(), is_weight);
          });
      if (all) taken_.insert(value.source);
    }
    for (size_t box = 0; box < entering_.size(); ++box)
      std::erase_if(entering_[box], [&](const Entering& entering) {
        if (!taken_.contains(entering.value->source)) return false;
        weights_of_[static_cast<int>(box)] = entering.value->source;
        return true;
      });
  }

  // Adds a parameter, or multiplies by one, without a change of the map: `+ bias`.
  std::string extra(int index) const {
    const DiagramBox& box = diagram_.boxes[index];
    if (!weights_of_.contains(index) || box.symbol.empty() || box.category == Category::matrix) return {};
    return box.symbol + " " + weight_name(index);
  }

  std::string weight_name(int index) const {
    const DiagramBox& weight = diagram_.boxes[weights_of_.at(index)];
    return weight.note.empty() ? weight.title : weight.note;
  }

  // The stage before a box that reads one value which nobody else reads.
  int only_stage_before(int box) const {
    if (entering_[box].size() != 1 || entering_[box][0].value->readers.size() != 1) return -1;
    return stage_of_[entering_[box][0].value->source];
  }

  void add(int index) {
    const DiagramBox& box = diagram_.boxes[index];
    const int before = only_stage_before(index);
    if (before >= 0 && only_moves(box) && !is_marked(box)) {
      result_.stages[before].after.push_back(index);
      stage_of_[index] = before;
    } else if (before >= 0 && is_band(box) && takes_bands(result_.stages[before].kind) &&
               (result_.stages[before].after.empty() || box.category != Category::normalization)) {
      result_.stages[before].bands.push_back(index);
      stage_of_[index] = before;
      take_texts(box, result_.stages[before]);
    } else if (const std::string text = extra(index);
               before >= 0 && !text.empty() && takes_extras(result_.stages[before])) {
      result_.stages[before].extras.push_back(text);
      stage_of_[index] = before;
      take_texts(box, result_.stages[before]);
    } else {
      stage_of_[index] = static_cast<int>(result_.stages.size());
      result_.stages.push_back(stage(index));
    }
  }

  Stage stage(int index) const {
    const DiagramBox& box = diagram_.boxes[index];
    Stage result{.kind = kind_of(box, entering_[index].size()), .box = index};
    if (box.category == Category::matrix && weights_of_.contains(index)) result.kind = Kind::linear;
    if (const std::string text = extra(index); !text.empty() && result.kind == Kind::other) {
      result.kind = Kind::symbol;
      result.extras.push_back(weight_name(index));
    }
    if (!entering_[index].empty()) result.from = map_of(*entering_[index][0].value);
    if (box.nodes.empty()) return result;
    const Node& node = *graph_.nodes()[static_cast<size_t>(box.nodes.back())];
    if (!node.outputs().empty()) {
      result.map = map_of(node, field_of(index));
      result.dtype = name(node.outputs()[0].dtype);
    }
    if (box.kind == DiagramBox::Kind::operation) {
      const Node& own = own_node(box);
      result.caption = stage_caption(box, own);
      if (const auto* kernel = sizes_option(own, "kernel_size"))
        for (auto extent : *kernel) result.kernel.push_back(static_cast<double>(extent));
    }
    take_texts(box, result);
    return result;
  }

  // Of a box with others fused to it, the one that it is named after.
  const Node& own_node(const DiagramBox& box) const {
    for (int id : box.nodes)
      if (const Node& node = *graph_.nodes()[static_cast<size_t>(id)]; node.path() == box.path) return node;
    return *graph_.nodes()[static_cast<size_t>(box.nodes.front())];
  }

  // Which output of the input node an input box stands for.
  int field_of(int index) const {
    for (const DiagramValue& value : diagram_.values)
      if (value.source == index && value.node == diagram_.boxes[index].nodes.back()) return value.node_output;
    return 0;
  }

  FeatureMap map_of(const DiagramValue& value) const {
    return map_of(*graph_.nodes()[static_cast<size_t>(value.node)], value.node_output);
  }

  FeatureMap map_of(const Node& node, int output) const {
    if (static_cast<size_t>(output) >= node.outputs().size()) return {};
    return feature_map(node.outputs()[static_cast<size_t>(output)].shape, channels_last(node),
                       !alone_[static_cast<size_t>(node.id())]);
  }

  bool channels_last(const Node& node) const { return channels_last_[static_cast<size_t>(node.id())]; }

  void add_lines(int box) {
    for (const Entering& entering : entering_[box]) {
      const StageLine line{stage_of_[entering.value->source], stage_of_[box], entering.faulty};
      if (line.from != line.to && known_.emplace(line.from, line.to).second) result_.lines.push_back(line);
    }
  }

  const Diagram& diagram_;
  const Graph& graph_;
  std::vector<int> stage_of_;
  std::vector<std::vector<Entering>> entering_;
  std::vector<char> channels_last_, alone_;  // by node
  std::set<std::pair<int, int>> known_;
  std::set<int> taken_;            // parameters that are no stages of their own
  std::map<int, int> weights_of_;  // by the box that works with one
  Stages result_;
};

}  // namespace

Stages find_stages(const Diagram& diagram, const Graph& graph) { return StageFinder(diagram, graph).find(); }

}  // namespace orrery
