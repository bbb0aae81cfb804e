#include "tests/ops/infer.h"

namespace orrery {
namespace {

TEST(RandomTest, SizesMayBeSymbolic) {
  for (const char* operation : {"rand", "randn"}) {
    EXPECT_EQ(infer(operation, {}, {{"size", of_sizes({N, 4})}}).outputs[0], floats({N, 4})) << operation;
    EXPECT_EQ(infer(operation, {}, {{"size", of_sizes({2})}, {"dtype", "complex64"}}).dtype(),
              DType::complex64);
    EXPECT_TRUE(operations().get(operation).draws) << operation;
    EXPECT_TRUE(operations().get(operation).from_graph()) << operation;
  }
  EXPECT_EQ(infer("randperm", {}, {{"n", of_sizes({N})}}).outputs[0], labels({N}));
}

TEST(RandintTest, NeedsARangeThatTheDtypeHolds) {
  const auto range = [](std::int64_t low, std::int64_t high, const char* dtype) {
    return Given{{"low", integer(low)}, {"high", integer(high)}, {"size", of_sizes({3})}, {"dtype", dtype}};
  };
  EXPECT_EQ(infer("randint", {}, range(0, 256, "uint8")).dtype(), DType::uint8);
  EXPECT_EQ(broken("randint", {}, range(0, 257, "uint8")).got, "256");
  EXPECT_EQ(infer("randint", {}, range(-128, 128, "int8")).dtype(), DType::int8);
  EXPECT_EQ(broken("randint", {}, range(-129, 0, "int8")).expected, "numbers that int8 holds");
  EXPECT_EQ(broken("randint", {}, range(3, 3, "int64")).expected, "low below high");
}

TEST(NormalTest, TakesValuesOrNumbersWithASize) {
  EXPECT_EQ(infer("normal", {floats({N, 1}), floats({3})}).shape(), (Shape{N, 3}));
  EXPECT_EQ(infer("normal", {}, {{"mean", 0.0}, {"std", 1.0}, {"size", of_sizes({N})}}).outputs[0],
            floats({N}));
  EXPECT_EQ(broken("normal", {}, {{"mean", 0.0}, {"std", 1.0}}).got, "none");
  EXPECT_EQ(broken("normal", {floats({N})}, {{"std", -1.0}}).expected, "a std of at least 0");
  EXPECT_TRUE(operations().get("normal").from_graph());
}

TEST(MultinomialTest, DrawsFromTheLastDimension) {
  EXPECT_EQ(infer("multinomial", {floats({N, 5})}, {{"num_samples", integer(5)}}).outputs[0], labels({N, 5}));
  EXPECT_EQ(broken("multinomial", {floats({N, 5})}, {{"num_samples", integer(6)}}).expected,
            "at least 6 weights");
  EXPECT_EQ(infer("multinomial", {floats({5})}, {{"num_samples", integer(6)}, {"replacement", true}}).shape(),
            (Shape{6}));
  broken("multinomial", {floats({})}, {{"num_samples", integer(1)}});
  broken("multinomial", {floats({2, 3, 4})}, {{"num_samples", integer(1)}});
  broken("multinomial", {labels({5})}, {{"num_samples", integer(1)}});
}

TEST(RandomTest, DrawsOfAnInputKeepItsShape) {
  EXPECT_EQ(infer("rand_like", {floats({N, 2})}).outputs[0], floats({N, 2}));
  EXPECT_EQ(broken("randn_like", {labels({N})}).code, "integer-input");
  EXPECT_EQ(infer("randn_like", {labels({N})}, {{"dtype", "float64"}}).dtype(), DType::float64);
  EXPECT_EQ(infer("bernoulli", {labels({N})}, {{"p", 0.5}}).dtype(), DType::int64);
  EXPECT_EQ(broken("bernoulli", {labels({N})}).code, "integer-input");
  EXPECT_EQ(broken("poisson", {labels({N})}).code, "integer-input");
  EXPECT_FALSE(operations().get("bernoulli").differentiable);
}

}  // namespace
}  // namespace orrery
