#include "tests/files/error_of.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

const Given kTable = {{"num_embeddings", integer(10)}, {"embedding_dim", integer(4)}};

Given with(Given options, const std::string& name, AttributeValue value) {
  options.push_back({name, std::move(value)});
  return options;
}

TEST(EmbeddingTest, PutsARowInThePlaceOfEachIndex) {
  EXPECT_EQ(infer("Embedding", {labels({N, 7})}, kTable).outputs[0], floats({N, 7, 4}));
  EXPECT_EQ(infer("Embedding", {labels({})}, kTable).shape(), (Shape{4}));
  EXPECT_EQ(infer("Embedding", {{{N}, DType::int32}}, with(kTable, "dtype", "float64")).dtype(),
            DType::float64);
}

TEST(EmbeddingTest, TakesNoRealNumbers) {
  const RuleBroken rule = broken("Embedding", {floats({N, 7})}, kTable);
  EXPECT_EQ(words(rule), "dtype-mismatch: expects int64 or int32 indices, got float32");
  EXPECT_EQ(rule.remedy, "Convert them first: x:to(\"int64\").");
}

TEST(EmbeddingTest, DrawsNormalRowsAndLeavesThePaddingZero) {
  const ParameterSpec plain = parameters("Embedding", kTable).at(0);
  EXPECT_EQ(plain.shape, (std::vector<std::int64_t>{10, 4}));
  EXPECT_EQ(plain.init, Init::normal(0, 1));
  for (std::int64_t row : {3, -7})
    EXPECT_EQ(parameters("Embedding", with(kTable, "padding_idx", integer(row))).at(0).init.zero_row, 3);
}

TEST(EmbeddingTest, ThePaddingIsARow) {
  for (std::int64_t row : {-10, 9})
    EXPECT_NO_THROW(parameters("Embedding", with(kTable, "padding_idx", integer(row))));
  for (std::int64_t row : {-11, 10})
    EXPECT_EQ(
        error_of(Fault::usage, [&] { parameters("Embedding", with(kTable, "padding_idx", integer(row))); }),
        "padding_idx must be between -10 and 9, got " + std::to_string(row));
}

TEST(EmbeddingBagTest, RowsAreBagsOrOffsetsDivideAList) {
  EXPECT_EQ(infer("EmbeddingBag", {labels({N, 7})}, kTable).outputs[0], floats({N, 4}));
  EXPECT_EQ(infer("EmbeddingBag", {labels({20}), labels({N})}, kTable).shape(), (Shape{N, 4}));
  EXPECT_EQ(
      infer("EmbeddingBag", {labels({20}), labels({5})}, with(kTable, "include_last_offset", true)).shape(),
      (Shape{4, 4}));
  broken("EmbeddingBag", {labels({20}), labels({1})}, with(kTable, "include_last_offset", true));
  EXPECT_EQ(broken("EmbeddingBag", {labels({20})}, kTable).remedy,
            "Give the offsets at which the bags begin.");
  broken("EmbeddingBag", {labels({N, 7}), labels({N})}, kTable);
  broken("EmbeddingBag", {labels({20}), floats({N})}, kTable);
}

TEST(EmbeddingBagTest, WeighsSumsOnly) {
  const Descriptor& bag = operations().get("EmbeddingBag");
  const TensorType indices = labels({N, 7}), weights = floats({N, 7}), few = floats({N, 6});
  const auto weighed = [&](const char* mode, const TensorType& by) {
    const Attributes attributes = checked_attributes(bag.attributes, with(kTable, "mode", mode));
    ShapeContext context({&indices, nullptr, &by}, attributes);
    return bag.shape(context);
  };
  EXPECT_EQ(weighed("sum", weights).at(0), floats({N, 4}));
  EXPECT_THROW(weighed("mean", weights), RuleBroken);
  EXPECT_THROW(weighed("sum", few), RuleBroken);
  EXPECT_THROW(weighed("sum", {{N, 7}, DType::float64}), RuleBroken);
}

TEST(EmbeddingBagTest, FrequenciesDoNotScaleAMaximum) {
  const Given scaled = with(kTable, "scale_grad_by_freq", true);
  EXPECT_NO_THROW(parameters("EmbeddingBag", scaled));
  error_of(Fault::usage, [&] { parameters("EmbeddingBag", with(scaled, "mode", "max")); });
}

}  // namespace
}  // namespace orrery
