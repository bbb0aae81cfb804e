// Found by writing over each output of PyTorch 2.11's functions before the backward pass, which it refuses
// when that reads the output.
#include <set>

#include <gtest/gtest.h>

#include "runtime/ops/operations.h"

namespace orrery {
namespace {

using Keeps = Descriptor::KeepsOutput;

std::set<std::string> operations_that(Keeps keeps) {
  std::set<std::string> names;
  for (const auto& operation : operations().all())
    if (operation->keeps_output == keeps) names.insert(operation->name);
  return names;
}

TEST(KeepsOutputTest, OfThoseWhoseBackwardReadsIt) {
  const std::set<std::string> known = {"ReLU",
                                       "relu",
                                       "Tanh",
                                       "tanh",
                                       "Sigmoid",
                                       "sigmoid",
                                       "Softmax",
                                       "softmax",
                                       "LogSoftmax",
                                       "log_softmax",
                                       "Softmin",
                                       "softmin",
                                       "Softmax2d",
                                       "sgn",
                                       "reciprocal",
                                       "sqrt",
                                       "rsqrt",
                                       "exp",
                                       "exp2",
                                       "expm1",
                                       "tan",
                                       "hypot",
                                       "copysign",
                                       "logsumexp",
                                       "std",
                                       "std_mean",
                                       "prod",
                                       "amax",
                                       "amin",
                                       "cumprod",
                                       "logcumsumexp",
                                       "scatter_reduce",
                                       "PairwiseDistance",
                                       "pairwise_distance",
                                       "cdist",
                                       "pdist",
                                       "scaled_dot_product_attention",
                                       "ScaledDotProductAttention",
                                       "RNN",
                                       "LSTM",
                                       "GRU",
                                       "RNNCell",
                                       "linalg_inv",
                                       "linalg_det",
                                       "linalg_slogdet",
                                       "linalg_cholesky",
                                       "linalg_qr",
                                       "linalg_svd",
                                       "linalg_svdvals",
                                       "linalg_eigh",
                                       "linalg_eigvalsh",
                                       "linalg_eigvals",
                                       "linalg_eig",
                                       "linalg_lu",
                                       "linalg_lu_factor",
                                       "linalg_solve",
                                       "linalg_solve_triangular",
                                       "linalg_lu_solve",
                                       "linalg_lstsq",
                                       "linalg_pinv",
                                       "linalg_norm",
                                       "linalg_vector_norm"};
  EXPECT_EQ(operations_that(Keeps::yes), known);
}

TEST(KeepsOutputTest, OfThoseThatReadItOnlyInPlace) {
  const std::set<std::string> known = {"LeakyReLU", "leaky_relu", "ELU",  "elu",   "SELU",
                                       "selu",      "CELU",       "celu", "RReLU", "rrelu"};
  EXPECT_EQ(operations_that(Keeps::in_place), known);
}

}  // namespace
}  // namespace orrery
