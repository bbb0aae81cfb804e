#include "renderers/diagram/value_text.h"

#include <gtest/gtest.h>

#include "tests/renderers/example_graphs.h"

namespace orrery {
namespace {

using I = std::int64_t;
using Sizes = std::vector<I>;

TEST(ValueTextTest, WritesShapesAsPapersDo) {
  const Dim n = Dim::symbol("N");
  EXPECT_EQ(shape_text({n, 16, 8, 8}), "N×16×8×8");
  EXPECT_EQ(shape_text({}), "scalar");
  EXPECT_EQ(shape_text({2 * n + 1, 3}), "(2·N + 1)×3");
  EXPECT_EQ(shape_text({2 * n + 1}), "2·N + 1");
}

TEST(ValueTextTest, CountsWithThreeDigits) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1.00 k");
  EXPECT_EQ(count_text(11'689'512), "11.7 M");
  EXPECT_EQ(count_text(999'999), "1.00 M");
  EXPECT_EQ(count_text(175e9), "175 G");
}

TEST(ValueTextTest, NamesOnlyTheOptionsThatTell) {
  test::Sketcher s;
  const Value x = s.input({{"image", {3, 32, 32}}})[0];
  EXPECT_EQ(option_text(*s.conv(x, 3, 16, 3, 1).node), "3×3, 16, pad 1");
  EXPECT_EQ(option_text(*s.conv(x, 3, 16, 5, 0, 2).node), "5×5, 16, stride 2");
  const Value tall = s.layer("Conv2d",
                             {{"in_channels", I{3}},
                              {"out_channels", I{6}},
                              {"kernel_size", Sizes{3, 1}},
                              {"padding", Sizes{1, 0}},
                              {"groups", I{3}},
                              {"bias", false}},
                             {x});
  EXPECT_EQ(option_text(*tall.node), "3×1, 6, pad 1×0, groups 3, no bias");
  EXPECT_EQ(option_text(*s.relu(x).node), "");
  EXPECT_EQ(option_text(*x.node), "");
}

TEST(ValueTextTest, TellsAxesFromSizes) {
  test::Sketcher s;
  const Value x = s.input({{"image", {3, 32, 16}}})[0];
  EXPECT_EQ(option_text(*s.apply("permute", {x}, {{"dims", Sizes{0, 2, 3, 1}}}).node), "dims 0,2,3,1");
}

TEST(ValueTextTest, LeavesOutAPoolsStrideThatIsItsKernel) {
  test::Sketcher s;
  const Value x = s.input({{"image", {3, 32, 32}}})[0];
  EXPECT_EQ(option_text(*s.layer("MaxPool2d", {{"kernel_size", Sizes{2}}}, {x}).node), "2×2");
  EXPECT_EQ(option_text(*s.layer("MaxPool2d", {{"kernel_size", Sizes{2}}, {"stride", Sizes{2}}}, {x}).node),
            "2×2");
  EXPECT_EQ(option_text(*s.layer("MaxPool2d", {{"kernel_size", Sizes{3}}, {"stride", Sizes{2}}}, {x}).node),
            "3×3, stride 2");
}

TEST(ValueTextTest, AlwaysNamesTheProbabilityOfDropout) {
  test::Sketcher s;
  const Value x = s.input({{"image", {3, 32, 32}}})[0];
  EXPECT_EQ(option_text(*s.layer("Dropout", {}, {x}).node), "p 0.5");
  EXPECT_EQ(option_text({.name = "betas", .type = AttributeType::reals}, std::vector<double>{0.5, 0.999}),
            "betas 0.5, 0.999");
}

TEST(ValueTextTest, WritesAMinusNotAHyphen) {
  test::Sketcher s;
  const Value x = s.input({{"image", {3, 32, 32}}})[0];
  EXPECT_EQ(option_text(*s.layer("Softmax", {{"dim", I{-1}}}, {x}).node), "dim −1");
}

}  // namespace
}  // namespace orrery
