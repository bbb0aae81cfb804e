#include <gtest/gtest.h>

#include "tests/onnx/onnx_one_node.h"

namespace orrery::testing {
namespace {

using Whole = std::vector<std::int64_t>;

// Seeks the letters 2 and 3 and the pairs 5 4, 5 6 and 7 8.
std::vector<OnnxAttribute> vectorizer(const char* mode, std::int64_t longest, std::int64_t most_skipped) {
  return {attribute("mode", mode),
          attribute("min_gram_length", std::int64_t{1}),
          attribute("max_gram_length", longest),
          attribute("max_skip_count", most_skipped),
          attribute("pool_int64s", Whole{2, 3, 5, 4, 5, 6, 7, 8}),
          attribute("ngram_counts", Whole{0, 2}),
          attribute("ngram_indexes", Whole{0, 1, 2, 3, 5})};
}

std::string found_in(const std::vector<std::string>& sizes, std::vector<OnnxAttribute> attributes) {
  OnnxBuilder model;
  model.input("x", sizes, OnnxDType::int32);
  const auto graph = imported(model, "TfIdfVectorizer", {"x"}, std::move(attributes));
  return result_in(*graph) + ": " + operations_in(*graph);
}

TEST(OnnxNgramsTest, SingleLettersAreCountedOnce) {
  EXPECT_EQ(found_in({"N", "12"}, vectorizer("TF", 1, 5)),
            "float32 (N, 6): full, slice, unsqueeze, eq, sum, index_add");
}

TEST(OnnxNgramsTest, PairsAreCountedForEveryDistance) {
  EXPECT_EQ(
      found_in({"12"}, vectorizer("TF", 2, 1)),
      "float32 (6): unsqueeze, full, slice, unsqueeze, eq, sum, index_add, slice, unsqueeze, eq, slice, "
      "unsqueeze, eq, logical_and, sum, slice, unsqueeze, eq, slice, unsqueeze, eq, logical_and, sum, add, "
      "index_add, squeeze");
}

TEST(OnnxNgramsTest, WeightsMultiplyCountsOrPresence) {
  auto attributes = vectorizer("TFIDF", 1, 0);
  attributes.push_back(attribute("weights", std::vector<double>{1, 2, 3, 4, 5}));
  EXPECT_EQ(found_in({"N", "12"}, attributes),
            "float32 (N, 6): full, slice, unsqueeze, eq, sum, mul, index_add");
  attributes[0] = attribute("mode", "IDF");
  EXPECT_EQ(found_in({"N", "12"}, attributes),
            "float32 (N, 6): full, slice, unsqueeze, eq, sum, gt, to, mul, index_add");
}

std::string refusal_of_pool(std::vector<OnnxAttribute> attributes) {
  OnnxBuilder model;
  model.input("x", {"N", "12"}, OnnxDType::int32);
  return refusal_of(model, "TfIdfVectorizer", {"x"}, std::move(attributes));
}

TEST(OnnxNgramsTest, WhatContradictsItselfIsRefused) {
  const std::string node = "'test.onnx': node 'y' (TfIdfVectorizer): ";
  EXPECT_EQ(refusal_of_pool(vectorizer("TF", 3, 0)), node + "its lengths of n-grams contradict each other");
  EXPECT_EQ(refusal_of_pool(vectorizer("DF", 2, 0)),
            node + "the attribute 'mode' must be TF, IDF or TFIDF, got 'DF'");
  auto indexes = vectorizer("TF", 2, 0);
  indexes[6] = attribute("ngram_indexes", Whole{0, 1, 2, 3});
  EXPECT_EQ(refusal_of_pool(indexes), node + "its pool, indexes and weights do not belong together");
  auto counts = vectorizer("TF", 2, 0);
  counts[5] = attribute("ngram_counts", Whole{0, 3});
  EXPECT_EQ(refusal_of_pool(counts), node + "its pool holds no whole number of n-grams");
}

}  // namespace
}  // namespace orrery::testing
