#include "tests/files/error_of.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

const Dim N = Dim::symbol("N");
const Dim H = Dim::symbol("H");

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
            "shape-mismatch: expects an input at least 3 high (kernel 3, padding 0), got 2");
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
  EXPECT_EQ(broken("AvgPool2d", {{{N, 16, 8, 8}, DType::int32}}, pool(2)).code, "dtype-mismatch");
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

}  // namespace
}  // namespace orrery
