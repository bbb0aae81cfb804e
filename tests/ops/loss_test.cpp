#include "tests/ops/infer.h"

namespace orrery {
namespace {

const Dim N = Dim::symbol("N");
const Dim M = Dim::symbol("M");

const Given kEach = {{"reduction", "none"}};

class ClassLossTest : public testing::TestWithParam<const char*> {};

TEST_P(ClassLossTest, IsOneNumberUnlessEachIsAskedFor) {
  EXPECT_EQ(infer(GetParam(), {floats({N, 10}), labels({N})}).shape(), Shape());
  EXPECT_EQ(infer(GetParam(), {floats({N, 10}), labels({N})}, kEach).shape(), (Shape{N}));
  EXPECT_EQ(infer(GetParam(), {floats({N, 10, 4, 5}), labels({N, 4, 5})}, kEach).shape(), (Shape{N, 4, 5}));
  EXPECT_EQ(infer(GetParam(), {floats({10}), labels({})}, kEach).shape(), Shape());
  EXPECT_EQ(infer(GetParam(), {{{N, 10}, DType::float64}, labels({N})}).dtype(), DType::float64);
}

TEST_P(ClassLossTest, LabelsInAColumnGetASqueeze) {
  const RuleBroken rule = broken(GetParam(), {floats({N, 10}), labels({N, 1})});
  EXPECT_EQ(words(rule), "shape-mismatch: expects class labels of shape (N), got (N, 1)");
  EXPECT_EQ(rule.port, 1);
  EXPECT_EQ(rule.remedy, "Drop the last dimension: label:squeeze(1).");
}

TEST_P(ClassLossTest, LabelsAreOneAPlace) {
  broken(GetParam(), {floats({4, 10}), labels({5})});
  broken(GetParam(), {floats({N, 10, 4}), labels({N, 5})});
  broken(GetParam(), {floats({N, 10, 4}), labels({N})});
  EXPECT_EQ(infer(GetParam(), {floats({N, 10}), labels({M})}).guards.size(), 1u);
}

TEST_P(ClassLossTest, LabelsAreInt64OrBytesForPlainScores) {
  const RuleBroken rule = broken(GetParam(), {floats({N, 10}), {{N}, DType::int32}});
  EXPECT_EQ(words(rule), "dtype-mismatch: expects int64 class labels, got int32");
  EXPECT_EQ(rule.remedy, "Convert them first: label:to(\"int64\").");
  EXPECT_NO_THROW(infer(GetParam(), {floats({N, 10}), {{N}, DType::uint8}}));
  broken(GetParam(), {floats({N, 10, 4}), {{N, 4}, DType::uint8}});
  broken(GetParam(), {floats({N, 10}), floats({N})});
}

TEST_P(ClassLossTest, ScoresAreFloatingAndNoScalar) {
  EXPECT_EQ(broken(GetParam(), {labels({N, 10}), labels({N})}).port, 0);
  EXPECT_EQ(broken(GetParam(), {floats({}), labels({})}).got, "a scalar");
}

INSTANTIATE_TEST_SUITE_P(Losses, ClassLossTest, testing::Values("CrossEntropyLoss", "NLLLoss"));

TEST(CrossEntropyLossTest, TakesProbabilitiesShapedLikeTheScores) {
  EXPECT_EQ(infer("CrossEntropyLoss", {floats({N, 10, 4}), floats({N, 10, 4})}, kEach).shape(),
            (Shape{N, 4}));
  EXPECT_EQ(infer("CrossEntropyLoss", {floats({N, 10}), {{N, 10}, DType::float64}}).dtype(), DType::float64);
  EXPECT_EQ(broken("CrossEntropyLoss", {floats({N, 10}), floats({N, 9})}).expected,
            "class probabilities of shape (N, 10)");
  EXPECT_EQ(
      broken("CrossEntropyLoss", {floats({N, 10}), floats({N, 10})}, {{"ignore_index", integer(0)}}).code,
      "option-mismatch");
}

TEST(NllLossTest, TakesNoProbabilities) { broken("NLLLoss", {floats({N, 10}), floats({N, 10})}); }

TEST(MseLossTest, WantsOneShapeOnBothSides) {
  EXPECT_EQ(infer("MSELoss", {floats({N, 1}), floats({N, 1})}).shape(), Shape());
  EXPECT_EQ(infer("MSELoss", {floats({N, 1}), floats({N, 1})}, kEach).shape(), (Shape{N, 1}));
  EXPECT_EQ(words(broken("MSELoss", {floats({N, 1}), floats({N})})),
            "shape-mismatch: expects a target of shape (N, 1), like its input, got (N)");
  broken("MSELoss", {floats({N, 1}), floats({N, 2})});
  EXPECT_EQ(infer("MSELoss", {floats({N}), floats({M})}).guards.size(), 1u);
}

TEST(MseLossTest, PromotesButMustEndInFloats) {
  EXPECT_EQ(infer("MSELoss", {floats({N}), labels({N})}).dtype(), DType::float32);
  EXPECT_EQ(infer("MSELoss", {labels({N}), {{N}, DType::float64}}).dtype(), DType::float64);
  EXPECT_EQ(broken("MSELoss", {labels({N}), labels({N})}).code, "integer-input");
}

TEST(LossTest, EveryTargetIsALabelPort) {
  for (const auto& descriptor : operations().all())
    if (descriptor->category == Category::loss) {
      EXPECT_FALSE(descriptor->inputs[0].label) << descriptor->name;
      EXPECT_TRUE(descriptor->inputs[1].label) << descriptor->name;
    }
}

}  // namespace
}  // namespace orrery
