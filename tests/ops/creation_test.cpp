#include <cmath>

#include "tests/ops/infer.h"

namespace orrery {
namespace {

Shape range(Shape numbers) { return infer("arange", {}, {{"range", of_sizes(std::move(numbers))}}).shape(); }

TEST(CreationTest, SizesMayBeSymbolic) {
  EXPECT_EQ(infer("zeros", {}, {{"size", of_sizes({N, 2})}}).outputs[0], floats({N, 2}));
  EXPECT_EQ(infer("ones", {}, {{"size", of_sizes({})}, {"dtype", "bool"}}).dtype(), DType::boolean);
  EXPECT_EQ(infer("full", {}, {{"size", of_sizes({N})}, {"fill_value", 2.5}}).shape(), (Shape{N}));
  EXPECT_EQ(infer("eye", {}, {{"n", of_sizes({N})}}).shape(), (Shape{N, N}));
  EXPECT_EQ(infer("eye", {}, {{"n", of_sizes({2})}, {"m", of_sizes({3})}}).shape(), (Shape{2, 3}));
  EXPECT_EQ(broken("eye", {}, {{"n", of_sizes({2, 3})}}).expected, "one size as n");
}

TEST(ArangeTest, CountsItsNumbers) {
  EXPECT_EQ(range({5}), (Shape{5}));
  EXPECT_EQ(range({N}), (Shape{N}));
  EXPECT_EQ(range({1, N}), (Shape{N - Dim(1)}));
  EXPECT_EQ(range({0, 7, 2}), (Shape{4}));
  EXPECT_EQ(range({7, 1, -2}), (Shape{3}));
  EXPECT_EQ(range({3, 3}), (Shape{0}));
}

TEST(ArangeTest, RefusesStepsThatLeadAway) {
  EXPECT_EQ(broken("arange", {}, {{"range", of_sizes({0, 5, -1})}}).expected,
            "a step that leads from start to end");
  EXPECT_EQ(broken("arange", {}, {{"range", of_sizes({0, 5, 0})}}).expected, "a known step that is not 0");
  broken("arange", {}, {{"range", of_sizes({0, 1, 2, 3})}});
}

TEST(LikeTest, KeepsTheShape) {
  EXPECT_EQ(infer("zeros_like", {labels({N, 2})}).outputs[0], labels({N, 2}));
  EXPECT_EQ(infer("full_like", {labels({N})}, {{"fill_value", 1.5}, {"dtype", "float32"}}).outputs[0],
            floats({N}));
}

TEST(FullTest, TakesNaNAndInfinitiesWhereTheDTypeHasThem) {
  for (const double number : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    const Given filled = {{"size", of_sizes({N})}, {"fill_value", number}};
    EXPECT_EQ(infer("full", {}, filled).outputs[0], floats({N}));
    EXPECT_EQ(infer("full_like", {floats({N})}, {{"fill_value", number}}).outputs[0], floats({N}));
    Given whole = filled;
    whole.push_back({"dtype", "int64"});
    EXPECT_EQ(broken("full", {}, whole).expected, "fill_value that int64 holds");
    EXPECT_EQ(broken("full_like", {labels({N})}, {{"fill_value", number}}).expected,
              "fill_value that int64 holds");
  }
}

}  // namespace
}  // namespace orrery
