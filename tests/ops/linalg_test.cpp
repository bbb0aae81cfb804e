#include <limits>

#include "tests/ops/infer.h"

namespace orrery {
namespace {

TEST(LinalgTest, TakesSquareMatrices) {
  for (const char* name : {"linalg_inv", "linalg_cholesky", "linalg_matrix_exp"})
    EXPECT_EQ(infer(name, {floats({N, 3, 3})}).shape(), (Shape{N, 3, 3})) << name;
  EXPECT_EQ(infer("linalg_det", {floats({N, 3, 3})}).shape(), (Shape{N}));
  EXPECT_EQ(infer("linalg_slogdet", {complexes({3, 3})}).outputs[1], floats({}));
  EXPECT_EQ(broken("linalg_inv", {floats({N, 3, 4})}).expected, "square matrices");
  EXPECT_EQ(broken("linalg_inv", {labels({3, 3})}).code, "integer-input");
  broken("linalg_inv", {floats({N})});
}

TEST(LinalgTest, FactorsMatrices) {
  const Inferred qr = infer("linalg_qr", {floats({N, 5, 3})});
  EXPECT_EQ(qr.shape(), (Shape{N, 5, 3}));
  EXPECT_EQ(qr.outputs[1].shape, (Shape{N, 3, 3}));
  EXPECT_EQ(infer("linalg_qr", {floats({5, 3})}, {{"mode", "complete"}}).shape(), (Shape{5, 5}));
  EXPECT_EQ(infer("linalg_qr", {floats({5, 3})}, {{"mode", "r"}}).shape(), (Shape{0}));
  const Inferred svd = infer("linalg_svd", {complexes({N, 5, 3})});
  EXPECT_EQ(svd.shape(), (Shape{N, 5, 5}));
  EXPECT_EQ(svd.outputs[1], floats({N, 3}));
  EXPECT_EQ(infer("linalg_svd", {floats({5, 3})}, {{"full_matrices", false}}).shape(), (Shape{5, 3}));
  EXPECT_EQ(infer("linalg_eigh", {complexes({N, 3, 3})}).outputs[0], floats({N, 3}));
  EXPECT_EQ(infer("linalg_eigvals", {floats({3, 3})}).outputs[0], complexes({3}));
  EXPECT_EQ(infer("linalg_pinv", {floats({N, 5, 3})}).shape(), (Shape{N, 3, 5}));
  EXPECT_EQ(infer("linalg_matrix_rank", {floats({N, 5, 3})}).outputs[0], labels({N}));
  broken("linalg_pinv", {floats({5, 3})}, {{"hermitian", true}});
}

TEST(LinalgTest, FactorsMatricesIntoTriangles) {
  const Inferred lu = infer("linalg_lu", {floats({N, 5, 3})});
  EXPECT_EQ(lu.shape(), (Shape{N, 5, 5}));
  EXPECT_EQ(lu.outputs[1].shape, (Shape{N, 5, 3}));
  EXPECT_EQ(lu.outputs[2].shape, (Shape{N, 3, 3}));
  EXPECT_EQ(infer("linalg_lu", {floats({2, 4})}, {{"pivot", false}}).shape(), (Shape{0}));
  const Inferred factors = infer("linalg_lu_factor", {complexes({N, 2, 4})});
  EXPECT_EQ(factors.outputs[0], complexes({N, 2, 4}));
  EXPECT_EQ(factors.outputs[1], (TensorType{{N, 2}, DType::int32}));
  const Inferred eig = infer("linalg_eig", {floats({N, 3, 3})});
  EXPECT_EQ(eig.outputs[0], complexes({N, 3}));
  EXPECT_EQ(eig.outputs[1], complexes({N, 3, 3}));
  broken("linalg_eig", {floats({N, 3, 4})});
  broken("linalg_lu", {floats({3})});
}

TEST(LinalgTest, SolvesWithFactors) {
  const TensorType pivots = {{N, 3}, DType::int32};
  EXPECT_EQ(infer("linalg_lu_solve", {floats({N, 3, 3}), pivots, floats({3, 2})}).shape(), (Shape{N, 3, 2}));
  EXPECT_EQ(infer("linalg_lu_solve", {floats({N, 3, 3}), pivots, floats({2, 3})}, {{"left", false}}).shape(),
            (Shape{N, 2, 3}));
  EXPECT_EQ(words(broken("linalg_lu_solve", {floats({3, 3}), {{2}, DType::int32}, floats({3, 2})})),
            "shape-mismatch: expects pivots of shape (3), got (2)");
  EXPECT_EQ(words(broken("linalg_lu_solve", {floats({3, 3}), labels({3}), floats({3, 2})})),
            "dtype-mismatch: expects int32 pivots, as of lu_factor, got int64");
  broken("linalg_lu_solve", {floats({N, 3, 3}), pivots, floats({4, 2})});
}

TEST(LinalgTest, SolvesForVectorsAndMatrices) {
  EXPECT_EQ(infer("linalg_solve", {floats({N, 3, 3}), floats({N, 3, 2})}).shape(), (Shape{N, 3, 2}));
  EXPECT_EQ(infer("linalg_solve", {floats({N, 3, 3}), floats({N, 3})}).shape(), (Shape{N, 3}));
  EXPECT_EQ(infer("linalg_solve", {floats({3, 3}), floats({2, 3})}, {{"left", false}}).shape(),
            (Shape{2, 3}));
  EXPECT_EQ(infer("linalg_lstsq", {floats({N, 5, 3}), floats({N, 5, 2})}).shape(), (Shape{N, 3, 2}));
  EXPECT_EQ(infer("linalg_solve_triangular", {floats({3, 3}), floats({N, 3, 2})}, {{"upper", true}}).shape(),
            (Shape{N, 3, 2}));
  broken("linalg_solve", {floats({3, 3}), floats({3})}, {{"left", false}});
  broken("linalg_solve", {floats({3, 3}), floats({4, 2})});
  broken("linalg_lstsq", {floats({5, 3}), floats({3, 2})});
}

TEST(MultiDotTest, CountsTheCheapestOrder) {
  const std::vector<TensorType> chain = {floats({10, 100}), floats({100, 5}), floats({5, 50})};
  EXPECT_EQ(infer("linalg_multi_dot", chain).shape(), (Shape{10, 50}));
  EXPECT_EQ(flops("linalg_multi_dot", chain), Dim(2 * (10 * 100 * 5 + 10 * 5 * 50)));
  EXPECT_EQ(infer("linalg_multi_dot", {floats({3}), floats({3, 4}), floats({4})}).shape(), Shape());
  broken("linalg_multi_dot", {floats({3})});
  broken("linalg_multi_dot", {floats({3}), floats({4, 3})});
}

TEST(NormTest, SumsUpDimensions) {
  EXPECT_EQ(infer("linalg_norm", {floats({N, 3, 4})}).shape(), Shape());
  EXPECT_EQ(
      infer("linalg_norm", {complexes({N, 3})}, {{"ord", integer(1)}, {"dim", integer(1)}, {"keepdim", true}})
          .outputs[0],
      floats({N, 1}));
  EXPECT_EQ(infer("linalg_matrix_norm", {floats({N, 3, 4})}).shape(), (Shape{N}));
  EXPECT_EQ(infer("linalg_vector_norm", {floats({3})}, {{"dtype", "float64"}}).dtype(), DType::float64);
  EXPECT_EQ(infer("linalg_vector_norm", {floats({N, 3})}, {{"ord", std::numeric_limits<double>::infinity()}})
                .shape(),
            Shape());
  broken("linalg_norm", {floats({2, 3, 4})}, {{"ord", integer(1)}});
  broken("linalg_norm", {floats({3})}, {{"ord", "fro"}});
  broken("linalg_matrix_norm", {floats({2, 3})}, {{"ord", integer(3)}});
  broken("linalg_norm", {labels({3})});
}

}  // namespace
}  // namespace orrery
