#include <gtest/gtest.h>

#include "tests/onnx/onnx_one_node.h"

namespace orrery::testing {
namespace {

using Ints = std::vector<std::int64_t>;

// Images and kernels of the file, (4, 2, 3, 3).
struct WithKernels : OnnxBuilder {
  explicit WithKernels(std::vector<std::string> sizes = {"N", "2", "8", "8"}) {
    input("x", sizes).weight("conv.weight", {4, 2, 3, 3}).weight("conv.bias", {4});
  }
};

TEST(OnnxConvolutionsTest, KernelsOfTheFileMakeALayer) {
  WithKernels model;
  const auto graph = imported(model, "Conv", {"x", "conv.weight", "conv.bias"},
                              {attribute("pads", Ints{1, 1, 1, 1}), attribute("strides", Ints{2, 2})});
  EXPECT_EQ(described(*graph), "conv = Conv2d(x) (N, 4, 4, 4)\n");
  EXPECT_EQ(option_of(*graph, "Conv2d", "padding"), "{1, 1}");
}

TEST(OnnxConvolutionsTest, ComputedKernelsMakeATransform) {
  OnnxBuilder model;
  model.input("x", {"N", "2", "8"}).input("w", {"4", "1", "3"});
  const auto graph = imported(model, "Conv", {"x", "w"}, {attribute("group", std::int64_t{2})});
  EXPECT_EQ(described(*graph), "conv1d = conv1d(x, w) (N, 4, 6)\n");
}

TEST(OnnxConvolutionsTest, ABorderThatIsNotEvenIsAddedBefore) {
  WithKernels model;
  const auto graph = imported(model, "Conv", {"x", "conv.weight"}, {attribute("pads", Ints{1, 0, 0, 2})});
  EXPECT_EQ(operations_in(*graph), "pad, Conv2d");
  EXPECT_EQ(option_of(*graph, "pad", "pad"), "{0, 2, 1, 0}");
  EXPECT_EQ(result_in(*graph), "float32 (N, 4, 7, 8)");
}

TEST(OnnxConvolutionsTest, SameKeepsSizesOverStridesAndTellsWhereTheOddOneGoes) {
  const auto border = [](const char* how) {
    WithKernels model;
    const auto graph = imported(model, "Conv", {"x", "conv.weight"},
                                {attribute("auto_pad", how), attribute("strides", Ints{2, 2})});
    EXPECT_EQ(result_in(*graph), "float32 (N, 4, 4, 4)");
    return option_of(*graph, "pad", "pad");
  };
  EXPECT_EQ(border("SAME_UPPER"), "{0, 1, 0, 1}");
  EXPECT_EQ(border("SAME_LOWER"), "{1, 0, 1, 0}");
}

TEST(OnnxConvolutionsTest, SameOfASymbolicHeightNeedsStridesOfOne) {
  WithKernels one({"N", "2", "H", "W"}), two({"N", "2", "H", "W"});
  EXPECT_EQ(result_in(*imported(one, "Conv", {"x", "conv.weight"}, {attribute("auto_pad", "SAME_UPPER")})),
            "float32 (N, 4, H, W)");
  EXPECT_EQ(refusal_of(two, "Conv", {"x", "conv.weight"},
                       {attribute("auto_pad", "SAME_UPPER"), attribute("strides", Ints{2, 2})}),
            "'test.onnx': node 'y' (Conv): the height is H, which only the data tell\n"
            "  Give the sizes of the inputs: shapes = { x = { 1, 3, 224, 224 } }.");
}

TEST(OnnxConvolutionsTest, PadsOfAnotherNumberAreRefused) {
  WithKernels model;
  EXPECT_EQ(refusal_of(model, "Conv", {"x", "conv.weight"}, {attribute("pads", Ints{1, 1})}),
            "'test.onnx': node 'y' (Conv): 'pads' has 2 numbers, expected 4");
}

TEST(OnnxConvolutionsTest, TransposedOnesCutOffWhatIsLessAtOneEnd) {
  OnnxBuilder model;
  model.input("x", {"N", "2", "4"}).weight("up.weight", {2, 3, 3});
  const auto graph = imported(model, "ConvTranspose", {"x", "up.weight"},
                              {attribute("strides", Ints{2}), attribute("pads", Ints{1, 2})});
  EXPECT_EQ(described(*graph),
            "up = ConvTranspose1d(x) (N, 3, 7)\n"
            "slice = slice(up) (N, 3, 6)\n");
}

TEST(OnnxConvolutionsTest, AShapeThatIsAskedForDecidesHowMuchGoes) {
  const auto size = [](std::int64_t wanted) {
    OnnxBuilder model;
    model.input("x", {"N", "2", "4"}).weight("up.weight", {2, 3, 3});
    return result_in(*imported(model, "ConvTranspose", {"x", "up.weight"},
                               {attribute("strides", Ints{2}), attribute("output_shape", Ints{wanted})}));
  };
  EXPECT_EQ(size(8), "float32 (N, 3, 8)");    // one less than the windows reach
  EXPECT_EQ(size(10), "float32 (N, 3, 10)");  // one more
}

TEST(OnnxConvolutionsTest, SameOfATransposedOneIsAsManyTimesAsLargeAsItsStrides) {
  OnnxBuilder model;
  model.input("x", {"N", "2", "L"}).weight("up.weight", {2, 3, 4});
  EXPECT_EQ(result_in(*imported(model, "ConvTranspose", {"x", "up.weight"},
                                {attribute("strides", Ints{2}), attribute("auto_pad", "SAME_UPPER")})),
            "float32 (N, 3, 2*L)");
}

TEST(OnnxConvolutionsTest, DeformedOnesReadBetweenThePixels) {
  OnnxBuilder model(19);
  model.input("x", {"N", "2", "5", "5"}).weight("w", {4, 1, 3, 3}).input("offset", {"N", "18", "3", "3"});
  const auto graph =
      imported(model, "DeformConv", {"x", "w", "offset"}, {attribute("group", std::int64_t{2})});
  EXPECT_EQ(result_in(*graph), "float32 (N, 4, 3, 3)");
  EXPECT_EQ(option_of(*graph, "grid_sample", "align_corners"), "false");
}

}  // namespace
}  // namespace orrery::testing
