#include "runtime/core/error.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

Given heads(std::int64_t width, std::int64_t count, Given more = {}) {
  more.push_back({"embed_dim", width});
  more.push_back({"num_heads", count});
  return more;
}

TEST(ScaledDotProductTest, GivesOneValueForEachQuery) {
  const auto inferred = infer("scaled_dot_product_attention",
                              {floats({N, 8, T, 64}), floats({N, 8, 5, 64}), floats({N, 8, 5, 32})});
  EXPECT_EQ(inferred.shape(), (Shape{N, 8, T, 32}));
  EXPECT_TRUE(inferred.guards.empty());
}

TEST(ScaledDotProductTest, KeysHaveTheQuerysFeaturesAndEachItsValue) {
  EXPECT_EQ(words(broken("scaled_dot_product_attention", {floats({3, 4}), floats({5, 3}), floats({5, 4})})),
            "shape-mismatch: expects keys with the query's 4 features, got (5, 3)");
  EXPECT_EQ(words(broken("scaled_dot_product_attention", {floats({3, 4}), floats({5, 4}), floats({6, 4})})),
            "shape-mismatch: expects one value for each of 5 keys, got (6, 4)");
}

TEST(ScaledDotProductTest, GroupsOfHeadsShareKeysWhenAsked) {
  const std::vector<TensorType> inputs = {floats({N, 6, 3, 4}), floats({N, 2, 3, 4}), floats({N, 2, 3, 4})};
  broken("scaled_dot_product_attention", inputs);
  const Given grouped = {{"enable_gqa", true}};
  EXPECT_EQ(infer("scaled_dot_product_attention", inputs, grouped).shape(), (Shape{N, 6, 3, 4}));
  broken("scaled_dot_product_attention", {floats({N, 5, 3, 4}), floats({N, 2, 3, 4}), floats({N, 2, 3, 4})},
         grouped);
}

TEST(ScaledDotProductTest, AMaskBroadcastsToTheScoresAndExcludesIsCausal) {
  const TensorType q = floats({N, 2, 3, 4}), k = floats({N, 2, 5, 4}), fits = {{3, 5}, DType::boolean};
  EXPECT_EQ(infer("scaled_dot_product_attention", {q, k, k, fits}).shape(), (Shape{N, 2, 3, 4}));
  EXPECT_EQ(words(broken("scaled_dot_product_attention", {q, k, k, {{5, 3}, DType::boolean}})),
            "shape-mismatch: expects a mask that broadcasts to the scores (N, 2, 3, 5), got (5, 3)");
  broken("scaled_dot_product_attention", {q, k, k, {{5}, DType::boolean}});
  broken("scaled_dot_product_attention", {q, k, k, {{1, 1, 2, 3, 5}, DType::boolean}});
  EXPECT_EQ(words(broken("scaled_dot_product_attention", {q, k, k, fits}, {{"is_causal", true}})),
            "option-mismatch: expects either attn_mask or is_causal, got both");
  EXPECT_EQ(words(broken("scaled_dot_product_attention", {q, k, k, labels({3, 5})})),
            "dtype-mismatch: expects a mask of booleans or of the query's dtype, got int64");
}

// torch.utils.flop_counter counts 5040 for these products (aten.bmm).
TEST(ScaledDotProductTest, CountsTwoMatrixProducts) {
  EXPECT_EQ(flops("scaled_dot_product_attention",
                  {floats({2, 3, 5, 8}), floats({2, 3, 7, 8}), floats({2, 3, 7, 4})}),
            Dim(5040));
}

TEST(MultiheadAttentionTest, GivesTheQuerysShapeAndTheMeanWeights) {
  const auto inferred =
      infer("MultiheadAttention", {floats({T, N, 8}), floats({5, N, 8}), floats({5, N, 8})}, heads(8, 2));
  ASSERT_EQ(inferred.outputs.size(), 2u);
  EXPECT_EQ(inferred.shape(), (Shape{T, N, 8}));
  EXPECT_EQ(inferred.outputs[1].shape, (Shape{N, T, 5}));
}

