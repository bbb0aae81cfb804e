#include "runtime/ops/expectation.h"

#include "tests/ops/infer.h"

namespace orrery {
namespace {

TEST(ExpectTest, GivesItsInputWhenThatIsAsTold) {
  const Given told = {{"shape", Shape{N, -1, 8}}, {"dtype", "float32"}, {"range", std::vector<double>{0, 1}}};
  const Inferred inferred = infer("expect", {floats({N, 3, 8})}, told);
  EXPECT_EQ(inferred.outputs[0], floats({N, 3, 8}));
  EXPECT_TRUE(inferred.guards.empty());
  EXPECT_EQ(infer("expect", {labels({})}).outputs[0], labels({}));
}

TEST(ExpectTest, SaysWhatIsAnotherShapeOrDType) {
  EXPECT_EQ(words(broken("expect", {floats({N, 3, 8})}, {{"shape", Shape{N, -1, 9}}})),
            "shape-mismatch: expects shape (N, any, 9), got (N, 3, 8)");
  EXPECT_EQ(words(broken("expect", {floats({N, 3})}, {{"shape", Shape{N}}})),
            "shape-mismatch: expects shape (N), got (N, 3)");
  EXPECT_EQ(words(broken("expect", {labels({N})}, {{"dtype", "float32"}})),
            "dtype-mismatch: expects dtype float32, got int64");
}

TEST(ExpectTest, KeepsAGuardForSizesThatTheBatchTells) {
  const Inferred inferred = infer("expect", {floats({N, 3})}, {{"shape", Shape{32, 3}}});
  ASSERT_EQ(inferred.guards.size(), 1u);
  EXPECT_EQ(words(inferred.guards[0].otherwise), "shape-mismatch: expects shape (32, 3), got (N, 3)");
  EXPECT_EQ(infer("expect", {floats({32, 3})}, {{"shape", Shape{N, 3}}}).guards.size(), 1u);
  EXPECT_EQ(broken("expect", {floats({1, 3})}, {{"shape", Shape{N, 3}}}).code, "shape-mismatch");
}

TEST(ExpectTest, TakesARangeOfRealNumbersOnly) {
  const AttributeValue range = std::vector<double>{1, 0};
  EXPECT_EQ(words(broken("expect", {floats({3})}, {{"range", range}})),
            "option-mismatch: expects a range from low to high, got {1, 0}");
  const AttributeValue unit = std::vector<double>{0, 1};
  EXPECT_EQ(broken("expect", {{{3}, DType::complex64}}, {{"range", unit}}).code, "dtype-mismatch");
  EXPECT_EQ(infer("expect", {labels({3})}, {{"range", unit}}).dtype(), DType::int64);
}

TEST(ExpectTest, LetsASymbolStandForOneNumber) {
  const auto fits = [](Shape wanted, Shape given) {
    const Attributes attributes =
        checked_attributes(operations().get("expect").attributes, {{"shape", std::move(wanted)}});
    return has_expected_shape(attributes, given);
  };
  EXPECT_TRUE(fits({N, 3, N}, {5, 3, 5}));
  EXPECT_FALSE(fits({N, 3, N}, {5, 3, 4}));
  EXPECT_TRUE(fits({N, 2 * N}, {5, 10}));
  EXPECT_FALSE(fits({2 * N, N}, {5, 10}));
  EXPECT_FALSE(fits({N}, {5, 3}));
  EXPECT_TRUE(fits({-1, 3}, {0, 3}));
}

}  // namespace
}  // namespace orrery
