// Savers of what a graph computes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/governors/invariants.h"
#include "runtime/governors/saver.h"
#include "tests/files/error_of.h"
#include "tests/graph/builder.h"
#include "tests/graph/loop_builder.h"

namespace orrery {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Origin kSaver = {{"digits.lua", 42}, ""};

std::shared_ptr<Saver> saver_of(const std::string& path, std::vector<NamedValue> values,
                                bool processes = false, std::vector<Saver::Source> sources = {}) {
  return std::make_shared<Saver>(path, std::move(sources), checked_attributes(saver_attributes(), {}),
                                 processes, kSaver, std::move(values));
}

class SaverValuesTest : public testing::Test {
 protected:
  SaverValuesTest() : loss_(b_.digits_net()) {
    scores_ = loss_.node->inputs()[0];
    label_ = loss_.node->inputs()[1];
    image_ = b_.graph.input_node()->output();
  }

  std::vector<Finding> found(const std::shared_ptr<Saver>& saver) {
    b_.graph.attach(saver);
    b_.graph.update_gradients();
    return check_governors(b_.graph);
  }

  Builder b_;
  Value loss_, scores_, label_, image_;
};

TEST_F(SaverValuesTest, MayBeLayersValuesTransformsAndData) {
  EXPECT_THAT(found(saver_of("all.safetensors",
                             {{"scores", scores_}, {"loss", loss_}, {"image", image_}, {"label", label_}})),
              IsEmpty());
}

// VizML's rule about savers of what several nodes read.
TEST_F(SaverValuesTest, MayHaveAnyNumberOfReaders) {
  const Value made = b_.transform("relu", {scores_});
  for (const char* reader : {"tanh", "exp", "sigmoid"}) b_.transform(reader, {made});
  EXPECT_THAT(found(saver_of("made.npy", {{"made", made}})), IsEmpty());
}

TEST_F(SaverValuesTest, AreOfTheSaversGraph) {
  Builder other("teacher");
  const auto findings = found(saver_of("loss.png", {{"loss", other.digits_net()}}));
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].code, "governor-foreign");
  EXPECT_EQ(findings[0].message,
            "Saver of graph 'digits' writes cross_entropy_loss, which belongs to graph 'teacher'");
}

TEST_F(SaverValuesTest, OfAnImageHaveItsShape) {
  const Value features = b_.apply(b_.conv(1, 16), {image_});
  const auto findings = found(saver_of("features.png", {{"features", features}}));
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].code, "saver-value-no-image");
  EXPECT_EQ(findings[0].site, kSaver.site);
  EXPECT_EQ(findings[0].path, "conv2d");
  EXPECT_EQ(findings[0].message,
            "the saver of features.png cannot write conv2d as an image: expected (C, H, W) with one or three "
            "channels, (H, W), or a batch (N, C, H, W), got (N, 16, 8, 8) float32");
  EXPECT_EQ(findings[0].remedy,
            "Give the saver process = function(t) … end to make an image of it, or write it as .npy.");
}

TEST_F(SaverValuesTest, OfAnImageHaveTwoToFourDimensionsAndOneOrThreeChannels) {
  const auto faults_with = [&](const Value& value) {
    return found(saver_of("value.jpg", {{"value", value}})).size();
  };
  EXPECT_EQ(faults_with(image_), 0u);
  EXPECT_EQ(faults_with(scores_), 0u);
  EXPECT_EQ(faults_with(b_.apply(b_.conv(1, 3), {image_})), 0u);
  EXPECT_EQ(faults_with(b_.apply(b_.conv(1, 2), {image_})), 1u);
  EXPECT_EQ(faults_with(label_), 2u);
  EXPECT_EQ(faults_with(b_.transform("unsqueeze", {image_}, {{"dim", std::int64_t{0}}})), 3u);
  EXPECT_EQ(faults_with(b_.transform("fft_fft", {image_})), 4u);
}

TEST_F(SaverValuesTest, OfAnImageAreMadeToFitByProcess) {
  EXPECT_THAT(found(saver_of("loss.png", {{"loss", loss_}}, true)), IsEmpty());
  EXPECT_THAT(found(saver_of("loss.npy", {{"loss", loss_}})), IsEmpty());
}

TEST_F(SaverValuesTest, AreOneForAnImageOrANumPyFile) {
  const std::vector<NamedValue> two = {{"a", scores_}, {"b", image_}};
  EXPECT_THAT(
      error_of(Fault::usage, [&] { saver_of("two.npy", two); }),
      HasSubstr("digits.lua:42: a NumPy file holds one tensor, and the saver of two.npy has 2 values: "
                "a, b, …\n  Make a saver for each, or write a .safetensors."));
  EXPECT_THAT(error_of(Fault::usage, [&] { saver_of("two.png", two); }),
              HasSubstr("an image holds one tensor, and the saver of two.png has 2 values"));
  EXPECT_NO_THROW(saver_of("two.safetensors", two));
}

TEST_F(SaverValuesTest, HaveNamesOfTheirOwn) {
  EXPECT_THAT(error_of(Fault::usage,
                       [&] {
                         saver_of("two.safetensors", {{"a", scores_}, {"b", image_}, {"a", loss_}});
                       }),
              HasSubstr("digits.lua:42: the saver of two.safetensors has two values called 'a'"));
}

TEST_F(SaverValuesTest, GoWithoutWeights) {
  EXPECT_THAT(error_of(Fault::usage,
                       [&] {
                         saver_of("both.safetensors", {{"a", scores_}}, false, {{.path = "features"}});
                       }),
              HasSubstr("digits.lua:42: both what and values are given to the saver of both.safetensors"));
}

// Before, `loops_keep_their_values` sees the saver among the graph's uses.
TEST(SaverValuesInLoopsTest, AreNotThoseOfAStepWhenTheGraphIsFinalized) {
  SequenceBuilder net;
  LoopBuilder loop(net, {net.h, net.x});
  const Value made = net.transform("tanh", {net.transform("add", {loop[0], loop[1]})});
  const std::vector<Value> outputs = loop.end({made, made});
  for (const Value& output : outputs) net.graph.use({Use::Kind::output, output, ""});
  net.graph.finalize();
  net.graph.attach(saver_of("last.npy", {{"last", outputs[0]}}));
  EXPECT_THAT(check_governors(net.graph), IsEmpty());
  net.graph.attach(saver_of("made.npy", {{"made", made}}));
  const auto findings = check_governors(net.graph);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].code, "loop-value-escapes");
  EXPECT_EQ(findings[0].site, kSaver.site);
  EXPECT_THAT(findings[0].message, HasSubstr("which is computed anew in each step of the loop scan"));
  EXPECT_THAT(findings[0].remedy, HasSubstr("as its y, which orrery.scan stacks"));
}

}  // namespace
}  // namespace orrery
