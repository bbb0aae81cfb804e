#include "runtime/ops/resizing.h"

#include "tests/files/error_of.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

Given resized_by(std::vector<double> factors, Given more = {}) {
  Given options = {{"scale_factor", std::move(factors)}};
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

TEST(ScaledTest, IsTheWholePartOfTheProductInDoubles) {
  EXPECT_EQ(scaled(10, 0.7), Dim(7));  // the product rounds up to 7
  EXPECT_EQ(scaled(5, 1.5), Dim(7));
  EXPECT_EQ(scaled(3, 0.2), Dim(0));
  EXPECT_EQ(scaled(10, 1e300), std::nullopt);
}

TEST(ScaledTest, ASymbolTakesFactorsOfFewDigits) {
  EXPECT_EQ(scaled(H, 2), 2 * H);
  EXPECT_EQ(scaled(2 * H, 0.5), H);
  EXPECT_EQ(scaled(H, 1.5), floor_div(3 * H, 2));
  EXPECT_EQ(scaled(H, 0.7), std::nullopt);
}

TEST(UpsampleTest, MultipliesOrSetsTheSizes) {
  EXPECT_EQ(infer("Upsample", {floats({N, 3, H, 5})}, resized_by({2})).shape(), (Shape{N, 3, 2 * H, 10}));
  EXPECT_EQ(infer("Upsample", {floats({N, 3, 4, 5})}, resized_by({2, 0.5}, {{"mode", "bilinear"}})).shape(),
            (Shape{N, 3, 8, 2}));
  EXPECT_EQ(infer("Upsample", {floats({N, 3, H, 5})}, {{"size", Shape{7}}}).shape(), (Shape{N, 3, 7, 7}));
  EXPECT_EQ(infer("interpolate", {floats({N, 3, 4})}, {{"size", Shape{H}}}).shape(), (Shape{N, 3, H}));
  EXPECT_EQ(infer("interpolate", {floats({N, 3, 4, 4, 4})}, resized_by({1.3}, {{"mode", "area"}})).shape(),
            (Shape{N, 3, 5, 5, 5}));
}

TEST(UpsampleTest, EachModeHasItsDimensions) {
  const RuleBroken rule =
      broken("interpolate", {floats({N, 3, 4, 4})}, resized_by({2}, {{"mode", "linear"}}));
  EXPECT_EQ(words(rule), "shape-mismatch: expects an input (N, C, L) in mode \"linear\", got (N, 3, 4, 4)");
  EXPECT_EQ(rule.remedy, "Use mode \"bilinear\" for 4 dimensions.");
  broken("interpolate", {floats({N, 3, 4})}, resized_by({2}, {{"mode", "bicubic"}}));
  broken("interpolate", {floats({3, 4})}, resized_by({2}));
  broken("interpolate", {floats({N, 1, 1, 1, 1, 1})}, resized_by({2}));
  EXPECT_EQ(infer("Upsample", {floats({N, 3, 4, 4, 4})}, resized_by({2}, {{"mode", "trilinear"}})).shape()[4],
            Dim(8));
}

TEST(UpsampleTest, BytesAreTakenWhereTheyAreMixedInWholeNumbers) {
  const TensorType bytes = {{N, 3, 4, 4}, DType::uint8};
  EXPECT_EQ(infer("interpolate", {bytes}, resized_by({2}, {{"mode", "bicubic"}})).dtype(), DType::uint8);
  EXPECT_EQ(broken("interpolate", {bytes}, resized_by({2}, {{"mode", "area"}})).code, "integer-input");
  broken("interpolate", {labels({N, 3, 4, 4})}, resized_by({2}));
}

TEST(UpsampleTest, NothingMayBeLeft) {
  EXPECT_EQ(words(broken("Upsample", {floats({N, 3, 4, 5})}, resized_by({0.2}))),
            "shape-mismatch: expects an input at least 1 high after scale_factor 0.2, got 4");
  broken("Upsample", {floats({N, 3, 0, 5})}, resized_by({2}));
  broken("Upsample", {floats({N, 0, 4, 5})}, resized_by({2}));
}

TEST(UpsampleTest, AFactorThatRoundingDecidesNeedsAKnownSize) {
  EXPECT_EQ(words(broken("Upsample", {floats({N, 3, H, 5})}, resized_by({1.7}))),
            "shape-mismatch: expects a known size for scale_factor 1.7, got H");
}

TEST(UpsampleTest, OneEntryForEachAxisOrOneForAll) {
  EXPECT_EQ(words(broken("Upsample", {floats({N, 3, 4, 5})}, resized_by({2, 2, 2}))),
            "option-mismatch: expects one scale_factor for all or 2 of them, got {2, 2, 2}");
  broken("Upsample", {floats({N, 3, 4, 5})}, {{"size", Shape{2, 2, 2}}});
}

TEST(UpsampleTest, SaysWhichOptionsContradict) {
  const auto refused = [](const Given& given) {
    return error_of(Fault::usage, [&] { parameters("Upsample", given); });
  };
  EXPECT_EQ(refused({}), "size or scale_factor must be given, got neither");
  EXPECT_EQ(refused(resized_by({2}, {{"size", Shape{3}}})),
            "size must be left out beside scale_factor, got both");
  EXPECT_EQ(refused(resized_by({2}, {{"align_corners", false}})),
            "align_corners must be left out in mode \"nearest\", got false");
  EXPECT_EQ(refused({{"size", Shape{3}}, {"recompute_scale_factor", true}}),
            "recompute_scale_factor must be left out beside size, got true");
  refused(resized_by({0}));
  EXPECT_EQ(words(broken("interpolate", {floats({N, 3, 4})}, resized_by({2}, {{"antialias", true}}))),
            "option-mismatch: expects antialias to be false in mode \"nearest\", got true");
}

TEST(UpsamplingTest, IsForImages) {
  EXPECT_EQ(infer("UpsamplingNearest2d", {floats({N, 3, 4, 5})}, resized_by({2})).shape(),
            (Shape{N, 3, 8, 10}));
  EXPECT_EQ(infer("UpsamplingBilinear2d", {floats({N, 3, 4, 5})}, {{"size", Shape{3, 4}}}).shape(),
            (Shape{N, 3, 3, 4}));
  broken("UpsamplingNearest2d", {floats({N, 3, 4})}, resized_by({2}));
  error_of(Fault::usage, [] { parameters("UpsamplingBilinear2d", {}); });
}

}  // namespace
}  // namespace orrery
