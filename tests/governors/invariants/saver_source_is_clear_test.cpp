#include "tests/governors/invariants/governed_graph.h"

namespace orrery {
namespace {

using testing::kLine;
using SaverSourceIsClearTest = testing::GovernedGraph;

TEST_F(SaverSourceIsClearTest, ASaverNamesBlocksAndLayersByPathOrItsEnd) {
  for (const char* path : {"features", "features/conv2d", "linear"}) save({.path = path});
  EXPECT_TRUE(check_governors(b_.graph).empty());
  const auto& governor = dynamic_cast<const Saver&>(*b_.graph.governors().back());
  const auto entries = governor.entries(b_.graph);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].key, "classifier.linear.weight");
}

TEST_F(SaverSourceIsClearTest, ASaverNamesAParameterByItsKeyOrItself) {
  const auto keys = [&](Saver::Source source) {
    save(std::move(source));
    std::vector<std::string> found;
    const auto& governor = dynamic_cast<const Saver&>(*b_.graph.governors().back());
    for (const Graph::Entry& entry : governor.entries(b_.graph)) found.push_back(entry.key);
    return found;
  };
  const std::vector<std::string> one = {"classifier.linear.weight"};
  for (const char* path : {"classifier.linear.weight", "classifier/linear/weight", "linear.weight"})
    EXPECT_EQ(keys({.path = path}), one) << path;
  for (const Graph::Entry& entry : b_.graph.state())
    EXPECT_EQ(keys({.parameter = entry.parameter}), std::vector{entry.key});
  EXPECT_TRUE(check_governors(b_.graph).empty());
}

TEST_F(SaverSourceIsClearTest, AnEndThatSeveralParametersHaveIsAmbiguous) {
  save({.path = "weight"});
  const Finding finding = only();
  EXPECT_EQ(finding.code, "saver-source-ambiguous");
  EXPECT_EQ(finding.message,
            "the saver of best.safetensors cannot tell which 'weight' is meant: features.conv2d.weight, "
            "classifier.linear.weight");
  const Value image = b_.graph.input_node()->output();
  for (int i = 0; i < 7; ++i) b_.apply(b_.conv(1, 4), {image});
  EXPECT_TRUE(only().message.ends_with("conv2d_6.weight, …")) << only().message;
}

TEST_F(SaverSourceIsClearTest, ASaversPathOfAParameterIsKnown) {
  save({.path = "classifier.linear.weigth"});
  EXPECT_TRUE(only().message.ends_with("(did you mean 'classifier.linear.weight'?)")) << only().message;
}

TEST_F(SaverSourceIsClearTest, ASaverOfNothingInParticularWritesAll) {
  const Saver saver("all.safetensors", {}, Saver::When::end, kLine);
  EXPECT_EQ(saver.entries(b_.graph).size(), 4u);
  EXPECT_THROW(Saver("", {}, Saver::When::end, kLine), Error);
}

TEST_F(SaverSourceIsClearTest, ASaverWritesEachParameterOnce) {
  const Block* features = b_.graph.root().children()[0].get();
  const Saver saver("x.safetensors",
                    {{.block = features}, {.path = "features/conv2d"}, {.layer = b_.graph.layers()[0]}},
                    Saver::When::best, kLine);
  EXPECT_EQ(saver.entries(b_.graph).size(), 2u);
}

TEST_F(SaverSourceIsClearTest, ASaversPathIsKnown) {
  save({.path = "featurse"});
  const Finding finding = only();
  EXPECT_EQ(finding.code, "saver-source-unknown");
  EXPECT_EQ(finding.message,
            "the saver of best.safetensors finds no block or layer 'featurse' (did you mean 'features'?)");
}

TEST_F(SaverSourceIsClearTest, ASaversPathMeansOneThing) {
  const Value image = b_.graph.input_node()->output();
  b_.graph.begin_block("other", b_.next_line());
  b_.apply(b_.conv(1, 4), {image});
  b_.graph.end_block();
  save({.path = "conv2d"});
  const Finding finding = only();
  EXPECT_EQ(finding.code, "saver-source-ambiguous");
  EXPECT_EQ(
      finding.message,
      "the saver of best.safetensors cannot tell which 'conv2d' is meant: features/conv2d, other/conv2d");
}

TEST_F(SaverSourceIsClearTest, ASaversSourceHoldsParameters) {
  save({.value = loss_});
  const Finding finding = only();
  EXPECT_EQ(finding.code, "saver-source-empty");
  EXPECT_EQ(finding.message,
            "the saver of best.safetensors has nothing to write: cross_entropy_loss holds no parameters");
}

// VizML's rule about savers of what several nodes read.
TEST_F(SaverSourceIsClearTest, ASaverWritesTheSameForAnyNumberOfReaders) {
  const Value scores = loss_.node->inputs()[0], made = b_.transform("relu", {scores});
  const Saver saver("x.safetensors", {{.value = scores}}, Saver::When::end, kLine);
  const auto keys = [&] {
    std::string text;
    for (const Graph::Entry& entry : saver.entries(b_.graph)) text += entry.key + " ";
    return text;
  };
  EXPECT_EQ(keys(), "classifier.linear.weight classifier.linear.bias ");
  b_.transform("tanh", {made});
  b_.transform("exp", {made});
  EXPECT_EQ(keys(), "classifier.linear.weight classifier.linear.bias ");
  save({.value = scores});
  EXPECT_TRUE(check_governors(b_.graph).empty());
  save({.value = made});
  EXPECT_EQ(only().code, "saver-source-empty");
}

}  // namespace
}  // namespace orrery
