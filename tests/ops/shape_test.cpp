#include "tests/files/error_of.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

Shape reshaped(const char* operation, Shape input, Shape wanted) {
  return infer(operation, {floats(std::move(input))}, {{"shape", std::move(wanted)}}).shape();
}

TEST(ReshapeTest, FillsInTheOpenDimension) {
  for (const char* operation : {"reshape", "view"}) {
    EXPECT_EQ(reshaped(operation, {N, 16, 4, 4}, {-1, 256}), (Shape{N, 256}));
    EXPECT_EQ(reshaped(operation, {N, 16, 4, 4}, {N, -1}), (Shape{N, 256}));
    EXPECT_EQ(reshaped(operation, {N, 3, 4}, {-1}), (Shape{12 * N}));
    EXPECT_EQ(reshaped(operation, {6}, {2, 3}), (Shape{2, 3}));
    EXPECT_EQ(reshaped(operation, {1}, {}), Shape());
    EXPECT_EQ(reshaped(operation, {}, {1, 1}), (Shape{1, 1}));
  }
}

TEST(ReshapeTest, TheElementsMustComeOut) {
  const RuleBroken rule = broken("reshape", {floats({2, 3})}, {{"shape", Shape{4, -1}}});
  EXPECT_EQ(words(rule),
            "shape-mismatch: expects a shape with as many elements as its input (2, 3), got (4, -1)");
  EXPECT_EQ(rule.port, -1);
  broken("reshape", {floats({2, 3})}, {{"shape", Shape{5}}});
  broken("reshape", {floats({N, 3})}, {{"shape", Shape{N, 4}}});
}

TEST(ReshapeTest, WhatCannotBeToldIsAGuard) {
  const Inferred inferred = infer("reshape", {floats({N, 3})}, {{"shape", Shape{-1, 2}}});
  ASSERT_EQ(inferred.guards.size(), 1u);
  EXPECT_EQ(inferred.shape()[0], floor_div(3 * N, 2));
  EXPECT_EQ(infer("reshape", {floats({N, H})}, {{"shape", Shape{64}}}).guards.size(), 1u);
}

TEST(ReshapeTest, OneOpenDimensionWithoutAZeroBesideIt) {
  EXPECT_EQ(broken("reshape", {floats({2, 3})}, {{"shape", Shape{-1, -1}}}).code, "option-mismatch");
  EXPECT_EQ(broken("reshape", {floats({0, 3})}, {{"shape", Shape{-1, 0}}}).code, "option-mismatch");
  EXPECT_EQ(reshaped("reshape", {0, 3}, {-1, 3}), (Shape{0, 3}));
  error_of(Fault::usage, [] { reshaped("reshape", {6}, {-2, 3}); });
}

TEST(FlattenTest, MergesARunOfDimensions) {
  EXPECT_EQ(infer("flatten", {floats({N, 16, 4, 4})}, {{"start_dim", integer(1)}}).shape(), (Shape{N, 256}));
  EXPECT_EQ(infer("Flatten", {floats({N, 16, 4, 4})}).shape(), (Shape{N, 256}));
  EXPECT_EQ(infer("flatten", {floats({N, 3, 4})}, {{"end_dim", integer(1)}}).shape(), (Shape{3 * N, 4}));
  EXPECT_EQ(infer("flatten", {floats({})}).shape(), (Shape{1}));
  EXPECT_EQ(
      infer("flatten", {floats({2, 3, 4})}, {{"start_dim", integer(1)}, {"end_dim", integer(1)}}).shape(),
      (Shape{2, 3, 4}));
}

TEST(FlattenTest, StartsBeforeItEnds) {
  EXPECT_EQ(broken("flatten", {floats({2, 3, 4})}, {{"start_dim", integer(2)}, {"end_dim", integer(1)}}).code,
            "option-mismatch");
  EXPECT_EQ(broken("Flatten", {floats({3})}).expected,
            "start_dim between -1 and 0 for an input of shape (3)");
}

TEST(UnflattenTest, SplitsOneDimension) {
  EXPECT_EQ(infer("unflatten", {floats({N, 6})}, {{"dim", integer(1)}, {"sizes", Shape{2, -1}}}).shape(),
            (Shape{N, 2, 3}));
  EXPECT_EQ(infer("unflatten", {floats({6 * N, 4})}, {{"dim", integer(0)}, {"sizes", Shape{-1, 6}}}).shape(),
            (Shape{N, 6, 4}));
  EXPECT_EQ(broken("unflatten", {floats({N, 6})}, {{"dim", integer(1)}, {"sizes", Shape{4, -1}}}).expected,
            "a shape with as many elements as dimension 1, 6");
  broken("unflatten", {floats({N, 6})}, {{"dim", integer(1)}, {"sizes", Shape{}}});
  broken("unflatten", {floats({N, 6})}, {{"dim", integer(2)}, {"sizes", Shape{6}}});
  broken("unflatten", {floats({})}, {{"dim", integer(0)}, {"sizes", Shape{1}}});
}

TEST(PermuteTest, NamesEachDimensionOnce) {
  EXPECT_EQ(infer("permute", {floats({N, 3, H})}, {{"dims", list({0, -1, 1})}}).shape(), (Shape{N, H, 3}));
  EXPECT_EQ(broken("permute", {floats({2, 3})}, {{"dims", list({0, 0})}}).expected,
            "each dimension once in dims");
  EXPECT_EQ(broken("permute", {floats({2, 3})}, {{"dims", list({0})}}).expected,
            "each of the 2 dimensions of (2, 3) in dims");
  broken("permute", {floats({2, 3})}, {{"dims", list({0, 2})}});
}

