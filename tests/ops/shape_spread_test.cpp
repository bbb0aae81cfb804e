#include "tests/files/error_of.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

Shape sized(const std::string& operation, Shape input, const std::string& option, Shape wanted) {
  return infer(operation, {floats(std::move(input))}, {{option, std::move(wanted)}}).shape();
}

TEST(ExpandTest, SpreadsOnesAndKeepsTheRest) {
  EXPECT_EQ(sized("expand", {N, 1, 3}, "size", {-1, 4, -1}), (Shape{N, 4, 3}));
  EXPECT_EQ(sized("expand", {1, 3}, "size", {N, 2, 3}), (Shape{N, 2, 3}));
  EXPECT_EQ(sized("broadcast_to", {3}, "size", {2, 3}), (Shape{2, 3}));
  EXPECT_EQ(infer("expand_as", {floats({1, 3}), labels({N, 3})}).outputs[0], floats({N, 3}));
  EXPECT_EQ(infer("expand", {floats({N})}, {{"size", Shape{4}}}).guards.size(), 1u);
  EXPECT_EQ(words(broken("expand", {floats({2, 3})}, {{"size", Shape{2, 4}}})),
            "shape-mismatch: expects sizes that (2, 3) expands to, got (2, 4)");
  broken("expand", {floats({2, 3})}, {{"size", Shape{3}}});
  broken("expand", {floats({3})}, {{"size", Shape{-1, 3}}});
}

TEST(RepeatTest, MultipliesSizes) {
  EXPECT_EQ(sized("repeat", {N, 3}, "repeats", {2, 1, 2}), (Shape{2, N, 6}));
  EXPECT_EQ(sized("tile", {N, 3}, "dims", {2}), (Shape{N, 6}));
  broken("repeat", {floats({N, 3})}, {{"repeats", Shape{2}}});
  error_of(Fault::usage, [] { sized("tile", {2}, "dims", {-1}); });
}

Inferred interleaved(std::vector<TensorType> inputs, Given given) {
  const Descriptor& d = operations().get("repeat_interleave");
  const Attributes attributes = checked_attributes(d.attributes, given);
  std::vector<const TensorType*> types;
  for (const TensorType& type : inputs) types.push_back(&type);
  types.resize(2);
  ShapeContext context(types, attributes);
  std::vector<TensorType> outputs = d.shape(context);
  return {outputs, context.guards()};
}

TEST(RepeatInterleaveTest, TakesANumberOrCounts) {
  EXPECT_EQ(interleaved({floats({N, 3})}, {{"repeats", integer(2)}}).shape(), (Shape{6 * N}));
  EXPECT_EQ(interleaved({floats({N, 3})}, {{"repeats", integer(2)}, {"dim", integer(0)}}).shape(),
            (Shape{2 * N, 3}));
  EXPECT_EQ(interleaved({floats({N, 3}), labels({3})}, {{"dim", integer(1)}}).shape(),
            (Shape{N, Dim::symbol("K")}));
  EXPECT_EQ(
      interleaved({floats({N, 3}), labels({3})}, {{"dim", integer(1)}, {"output_size", integer(7)}}).shape(),
      (Shape{N, 7}));
  broken("repeat_interleave", {floats({3}), labels({2})});
  broken("repeat_interleave", {floats({3}), floats({3})});
  EXPECT_EQ(broken("repeat_interleave", {floats({3})}).got, "none");
}

TEST(RollTest, HasAsManyDimsAsShifts) {
  EXPECT_EQ(infer("roll", {floats({N, 3})}, {{"shifts", list({1, 2})}, {"dims", list({0, 1})}}).shape(),
            (Shape{N, 3}));
  EXPECT_EQ(infer("roll", {floats({N, 3})}, {{"shifts", integer(1)}}).shape(), (Shape{N, 3}));
  broken("roll", {floats({N, 3})}, {{"shifts", list({1, 2})}});
  broken("roll", {floats({N, 3})}, {{"shifts", integer(1)}, {"dims", list({0, 1})}});
  broken("roll", {floats({N, 3})}, {{"shifts", integer(1)}, {"dims", list({2})}});
}

TEST(FlipTest, NamesDimensionsOnce) {
  EXPECT_EQ(infer("flip", {floats({N, 3})}, {{"dims", list({0, -1})}}).shape(), (Shape{N, 3}));
  broken("flip", {floats({N, 3})}, {{"dims", list({1, -1})}});
  broken("fliplr", {floats({N})});
  EXPECT_EQ(infer("flipud", {floats({N})}).shape(), (Shape{N}));
}

TEST(Rot90Test, SwapsTheTwoDimensionsForOddTurns) {
  EXPECT_EQ(infer("rot90", {floats({N, 3})}).shape(), (Shape{3, N}));
  EXPECT_EQ(infer("rot90", {floats({N, 3})}, {{"k", integer(2)}}).shape(), (Shape{N, 3}));
  broken("rot90", {floats({N, 3})}, {{"dims", list({0, 0})}});
  broken("rot90", {floats({N})});
}

}  // namespace
}  // namespace orrery
