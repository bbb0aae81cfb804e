#include "tests/ops/infer.h"

namespace orrery {
namespace {

Given equation(const char* text) { return {{"equation", text}}; }

TEST(ProductsTest, FitInTheirInnerSizes) {
  EXPECT_EQ(infer("mm", {floats({N, 3}), floats({3, 4})}).shape(), (Shape{N, 4}));
  EXPECT_EQ(infer("mv", {floats({N, 3}), floats({3})}).shape(), (Shape{N}));
  EXPECT_EQ(infer("bmm", {floats({N, 2, 3}), floats({N, 3, 4})}).shape(), (Shape{N, 2, 4}));
  EXPECT_EQ(infer("dot", {floats({N}), floats({N})}).shape(), Shape());
  EXPECT_EQ(words(broken("mm", {floats({N, 3}), floats({4, 3})})),
            "shape-mismatch: expects a second factor with 3 rows, to fit the first's (N, 3), got (4, 3)");
  broken("bmm", {floats({2, 2, 3}), floats({3, 3, 4})});
  broken("mm", {floats({2, 3, 3}), floats({3, 3})});
  broken("mv", {floats({2, 3}), labels({3})});
}

TEST(ProductsTest, AreCountedTwicePerMultiplyAdd) {
  EXPECT_EQ(flops("mm", {floats({N, 3}), floats({3, 4})}), 24 * N);
  EXPECT_EQ(flops("bmm", {floats({N, 2, 3}), floats({N, 3, 4})}), 48 * N);
  EXPECT_EQ(flops("addmm", {floats({4}), floats({N, 3}), floats({3, 4})}), 24 * N);
  EXPECT_EQ(flops("mv", {floats({N, 3}), floats({3})}), Dim(0));
  EXPECT_EQ(flops("tensordot", {floats({N, 3, 2}), floats({3, 2, 5})}), 60 * N);
}

TEST(ProductsTest, OfChainsAreCountedInTheCheapestOrder) {
  EXPECT_EQ(flops("chain_matmul", {floats({10, 100}), floats({100, 5}), floats({5, 50})}), Dim(15000));
  EXPECT_EQ(flops("linalg_multi_dot", {floats({3}), floats({3, 4}), floats({4})}), Dim(30));
  EXPECT_EQ(flops("inner", {floats({N, 3}), floats({5, 3})}), 30 * N);
  for (const auto& [n, products] : {std::pair{0, 0}, {1, 0}, {2, 1}, {3, 2}, {4, 2}, {5, 3}, {-3, 2}})
    EXPECT_EQ(flops("matrix_power", {floats({3, 3})}, {{"n", integer(n)}}), Dim(54 * products)) << n;
}

TEST(SumsTest, TakeAnInputThatBroadcasts) {
  EXPECT_EQ(infer("addmm", {floats({4}), floats({N, 3}), floats({3, 4})}).shape(), (Shape{N, 4}));
  EXPECT_EQ(infer("baddbmm", {floats({2, 1}), floats({N, 2, 3}), floats({N, 3, 4})}).shape(),
            (Shape{N, 2, 4}));
  EXPECT_EQ(infer("addbmm", {floats({2, 4}), floats({N, 2, 3}), floats({N, 3, 4})}).shape(), (Shape{2, 4}));
  EXPECT_EQ(infer("addr", {floats({N, 3}), floats({N}), floats({3})}).shape(), (Shape{N, 3}));
  EXPECT_EQ(broken("addmm", {floats({3}), floats({N, 3}), floats({3, 4})}).port, 0);
  broken("addr", {labels({N, 3}), labels({N}), labels({3})}, {{"alpha", 0.5}});
}

TEST(EinsumTest, KeepsTheLettersOfItsResult) {
  EXPECT_EQ(infer("einsum", {floats({N, 2, 3}), floats({N, 3, 4})}, equation("bij,bjk->bik")).shape(),
            (Shape{N, 2, 4}));
  EXPECT_EQ(infer("einsum", {floats({N, 3}), floats({3, 4})}, equation("ij,jk")).shape(), (Shape{N, 4}));
  EXPECT_EQ(infer("einsum", {floats({N, 5, 3}), floats({3, 4})}, equation("...j, jk -> ...k")).shape(),
            (Shape{N, 5, 4}));
  EXPECT_EQ(infer("einsum", {floats({N, N})}, equation("ii->i")).shape(), (Shape{N}));
  EXPECT_EQ(infer("einsum", {floats({N, 2})}, equation("ij->")).shape(), Shape());
  EXPECT_EQ(infer("einsum", {floats({N, 2})}, equation("ba")).shape(), (Shape{2, N}));
}

TEST(EinsumTest, SaysWhatIsWrongWithAnEquation) {
  EXPECT_EQ(broken("einsum", {floats({N})}, equation("i,j")).expected, "2 operands");
  EXPECT_EQ(broken("einsum", {floats({N})}, equation("ij")).expected, "2 dimensions for 'ij'");
  for (const char* wrong : {"i->j", "i->ii", "i1->i", "i-i", "......i"})
    EXPECT_EQ(broken("einsum", {floats({N})}, equation(wrong)).code, "option-mismatch") << wrong;
  broken("einsum", {floats({2}), floats({3})}, equation("i,i"));
  broken("einsum", {floats({2, 3})}, equation("ii"));
  broken("einsum", {floats({2}), labels({2})}, equation("i,i"));
}

TEST(EinsumTest, CountsProductsFromLeftToRight) {
  EXPECT_EQ(flops("einsum", {floats({N, 3}), floats({3, 4})}, equation("ij,jk->ik")), 24 * N);
  EXPECT_EQ(flops("einsum", {floats({N}), floats({4})}, equation("i,j->ij")), Dim(0));
  EXPECT_EQ(flops("einsum", {floats({N, 3}), floats({3, 4}), floats({4, 5})}, equation("ij,jk,kl->il")),
            24 * N + 40 * N);
}

TEST(ProductsTest, OfOtherKinds) {
  EXPECT_EQ(infer("outer", {floats({N}), labels({3})}).outputs[0], floats({N, 3}));
  EXPECT_EQ(infer("inner", {floats({N, 3}), floats({4, 3})}).shape(), (Shape{N, 4}));
  EXPECT_EQ(infer("kron", {floats({N, 2}), floats({3})}).shape(), (Shape{N, 6}));
  EXPECT_EQ(infer("cross", {floats({N, 3}), floats({1, 3})}).shape(), (Shape{N, 3}));
  EXPECT_EQ(infer("tensordot", {floats({N, 3, 2}), floats({3, 2, 5})}).shape(), (Shape{N, 5}));
  EXPECT_EQ(infer("tensordot", {floats({3, N}), floats({5, 3})},
                  {{"dims_self", list({0})}, {"dims_other", list({1})}})
                .shape(),
            (Shape{N, 5}));
  EXPECT_EQ(infer("chain_matmul", {floats({N, 3}), floats({3, 4}), floats({4, 2})}).shape(), (Shape{N, 2}));
  EXPECT_EQ(infer("linear", {floats({N, 5, 3}), floats({4, 3})}).shape(), (Shape{N, 5, 4}));
  EXPECT_EQ(infer("bilinear", {floats({N, 2}), floats({N, 3}), floats({4, 2, 3}), floats({4})}).shape(),
            (Shape{N, 4}));
  EXPECT_EQ(infer("trace", {labels({3, 4})}).outputs[0], labels({}));
  EXPECT_EQ(infer("matrix_power", {floats({N, 3, 3})}, {{"n", integer(2)}}).shape(), (Shape{N, 3, 3}));
  broken("cross", {floats({N, 2}), floats({N, 2})});
  broken("tensordot", {floats({2}), floats({2})});
  broken("tensordot", {floats({2}), floats({2})}, {{"dims_self", list({0})}});
  broken("matrix_power", {labels({3, 3})}, {{"n", integer(-1)}});
  broken("linear", {floats({N, 3}), floats({4, 3}), floats({3})});
}

}  // namespace
}  // namespace orrery