TEST(TransposeTest, SwapsTwo) {
  EXPECT_EQ(infer("transpose", {floats({N, 3, H})}, {{"dim0", integer(1)}, {"dim1", integer(-1)}}).shape(),
            (Shape{N, H, 3}));
  EXPECT_EQ(infer("transpose", {floats({})}, {{"dim0", integer(0)}, {"dim1", integer(-1)}}).shape(), Shape());
  EXPECT_EQ(broken("transpose", {floats({2, 3})}, {{"dim0", integer(0)}, {"dim1", integer(2)}}).got, "2");
}

TEST(SqueezeTest, DropsOnesAndNeverASymbol) {
  EXPECT_EQ(infer("squeeze", {floats({N, 1, 3, 1})}).shape(), (Shape{N, 3}));
  EXPECT_EQ(infer("squeeze", {floats({N, 1, 3, 1})}, {{"dim", integer(1)}}).shape(), (Shape{N, 3, 1}));
  EXPECT_EQ(infer("squeeze", {floats({1, 2, 1})}, {{"dim", list({0, 1})}}).shape(), (Shape{2, 1}));
  EXPECT_EQ(infer("squeeze", {floats({1, 2})}, {{"dim", list({})}}).shape(), (Shape{1, 2}));
  EXPECT_TRUE(infer("squeeze", {floats({N, 1})}).guards.empty());
  EXPECT_EQ(infer("squeeze", {floats({floor_div(H, 2)})}).guards.size(), 1u);
  broken("squeeze", {floats({1, 2})}, {{"dim", list({0, 0})}});
}

TEST(UnsqueezeTest, HasOneMorePlaceThanDimensions) {
  EXPECT_EQ(infer("unsqueeze", {floats({N, 3})}, {{"dim", integer(0)}}).shape(), (Shape{1, N, 3}));
  EXPECT_EQ(infer("unsqueeze", {floats({N, 3})}, {{"dim", integer(-1)}}).shape(), (Shape{N, 3, 1}));
  EXPECT_EQ(infer("unsqueeze", {floats({N, 3})}, {{"dim", integer(2)}}).shape(), (Shape{N, 3, 1}));
  EXPECT_EQ(broken("unsqueeze", {floats({N, 3})}, {{"dim", integer(3)}}).expected,
            "dim between -3 and 2 for an input of shape (N, 3)");
  broken("unsqueeze", {floats({N, 3})}, {{"dim", integer(-4)}});
}

TEST(CatTest, AddsUpOneDimension) {
  EXPECT_EQ(infer("cat", {floats({N, 3}), floats({N, 4}), floats({N, 1})}, {{"dim", integer(1)}}).shape(),
            (Shape{N, 8}));
  EXPECT_EQ(infer("cat", {floats({N, 3}), floats({2, 3})}).shape(), (Shape{N + 2, 3}));
  EXPECT_EQ(infer("cat", {floats({N, 3})}).shape(), (Shape{N, 3}));
  EXPECT_EQ(infer("cat", {floats({2}), labels({2})}).dtype(), DType::float32);
}

TEST(CatTest, TheOtherDimensionsAgree) {
  const RuleBroken rule = broken("cat", {floats({N, 3}), floats({N, 3}), floats({N, 4})});
  EXPECT_EQ(rule.port, 2);
  EXPECT_EQ(
      words(rule),
      "shape-mismatch: expects inputs that agree with the first, (N, 3), but for dimension 0, got (N, 4)");
  broken("cat", {floats({N, 3}), floats({N})});
  EXPECT_EQ(broken("cat", {floats({2}), floats({})}).remedy, "Use stack for scalars.");
  EXPECT_EQ(broken("cat", {}).expected, "at least one input");
}

TEST(StackTest, AddsADimension) {
  EXPECT_EQ(infer("stack", {floats({N, 3}), floats({N, 3})}).shape(), (Shape{2, N, 3}));
  EXPECT_EQ(infer("stack", {floats({N, 3}), floats({N, 3})}, {{"dim", integer(-1)}}).shape(),
            (Shape{N, 3, 2}));
  EXPECT_EQ(infer("stack", {floats({}), floats({})}).shape(), (Shape{2}));
  EXPECT_EQ(broken("stack", {floats({N, 3}), floats({N, 4})}).port, 1);
  broken("stack", {floats({N, 3}), floats({N})});
  broken("stack", {floats({N, 3})}, {{"dim", integer(3)}});
}

TEST(ConversionTest, DetachAndToKeepTheShape) {
  EXPECT_EQ(infer("to", {floats({N, 3})}, {{"dtype", "int64"}}).outputs[0], labels({N, 3}));
  EXPECT_EQ(infer("detach", {floats({N, 3})}).outputs[0], floats({N, 3}));
  EXPECT_FALSE(operations().get("detach").differentiable);
  EXPECT_EQ(broken("to", {floats({N})}).code, "option-mismatch");
}

TEST(ConversionTest, ToADeviceKeepsTheDtypeUnlessThatIsGivenToo) {
  for (const char* device : {"cpu", "cuda", "cuda:1"})
    EXPECT_EQ(infer("to", {floats({N, 3})}, {{"device", device}}).outputs[0], floats({N, 3}));
  EXPECT_EQ(infer("to", {floats({N})}, {{"device", "cpu"}, {"dtype", "int64"}}).outputs[0], labels({N}));
  for (const char* device : {"auto", "gpu", "cuda:", "cuda:x"}) {
    const RuleBroken fault = broken("to", {floats({N})}, {{"device", device}});
    EXPECT_EQ(fault.code, "option-mismatch");
    EXPECT_EQ(fault.expected, "'cpu', 'cuda' or 'cuda:N'");
    EXPECT_EQ(fault.got, std::string("'") + device + "'");
  }
}

}  // namespace
}  // namespace orrery
