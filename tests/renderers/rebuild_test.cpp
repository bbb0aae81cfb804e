#include <map>

#include <gtest/gtest.h>

#include "renderers/diagram/passes.h"
#include "runtime/graph/structural_hash.h"
#include "tests/renderers/example_graphs.h"

namespace orrery {
namespace {

/// Builds a graph from what a full diagram shows: which boxes there are in which frames, the lines between
/// them in the order of their ports, which share weights, and what is an output. What an operation is called
/// and its options, which a box tells in words, are looked up.
class Rebuilder {
 public:
  Rebuilder(const Graph& graph, const Diagram& diagram) : graph_(graph), diagram_(diagram), made_("rebuilt") {
    for (const DiagramValue& value : diagram.values)
      for (const DiagramReader& reader : value.readers)
        if (reader.node >= 0) lines_[{reader.node, reader.input}] = {value.node, value.node_output};
    for (size_t i = 0; i < diagram.boxes.size(); ++i)
      for (int node : diagram.boxes[i].nodes) box_of_.emplace(node, static_cast<int>(i));
  }

  std::string hash() {
    blocks_[0] = &made_.root();
    for (const auto& [node, box] : box_of_) add(*graph_.nodes()[static_cast<size_t>(node)], box);
    for (const DiagramValue& value : diagram_.values)
      for (const DiagramReader& reader : value.readers)
        if (reader.node < 0) made_.use({Use::Kind::output, values_.at({value.node, value.node_output}), ""});
    return structural_hash(made_);
  }

 private:
  using Place = std::pair<int, int>;  // a node and its output or input

  const DiagramBox& box(int index) const { return diagram_.boxes[static_cast<size_t>(index)]; }

  Block& block(int frame) {
    if (const auto at = blocks_.find(frame); at != blocks_.end()) return *at->second;
    Block& parent = block(box(frame).parent);
    made_.reenter_block(parent);
    Block& made = made_.begin_block("block");
    made_.end_block();
    made_.leave_block();
    return *blocks_.emplace(frame, &made).first->second;
  }

  std::vector<Value> inputs(const Node& node) {
    std::vector<Value> result(node.inputs().size());
    for (size_t i = 0; i < result.size(); ++i)
      if (const auto at = lines_.find({node.id(), static_cast<int>(i)}); at != lines_.end())
        result[i] = values_.at(at->second);
    return result;
  }

  std::vector<Value> apply(const Node& node, const DiagramBox& box) {
    if (node.input_spec()) return made_.input(*node.input_spec());
    if (node.constant()) return {made_.constant(node.constant())};
    if (!node.layer()) return made_.apply(*node.descriptor(), node.attributes(), inputs(node));
    // Weights are shared where the boxes say so.
    const int owner = box.layers.empty() ? node.id() : box.layers[0];
    LayerPtr& layer = layers_[owner];
    if (!layer) layer = std::make_shared<Layer>(node.layer()->descriptor(), node.layer()->given(), Origin{});
    return made_.apply(layer, inputs(node));
  }

  void add(const Node& node, int index) {
    made_.reenter_block(block(box(index).parent));
    const std::vector<Value> outputs = apply(node, box(index));
    made_.leave_block();
    for (size_t i = 0; i < outputs.size(); ++i) values_[{node.id(), static_cast<int>(i)}] = outputs[i];
  }

  const Graph& graph_;
  const Diagram& diagram_;
  Graph made_;
  std::map<Place, Place> lines_;
  std::map<int, int> box_of_;  // by node, in the order of construction
  std::map<int, Block*> blocks_;
  std::map<int, LayerPtr> layers_;
  std::map<Place, Value> values_;
};

void expect_rebuilt(const Graph& graph) {
  const Diagram diagram = full_diagram(graph, Direction::south);
  EXPECT_EQ(Rebuilder(graph, diagram).hash(), structural_hash(graph)) << graph.name();
}

TEST(RebuildTest, AFullDiagramTellsTheWholeGraph) {
  expect_rebuilt(*test::digits());
  expect_rebuilt(*test::resnet18());
  expect_rebuilt(*test::inception());
  expect_rebuilt(*test::unet());
  expect_rebuilt(*test::dense_block(6));
  expect_rebuilt(*test::attention(2));
  expect_rebuilt(*test::entangled());
}

TEST(RebuildTest, AFullDiagramTellsWhichNodesShareWeights) {
  test::Sketcher s;
  const Value x = s.input({{"x", {8}}})[0];
  const std::vector<Attributes::Entry> options = {{"in_features", std::int64_t{8}},
                                                  {"out_features", std::int64_t{8}}};
  const Value first = s.layer("Linear", options, {x});
  s.graph->apply(first.node->layer(), {first});
  s.layer("Linear", options, {x});
  expect_rebuilt(*s.graph);
}

TEST(RebuildTest, ABoxInAnotherFrameIsNoticed) {
  const auto graph = test::digits();
  Diagram diagram = full_diagram(*graph, Direction::south);
  for (DiagramBox& box : diagram.boxes)
    if (box.path == "features/relu") box.parent = 0;
  EXPECT_NE(Rebuilder(*graph, diagram).hash(), structural_hash(*graph));
}

}  // namespace
}  // namespace orrery
