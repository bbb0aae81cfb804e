#include <gtest/gtest.h>

#include "tests/onnx/onnx_one_node.h"

namespace orrery::testing {
namespace {

using Ints = std::vector<std::int64_t>;

TEST(OnnxBordersTest, PadCountsFromTheFirstDimensionAndOrreryFromTheLast) {
  OnnxBuilder model;
  model.input("x", {"N", "3", "H", "W"}).integers("pads", {8}, {0, 0, 1, 2, 0, 0, 3, 4});
  const auto graph = imported(model, "Pad", {"x", "pads"});
  EXPECT_EQ(option_of(*graph, "pad", "pad"), "{2, 4, 1, 3}");
  EXPECT_EQ(result_in(*graph), "float32 (N, 3, H + 4, W + 6)");
}

TEST(OnnxBordersTest, PadTakesItsWidthsFromAnAttributeBeforeSet11) {
  OnnxBuilder first(1), second(2);
  first.input("x", {"3"});
  EXPECT_EQ(result_in(*imported(first, "Pad", {"x"}, {attribute("paddings", Ints{1, 2})})), "float32 (6)");
  second.input("x", {"3"});
  const auto graph = imported(second, "Pad", {"x"}, {attribute("pads", Ints{0, 2}), attribute("value", 1.5)});
  EXPECT_EQ(option_of(*graph, "pad", "value"), "1.5");
}

TEST(OnnxBordersTest, PadsOfChosenAxesComeWithSet18) {
  OnnxBuilder model(18);
  model.input("x", {"N", "3", "4"}).integers("pads", {2}, {1, -1}).integers("axes", {1}, {-2});
  EXPECT_EQ(result_in(*imported(model, "Pad", {"x", "pads", "", "axes"})), "float32 (N, 3, 4)");
}

TEST(OnnxBordersTest, ANumberThatOnlyTheRunKnowsFillsTheBorder) {
  OnnxBuilder model;
  model.input("x", {"N", "3"}).input("number", {}).integers("pads", {4}, {0, 1, 0, 1});
  const auto graph = imported(model, "Pad", {"x", "pads", "number"});
  EXPECT_EQ(operations_in(*graph), "ones_like, pad, eq, pad, where");
  EXPECT_EQ(result_in(*graph), "float32 (N, 5)");
}

TEST(OnnxBordersTest, RepeatingModesArePyTorchsBehindBatchAndChannels) {
  const auto how = [](const char* mode) {
    OnnxBuilder model(19);
    model.input("x", {"N", "3", "8", "8"}).integers("pads", {8}, {0, 0, 1, 1, 0, 0, 1, 1});
    return option_of(*imported(model, "Pad", {"x", "pads"}, {attribute("mode", mode)}), "pad", "mode");
  };
  EXPECT_EQ(how("reflect"), "\"reflect\"");
  EXPECT_EQ(how("edge"), "\"replicate\"");
  EXPECT_EQ(how("wrap"), "\"circular\"");
}

TEST(OnnxBordersTest, OtherRepetitionsAreChoicesOfElements) {
  OnnxBuilder batch, far;
  batch.input("x", {"4", "3"}).integers("pads", {4}, {1, 0, 0, 0});
  EXPECT_EQ(operations_in(*imported(batch, "Pad", {"x", "pads"}, {attribute("mode", "edge")})),
            "index_select");
  far.input("x", {"1", "1", "3"}).integers("pads", {6}, {0, 0, 5, 0, 0, 0});
  const auto graph = imported(far, "Pad", {"x", "pads"}, {attribute("mode", "reflect")});
  EXPECT_EQ(operations_in(*graph), "index_select");
  EXPECT_EQ(result_in(*graph), "float32 (1, 1, 8)");
}

TEST(OnnxBordersTest, PadRefusesModesThatNobodyKnows) {
  OnnxBuilder model;
  model.input("x", {"3"}).integers("pads", {2}, {1, 1});
  EXPECT_EQ(refusal_of(model, "Pad", {"x", "pads"}, {attribute("mode", "mirror")}),
            "'test.onnx': node 'y' (Pad): there is no mode 'mirror'");
}

TEST(OnnxBordersTest, CenterCropPadTakesAwayOrAddsOnBothSides) {
  OnnxBuilder model(18);
  model.input("x", {"7", "4"}).integers("to", {2}, {4, 7});
  const auto graph = imported(model, "CenterCropPad", {"x", "to"});
  EXPECT_EQ(option_of(*graph, "narrow", "start"), "1");
  EXPECT_EQ(option_of(*graph, "pad", "pad"), "{1, 2}");
  EXPECT_EQ(result_in(*graph), "float32 (4, 7)");
}

TEST(OnnxBordersTest, Col2ImFoldsImagesAndAddsUpOthers) {
  OnnxBuilder image(18), uneven(18), sequence(18);
  image.input("x", {"N", "8", "9"}).integers("to", {2}, {4, 4}).integers("block", {2}, {2, 2});
  const auto folded = imported(image, "Col2Im", {"x", "to", "block"});
  EXPECT_EQ(operations_in(*folded), "fold");
  EXPECT_EQ(result_in(*folded), "float32 (N, 2, 4, 4)");
  uneven.input("x", {"N", "8", "12"}).integers("to", {2}, {4, 4}).integers("block", {2}, {2, 2});
  const auto shifted =
      imported(uneven, "Col2Im", {"x", "to", "block"}, {attribute("pads", Ints{1, 0, 0, 0})});
  EXPECT_EQ(operations_in(*shifted), "reshape, full, index_add, reshape, slice");
  EXPECT_EQ(result_in(*shifted), "float32 (N, 2, 4, 4)");
  sequence.input("x", {"N", "6", "4"}).integers("to", {1}, {5}).integers("block", {1}, {2});
  EXPECT_EQ(result_in(*imported(sequence, "Col2Im", {"x", "to", "block"})), "float32 (N, 3, 5)");
}

}  // namespace
}  // namespace orrery::testing
