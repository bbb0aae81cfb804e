#include "runtime/core/error.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

TEST(MovedimTest, MovesEachSourceToItsPlace) {
  EXPECT_EQ(
      infer("movedim", {floats({N, 3, H})}, {{"source", integer(0)}, {"destination", integer(-1)}}).shape(),
      (Shape{3, H, N}));
  EXPECT_EQ(infer("moveaxis", {floats({N, 3, H})}, {{"source", list({0, 1})}, {"destination", list({2, 0})}})
                .shape(),
            (Shape{3, H, N}));
  broken("movedim", {floats({N, 3})}, {{"source", list({0, 1})}, {"destination", integer(0)}});
  broken("movedim", {floats({N, 3})}, {{"source", list({0, 0})}, {"destination", list({0, 1})}});
}

TEST(SwapTest, HasManyNames) {
  EXPECT_EQ(infer("swapaxes", {floats({N, 3, H})}, {{"axis0", integer(0)}, {"axis1", integer(-1)}}).shape(),
            (Shape{H, 3, N}));
  EXPECT_EQ(infer("swapdims", {floats({N, 3})}, {{"dim0", integer(0)}, {"dim1", integer(1)}}).shape(),
            (Shape{3, N}));
  EXPECT_EQ(infer("t", {floats({N, 3})}).shape(), (Shape{3, N}));
  EXPECT_EQ(infer("t", {floats({N})}).shape(), (Shape{N}));
  EXPECT_EQ(infer("adjoint", {floats({N, 3, H})}).shape(), (Shape{N, H, 3}));
  EXPECT_EQ(broken("t", {floats({N, 3, H})}).remedy, "Name the dimensions to swap: x:transpose(0, 1).");
  broken("adjoint", {floats({N})});
}

TEST(LikeAnotherTest, TakesItsShapeOrDtype) {
  EXPECT_EQ(infer("view_as", {floats({N, 6}), labels({N, 2, 3})}).outputs[0], floats({N, 2, 3}));
  EXPECT_EQ(infer("type_as", {floats({N, 6}), labels({1})}).outputs[0], labels({N, 6}));
  EXPECT_EQ(broken("reshape_as", {floats({N, 6}), floats({N, 5})}).port, 1);
}

TEST(CastTest, IsNamedForItsDtype) {
  EXPECT_EQ(infer("long", {floats({N})}).outputs[0], labels({N}));
  EXPECT_EQ(infer("double", {labels({N})}).dtype(), DType::float64);
  EXPECT_EQ(infer("bool", {labels({N})}).dtype(), DType::boolean);
}

TEST(RavelTest, IsOneRow) { EXPECT_EQ(infer("ravel", {floats({N, 3, 4})}).shape(), (Shape{12 * N})); }

TEST(JoinsTest, RaiseDimensionsAsTheyNeed) {
  EXPECT_EQ(infer("hstack", {floats({N}), floats({2})}).shape(), (Shape{N + 2}));
  EXPECT_EQ(infer("hstack", {floats({N, 1}), floats({N, 2})}).shape(), (Shape{N, 3}));
  EXPECT_EQ(infer("vstack", {floats({N}), floats({4, N})}).shape(), (Shape{5, N}));
  EXPECT_EQ(infer("dstack", {floats({N}), floats({1, N, 2})}).shape(), (Shape{1, N, 3}));
  EXPECT_EQ(infer("atleast_3d", {floats({N, 2})}).shape(), (Shape{N, 2, 1}));
  EXPECT_EQ(infer("atleast_2d", {floats({N})}).shape(), (Shape{1, N}));
  EXPECT_EQ(infer("atleast_1d", {floats({})}).shape(), (Shape{1}));
  EXPECT_EQ(infer("block_diag", {floats({N, 2}), labels({3}), floats({})}).outputs[0], floats({N + 2, 6}));
}

TEST(MeshgridTest, SpansAGrid) {
  EXPECT_EQ(infer("meshgrid", {floats({N}), floats({3})}).shape(), (Shape{N, 3}));
  const Inferred swapped = infer("meshgrid", {floats({N}), floats({3}), floats({4})}, {{"indexing", "xy"}});
  EXPECT_EQ(swapped.outputs.size(), 3u);
  EXPECT_EQ(swapped.shape(), (Shape{3, N, 4}));
  EXPECT_EQ(infer("cartesian_prod", {floats({N}), floats({3})}).shape(), (Shape{3 * N, 2}));
  broken("meshgrid", {floats({N}), labels({3})});
  broken("cartesian_prod", {floats({N, 2}), floats({3})});
}

TEST(CombinationsTest, AreCounted) {
  EXPECT_EQ(infer("combinations", {floats({5})}).shape(), (Shape{10, 2}));
  EXPECT_EQ(infer("combinations", {floats({3})}, {{"with_replacement", true}}).shape(), (Shape{6, 2}));
  EXPECT_EQ(infer("combinations", {floats({2})}, {{"r", integer(3)}}).shape(), (Shape{0, 3}));
  EXPECT_EQ(infer("combinations", {floats({2})}, {{"r", integer(20)}}).shape(), (Shape{0, 20}));
  EXPECT_THROW(infer("combinations", {floats({2})}, {{"r", integer(21)}}), Error);
  broken("combinations", {floats({2, 2})});
}

TEST(DiagonalTest, IsAsLongAsItFits) {
  EXPECT_EQ(infer("diag", {floats({3, 5})}, {{"diagonal", integer(3)}}).shape(), (Shape{2}));
  EXPECT_EQ(infer("diag", {floats({3, 5})}, {{"diagonal", integer(-4)}}).shape(), (Shape{0}));
  EXPECT_EQ(infer("diag", {floats({N})}, {{"diagonal", integer(-1)}}).shape(), (Shape{N + 1, N + 1}));
  EXPECT_EQ(infer("diagonal", {floats({N, 3, H, 3})}, {{"dim1", integer(1)}, {"dim2", integer(-1)}}).shape(),
            (Shape{N, H, 3}));
  EXPECT_EQ(infer("diag_embed", {floats({N, 3})}).shape(), (Shape{N, 3, 3}));
  EXPECT_EQ(infer("diag_embed", {floats({N, 3})}, {{"dim1", integer(0)}, {"dim2", integer(1)}}).shape(),
            (Shape{3, 3, N}));
  EXPECT_EQ(infer("diagflat", {floats({N, 2})}).shape(), (Shape{2 * N, 2 * N}));
  broken("diagonal", {floats({2, 2})}, {{"dim1", integer(1)}, {"dim2", integer(-1)}});
  broken("diag", {floats({2, 2, 2})});
  broken("tril", {floats({N})});
}

}  // namespace
}  // namespace orrery
