#include <cmath>

#include "tests/files/error_of.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

const Dim N = Dim::symbol("N");
const Dim H = Dim::symbol("H");

Given conv(std::int64_t in, std::int64_t out, std::int64_t kernel, Given more = {}) {
  Given options = {{"in_channels", in}, {"out_channels", out}, {"kernel_size", kernel}};
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

TEST(Conv2dTest, SlidesTheKernelOverHeightAndWidth) {
  EXPECT_EQ(infer("Conv2d", {floats({N, 3, 32, 30})}, conv(3, 8, 3)).shape(), (Shape{N, 8, 30, 28}));
  EXPECT_EQ(infer("Conv2d", {floats({3, 32, 30})}, conv(3, 8, 3)).shape(), (Shape{8, 30, 28}));
  const Given options = conv(3, 64, 7, {{"stride", integer(2)}, {"padding", integer(3)}});
  EXPECT_EQ(infer("Conv2d", {floats({N, 3, 224, 224})}, options).shape(), (Shape{N, 64, 112, 112}));
  EXPECT_EQ(infer("Conv2d", {floats({N, 3, 9, 9})}, conv(3, 8, 3, {{"dilation", list({1, 2})}})).shape(),
            (Shape{N, 8, 7, 5}));
}

TEST(Conv2dTest, SameKeepsTheSizeAndValidAddsNothing) {
  EXPECT_EQ(infer("Conv2d", {floats({N, 3, 5, 6})}, conv(3, 8, 4, {{"padding", "same"}})).shape(),
            (Shape{N, 8, 5, 6}));
  EXPECT_EQ(infer("Conv2d", {floats({N, 3, 5, 6})}, conv(3, 8, 4, {{"padding", "valid"}})).shape(),
            (Shape{N, 8, 2, 3}));
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       parameters("Conv2d", conv(3, 8, 3, {{"padding", "same"}, {"stride", integer(2)}}));
                     }),
            "padding \"same\" needs stride 1, got stride 2");
}

TEST(Conv2dTest, SymbolicSizesGiveExpressions) {
  const Inferred inferred = infer("Conv2d", {floats({N, 3, H, H})},
                                  conv(3, 8, 3, {{"stride", integer(2)}, {"padding", integer(1)}}));
  EXPECT_EQ(inferred.shape()[2], floor_div(H - 1, 2) + 1);
  EXPECT_TRUE(inferred.guards.empty());
}

TEST(Conv2dTest, AKernelAgainstASymbolicHeightIsAGuard) {
  const Inferred inferred = infer("Conv2d", {floats({N, 3, H, 9})}, conv(3, 8, 5));
  ASSERT_EQ(inferred.guards.size(), 1u);
  EXPECT_EQ(inferred.guards[0].relation, Guard::Relation::at_least);
  EXPECT_EQ(inferred.guards[0].right, Dim(5));
  EXPECT_EQ(inferred.guards[0].otherwise.expected, "an input at least 5 high (kernel 5, padding 0)");
}

TEST(Conv2dTest, TheKernelMustFitIntoThePaddedInput) {
  EXPECT_EQ(infer("Conv2d", {floats({N, 3, 5, 5})}, conv(3, 8, 5)).shape(), (Shape{N, 8, 1, 1}));
  EXPECT_EQ(words(broken("Conv2d", {floats({N, 3, 5, 4})}, conv(3, 8, 5))),
            "shape-mismatch: expects an input at least 5 wide (kernel 5, padding 0), got 4");
  EXPECT_EQ(broken("Conv2d", {floats({N, 3, 4, 5})}, conv(3, 8, 3, {{"dilation", integer(2)}})).expected,
            "an input at least 5 high (kernel 3, padding 0, dilation 2)");
  EXPECT_EQ(broken("Conv2d", {floats({N, 3, 0, 5})}, conv(3, 8, 3, {{"padding", integer(3)}})).expected,
            "an input at least 1 high (kernel 3, padding 3)");
}

TEST(Conv2dTest, ChannelsMustFitAndTheRemedyNamesTheNumber) {
  const RuleBroken rule = broken("Conv2d", {floats({N, 32, 8, 8})}, conv(64, 8, 3));
  EXPECT_EQ(words(rule), "shape-mismatch: expects 64 input channels, got 32");
  EXPECT_EQ(rule.remedy, "Give the layer in_channels = 32.");
  EXPECT_EQ(infer("Conv2d", {floats({N, Dim::symbol("C"), 8, 8})}, conv(64, 8, 3)).guards.size(), 1u);
}

TEST(Conv2dTest, TakesThreeOrFourDimensions) {
  EXPECT_EQ(broken("Conv2d", {floats({8, 8})}, conv(3, 8, 3)).got, "2 dimensions of shape (8, 8)");
  broken("Conv2d", {floats({N, 1, 3, 8, 8})}, conv(3, 8, 3));
}

TEST(Conv2dTest, GroupsDivideTheChannels) {
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       parameters("Conv2d", conv(4, 6, 3, {{"groups", integer(3)}}));
                     }),
            "in_channels must be divisible by groups, got 4 channels in 3 groups");
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       parameters("Conv2d", conv(4, 6, 3, {{"groups", integer(4)}}));
                     }),
            "out_channels must be divisible by groups, got 6 channels in 4 groups");
}

TEST(Conv2dTest, TheFanInCountsOneGroup) {
  const auto specs = parameters("Conv2d", conv(4, 6, 3, {{"groups", integer(2)}}));
  EXPECT_EQ(specs[0].shape, (std::vector<std::int64_t>{6, 2, 3, 3}));
  EXPECT_DOUBLE_EQ(specs[0].init.b, 1 / std::sqrt(18.0));
  EXPECT_DOUBLE_EQ(specs[1].init.b, 1 / std::sqrt(18.0));
  EXPECT_EQ(specs[1].shape, (std::vector<std::int64_t>{6}));
}

TEST(Conv2dTest, OtherPaddingModesAreRefusedByName) {
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       parameters("Conv2d", conv(3, 8, 3, {{"padding_mode", "circular"}}));
                     }),
            "padding_mode must be 'zeros', got \"circular\"");
}

TEST(Conv2dTest, CountsAsFlopCounterModeDoes) {
  EXPECT_EQ(flops("Conv2d", {floats({5, 4, 8, 8})}, conv(4, 6, 3, {{"groups", integer(2)}})), Dim(38880));
  EXPECT_EQ(flops("Conv2d", {floats({4, 8, 8})}, conv(4, 6, 3, {{"groups", integer(2)}})), Dim(7776));
}

}  // namespace
}  // namespace orrery
