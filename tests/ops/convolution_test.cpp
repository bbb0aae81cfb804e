#include <cmath>

#include "tests/files/error_of.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

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
            "stride must be 1 with padding \"same\", got 2");
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
            "kernel-too-large: expects an input at least 5 wide (kernel 5, padding 0), got 4");
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
  EXPECT_EQ(words(broken_options("Conv2d", conv(4, 6, 3, {{"groups", integer(3)}}))),
            "groups-mismatch: expects in_channels divisible by groups, got 4 channels in 3 groups");
  EXPECT_EQ(words(broken_options("Conv2d", conv(4, 6, 3, {{"groups", integer(4)}}))),
            "groups-mismatch: expects out_channels divisible by groups, got 6 channels in 4 groups");
}

TEST(Conv2dTest, TheFanInCountsOneGroup) {
  const auto specs = parameters("Conv2d", conv(4, 6, 3, {{"groups", integer(2)}}));
  EXPECT_EQ(specs[0].shape, (std::vector<std::int64_t>{6, 2, 3, 3}));
  EXPECT_DOUBLE_EQ(specs[0].init.b, 1 / std::sqrt(18.0));
  EXPECT_DOUBLE_EQ(specs[1].init.b, 1 / std::sqrt(18.0));
  EXPECT_EQ(specs[1].shape, (std::vector<std::int64_t>{6}));
}

TEST(Conv2dTest, OtherPaddingModesNeedEnoughToRepeat) {
  const Given circular = conv(3, 8, 3, {{"padding", integer(2)}, {"padding_mode", "circular"}});
  EXPECT_EQ(infer("Conv2d", {floats({N, 3, 2, 4})}, circular).shape(), (Shape{N, 8, 4, 6}));
  EXPECT_EQ(words(broken("Conv2d", {floats({N, 3, 1, 4})}, circular)),
            "shape-mismatch: expects an input at least 2 high (padding 2 and 2, circular), got 1");
  const Given mirrored = conv(3, 8, 3, {{"padding", integer(2)}, {"padding_mode", "reflect"}});
  EXPECT_EQ(infer("Conv2d", {floats({N, 3, 3, 4})}, mirrored).shape(), (Shape{N, 8, 5, 6}));
  broken("Conv2d", {floats({N, 3, 2, 4})}, mirrored);
  const Given even = conv(3, 8, 4, {{"padding", "same"}, {"padding_mode", "reflect"}});
  EXPECT_EQ(infer("Conv2d", {floats({N, 3, 3, 3})}, even).shape(), (Shape{N, 8, 3, 3}));
  broken("Conv2d", {floats({N, 3, 2, 3})}, even);
}

TEST(ConvTest, OneRuleForEveryNumberOfAxes) {
  EXPECT_EQ(infer("Conv1d", {floats({N, 3, 9})}, conv(3, 8, 3, {{"stride", integer(2)}})).shape(),
            (Shape{N, 8, 4}));
  EXPECT_EQ(infer("Conv3d", {floats({3, 9, 8, 7})}, conv(3, 8, 3)).shape(), (Shape{8, 7, 6, 5}));
  EXPECT_EQ(words(broken("Conv1d", {floats({N, 3, 2})}, conv(3, 8, 3))),
            "kernel-too-large: expects an input at least 3 long (kernel 3, padding 0), got 2");
  EXPECT_EQ(broken("Conv3d", {floats({N, 3, 2, 9, 9})}, conv(3, 8, 3)).expected,
            "an input at least 3 deep (kernel 3, padding 0)");
  EXPECT_EQ(broken("Conv3d", {floats({3, 9, 9, 9})}, conv(4, 8, 3)).expected, "4 input channels");
  EXPECT_EQ(broken("Conv1d", {floats({9})}, conv(3, 8, 3)).expected,
            "an input of 2 or 3 dimensions, (N, C, L) or (C, L)");
}

TEST(ConvTransposeTest, SpreadsItsInput) {
  const Given doubling = conv(4, 2, 4, {{"stride", integer(2)}, {"padding", integer(1)}});
  EXPECT_EQ(infer("ConvTranspose2d", {floats({N, 4, H, 8})}, doubling).shape(), (Shape{N, 2, 2 * H, 16}));
  EXPECT_EQ(infer("ConvTranspose1d", {floats({4, 5})}, conv(4, 2, 3, {{"dilation", integer(2)}})).shape(),
            (Shape{2, 9}));
  const Given more = conv(4, 2, 3, {{"stride", integer(2)}, {"output_padding", integer(1)}});
  EXPECT_EQ(infer("ConvTranspose3d", {floats({4, 1, 2, 3})}, more).shape(), (Shape{2, 4, 6, 8}));
}

TEST(ConvTransposeTest, PaddingMayNotTakeAllAway) {
  const Given less = conv(4, 2, 3, {{"padding", integer(2)}});
  EXPECT_EQ(infer("ConvTranspose1d", {floats({4, 3})}, less).shape(), (Shape{2, 1}));
  EXPECT_EQ(words(broken("ConvTranspose1d", {floats({4, 2})}, less)),
            "shape-mismatch: expects an input that leaves an output at least 1 long (kernel 3, padding 2), "
            "got 2");
  broken("ConvTranspose1d", {floats({4, 0})}, conv(4, 2, 3));
}

TEST(ConvTransposeTest, OutputPaddingIsLessThanStrideOrDilation) {
  EXPECT_NO_THROW(parameters("ConvTranspose2d",
                             conv(4, 2, 3, {{"dilation", integer(2)}, {"output_padding", integer(1)}})));
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       parameters("ConvTranspose2d", conv(4, 2, 3, {{"output_padding", integer(1)}}));
                     }),
            "output_padding must be less than stride or dilation, got 1 for stride 1 and dilation 1");
}

