#include "tests/engine/kernels/calls.h"

namespace orrery {
namespace {

using EmbeddingTest = Calls;

at::Tensor indices(std::vector<std::int64_t> list) { return at::tensor(list); }

const std::vector<Attributes::Entry> kTable = {{"num_embeddings", std::int64_t{5}},
                                               {"embedding_dim", std::int64_t{3}}};

TEST_F(EmbeddingTest, AnIndexOutsideTheTableIsSaid) {
  for (const char* kind : {"Embedding", "EmbeddingBag"}) {
    const LayerPtr table = layer(kind, kTable);
    EXPECT_NO_THROW(call(table, kind == std::string("Embedding")
                                    ? std::vector{indices({0, 4})}
                                    : std::vector{indices({0, 4}), indices({0}), at::Tensor()}));
    for (std::int64_t index : {std::int64_t{-1}, std::int64_t{5}}) {
      std::vector<at::Tensor> inputs = {indices({0, index})};
      if (kind != std::string("Embedding")) inputs.insert(inputs.end(), {indices({0}), at::Tensor()});
      EXPECT_EQ(message_of([&] { call(table, inputs); }),
                "index " + std::to_string(index) + " is outside the table's rows 0…4");
    }
  }
}

TEST_F(EmbeddingTest, ThePaddingRowBeginsAsZeroAndIsNotTrained) {
  auto options = kTable;
  options.push_back({"padding_idx", std::int64_t{-2}});
  const LayerPtr table = layer("Embedding", options);
  const at::Tensor weight = owned(table, "weight");
  EXPECT_EQ(weight[3].abs().sum().item<double>(), 0);
  EXPECT_GT(weight[2].abs().sum().item<double>(), 0);
  call(table, {indices({2, 3})}).sum().backward();
  EXPECT_EQ(weight.grad()[3].abs().sum().item<double>(), 0);
  EXPECT_EQ(weight.grad()[2].sum().item<double>(), 3);
}

TEST_F(EmbeddingTest, ShortensTheRowsThatAreLookedUpOnly) {
  auto options = kTable;
  options.push_back({"max_norm", 0.01});
  const LayerPtr table = layer("Embedding", options);
  call(table, {indices({1})});
  EXPECT_NEAR(owned(table, "weight")[1].norm().item<double>(), 0.01, 1e-6);
  EXPECT_GT(owned(table, "weight")[2].norm().item<double>(), 0.02);
}

}  // namespace
}  // namespace orrery