TEST(MultiheadAttentionTest, WeightsMayBeLeftOutOrKeptForEachHead) {
  const std::vector<TensorType> inputs = {floats({N, T, 8}), floats({N, 5, 8}), floats({N, 5, 8})};
  EXPECT_EQ(infer("MultiheadAttention", inputs, heads(8, 2, {{"batch_first", true}, {"need_weights", false}}))
                .outputs.size(),
            1u);
  const auto each = infer("MultiheadAttention", inputs,
                          heads(8, 2,
                                {{"batch_first", true},
                                 {"average_attn_weights", false},
                                 {"add_bias_kv", true},
                                 {"add_zero_attn", true}}));
  EXPECT_EQ(each.outputs[1].shape, (Shape{N, 2, T, 7}));
}

TEST(MultiheadAttentionTest, ASequenceWithoutBatchIsTaken) {
  const auto inferred =
      infer("MultiheadAttention", {floats({3, 8}), floats({5, 8}), floats({5, 8})}, heads(8, 2));
  EXPECT_EQ(inferred.outputs[1].shape, (Shape{3, 5}));
}

TEST(MultiheadAttentionTest, InputsFitEachOther) {
  const TensorType query = floats({3, 2, 8});
  EXPECT_EQ(words(broken("MultiheadAttention", {query, floats({5, 2, 6}), floats({5, 2, 8})}, heads(8, 2))),
            "shape-mismatch: expects 8 features (kdim), got 6");
  EXPECT_EQ(words(broken("MultiheadAttention", {query, floats({5, 2, 8}), floats({4, 2, 8})}, heads(8, 2))),
            "shape-mismatch: expects one value for each key, a length of 5, got (4, 2, 8)");
  EXPECT_EQ(words(broken("MultiheadAttention", {query, floats({5, 3, 8}), floats({5, 3, 8})}, heads(8, 2))),
            "shape-mismatch: expects the query's batch of 2, got (5, 3, 8)");
  EXPECT_EQ(words(broken("MultiheadAttention", {query, floats({5, 8}), floats({5, 8})}, heads(8, 2))),
            "shape-mismatch: expects inputs of as many dimensions as the query (3, 2, 8), got (5, 8)");
}

TEST(MultiheadAttentionTest, MasksHaveTheirShapes) {
  const TensorType query = floats({3, 2, 8}), key = floats({5, 2, 8});
  const TensorType padding = {{2, 5}, DType::boolean}, mask = {{4, 3, 5}, DType::boolean};
  infer("MultiheadAttention", {query, key, key, padding, mask}, heads(8, 2));
  EXPECT_EQ(words(broken("MultiheadAttention", {query, key, key, {{5, 2}, DType::boolean}}, heads(8, 2))),
            "shape-mismatch: expects a mask of shape (2, 5), got (5, 2)");
  EXPECT_EQ(words(broken("MultiheadAttention", {query, key, key, padding, {{2, 3, 5}, DType::boolean}},
                         heads(8, 2))),
            "shape-mismatch: expects a mask of shape (4, 3, 5), got (2, 3, 5)");
}

TEST(MultiheadAttentionTest, OwnsPyTorchsParameters) {
  const auto names = [](const Given& options) {
    std::vector<std::string> found;
    for (const ParameterSpec& spec : parameters("MultiheadAttention", options)) found.push_back(spec.name);
    return found;
  };
  EXPECT_EQ(names(heads(8, 2)),
            (std::vector<std::string>{"in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"}));
  EXPECT_EQ(names(heads(8, 2, {{"kdim", integer(3)}, {"bias", false}, {"add_bias_kv", true}})),
            (std::vector<std::string>{"q_proj_weight", "k_proj_weight", "v_proj_weight", "bias_k", "bias_v",
                                      "out_proj.weight"}));
  EXPECT_EQ(parameters("MultiheadAttention", heads(8, 2, {{"vdim", integer(3)}}))[2].shape,
            (std::vector<std::int64_t>{8, 3}));
}

TEST(MultiheadAttentionTest, HeadsShareTheFeaturesEvenly) {
  EXPECT_THROW(parameters("MultiheadAttention", heads(8, 3)), Error);
}

// torch.utils.flop_counter counts 12576 for query (5, 3, 8) and keys (7, 3, 8).
TEST(MultiheadAttentionTest, CountsProjectionsAndProducts) {
  EXPECT_EQ(
      flops("MultiheadAttention", {floats({5, 3, 8}), floats({7, 3, 8}), floats({7, 3, 8})}, heads(8, 2)),
      Dim(12576));
}

}  // namespace
}  // namespace orrery
