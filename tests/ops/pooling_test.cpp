#include "tests/files/error_of.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

Given pool(std::int64_t kernel, Given more = {}) {
  Given options = {{"kernel_size", kernel}};
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

Dim pooled(std::int64_t size, const Given& options) {
  return infer("MaxPool2d", {floats({N, 1, size, 9})}, options).shape()[2];
}

TEST(MaxPool2dTest, StridesByItsKernelUnlessTold) {
  EXPECT_EQ(infer("MaxPool2d", {floats({N, 16, 8, 9})}, pool(2)).shape(), (Shape{N, 16, 4, 4}));
  EXPECT_EQ(infer("MaxPool2d", {floats({16, 8, 9})}, pool(3, {{"stride", integer(1)}})).shape(),
            (Shape{16, 6, 7}));
  EXPECT_EQ(infer("MaxPool2d", {floats({N, 16, 8, 9})}, {{"kernel_size", list({2, 3})}}).shape(),
            (Shape{N, 16, 4, 3}));
}

TEST(MaxPool2dTest, CeilModeKeepsALastWindowThatBeginsInside) {
  EXPECT_EQ(pooled(7, pool(2)), Dim(3));
  EXPECT_EQ(pooled(7, pool(2, {{"ceil_mode", true}})), Dim(4));
  EXPECT_EQ(pooled(8, pool(2, {{"ceil_mode", true}})), Dim(4));
  // The window that begins at 6 lies in the padding behind the five elements.
  EXPECT_EQ(pooled(5, pool(2, {{"stride", integer(3)}, {"padding", integer(1)}, {"ceil_mode", true}})),
            Dim(2));
}

TEST(MaxPool2dTest, AnInputSmallerThanTheWindowIsRefusedUnlessCeilReachesOver) {
  EXPECT_EQ(words(broken("MaxPool2d", {floats({N, 1, 2, 9})}, pool(3))),
            "kernel-too-large: expects an input at least 3 high (kernel 3, padding 0), got 2");
  EXPECT_EQ(pooled(1, pool(2, {{"ceil_mode", true}})), Dim(1));
  broken("MaxPool2d", {floats({N, 1, 1, 9})}, pool(3, {{"stride", integer(2)}, {"ceil_mode", true}}));
}

TEST(MaxPool2dTest, SymbolicSizes) {
  const Inferred two = infer("MaxPool2d", {floats({N, 16, H, H})}, pool(2));
  EXPECT_EQ(two.shape()[2], floor_div(H, 2));
  EXPECT_TRUE(two.guards.empty());
  EXPECT_EQ(infer("MaxPool2d", {floats({N, 16, H, H})}, pool(3)).guards.size(), 2u);
  EXPECT_EQ(infer("MaxPool2d", {floats({N, 16, 2 * H, 2 * H})}, pool(2)).shape()[3], H);
}

TEST(MaxPool2dTest, PaddingIsAtMostHalfOfTheKernel) {
  EXPECT_NO_THROW(parameters("MaxPool2d", pool(3, {{"padding", integer(1)}})));
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       parameters("MaxPool2d", pool(3, {{"padding", integer(2)}}));
                     }),
            "padding must be at most half of kernel_size, got padding 2 for kernel_size 3");
}

TEST(MaxPool2dTest, TakesIntegersButNoBooleans) {
  EXPECT_EQ(infer("MaxPool2d", {labels({N, 1, 4, 4})}, pool(2)).dtype(), DType::int64);
  EXPECT_EQ(broken("MaxPool2d", {{{N, 1, 4, 4}, DType::boolean}}, pool(2)).code, "dtype-mismatch");
}

TEST(MaxPool2dTest, RefusesOtherRanksAndNoChannels) {
  broken("MaxPool2d", {floats({4, 4})}, pool(2));
  broken("MaxPool2d", {floats({N, 1, 1, 4, 4})}, pool(2));
  EXPECT_EQ(broken("MaxPool2d", {floats({N, 0, 4, 4})}, pool(2)).expected, "at least 1 channel");
}

TEST(AvgPool2dTest, AveragesWindowsOfFloatsAndInt64) {
  EXPECT_EQ(infer("AvgPool2d", {floats({N, 16, 8, 8})}, pool(2)).shape(), (Shape{N, 16, 4, 4}));
  EXPECT_EQ(infer("AvgPool2d", {labels({N, 16, 8, 8})}, pool(2)).dtype(), DType::int64);
  EXPECT_EQ(broken("AvgPool2d", {{{N, 16, 8, 8}, DType::int32}}, pool(2)).code, "integer-input");
  error_of(Fault::usage, [] { parameters("AvgPool2d", pool(2, {{"padding", integer(2)}})); });
  error_of(Fault::usage, [] { parameters("AvgPool2d", pool(2, {{"divisor_override", integer(0)}})); });
}

