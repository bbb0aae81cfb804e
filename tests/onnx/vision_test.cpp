#include <gtest/gtest.h>

#include "tests/onnx/onnx_one_node.h"

namespace orrery::testing {
namespace {

std::string resized(std::vector<float> scales, std::vector<OnnxAttribute> attributes,
                    std::vector<std::string> sizes = {"N", "3", "8", "8"}, std::int64_t opset = 13) {
  OnnxBuilder model(opset);
  model.input("x", sizes).floats("scales", {static_cast<std::int64_t>(scales.size())}, scales);
  const std::vector<std::string> inputs =
      opset < 11 ? std::vector<std::string>{"x", "scales"} : std::vector<std::string>{"x", "", "scales"};
  const auto graph = imported(model, "Resize", inputs, std::move(attributes));
  const std::string mode = option_of(*graph, "interpolate", "mode");
  return operations_in(*graph) + (mode[0] == '"' ? " " + mode : "") + ": " + result_in(*graph);
}

const OnnxAttribute kAsymmetric = attribute("coordinate_transformation_mode", "asymmetric");
const OnnxAttribute kLinear = attribute("mode", "linear"), kCubic = attribute("mode", "cubic");

TEST(OnnxVisionTest, ResizeIsPyTorchsWhereThatDoesTheSame) {
  EXPECT_EQ(resized({1, 1, 2, 2}, {kAsymmetric, attribute("nearest_mode", "floor")}, {"N", "3", "H", "W"}),
            "interpolate \"nearest\": float32 (N, 3, 2*H, 2*W)");
  EXPECT_EQ(resized({1, 1, 0.6F, 1}, {}), "interpolate \"nearest-exact\": float32 (N, 3, 4, 8)");
  EXPECT_EQ(resized({1, 1, 0.5F, 2}, {kLinear}), "interpolate \"bilinear\": float32 (N, 3, 4, 16)");
  EXPECT_EQ(resized({1, 1, 2, 2}, {kCubic}), "interpolate \"bicubic\": float32 (N, 3, 16, 16)");
}

TEST(OnnxVisionTest, TheNearestElementNeedsNoCornersInPyTorchsWords) {
  const OnnxAttribute corners = attribute("coordinate_transformation_mode", "align_corners");
  EXPECT_EQ(resized({1, 1, 0.125F, 1}, {corners}), "interpolate \"nearest\": float32 (N, 3, 1, 8)");
}

TEST(OnnxVisionTest, ResizeIsComposedAlongEachAxisElsewhere) {
  EXPECT_EQ(resized({1, 1, 0.5F, 1}, {attribute("coordinate_transformation_mode", "align_corners")}),
            "index_select: float32 (N, 3, 4, 8)");
  EXPECT_EQ(resized({1, 1, 2, 2}, {kLinear, kAsymmetric}), "matmul, linear: float32 (N, 3, 16, 16)");
  EXPECT_EQ(resized({1, 1, 2, 2}, {kCubic, attribute("cubic_coeff_a", -0.5)}),
            "matmul, linear: float32 (N, 3, 16, 16)");
  EXPECT_EQ(resized({1, 2, 1, 1}, {kLinear}), "transpose, linear, transpose: float32 (N, 6, 8, 8)");
}

TEST(OnnxVisionTest, ResizeOfSet10KnowsNoCoordinates) {
  EXPECT_EQ(resized({1, 1, 2, 2}, {}, {"N", "3", "8", "8"}, 10),
            "interpolate \"nearest\": float32 (N, 3, 16, 16)");
}

TEST(OnnxVisionTest, ResizeToSizesMayKeepTheAspect) {
  const auto with = [](const char* policy) {
    OnnxBuilder model(18);
    model.input("x", {"1", "1", "10", "20"}).integers("sizes", {2}, {20, 20});
    return result_in(*imported(model, "Resize", {"x", "", "", "sizes"},
                               {attribute("axes", std::vector<std::int64_t>{2, 3}), kLinear,
                                attribute("keep_aspect_ratio_policy", policy)}));
  };
  EXPECT_EQ(with("stretch"), "float32 (1, 1, 20, 20)");
  EXPECT_EQ(with("not_larger"), "float32 (1, 1, 10, 20)");
  EXPECT_EQ(with("not_smaller"), "float32 (1, 1, 20, 40)");
}

TEST(OnnxVisionTest, AScaleOfOneLeavesAnAxisAsItIs) {
  EXPECT_EQ(resized({1, 1, 1, 1}, {}), "Identity: float32 (N, 3, 8, 8)");
}

TEST(OnnxVisionTest, ResizeRefusesWhatItDoesNotKnow) {
  OnnxBuilder mode, symbolic;
  mode.input("x", {"4"}).floats("scales", {1}, {2});
  EXPECT_EQ(refusal_of(mode, "Resize", {"x", "", "scales"}, {attribute("mode", "spline")}),
            "'test.onnx': node 'y' (Resize): there is no mode 'spline'");
  symbolic.input("x", {"1", "1", "H", "8"}).floats("scales", {4}, {1, 1, 2, 2});
  EXPECT_EQ(refusal_of(symbolic, "Resize", {"x", "", "scales"}, {kLinear, kAsymmetric}),
            "'test.onnx': node 'y' (Resize): the size of axis 2 is H, which only the data tell\n"
            "  Give the sizes of the inputs: shapes = { x = { 1, 3, 224, 224 } }.");
}

TEST(OnnxVisionTest, PlacesOutsideOfARegionHoldANumber) {
  OnnxBuilder model;
  model.input("x", {"1", "1", "4", "4"}).integers("sizes", {4}, {1, 1, 3, 3});
  model.floats("region", {8}, {0, 0, 0.5F, 0, 1, 1, 1.5F, 1});
  const auto graph = imported(model, "Resize", {"x", "region", "", "sizes"},
                              {kLinear, attribute("coordinate_transformation_mode", "tf_crop_and_resize"),
                               attribute("extrapolation_value", 10.0)});
  EXPECT_EQ(operations_in(*graph), "matmul, linear, masked_fill");
  EXPECT_EQ(option_of(*graph, "masked_fill", "value"), "10");
}

TEST(OnnxVisionTest, UpsampleTellsItsScalesInThreeWays) {
  OnnxBuilder first(1), attributes(7), input(9);
  first.input("x", {"1", "1", "2", "2"});
  EXPECT_EQ(result_in(*imported(first, "Upsample", {"x"},
                                {attribute("height_scale", 2.0), attribute("width_scale", 3.0)})),
            "float32 (1, 1, 4, 6)");
  attributes.input("x", {"1", "1", "2", "2"});
  EXPECT_EQ(result_in(*imported(attributes, "Upsample", {"x"},
                                {attribute("scales", std::vector<double>{1, 1, 2, 3})})),
            "float32 (1, 1, 4, 6)");
  input.input("x", {"1", "1", "2", "2"}).floats("scales", {4}, {1, 1, 2, 3});
  EXPECT_EQ(result_in(*imported(input, "Upsample", {"x", "scales"})), "float32 (1, 1, 4, 6)");
}

TEST(OnnxVisionTest, DepthBecomesSpaceInTwoOrders) {
  const auto how = [](const char* mode) {
    OnnxBuilder model;
    model.input("x", {"N", "8", "2", "3"});
    const auto graph = imported(model, "DepthToSpace", {"x"},
                                {attribute("blocksize", std::int64_t{2}), attribute("mode", mode)});
    EXPECT_EQ(result_in(*graph), "float32 (N, 2, 4, 6)");
    return operations_in(*graph);
  };
  EXPECT_EQ(how("DCR"), "reshape, permute, reshape");
  EXPECT_EQ(how("CRD"), "pixel_shuffle");
}

TEST(OnnxVisionTest, SpaceBecomesDepthWhereBlocksComeOut) {
  OnnxBuilder model, odd;
  model.input("x", {"N", "2", "4", "6"});
  EXPECT_EQ(result_in(*imported(model, "SpaceToDepth", {"x"}, {attribute("blocksize", std::int64_t{2})})),
            "float32 (N, 8, 2, 3)");
  odd.input("x", {"N", "2", "5", "6"});
  EXPECT_EQ(refusal_of(odd, "SpaceToDepth", {"x"}, {attribute("blocksize", std::int64_t{2})}),
            "'test.onnx': node 'y' (SpaceToDepth): 5 rows do not fall into blocks of 2");
}

TEST(OnnxVisionTest, GridsAreReadInTheWordsOfEitherSet) {
  const auto mode = [](std::int64_t opset, const char* word) {
    OnnxBuilder model(opset);
    model.input("x", {"N", "1", "4", "4"}).input("grid", {"N", "3", "3", "2"});
    return option_of(*imported(model, "GridSample", {"x", "grid"}, {attribute("mode", word)}), "grid_sample",
                     "mode");
  };
  EXPECT_EQ(mode(16, "bilinear"), "\"bilinear\"");
  EXPECT_EQ(mode(20, "linear"), "\"bilinear\"");
  EXPECT_EQ(mode(20, "cubic"), "\"bicubic\"");
}

TEST(OnnxVisionTest, GridsOfMatricesHaveTheSizesThatAreAskedFor) {
  OnnxBuilder model(20);
  model.input("theta", {"2", "2", "3"}).integers("size", {4}, {2, 3, 5, 6});
  EXPECT_EQ(result_in(*imported(model, "AffineGrid", {"theta", "size"})), "float32 (2, 5, 6, 2)");
}

TEST(OnnxVisionTest, BoxesAreReadAtPointsBetweenPixels) {
  OnnxBuilder model(16), adaptive(16);
  const std::vector<OnnxAttribute> sizes = {attribute("output_height", std::int64_t{5}),
                                            attribute("output_width", std::int64_t{4}),
                                            attribute("sampling_ratio", std::int64_t{2})};
  model.input("x", {"1", "3", "10", "10"}).input("boxes", {"R", "4"}).input("b", {"R"}, OnnxDType::int64);
  EXPECT_EQ(result_in(*imported(model, "RoiAlign", {"x", "boxes", "b"}, sizes)), "float32 (R, 3, 5, 4)");
  adaptive.input("x", {"1", "3", "10", "10"}).input("boxes", {"R", "4"}).input("b", {"R"}, OnnxDType::int64);
  EXPECT_EQ(
      refusal_of(adaptive, "RoiAlign", {"x", "boxes", "b"}),
      "'test.onnx': node 'y' (RoiAlign): sampling_ratio 0 takes as many points as a box is large, which "
      "only the data tell\n  Export it with a sampling_ratio of 1 or more.");
}

TEST(OnnxVisionTest, FewBoxesSuppressEachOtherStepByStep) {
  const auto add = [](OnnxBuilder& model, const std::string& count) {
    model.input("boxes", {"1", count, "4"}).input("scores", {"1", "2", count});
    model.integers("most", {1}, {3}).floats("share", {1}, {0.5F});
  };
  OnnxBuilder few, many;
  add(few, "3");
  const auto graph = imported(few, "NonMaxSuppression", {"boxes", "scores", "most", "share"});
  EXPECT_EQ(graph->uses()[0].value.shape()[1], Dim(3));
  EXPECT_EQ(graph->uses()[0].value.dtype(), DType::int64);
  add(many, "129");
  EXPECT_EQ(refusal_of(many, "NonMaxSuppression", {"boxes", "scores", "most", "share"}),
            "'test.onnx': node 'y' (NonMaxSuppression): it chooses among 129 boxes; up to 128 are imported, "
            "one step a box\n  Cut the net before it, and choose the boxes in a script.");
}

}  // namespace
}  // namespace orrery::testing
