#include "runtime/onnx/resize_axis.h"

#include <gtest/gtest.h>

namespace orrery::testing {
namespace {

using Places = std::vector<std::int64_t>;

OnnxResize nearest_by(const char* coordinates, const char* how) {
  OnnxResize resize;
  resize.coordinates = coordinates;
  resize.nearest = how;
  return resize;
}

TEST(OnnxResizeTest, TheNearestElementIsRoundedAsTold) {
  const OnnxResize::Axis axis{4, 8, 2};
  EXPECT_EQ(nearest_by("asymmetric", "floor").sources(axis), (Places{0, 0, 1, 1, 2, 2, 3, 3}));
  EXPECT_EQ(nearest_by("asymmetric", "ceil").sources(axis), (Places{0, 1, 1, 2, 2, 3, 3, 3}));
  EXPECT_EQ(nearest_by("asymmetric", "round_prefer_floor").sources(axis), (Places{0, 0, 1, 1, 2, 2, 3, 3}));
  EXPECT_EQ(nearest_by("asymmetric", "round_prefer_ceil").sources(axis), (Places{0, 1, 1, 2, 2, 3, 3, 3}));
}

TEST(OnnxResizeTest, CoordinatesMeetAtCornersCentresOrEdges) {
  OnnxResize resize;
  const OnnxResize::Axis axis{3, 6, 2};
  const auto last = [&](const char* coordinates) {
    resize.coordinates = coordinates;
    return resize.position(axis, 5);
  };
  EXPECT_EQ(last("align_corners"), 2);
  EXPECT_EQ(last("asymmetric"), 2.5);
  EXPECT_EQ(last("half_pixel"), 2.25);
  EXPECT_EQ(last("pytorch_half_pixel"), 2.25);
  EXPECT_EQ(last("tf_half_pixel_for_nn"), 2.75);
  EXPECT_EQ(last("half_pixel_symmetric"), 2.25);
}

TEST(OnnxResizeTest, OneElementStandsAtTheBeginningOfPyTorchsPixels) {
  OnnxResize resize;
  const OnnxResize::Axis axis{4, 1, 0.25};
  EXPECT_EQ(resize.position(axis, 0), 1.5);
  resize.coordinates = "pytorch_half_pixel";
  EXPECT_EQ(resize.position(axis, 0), 0);
  resize.coordinates = "align_corners";
  EXPECT_EQ(resize.position(axis, 0), 0);
}

TEST(OnnxResizeTest, ASymmetricCanvasIsCentredWhenItsSizeIsCutOff) {
  OnnxResize resize;
  resize.coordinates = "half_pixel_symmetric";
  const OnnxResize::Axis axis{5, 6, 1.3};  // 6.5 are wanted
  EXPECT_NEAR(resize.position(axis, 0) + resize.position(axis, 5), 4, 1e-12);
}

TEST(OnnxResizeTest, LinearWeightsShareAmongNeighboursAndKeepTheEdge) {
  OnnxResize resize;
  resize.mode = "linear";
  const std::vector<double> weights = resize.weights({2, 4, 2});
  EXPECT_EQ(weights, (std::vector<double>{1, 0, 0.75, 0.25, 0.25, 0.75, 0, 1}));
}

TEST(OnnxResizeTest, RowsOfWeightsAddUpToOne) {
  for (const char* mode : {"linear", "cubic"}) {
    for (const bool antialias : {false, true}) {
      for (const bool exclude : {false, true}) {
        OnnxResize resize;
        resize.mode = mode;
        resize.antialias = antialias;
        resize.exclude_outside = exclude;
        const OnnxResize::Axis axis{9, 4, 4.0 / 9};
        const std::vector<double> weights = resize.weights(axis);
        for (std::size_t row = 0; row < 4; ++row) {
          double sum = 0;
          for (std::size_t i = 0; i < 9; ++i) sum += weights[row * 9 + i];
          EXPECT_NEAR(sum, 1, 1e-12) << mode << antialias << exclude;
        }
      }
    }
  }
}

// The numbers of ONNX's own test of cubic coefficients half way between two elements.
TEST(OnnxResizeTest, CubicWeightsAreKeys) {
  OnnxResize resize;
  resize.mode = "cubic";
  resize.coordinates = "asymmetric";
  const std::vector<double> weights = resize.weights({5, 10, 2});
  const std::vector<double> row(weights.begin() + 25, weights.begin() + 30);  // place 5 stands at 2.5
  const std::vector<double> expected = {0, -0.09375, 0.59375, 0.59375, -0.09375};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(row[i], expected[i], 1e-12);
}

TEST(OnnxResizeTest, PlacesBehindTheRegionsEndLieOutside) {
  OnnxResize resize;
  resize.coordinates = "tf_crop_and_resize";
  EXPECT_EQ(resize.outside({4, 3, 0.75, 0.5, 1.5}), (std::vector<bool>{false, false, true}));
}

}  // namespace
}  // namespace orrery::testing
