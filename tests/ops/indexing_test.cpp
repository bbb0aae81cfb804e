#include "tests/files/error_of.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

Given at(std::int64_t dim, Given more) {
  more.push_back({"dim", dim});
  return more;
}

TEST(SelectTest, TakesOneElement) {
  EXPECT_EQ(infer("select", {floats({N, 3, 4})}, at(1, {{"index", integer(2)}})).shape(), (Shape{N, 4}));
  EXPECT_EQ(infer("select", {floats({N, 3, 4})}, at(-1, {{"index", integer(-4)}})).shape(), (Shape{N, 3}));
  EXPECT_EQ(words(broken("select", {floats({N, 3})}, at(1, {{"index", integer(3)}}))),
            "shape-mismatch: expects at least 4 elements along dimension 1 for index 3, got 3");
  broken("select", {floats({N, 3})}, at(1, {{"index", integer(-4)}}));
  broken("select", {floats({})}, at(0, {{"index", integer(0)}}));
}

TEST(SelectTest, AnIndexIntoTheBatchIsAGuardBeyondWhatASymbolPromises) {
  EXPECT_TRUE(infer("select", {floats({N})}, at(0, {{"index", integer(1)}})).guards.empty());
  EXPECT_EQ(infer("select", {floats({N})}, at(0, {{"index", integer(2)}})).guards.size(), 1u);
}

Shape narrowed(std::int64_t start, std::int64_t length) {
  return infer("narrow", {floats({5})}, at(0, {{"start", start}, {"length", length}})).shape();
}

TEST(NarrowTest, TakesARunThatLiesInside) {
  EXPECT_EQ(narrowed(1, 3), (Shape{3}));
  EXPECT_EQ(narrowed(-2, 2), (Shape{2}));
  EXPECT_EQ(narrowed(5, 0), (Shape{0}));
  for (const Given& outside : {at(0, {{"start", integer(3)}, {"length", integer(3)}}),
                               at(0, {{"start", integer(6)}, {"length", integer(0)}}),
                               at(0, {{"start", integer(-6)}, {"length", integer(1)}}),
                               at(0, {{"start", integer(-1)}, {"length", integer(2)}})})
    broken("narrow", {floats({5})}, outside);
  error_of(Fault::usage, [] { narrowed(0, -1); });
}

Shape sliced(Dim size, Given ends) {
  return infer("slice", {floats({std::move(size)})}, std::move(ends)).shape();
}

TEST(SliceTest, EndsAreBroughtInside) {
  EXPECT_EQ(sliced(5, {{"start", integer(1)}, {"end", integer(3)}}), (Shape{2}));
  EXPECT_EQ(sliced(5, {{"start", integer(-2)}}), (Shape{2}));
  EXPECT_EQ(sliced(5, {{"end", integer(-1)}}), (Shape{4}));
  EXPECT_EQ(sliced(5, {{"start", integer(-9)}, {"end", integer(99)}}), (Shape{5}));
  EXPECT_EQ(sliced(5, {{"start", integer(3)}, {"end", integer(1)}}), (Shape{0}));
  EXPECT_EQ(sliced(5, {{"step", integer(2)}}), (Shape{3}));
  error_of(Fault::usage, [] { sliced(5, {{"step", integer(0)}}); });
  broken("slice", {floats({})});
}

TEST(SliceTest, OfASymbolicSize) {
  EXPECT_EQ(sliced(N, {{"start", integer(1)}}), (Shape{N - 1}));
  EXPECT_EQ(sliced(N, {{"end", integer(-1)}}), (Shape{N - 1}));
  EXPECT_EQ(sliced(2 * N, {{"step", integer(2)}}), (Shape{N}));
  EXPECT_EQ(sliced(N, {{"end", integer(5)}}), (Shape{min(N, 5)}));
}

}  // namespace
}  // namespace orrery
