#include "runtime/history/graph_changes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace orrery {
namespace {

using Kind = GraphChange::Kind;

std::string graph(const std::string& blocks, const std::string& layers, const std::string& nodes,
                  const std::string& uses = "") {
  return fmt::format(R"({{"blocks":[{}],"layers":[{}],"nodes":[{}],"uses":[{}]}})", blocks, layers, nodes,
                     uses);
}

const std::string kInput =
    R"({"op":"input","name":"input","block":"","fields":[{"name":"x","shape":["N",8],"dtype":"float32"}]})";
const std::string kRelu = R"({"op":"relu","name":"relu","block":"body","inputs":[[0,0]]})";
const std::string kFc = R"({"op":"Linear","name":"fc","block":"body","layer":0,"inputs":[[0,0]]})";

std::string linear(int features) {
  return fmt::format(R"({{"op":"Linear","name":"fc","attributes":{{"out_features":{}}}}})", features);
}

TEST(GraphChangesTest, TheSameGraphHasNone) {
  const std::string text = graph(R"({"path":"body"})", linear(8), kInput + "," + kFc);
  EXPECT_TRUE(graph_changes(text, text).empty());
  EXPECT_TRUE(graph_changes(text, text + " ").empty());
}

TEST(GraphChangesTest, NamesWhatWasAddedAndRemovedByItsPath) {
  const std::string before = graph(R"({"path":"body"})", "", kInput + "," + kRelu);
  const std::string after = graph(R"({"path":"head"})", "", kInput);
  EXPECT_EQ(graph_changes(before, after), (std::vector<GraphChange>{
                                              {Kind::removed, "block", "body", "", "", ""},
                                              {Kind::added, "block", "head", "", "", ""},
                                              {Kind::removed, "node", "body/relu", "relu", "", ""},
                                          }));
}

TEST(GraphChangesTest, NamesAChangedOptionOfALayerWithBothValues) {
  const std::string nodes = kInput + "," + kFc;
  EXPECT_EQ(graph_changes(graph("", linear(8), nodes), graph("", linear(16), nodes)),
            (std::vector<GraphChange>{{Kind::changed, "node", "body/fc", "out_features", "8", "16"}}));
  const std::string plain = R"({"op":"Linear","name":"fc"})";
  EXPECT_EQ(graph_changes(graph("", plain, nodes), graph("", linear(16), nodes)),
            (std::vector<GraphChange>{{Kind::changed, "node", "body/fc", "out_features", "", "16"}}));
}

TEST(GraphChangesTest, NamesOtherInputsByTheirNodes) {
  const std::string before = graph("", linear(8), kInput + "," + kRelu + "," + kFc);
  std::string after = before;
  after.replace(after.rfind("[[0,0]]"), 7, "[[1,0]]");
  EXPECT_EQ(graph_changes(before, after),
            (std::vector<GraphChange>{{Kind::changed, "node", "body/fc", "inputs", "input", "body/relu"}}));
}

TEST(GraphChangesTest, NamesAnInputsShapeAnOperationAndAnOutput) {
  std::string other_shape = kInput;
  other_shape.replace(other_shape.find("8]"), 1, "9");
  EXPECT_EQ(
      graph_changes(graph("", "", kInput), graph("", "", other_shape)),
      (std::vector<GraphChange>{{Kind::changed, "node", "input", "shape of x", R"(["N",8])", R"(["N",9])"}}));
  std::string gelu = kRelu;
  gelu.replace(gelu.find("relu"), 4, "gelu");
  EXPECT_EQ(graph_changes(graph("", "", kInput + "," + kRelu), graph("", "", kInput + "," + gelu)),
            (std::vector<GraphChange>{{Kind::changed, "node", "body/relu", "operation", "relu", "gelu"}}));
  const std::string uses = R"({"kind":"output","name":"y","value":[0,0]})";
  EXPECT_EQ(graph_changes(graph("", "", kInput), graph("", "", kInput, uses)),
            (std::vector<GraphChange>{{Kind::added, "output", "y", "input", "", ""}}));
}

TEST(GraphChangesTest, ATextThatIsNoGraphHasNoNodes) {
  const std::string text = graph("", "", kInput);
  for (const char* odd : {"", "{", "[]", "7", R"({"nodes":7})", R"({"nodes":[7,null,[]]})",
                          R"({"nodes":[{"inputs":[[9,0],[0],7,[-1,0]],"layer":99}],"layers":3})"}) {
    const auto changes = graph_changes(odd, text);
    EXPECT_FALSE(changes.empty()) << odd;
    EXPECT_EQ(changes.back().kind, Kind::added) << odd;
  }
}

}  // namespace
}  // namespace orrery
