#include "tests/files/error_of.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

AttributeValue reals(std::vector<double> values) { return values; }

TEST(NormalizeTest, HasImageNetsNumbersUnlessTold) {
  EXPECT_EQ(infer("Normalize", {floats({N, 3, H, H})}).shape(), (Shape{N, 3, H, H}));
  EXPECT_EQ(words(broken("Normalize", {floats({N, 1, 8, 8})})),
            "shape-mismatch: expects 3 channels, one for each mean, got 1");
  EXPECT_EQ(infer("Normalize", {floats({5, 8, 8})}, {{"mean", reals({0.5})}, {"std", reals({0.5})}}).shape(),
            (Shape{5, 8, 8}));
  broken("Normalize", {floats({8, 8})});
  EXPECT_EQ(broken("Normalize", {labels({N, 3, 8, 8})}).code, "integer-input");
}

TEST(NormalizeTest, MeanAndDeviationGoTogether) {
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       parameters("Normalize", {{"mean", reals({0.5})}});
                     }),
            "mean and std must have as many numbers, got 1 and 3");
  error_of(Fault::usage, [] { parameters("Normalize", {{"std", reals({0.5, 0, 1})}}); });
}

TEST(ClampDataTest, KeepsFloatsBetweenItsBounds) {
  EXPECT_EQ(infer("ClampData", {floats({N, 3})}).shape(), (Shape{N, 3}));
  EXPECT_EQ(broken("ClampData", {labels({N, 3})}).code, "integer-input");
  EXPECT_NO_THROW(parameters("ClampData", {{"min", 1.0}}));
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       parameters("ClampData", {{"min", 1.5}});
                     }),
            "min must be at most max, got 1.5 for max 1");
}

TEST(GetGramMatrixTest, ComparesAllChannelsOfAllImages) {
  EXPECT_EQ(infer("GetGramMatrix", {floats({2, 3, 4, 5})}).shape(), (Shape{6, 6}));
  EXPECT_EQ(infer("GetGramMatrix", {floats({N, 3, 4, 5})}).shape(), (Shape{3 * N, 3 * N}));
  EXPECT_EQ(flops("GetGramMatrix", {floats({2, 3, 4, 5})}), Dim(2 * 6 * 20 * 6));
  broken("GetGramMatrix", {floats({3, 4, 5})});
}

TEST(AdderTest, AddsAnyNumberOfInputs) {
  EXPECT_EQ(infer("Adder", {floats({2, 3})}).shape(), (Shape{2, 3}));
  EXPECT_EQ(infer("Adder", {floats({2, 1}), floats({3}), labels({})}).shape(), (Shape{2, 3}));
  EXPECT_EQ(infer("Adder", {labels({2}), floats({2})}).dtype(), DType::float32);
  EXPECT_EQ(broken("Adder", {floats({2}), floats({2}), floats({3})}).port, 2);
}

}  // namespace
}  // namespace orrery