TEST(ConvTransposeTest, GivesTheSizesThatAreAskedForWhereStridesLeaveAChoice) {
  const auto sized = [](Shape size) {
    return conv(4, 2, 3, {{"stride", integer(2)}, {"padding", integer(1)}, {"output_size", std::move(size)}});
  };
  const std::vector<TensorType> image = {floats({N, 4, 5, 8})};
  EXPECT_EQ(infer("ConvTranspose2d", image, sized({9, 15})).shape(), (Shape{N, 2, 9, 15}));
  EXPECT_EQ(infer("ConvTranspose2d", image, sized({10, 16})).shape(), (Shape{N, 2, 10, 16}));
  EXPECT_EQ(infer("ConvTranspose2d", image, sized({N, 2, 9, 16})).shape(), (Shape{N, 2, 9, 16}));
  EXPECT_EQ(infer("ConvTranspose2d", {floats({N, 4, H, 8})}, sized({2 * H, 16})).shape(),
            (Shape{N, 2, 2 * H, 16}));
  EXPECT_EQ(words(broken("ConvTranspose2d", image, sized({8, 15}))),
            "shape-mismatch: expects an output_size between 9 and 10 high, got 8");
  EXPECT_EQ(words(broken("ConvTranspose2d", image, sized({9, 17}))),
            "shape-mismatch: expects an output_size between 15 and 16 wide, got 17");
  EXPECT_EQ(broken("ConvTranspose2d", image, sized({9})).expected, "2 or 4 sizes in output_size");
}

TEST(ConvTransposeTest, ItsWeightBeginsWithTheInputsChannels) {
  const auto specs = parameters("ConvTranspose2d", conv(4, 6, 3, {{"groups", integer(2)}}));
  EXPECT_EQ(specs[0].shape, (std::vector<std::int64_t>{4, 3, 3, 3}));
  EXPECT_DOUBLE_EQ(specs[0].init.b, 1 / std::sqrt(27.0));
  EXPECT_EQ(specs[1].shape, (std::vector<std::int64_t>{6}));
  EXPECT_DOUBLE_EQ(specs[1].init.b, 1 / std::sqrt(27.0));
}

TEST(ConvTransposeTest, CountsAsFlopCounterModeDoes) {
  EXPECT_EQ(flops("ConvTranspose2d", {floats({5, 4, 8, 8})}, conv(4, 6, 3, {{"groups", integer(2)}})),
            Dim(2 * 5 * 8 * 8 * 4 * 3 * 9));
}

TEST(ConvCallTest, TakesItsKernelsFromAnotherValue) {
  const std::vector<TensorType> operands = {floats({N, 4, H, 9}), floats({6, 2, 3, 3}), floats({6})};
  const Given grouped = {{"groups", integer(2)}, {"padding", integer(1)}};
  EXPECT_EQ(infer("conv2d", operands, grouped).shape(), (Shape{N, 6, H, 9}));
  EXPECT_EQ(flops("conv1d", {floats({5, 4, 8}), floats({6, 4, 3})}), Dim(2 * 5 * 6 * 6 * 4 * 3));
  EXPECT_EQ(
      infer("conv_transpose1d", {floats({N, 4, 5}), floats({4, 3, 2})}, {{"stride", integer(2)}}).shape(),
      (Shape{N, 3, 10}));
}

TEST(ConvCallTest, SaysWhatDoesNotGoTogether) {
  EXPECT_EQ(words(broken("conv2d", {floats({N, 4, 9, 9}), floats({6, 3, 3, 3})})),
            "shape-mismatch: expects 3 input channels, got 4");
  EXPECT_EQ(broken("conv2d", {floats({N, 4, 9, 9}), floats({6, 4, 3})}).expected,
            "a weight of 4 dimensions, (out_channels, in_channels / groups, kernel)");
  EXPECT_EQ(broken("conv2d", {floats({N, 4, 9, 9}), floats({6, 4, H, 3})}).expected,
            "a weight whose kernel has known sizes of at least 1");
  EXPECT_EQ(words(broken("conv2d", {floats({N, 4, 9, 9}), floats({6, 4, 3, 3}), floats({5})})),
            "shape-mismatch: expects a bias of shape (6), got (5)");
  EXPECT_EQ(broken("conv2d", {floats({N, 4, 9, 9}), labels({6, 4, 3, 3})}).code, "dtype-mismatch");
  EXPECT_EQ(broken("conv2d", {labels({N, 4, 9, 9}), labels({6, 4, 3, 3})}).code, "integer-input");
  EXPECT_EQ(words(broken("conv1d", {floats({N, 4, 9}), floats({6, 4, 3})},
                         {{"padding", "same"}, {"stride", integer(2)}})),
            "option-mismatch: expects stride to be 1 with padding \"same\", got 2");
  EXPECT_EQ(words(broken("conv1d", {floats({N, 4, 9}), floats({3, 2, 3})}, {{"groups", integer(2)}})),
            "groups-mismatch: expects a weight whose first size is divisible by 2 groups, got (3, 2, 3)");
}

TEST(Conv2dTest, CountsAsFlopCounterModeDoes) {
  EXPECT_EQ(flops("Conv2d", {floats({5, 4, 8, 8})}, conv(4, 6, 3, {{"groups", integer(2)}})), Dim(38880));
  EXPECT_EQ(flops("Conv2d", {floats({4, 8, 8})}, conv(4, 6, 3, {{"groups", integer(2)}})), Dim(7776));
}

}  // namespace
}  // namespace orrery
