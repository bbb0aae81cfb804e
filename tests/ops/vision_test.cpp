#include "runtime/core/error.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

Given factor(const char* name, std::int64_t value) { return {{name, value}}; }

TEST(PixelShuffleTest, TurnsChannelsIntoPixelsAndBack) {
  EXPECT_EQ(infer("PixelShuffle", {floats({N, 12, H, 5})}, factor("upscale_factor", 2)).shape(),
            (Shape{N, 3, 2 * H, 10}));
  EXPECT_EQ(infer("PixelUnshuffle", {floats({3, 2 * H, 10})}, factor("downscale_factor", 2)).shape(),
            (Shape{12, H, 5}));
  EXPECT_EQ(infer("pixel_shuffle", {floats({2, N, 9, 4, 4})}, factor("upscale_factor", 3)).shape(),
            (Shape{2, N, 1, 12, 12}));
}

TEST(PixelShuffleTest, WhatIsDividedMustComeOut) {
  EXPECT_EQ(words(broken("PixelShuffle", {floats({N, 6, 4, 4})}, factor("upscale_factor", 2))),
            "shape-mismatch: expects a number of channels divisible by 4, got 6");
  EXPECT_EQ(words(broken("PixelUnshuffle", {floats({N, 6, 4, 5})}, factor("downscale_factor", 2))),
            "shape-mismatch: expects a width divisible by 2, got 5");
  EXPECT_EQ(infer("PixelUnshuffle", {floats({N, 6, H, 4})}, factor("downscale_factor", 2)).guards.size(), 1u);
  broken("PixelShuffle", {floats({4, 4})}, factor("upscale_factor", 2));
  EXPECT_THROW(infer("PixelShuffle", {floats({N, 6, 4, 4})}, factor("upscale_factor", 1LL << 45)), Error);
  EXPECT_THROW(infer("PixelUnshuffle", {floats({N, 6, 4, 4})}, factor("downscale_factor", 1LL << 45)), Error);
}

TEST(ChannelShuffleTest, KeepsTheShape) {
  EXPECT_EQ(infer("ChannelShuffle", {floats({N, 6, 4})}, factor("groups", 3)).shape(), (Shape{N, 6, 4}));
  EXPECT_EQ(words(broken("ChannelShuffle", {floats({N, 6, 4})}, factor("groups", 4))),
            "groups-mismatch: expects a number of channels divisible by 4 groups, got 6");
  broken("ChannelShuffle", {floats({N, 6})}, factor("groups", 3));
}

TEST(GridSampleTest, HasTheChannelsOfItsInputAndThePlacesOfItsGrid) {
  EXPECT_EQ(infer("grid_sample", {floats({N, 3, 4, 4}), floats({N, H, 7, 2})}).shape(), (Shape{N, 3, H, 7}));
  EXPECT_EQ(infer("grid_sample", {floats({N, 3, 4, 4, 4}), floats({N, 5, 6, 7, 3})}).shape(),
            (Shape{N, 3, 5, 6, 7}));
}

TEST(GridSampleTest, SaysWhatDoesNotGoTogether) {
  EXPECT_EQ(words(broken("grid_sample", {floats({N, 3, 4, 4}), floats({N, 5, 6, 3})})),
            "shape-mismatch: expects a grid (N, H, W, 2), got (N, 5, 6, 3)");
  EXPECT_EQ(words(broken("grid_sample", {floats({2, 3, 4, 4}), floats({5, 5, 6, 2})})),
            "shape-mismatch: expects a grid for a batch of 2, got 5");
  broken("grid_sample", {floats({N, 3, 4, 4}), floats({N, 5, 6, 7, 2})});
  broken("grid_sample", {floats({N, 3, 0, 4}), floats({N, 5, 6, 2})});
  EXPECT_EQ(broken("grid_sample", {floats({N, 3, 4, 4}), {{N, 5, 6, 2}, DType::float64}}).code,
            "dtype-mismatch");
  EXPECT_EQ(
      broken("grid_sample", {floats({N, 3, 4, 4, 4}), floats({N, 5, 6, 7, 3})}, {{"mode", "bicubic"}}).code,
      "option-mismatch");
}

TEST(AffineGridTest, HasAPlaceForEachPixelOfItsSize) {
  EXPECT_EQ(infer("affine_grid", {floats({N, 2, 3})}, {{"size", Shape{N, 1, H, 5}}}).shape(),
            (Shape{N, H, 5, 2}));
  EXPECT_EQ(infer("affine_grid", {floats({N, 3, 4})}, {{"size", Shape{N, 1, 6, 7, 8}}}).shape(),
            (Shape{N, 6, 7, 8, 3}));
  EXPECT_EQ(words(broken("affine_grid", {floats({N, 3, 4})}, {{"size", Shape{N, 1, 6, 7}}})),
            "shape-mismatch: expects matrices (N, 2, 3) for size (N, 1, 6, 7), got (N, 3, 4)");
  EXPECT_EQ(words(broken("affine_grid", {floats({2, 2, 3})}, {{"size", Shape{3, 1, 6, 7}}})),
            "shape-mismatch: expects matrices for a batch of 3, got 2");
  broken("affine_grid", {floats({2, 3})}, {{"size", Shape{1, 1, 6, 7}}});
  EXPECT_EQ(broken("affine_grid", {floats({2, 2, 3})}, {{"size", Shape{3, 6, 7}}}).code, "option-mismatch");
}

}  // namespace
}  // namespace orrery
