#include "tests/ops/infer.h"

namespace orrery {
namespace {

TEST(UnfoldTest, LaysBlocksSideBySide) {
  EXPECT_EQ(infer("Unfold", {floats({N, 3, 6, 7})}, {{"kernel_size", list({2, 3})}}).shape(),
            (Shape{N, 18, 25}));
  EXPECT_EQ(
      infer("Unfold", {floats({3, 6, 6})}, {{"kernel_size", integer(2)}, {"stride", integer(2)}}).shape(),
      (Shape{12, 9}));
  EXPECT_EQ(infer("Unfold", {floats({N, 3, H, 3})}, {{"kernel_size", integer(3)}}).shape()[2], H - 2);
  EXPECT_EQ(broken("Unfold", {floats({N, 3, 1, 3})}, {{"kernel_size", integer(2)}}).expected,
            "an input at least 2 high (kernel 2, padding 0)");
  EXPECT_EQ(broken("Unfold", {labels({N, 3, 4, 3})}, {{"kernel_size", integer(2)}}).code, "integer-input");
}

Given into(std::vector<std::int64_t> size, std::int64_t kernel) {
  return {{"output_size", std::move(size)}, {"kernel_size", kernel}};
}

TEST(FoldTest, AddsBlocksBackIntoAnImage) {
  EXPECT_EQ(infer("Fold", {floats({N, 12, 12})}, into({4, 5}, 2)).shape(), (Shape{N, 3, 4, 5}));
  EXPECT_EQ(infer("fold", {floats({12, 12})}, into({4, 5}, 2)).shape(), (Shape{3, 4, 5}));
}

TEST(FoldTest, SaysWhatDoesNotComeOut) {
  EXPECT_EQ(words(broken("Fold", {floats({N, 12, 11})}, into({4, 5}, 2))),
            "shape-mismatch: expects 12 blocks, got 11");
  EXPECT_EQ(words(broken("Fold", {floats({N, 10, 12})}, into({4, 5}, 2))),
            "shape-mismatch: expects channels divisible by the kernel's 4, got 10");
  EXPECT_EQ(words(broken("Fold", {floats({N, 9, 12})}, into({2, 5}, 3))),
            "option-mismatch: expects an output_size at least 3 high, got 2");
  broken("Fold", {floats({12})}, into({4, 5}, 2));
}

TEST(UnfoldCallTest, AddsAWindowsElementsAsLastDimension) {
  const auto windows = [](std::int64_t size, std::int64_t step) {
    return Given{{"dimension", integer(0)}, {"size", size}, {"step", step}};
  };
  EXPECT_EQ(infer("unfold", {floats({7, 3})}, windows(3, 2)).shape(), (Shape{3, 3, 3}));
  EXPECT_EQ(infer("unfold", {floats({H, 3})}, windows(2, 1)).shape(), (Shape{H - 1, 3, 2}));
  EXPECT_EQ(infer("unfold", {floats({})}, windows(1, 1)).shape(), (Shape{1}));
  EXPECT_EQ(words(broken("unfold", {floats({2, 3})}, windows(3, 1))),
            "shape-mismatch: expects at least 3 elements in dimension 0, got 2");
}

}  // namespace
}  // namespace orrery
