#include "runtime/vizml/write.h"

#include <fstream>

#include "runtime/graph/structural_hash.h"
#include "runtime/vizml/document.h"
#include "runtime/vizml/run.h"
#include "tests/files/places.h"
#include "tests/graph/builder.h"
#include "tests/vizml/refusals.h"
#include "tests/vizml/vizml_json.h"

namespace orrery {
namespace {

using nlohmann::json;

std::unique_ptr<Graph> graph_of(const std::string& text) {
  static Runtime runtime;
  return read_vizml(text, runtime, "'net.json'");
}

std::string text_of_fixture(const std::string& name) {
  std::ifstream file(in_source("tests/fixtures/vizml/" + name));
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string refusal_of(const Graph& graph) {
  try {
    to_vizml(graph);
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::check);
    return error.message();
  }
  return "";
}

TEST(VizmlWriteTest, BothCasesComeBackAsTheyWere) {
  for (const char* name : {"mnist.json", "style.json"}) {
    const auto graph = graph_of(text_of_fixture(name));
    const std::string text = to_vizml(*graph);
    const auto again = graph_of(text);
    EXPECT_EQ(structural_hash(*again), structural_hash(*graph)) << name;
    EXPECT_EQ(to_vizml(*again), text) << name;
  }
}

TEST(VizmlWriteTest, NodesLinksAndBlocksAreAsManyAsWereRead) {
  for (const char* name : {"mnist.json", "style.json"}) {
    const VizmlDocument read = parse_vizml(text_of_fixture(name), name);
    const VizmlDocument written = parse_vizml(to_vizml(*graph_of(text_of_fixture(name))), name);
    EXPECT_EQ(written.nodes.size(), read.nodes.size()) << name;
    EXPECT_EQ(written.links.size(), read.links.size()) << name;
    EXPECT_EQ(written.blocks.size(), read.blocks.size()) << name;
  }
}

TEST(VizmlWriteTest, LinksHaveTheColoursOfTheirRoles) {
  const json written = json::parse(to_vizml(*graph_of(text_of_fixture("mnist.json"))));
  std::map<std::string, int> colours;
  for (const json& link : written["links"]) ++colours[link["color"].get<std::string>()];
  EXPECT_EQ(colours, (std::map<std::string, int>{{"#fb9a99", 9}, {"#4daf4a", 3}, {"#e41a1c", 1}}));
}

TEST(VizmlWriteTest, AGraphOfAScriptIsWritten) {
  Builder b;
  const Dim n = Dim::symbol("N");
  const Value x = b.graph.input({{{"x", {{n, 3, 8, 8}}}}}, b.next_line())[0];
  b.graph.begin_block("features", b.next_line());
  const LayerPtr conv = b.layer("Conv2d", {{"in_channels", std::int64_t{3}},
                                           {"out_channels", std::int64_t{3}},
                                           {"kernel_size", std::int64_t{3}},
                                           {"padding", std::int64_t{1}}});
  const Value once = b.transform("relu", {b.apply(conv, {x})});
  const Value twice = b.transform("add", {b.apply(conv, {once}), x});
  b.graph.end_block();
  b.graph.use({Use::Kind::output, twice, ""});
  const auto restored = graph_of(to_vizml(b.graph));
  EXPECT_EQ(restored->layers().size(), 2U);  // the ReLU is a layer to VizML
  EXPECT_EQ(restored->nodes().size(), 5U);
  EXPECT_EQ(restored->root().children()[0]->name(), "features");
  EXPECT_EQ(restored->nodes().back()->output().shape(), (Shape{1, 3, 8, 8}));
  EXPECT_EQ(vizml_run(*restored)->imported.begin()->second, restored->nodes()[1]->layer());
}

TEST(VizmlWriteTest, AllThatVizmlHasNoNodeForIsListedAtOnce) {
  Builder b;
  const Value x = b.graph.input({{{"x", {{Dim::symbol("N"), 4}}}}}, b.next_line())[0];
  const Value y = b.transform("add", {b.transform("gelu", {x}), {}}, {{"other", std::int64_t{1}}});
  auto table = std::make_shared<Parameter>();
  table->name = "table";
  table->shape = {4};
  b.transform("add", {b.apply("Dropout", {}, {y}), b.graph.constant(table, {}, "table")});
  const std::string refusal = refusal_of(b.graph);
  for (const char* part :
       {"VizML's JSON cannot say:", "gelu (gelu): VizML has no such node",
        "add (add): VizML's has no option other = 1", "dropout (Dropout): VizML has no such",
        "table (Parameter): VizML has the values of constants in files"})
    EXPECT_NE(refusal.find(part), std::string::npos) << refusal;
}

TEST(VizmlWriteTest, AnInputThatVizmlHasNoNodeForIsRefused) {
  Builder b;
  b.digits_net();
  EXPECT_NE(refusal_of(b.graph).find("input (Input): VizML's inputs are one tensor, or pictures of 28×28"),
            std::string::npos);
}

TEST(VizmlWriteTest, OptionsThatVizmlDoesNotHaveAreRefused) {
  Builder b;
  const Value x = b.graph.input({{{"x", {{Dim::symbol("N"), 4}}, false}}}, b.next_line())[0];
  const Value y = b.apply("MaxPool2d", {{"kernel_size", std::int64_t{2}}, {"return_indices", true}},
                          {b.transform("view", {x}, {{"shape", Shape{-1, 1, 2, 2}}})});
  b.transform("add", {y, y}, {{"alpha", std::int64_t{2}}});
  const std::string refusal = refusal_of(b.graph);
  EXPECT_NE(refusal.find("view (view): VizML has no such node"), std::string::npos) << refusal;
  EXPECT_NE(refusal.find("add (add): VizML's has no option alpha = 2"), std::string::npos) << refusal;
}

}  // namespace
}  // namespace orrery