TEST(AdaptiveAvgPool2dTest, HasTheSizeAskedFor) {
  EXPECT_EQ(infer("AdaptiveAvgPool2d", {floats({N, 512, H, 7})}, {{"output_size", integer(1)}}).shape(),
            (Shape{N, 512, 1, 1}));
  EXPECT_EQ(infer("AdaptiveAvgPool2d", {floats({512, 2, 2})}, {{"output_size", list({5, 6})}}).shape(),
            (Shape{512, 5, 6}));
  broken("AdaptiveAvgPool2d", {floats({N, 512, 0, 7})}, {{"output_size", integer(1)}});
  broken("AdaptiveAvgPool2d", {labels({N, 512, 7, 7})}, {{"output_size", integer(1)}});
  broken("AdaptiveAvgPool2d", {floats({7, 7})}, {{"output_size", integer(1)}});
}

TEST(AdaptivePoolTest, MinusOneKeepsTheInputsOwnSize) {
  EXPECT_EQ(infer("AdaptiveAvgPool2d", {floats({N, 512, H, 7})}, {{"output_size", list({-1, 2})}}).shape(),
            (Shape{N, 512, H, 2}));
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       parameters("AdaptiveAvgPool2d", {{"output_size", list({0, 2})}});
                     }),
            "output_size must be at least 1, or -1 for the input's own size, got 0");
  error_of(Fault::usage, [] { parameters("AdaptiveAvgPool2d", {{"output_size", integer(-2)}}); });
  EXPECT_EQ(words(broken("adaptive_avg_pool1d", {floats({2, 4})}, {{"output_size", integer(0)}})),
            "option-mismatch: expects output_size to be at least 1, or -1 for the input's own size, got 0");
}

TEST(AdaptivePoolTest, TheLargestMayComeWithTheirIndices) {
  const Given options = {{"output_size", integer(2)}, {"return_indices", true}};
  const Inferred two = infer("AdaptiveMaxPool3d", {floats({N, 4, 5, 5, 5})}, options);
  ASSERT_EQ(two.outputs.size(), 2u);
  EXPECT_EQ(two.outputs[1], (TensorType{{N, 4, 2, 2, 2}, DType::int64}));
  EXPECT_EQ(infer("AdaptiveMaxPool1d", {floats({4, 5})}, {{"output_size", integer(2)}}).outputs.size(), 1u);
}

TEST(PoolTest, OneRuleForEveryNumberOfAxes) {
  EXPECT_EQ(infer("MaxPool1d", {floats({N, 16, 9})}, pool(3, {{"stride", integer(2)}})).shape(),
            (Shape{N, 16, 4}));
  EXPECT_EQ(infer("AvgPool3d", {floats({16, 8, 9, 6})}, pool(2)).shape(), (Shape{16, 4, 4, 3}));
  EXPECT_EQ(broken("MaxPool3d", {floats({N, 1, 1, 9, 9})}, pool(2)).expected,
            "an input at least 2 deep (kernel 2, padding 0)");
  EXPECT_EQ(broken("AvgPool1d", {floats({N, 1, 1})}, pool(2)).expected,
            "an input at least 2 long (kernel 2, padding 0)");
}

TEST(PoolTest, PaddingHelpsNoAveragedVolume) {
  const Given padded = pool(2, {{"padding", integer(1)}});
  EXPECT_NO_THROW(infer("AvgPool2d", {floats({N, 3, 1, 4})}, padded));
  EXPECT_EQ(broken("AvgPool3d", {floats({N, 3, 4, 1, 4})}, padded).expected,
            "an input at least 2 high (kernel 2, which padding does not help)");
  EXPECT_NO_THROW(infer("MaxPool3d", {floats({N, 3, 4, 1, 4})}, padded));
}

TEST(PoolTest, IndicesAreASecondOutputWhenAskedFor) {
  const Inferred one = infer("MaxPool2d", {floats({N, 1, 4, 4})}, pool(2));
  EXPECT_EQ(one.outputs.size(), 1u);
  const Inferred two = infer("max_pool2d", {floats({N, 1, 4, 4})}, pool(2, {{"return_indices", true}}));
  ASSERT_EQ(two.outputs.size(), 2u);
  EXPECT_EQ(two.outputs[0].dtype, DType::float32);
  EXPECT_EQ(two.outputs[1], (TensorType{{N, 1, 2, 2}, DType::int64}));
}

