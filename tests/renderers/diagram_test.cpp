#include "renderers/diagram/diagram.h"

#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/core/error.h"
#include "tests/graph/loop_builder.h"
#include "tests/renderers/example_graphs.h"

namespace orrery {
namespace {

using test::Sketcher;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = DiagramBox::Kind;

/// Producer, its output, reader, its input.
using Edge = std::array<int, 4>;

std::multiset<Edge> edges_of(const Graph& graph) {
  std::multiset<Edge> edges;
  for (const auto& node : graph.nodes())
    for (size_t i = 0; i < node->inputs().size(); ++i)
      if (const Value& value = node->inputs()[i])
        edges.insert({value.node->id(), value.output, node->id(), static_cast<int>(i)});
  return edges;
}

std::multiset<Edge> edges_of(const Diagram& diagram) {
  std::multiset<Edge> edges;
  for (const DiagramValue& value : diagram.values)
    for (const DiagramReader& reader : value.readers)
      if (reader.node >= 0) edges.insert({value.node, value.node_output, reader.node, reader.input});
  return edges;
}

const DiagramBox& titled(const Diagram& diagram, const std::string& title) {
  for (const DiagramBox& box : diagram.boxes)
    if (box.title == title) return box;
  throw std::runtime_error("no box " + title);
}

std::vector<std::unique_ptr<Graph>> examples() {
  std::vector<std::unique_ptr<Graph>> graphs;
  graphs.push_back(test::digits());
  graphs.push_back(test::resnet18());
  graphs.push_back(test::inception());
  graphs.push_back(test::unet());
  graphs.push_back(test::dense_block(6));
  graphs.push_back(test::attention(2));
  graphs.push_back(test::entangled());
  return graphs;
}

TEST(DiagramTest, HoldsEveryNodeAndEdgeOfTheGraph) {
  for (const auto& graph : examples()) {
    const Diagram diagram = make_diagram(*graph, {.fold = false});
    EXPECT_EQ(edges_of(diagram), edges_of(*graph)) << graph->name();
    std::set<int> nodes;
    for (const DiagramBox& box : diagram.boxes) nodes.insert(box.nodes.begin(), box.nodes.end());
    EXPECT_EQ(nodes.size(), graph->nodes().size()) << graph->name();
  }
}

TEST(DiagramTest, ALoopTellsItsStepsAndDrawsNoLineForItsTies) {
  SequenceBuilder net;
  LoopBuilder loop(net, {net.h, net.x});
  const Value made = net.transform("add", {loop[0], loop[1]});
  loop.end({made, made});
  const Diagram diagram = make_diagram(net.graph, {});
  const auto index = [&](const std::string& title) {
    return static_cast<int>(&titled(diagram, title) - diagram.boxes.data());
  };
  const int begin = index("N steps"), end = index("next step");
  EXPECT_EQ(diagram.boxes[static_cast<size_t>(begin)].detail, "");
  for (const DiagramValue& value : diagram.values)
    for (const DiagramReader& reader : value.readers)
      EXPECT_FALSE(value.source == begin && reader.box == end);
}

TEST(DiagramTest, AStateTellsWhatItBecomes) {
  SequenceBuilder net;
  auto zeros = std::make_shared<Parameter>();
  zeros->shape = {Dim(4)};
  zeros->trainable = false;
  const Value state = net.graph.carried(zeros, StateSpec::Reset::pass, {}, "memory");
  net.graph.carry(state, net.transform("add", {state, net.h}));
  const Diagram diagram = make_diagram(net.graph, {});
  const DiagramBox& box = titled(diagram, "State");
  EXPECT_EQ(box.kind, Kind::constant);
  EXPECT_EQ(box.note, "memory");
  EXPECT_EQ(box.detail, "then add");
}

TEST(DiagramTest, NestsBoxesAsTheirBlocks) {
  const auto graph = test::resnet18();
  const Diagram diagram = make_diagram(*graph, {});
  for (size_t i = 1; i < diagram.boxes.size(); ++i) {
    const DiagramBox& box = diagram.boxes[i];
    ASSERT_LT(box.parent, static_cast<int>(i));
    const std::string& frame = diagram.boxes[static_cast<size_t>(box.parent)].path;
    EXPECT_TRUE(box.kind == Kind::output || box.path.starts_with(frame)) << box.path;
  }
}

TEST(DiagramTest, GivesEachFieldOfTheInputItsOwnBox) {
  const auto graph = test::digits();
  const Diagram diagram = make_diagram(*graph, {});
  EXPECT_EQ(titled(diagram, "image").kind, Kind::input);
  EXPECT_EQ(titled(diagram, "label").kind, Kind::label);
  EXPECT_EQ(titled(diagram, "CrossEntropyLoss").category, Category::loss);
  EXPECT_EQ(titled(diagram, "CrossEntropyLoss").note, "loss");
}

TEST(DiagramTest, LeavesOutAFieldThatNobodyReadsWhenAnotherIsRead) {
  Sketcher s;
  const auto in = s.input({{"image", {4}}, {"label", {}}});
  EXPECT_EQ(make_diagram(*s.graph, {}).boxes.size(), 3u);
  s.relu(in[0]);
  const Diagram diagram = make_diagram(*s.graph, {});
  EXPECT_EQ(diagram.boxes.size(), 3u);
  EXPECT_THROW(titled(diagram, "label"), std::runtime_error);
}

TEST(DiagramTest, FoldsBlocksBelowADepth) {
  const auto graph = test::resnet18();
  const Diagram closed = make_diagram(*graph, {.depth = 0}),
                half = make_diagram(*graph, {.depth = 1, .fold = false});
  EXPECT_EQ(titled(closed, "layer1").kind, Kind::folded);
  EXPECT_EQ(titled(closed, "layer1").detail, "14 operations");
  EXPECT_EQ(titled(closed, "layer1").nodes.size(), 14u);
  EXPECT_EQ(titled(half, "layer1").kind, Kind::frame);
  EXPECT_EQ(titled(half, "0").kind, Kind::folded);
}

TEST(DiagramTest, FoldsABlockWhoseCueAsksForIt) {
  const auto graph = test::digits();
  graph->root().children()[0]->cue().collapse = true;
  const Diagram diagram = make_diagram(*graph, {});
  EXPECT_EQ(titled(diagram, "features").kind, Kind::folded);
  EXPECT_EQ(titled(diagram, "classifier").kind, Kind::frame);
}

TEST(DiagramTest, DrawsOneLineToAFoldedBlockThatReadsAValueTwice) {
  Sketcher s;
  const Value x = s.input({{"image", {4}}})[0];
  s.graph->begin_block("both");
  s.apply("add", {s.relu(x), x});
  s.graph->end_block();
  const Diagram diagram = make_diagram(*s.graph, {.depth = 0});
  ASSERT_EQ(diagram.values.size(), 1u);
  ASSERT_EQ(diagram.values[0].readers.size(), 1u);
  EXPECT_EQ(diagram.values[0].readers[0].count, 2);
}

TEST(DiagramTest, LabelsAValueOnlyWhereItsShapeChanges) {
  Sketcher s;
  const Value x = s.input({{"image", {1, 8, 8}}})[0];
  s.relu(s.relu(s.conv(x, 1, 16, 3, 1)));
  const auto labels = [&](const DiagramOptions& options) {
    std::vector<std::string> result;
    for (const DiagramValue& value : make_diagram(*s.graph, options).values) result.push_back(value.label);
    return result;
  };
  EXPECT_THAT(labels({}), ElementsAre("N×1×8×8", "N×16×8×8", ""));
  EXPECT_THAT(labels({.all_shapes = true}), ElementsAre("N×1×8×8", "N×16×8×8", "N×16×8×8"));
  EXPECT_THAT(labels({.shapes = false}), ElementsAre("", "", ""));
}

TEST(DiagramTest, CountsParametersWhenAsked) {
  const auto graph = test::digits();
  EXPECT_EQ(titled(make_diagram(*graph, {}), "Linear").cost, "");
  EXPECT_EQ(titled(make_diagram(*graph, {.parameters = true}), "Linear").cost, "2.57 k parameters");
  EXPECT_EQ(titled(make_diagram(*graph, {.parameters = true}), "ReLU").cost, "");
  EXPECT_EQ(titled(make_diagram(*graph, {.depth = 0, .parameters = true}), "features").cost,
            "160 parameters");
}

TEST(DiagramTest, NotesNamesThatPeopleGave) {
  Sketcher s;
  const Value x = s.input({{"image", {4}}})[0];
  const auto note = [&](Value value) {
    return make_diagram(*s.graph, {}).boxes[static_cast<size_t>(value.node->id()) + 1].note;
  };
  EXPECT_EQ(note(s.layer("ReLU", {}, {x}, "gate")), "gate");
  EXPECT_EQ(note(s.layer("ReLU", {}, {x}, {}, "hidden")), "hidden");
  EXPECT_EQ(note(s.layer("ReLU", {}, {x}, {}, "x")), "");
  EXPECT_EQ(note(s.relu(x)), "");
}

TEST(DiagramTest, SaysWhichLayerIsShared) {
  Sketcher s;
  const Value x = s.input({{"image", {4}}})[0];
  const auto note_of_second = [&](const Value& first) {
    const int second = s.graph->apply(first.node->layer(), {first})[0].node->id();
    return make_diagram(*s.graph, {}).boxes[static_cast<size_t>(second) + 1].note;
  };
  const std::int64_t four = 4;
  EXPECT_EQ(note_of_second(s.layer("Linear", {{"in_features", four}, {"out_features", four}}, {x}, "gate")),
            "shares gate");
  EXPECT_NE(note_of_second(s.layer("ReLU", {}, {x}, "fold")), "shares fold");  // has no weights
}

TEST(DiagramTest, WritesANumberOperandOnTheBox) {
  Sketcher s;
  const Value x = s.input({{"image", {4}}})[0];
  s.apply("mul", {x}, {{"other", 0.25}});
  s.apply("add", {x, x});
  const Diagram diagram = make_diagram(*s.graph, {});
  EXPECT_EQ(diagram.boxes[2].title, "× 0.25");
  EXPECT_EQ(diagram.boxes[2].symbol, "");
  EXPECT_EQ(diagram.boxes[3].symbol, "+");
}

TEST(DiagramTest, WritesANumberOperandOnItsSideOfTheSymbol) {
  Sketcher s;
  const Value x = s.input({{"image", {4}}})[0];
  s.apply("pow", {x}, {{"exponent", std::int64_t{2}}});
  s.apply("pow", {{}, x}, {{"input", std::int64_t{2}}});
  s.apply("rsub", {x}, {{"other", std::int64_t{3}}});
  s.layer("Adder", {}, {x}, "sum");
  const Diagram diagram = make_diagram(*s.graph, {});
  EXPECT_EQ(diagram.boxes[2].title, "^ 2");
  EXPECT_EQ(diagram.boxes[3].title, "2 ^");
  EXPECT_EQ(diagram.boxes[4].title, "3 −");
  EXPECT_EQ(diagram.boxes[5].symbol, "+");
}

TEST(DiagramTest, EndsAValueThatIsMarkedAsOutputInABox) {
  Sketcher s;
  const Value x = s.relu(s.input({{"image", {4}}})[0]);
  s.graph->use({Use::Kind::output, x, "gate"});
  s.graph->use({Use::Kind::metric, x, "accuracy"});
  const Diagram diagram = make_diagram(*s.graph, {});
  EXPECT_EQ(diagram.boxes.back().kind, Kind::output);
  EXPECT_EQ(diagram.boxes.back().title, "gate");
  EXPECT_EQ(diagram.boxes.size(), 4u);
}

TEST(DiagramTest, InheritsDirectionsUnlessACueSaysOtherwise) {
  const auto graph = test::resnet18();
  graph->root().children()[1]->cue().direction = "east";
  const Diagram diagram = make_diagram(*graph, {.fold = false, .direction = Direction::north});
  EXPECT_EQ(titled(diagram, "stem").direction, Direction::north);
  EXPECT_EQ(titled(diagram, "layer1").direction, Direction::east);
  EXPECT_EQ(titled(diagram, "0").direction, Direction::east);
}

TEST(DiagramTest, RefusesAnUnknownDirection) {
  EXPECT_EQ(direction_from_name("west"), Direction::west);
  try {
    direction_from_name("soth");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
    EXPECT_THAT(error.what(), HasSubstr("got 'soth' (did you mean 'south'?)"));
  }
}

TEST(DiagramTest, MarksFindingsOnTheInnermostBoxThatIsDrawn) {
  const auto graph = test::digits();
  const std::vector<Finding> findings = {test::finding("shape-mismatch", "classifier/linear"),
                                         test::finding("shape-mismatch", "classifier/linear"),
                                         test::finding("unused", "features", Severity::warning),
                                         test::finding("no-loss", "AdamW")};
  const Diagram open = make_diagram(*graph, {.findings = findings});
  EXPECT_THAT(titled(open, "Linear").errors, ElementsAre("shape-mismatch"));
  EXPECT_THAT(titled(open, "features").warnings, ElementsAre("unused"));
  const Diagram folded = make_diagram(*graph, {.depth = 0, .findings = findings});
  EXPECT_THAT(titled(folded, "classifier").errors, ElementsAre("shape-mismatch"));
}

TEST(DiagramTest, MarksTheLineToTheInputThatAFindingIsAboutAndSaysItsShape) {
  Sketcher s;
  const Value x = s.input({{"image", {1, 8, 8}}})[0];
  const Value a = s.conv(x, 1, 4, 3, 1);
  s.apply("add", {a, x}, {}, "sum");
  Finding finding = test::finding("broadcast-mismatch", "sum");
  finding.port = 1;
  const Diagram diagram = make_diagram(*s.graph, {.shapes = false, .findings = {finding}});
  int faulty = 0;
  for (const DiagramValue& value : diagram.values)
    for (const DiagramReader& reader : value.readers) {
      EXPECT_EQ(reader.faulty, value.node == x.node->id() && reader.input == 1);
      EXPECT_EQ(value.label, value.node == x.node->id() ? "N×1×8×8" : "");
      faulty += reader.faulty;
    }
  EXPECT_EQ(faulty, 1);
}

TEST(DiagramTest, ShowsANodeThatIsRefused) {
  Sketcher s;
  const Value x = s.input({{"image", {1, 8, 8}}})[0];
  const Value a = s.conv(x, 1, 4, 3);
  std::optional<Diagram> diagram;
  s.graph->set_witness([&](const Graph& graph, const std::vector<Finding>& findings) {
    diagram = make_diagram(graph, {.findings = findings});
  });
  EXPECT_THROW(s.apply("add", {x, a}), CheckError);
  ASSERT_TRUE(diagram);
  EXPECT_THAT(titled(*diagram, "add").errors, ElementsAre("shape-mismatch"));
  const auto edges = edges_of(*diagram);
  EXPECT_TRUE(edges.contains({x.node->id(), 0, 2, 0}));
  EXPECT_TRUE(edges.contains({a.node->id(), 0, 2, 1}));
  EXPECT_EQ(edges_of(make_diagram(*s.graph, {})).size(), 1u);
}

TEST(DiagramTest, NamesTheInputsOfALossButNotOfASum) {
  Sketcher s;
  const auto fields = s.input({{"a", {4}}, {"b", {4}}});
  s.layer("MSELoss", {}, {s.apply("add", {fields[0], fields[1]}), fields[1]});
  std::vector<std::string> names;
  for (const DiagramValue& value : make_diagram(*s.graph, {}).values)
    for (const DiagramReader& reader : value.readers) names.push_back(reader.name);
  EXPECT_THAT(names, testing::UnorderedElementsAre("", "", "input", "target"));
}

TEST(DiagramTest, MakesHostileTextsSafe) {
  Sketcher s("g\n\x1b");
  s.graph->begin_block("b").set_title(std::string(10000, 'w') + "\n");
  s.input({{"a\tb<script>", {4}}});
  s.graph->end_block();
  const Diagram diagram = make_diagram(*s.graph, {});
  EXPECT_EQ(diagram.title, "g ");
  EXPECT_EQ(diagram.boxes[1].title, std::string(47, 'w') + "…");
  EXPECT_EQ(diagram.boxes[2].title, "a b<script>");
}

TEST(DiagramTest, DescribesAnEmptyGraph) {
  const Diagram diagram = make_diagram(Graph("empty"), {});
  EXPECT_EQ(diagram.boxes.size(), 1u);
  EXPECT_TRUE(diagram.values.empty());
}

}  // namespace
}  // namespace orrery
