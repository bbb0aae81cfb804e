#include "tests/files/error_of.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

Given by(std::vector<std::int64_t> widths) { return {{"padding", std::move(widths)}}; }
Given pad(std::vector<std::int64_t> widths, Given more = {}) {
  Given options = {{"pad", std::move(widths)}};
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

TEST(PaddingTest, WidthsBeginWithTheLastDimension) {
  EXPECT_EQ(infer("ZeroPad2d", {floats({N, 3, H, 8})}, by({1, 2, 3, 4})).shape(), (Shape{N, 3, H + 7, 11}));
  EXPECT_EQ(infer("ZeroPad1d", {floats({3, 8})}, by({1, 0})).shape(), (Shape{3, 9}));
  EXPECT_EQ(infer("ZeroPad3d", {floats({N, 3, 2, 2, 2})}, by({1, 1, 0, 0, 2, 2})).shape(),
            (Shape{N, 3, 6, 2, 4}));
  EXPECT_EQ(infer("ReflectionPad2d", {floats({N, 3, 4, 4})}, {{"padding", integer(3)}}).shape(),
            (Shape{N, 3, 10, 10}));
}

TEST(PaddingTest, EachKindNeedsEnoughToRepeat) {
  EXPECT_EQ(words(broken("ReflectionPad1d", {floats({N, 3, 2})}, by({2, 0}))),
            "shape-mismatch: expects an input at least 3 long (padding 2 and 0, reflect), got 2");
  EXPECT_NO_THROW(infer("CircularPad1d", {floats({N, 3, 2})}, by({2, 0})));
  EXPECT_EQ(broken("CircularPad1d", {floats({N, 3, 2})}, by({0, 3})).expected,
            "an input at least 3 long (padding 0 and 3, circular)");
  EXPECT_NO_THROW(infer("ReplicationPad1d", {floats({N, 3, 1})}, by({5, 9})));
  broken("ReplicationPad1d", {floats({N, 3, 0})}, by({1, 1}));
  EXPECT_NO_THROW(infer("ZeroPad1d", {floats({N, 3, 0})}, by({1, 1})));
}

TEST(PaddingTest, NegativeWidthsTakeAwayWhatIsThere) {
  EXPECT_EQ(
      infer("ConstantPad1d", {floats({N, 3, 4})}, {{"padding", list({-1, -2})}, {"value", 0.5}}).shape(),
      (Shape{N, 3, 1}));
  EXPECT_EQ(infer("ZeroPad1d", {floats({N, 3, 4})}, by({-4, 2})).shape(), (Shape{N, 3, 2}));
  broken("ZeroPad1d", {floats({N, 3, 4})}, by({-5, 2}));
  broken("ReplicationPad1d", {floats({N, 3, 4})}, by({-4, 2}));
}

TEST(PaddingTest, WhatIsLeftAfterTakingAwayIsWrappedAround) {
  EXPECT_EQ(infer("CircularPad1d", {floats({N, 3, 3})}, by({-1, 2})).shape(), (Shape{N, 3, 4}));
  broken("CircularPad1d", {floats({N, 3, 2})}, by({-1, 2}));
}

TEST(PaddingTest, TheValueMustFitIntoTheDtype) {
  const auto bordered = [](DType dtype, AttributeValue value) {
    return infer("pad", {{{2}, dtype}}, {{"pad", list({1, 1})}, {"value", std::move(value)}});
  };
  EXPECT_NO_THROW(bordered(DType::uint8, integer(255)));
  EXPECT_EQ(words(broken("ConstantPad1d", {{{3, 4}, DType::uint8}},
                         {{"padding", integer(1)}, {"value", integer(-1)}})),
            "option-mismatch: expects a value between 0 and 255 in a border of uint8, got -1");
  EXPECT_THROW(bordered(DType::uint8, integer(256)), RuleBroken);
  EXPECT_THROW(bordered(DType::float16, 1e6), RuleBroken);
  EXPECT_NO_THROW(bordered(DType::float16, -std::numeric_limits<double>::infinity()));
  EXPECT_NO_THROW(bordered(DType::boolean, integer(2)));
}

TEST(PaddingTest, ASymbolicSizeIsAGuard) {
  const Inferred inferred = infer("ReflectionPad1d", {floats({N, 3, H})}, by({3, 1}));
  EXPECT_EQ(inferred.shape()[2], H + 4);
  ASSERT_EQ(inferred.guards.size(), 1u);
  EXPECT_EQ(inferred.guards[0].right, Dim(4));
  EXPECT_TRUE(infer("ReflectionPad1d", {floats({N, 3, H})}, by({1, 1})).guards.empty());
}

TEST(PaddingTest, TakesBordersOfNumbersButRepeatsNoTruthValues) {
  const TensorType truths = {{N, 3, 4}, DType::boolean};
  EXPECT_EQ(infer("ZeroPad1d", {truths}, by({1, 1})).dtype(), DType::boolean);
  EXPECT_EQ(infer("CircularPad1d", {truths}, by({1, 1})).dtype(), DType::boolean);
  EXPECT_EQ(broken("ReplicationPad1d", {truths}, by({1, 1})).code, "dtype-mismatch");
  EXPECT_EQ(infer("ReplicationPad1d", {labels({N, 3, 4})}, by({1, 1})).dtype(), DType::int64);
}

TEST(PaddingTest, AConstantMustBeGiven) {
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       parameters("ConstantPad1d", by({1, 1}));
                     }),
            "value is required: a number");
  error_of(Fault::usage, [] { parameters("ZeroPad2d", by({1, 1, 1})); });
}

TEST(PadTest, AConstantBorderFitsAnyDimensions) {
  EXPECT_EQ(infer("pad", {floats({4})}, pad({1, 2})).shape(), (Shape{7}));
  EXPECT_EQ(infer("pad", {floats({N, 4})}, pad({0, 0, 0, 1}, {{"value", integer(3)}})).shape(),
            (Shape{N + 1, 4}));
  EXPECT_EQ(infer("pad", {floats({N, 4})}, pad({})).shape(), (Shape{N, 4}));
  EXPECT_EQ(broken("pad", {floats({4})}, pad({1, 2, 3, 4})).expected,
            "at most 2 numbers in pad for an input of shape (4)");
}

TEST(PadTest, OtherBordersNeedChannels) {
  EXPECT_EQ(infer("pad", {floats({3, 4})}, pad({1, 2}, {{"mode", "reflect"}})).shape(), (Shape{3, 7}));
  broken("pad", {floats({4})}, pad({1, 2}, {{"mode", "reflect"}}));
  broken("pad", {floats({N, 3, 4, 5})}, pad({1, 2}, {{"mode", "circular"}}));
}

TEST(PadTest, SaysWhichOptionsContradict) {
  const std::vector<TensorType> input = {floats({N, 3, 4})};
  EXPECT_EQ(words(broken("pad", input, pad({1, 2, 3}))),
            "option-mismatch: expects pad to be two numbers for each dimension, from the last one on, got "
            "{1, 2, 3}");
  EXPECT_EQ(words(broken("pad", input, pad({1, 2}, {{"mode", "reflect"}, {"value", 1.5}}))),
            "option-mismatch: expects value to be left out in mode \"reflect\", got 1.5");
  EXPECT_NO_THROW(infer("pad", input, pad({1, 2}, {{"mode", "reflect"}, {"value", integer(0)}})));
  broken("pad", input, pad({1, 1, 1, 1, 1, 1, 1, 1}, {{"mode", "circular"}}));
}

}  // namespace
}  // namespace orrery