TEST(PoolTest, TheTwoFormsTakeTheirOptionsInPyTorchsOrder) {
  const auto order = [](const char* name) {
    std::vector<std::string> names;
    for (const Attribute& option : operations().get(name).attributes) names.push_back(option.name);
    return std::vector(names.end() - 2, names.end());
  };
  EXPECT_EQ(order("MaxPool2d"), (std::vector<std::string>{"return_indices", "ceil_mode"}));
  EXPECT_EQ(order("max_pool2d"), (std::vector<std::string>{"ceil_mode", "return_indices"}));
}

TEST(PoolTest, TheTransformSaysWhatContradicts) {
  EXPECT_EQ(words(broken("max_pool2d", {floats({N, 1, 4, 4})}, pool(3, {{"padding", integer(2)}}))),
            "option-mismatch: expects padding to be at most half of kernel_size, got padding 2 for "
            "kernel_size 3");
}

TEST(LPPoolTest, TakesAPowerOtherThanZero) {
  EXPECT_EQ(infer("LPPool2d", {floats({N, 3, 8, 8})}, pool(2, {{"norm_type", 2.0}})).shape(),
            (Shape{N, 3, 4, 4}));
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       parameters("LPPool2d", pool(2, {{"norm_type", integer(0)}}));
                     }),
            "norm_type must be another number than 0, got 0");
  EXPECT_EQ(broken("LPPool1d", {labels({N, 3, 8})}, pool(2, {{"norm_type", 2.0}})).code, "integer-input");
}

Given reals(const char* name, std::vector<double> values) { return pool(2, {{name, std::move(values)}}); }

TEST(FractionalMaxPoolTest, HasASizeOrAPartOfTheInputs) {
  EXPECT_EQ(
      infer("FractionalMaxPool2d", {floats({N, 3, 9, 9})}, pool(2, {{"output_size", integer(4)}})).shape(),
      (Shape{N, 3, 4, 4}));
  EXPECT_EQ(infer("FractionalMaxPool2d", {floats({N, 3, 10, 9})}, reals("output_ratio", {0.7, 0.5})).shape(),
            (Shape{N, 3, 7, 4}));
  EXPECT_EQ(infer("FractionalMaxPool3d", {floats({3, 9, 9, H})}, reals("output_ratio", {0.5})).shape(),
            (Shape{3, 4, 4, floor_div(H, 2)}));
  EXPECT_EQ(error_of(Fault::usage, [] { parameters("FractionalMaxPool2d", pool(2)); }),
            "one of output_size and output_ratio must be given, got neither");
  error_of(Fault::usage, [] { parameters("FractionalMaxPool2d", reals("output_ratio", {0.5, 0.5, 0.5})); });
  error_of(Fault::usage, [] { parameters("FractionalMaxPool2d", reals("output_ratio", {1.0})); });
}

TEST(FractionalMaxPoolTest, TheWindowsMustFit) {
  const Given four = pool(2, {{"output_size", integer(4)}});
  EXPECT_NO_THROW(infer("FractionalMaxPool2d", {floats({N, 3, 5, 5})}, four));
  EXPECT_EQ(words(broken("FractionalMaxPool2d", {floats({N, 3, 4, 5})}, four)),
            "kernel-too-large: expects an input high enough for 4 places of kernel 2, got 4");
  EXPECT_NO_THROW(infer("FractionalMaxPool3d", {floats({N, 3, 6, 6, 6})}, four));
  broken("FractionalMaxPool3d", {floats({N, 3, 5, 6, 6})}, four);
}

TEST(FractionalMaxPoolTest, APartThatRoundingDecidesNeedsAKnownSize) {
  const RuleBroken rule = broken("FractionalMaxPool2d", {floats({N, 3, H, 9})}, reals("output_ratio", {0.7}));
  EXPECT_EQ(rule.expected, "a known size for output_ratio 0.7");
  EXPECT_EQ(rule.remedy, "Give output_size instead, or a ratio such as 0.5 or 0.75.");
  broken("FractionalMaxPool2d", {floats({N, 3, 1, 9})}, reals("output_ratio", {0.5}));
}

}  // namespace
}  // namespace orrery
