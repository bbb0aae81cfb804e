#include "tests/ops/infer.h"

namespace orrery {
namespace {

Given linear(std::int64_t in, std::int64_t out) { return {{"in_features", in}, {"out_features", out}}; }

TEST(LinearTest, ChangesTheLastDimensionOnly) {
  EXPECT_EQ(infer("Linear", {floats({N, 256})}, linear(256, 10)).shape(), (Shape{N, 10}));
  EXPECT_EQ(infer("Linear", {floats({N, 7, 256})}, linear(256, 10)).shape(), (Shape{N, 7, 10}));
  EXPECT_EQ(infer("Linear", {floats({256})}, linear(256, 10)).shape(), (Shape{10}));
}

TEST(LinearTest, AMissingFlattenIsTheRemedyWhenItFits) {
  const RuleBroken rule = broken("Linear", {floats({N, 16, 4, 4})}, linear(256, 10));
  EXPECT_EQ(words(rule), "shape-mismatch: expects 256 input features, got 4");
  EXPECT_EQ(rule.remedy, "Flatten the input first: x:flatten(1).");
  EXPECT_EQ(broken("Linear", {floats({N, 64})}, linear(256, 10)).remedy, "Give the layer in_features = 64.");
  EXPECT_EQ(broken("Linear", {floats({})}, linear(256, 10)).got, "a scalar");
}

TEST(LinearTest, ASymbolicFeatureCountBecomesAGuard) {
  const Inferred inferred = infer("Linear", {floats({N, Dim::symbol("F")})}, linear(256, 10));
  ASSERT_EQ(inferred.guards.size(), 1u);
  EXPECT_EQ(inferred.guards[0].right, Dim(256));
}

TEST(LinearTest, TheInputHasTheParametersDtype) {
  EXPECT_EQ(words(broken("Linear", {labels({N, 4})}, linear(4, 2))),
            "integer-input: expects an input of dtype float32, as its parameters, got int64");
  Given options = linear(4, 2);
  options.push_back({"dtype", "float64"});
  EXPECT_EQ(infer("Linear", {{{N, 4}, DType::float64}}, options).dtype(), DType::float64);
  broken("Linear", {floats({N, 4})}, options);
}

TEST(LinearTest, DrawsTheWeightBeforeTheBiasWithPyTorchsBounds) {
  const auto specs = parameters("Linear", linear(256, 10));
  ASSERT_EQ(specs.size(), 2u);
  EXPECT_EQ(specs[0].name, "weight");
  EXPECT_EQ(specs[0].shape, (std::vector<std::int64_t>{10, 256}));
  EXPECT_EQ(specs[0].init, Init::uniform(-0x1.fffffffffffffp-5, 0x1.fffffffffffffp-5));
  EXPECT_EQ(specs[1].name, "bias");
  EXPECT_EQ(specs[1].init, Init::uniform(-0x1p-4, 0x1p-4));
  EXPECT_FALSE(specs[1].buffer);
}

TEST(LinearTest, WithoutBiasOwnsTheWeightAlone) {
  Given options = linear(4, 2);
  options.push_back({"bias", false});
  EXPECT_EQ(parameters("Linear", options).size(), 1u);
}

TEST(LinearTest, CountsTwoOperationsPerMultiplyAdd) {
  EXPECT_EQ(flops("Linear", {floats({N, 256})}, linear(256, 10)), 5120 * N);
}

TEST(BilinearTest, JoinsTwoInputsThatDifferInTheLastDimensionOnly) {
  const Given sizes = {
      {"in1_features", integer(3)}, {"in2_features", integer(4)}, {"out_features", integer(5)}};
  EXPECT_EQ(infer("Bilinear", {floats({N, 7, 3}), floats({N, 7, 4})}, sizes).shape(), (Shape{N, 7, 5}));
  EXPECT_EQ(infer("Bilinear", {floats({3}), floats({4})}, sizes).shape(), (Shape{5}));
  EXPECT_EQ(broken("Bilinear", {floats({N, 3}), floats({N, 3})}, sizes).remedy,
            "Give the layer in2_features = 3.");
  EXPECT_EQ(broken("Bilinear", {floats({6, 3}), floats({5, 4})}, sizes).port, 1);
  broken("Bilinear", {floats({N, 3}), floats({4})}, sizes);
  broken("Bilinear", {floats({N, 3}), {{N, 4}, DType::float64}}, sizes);
  broken("Bilinear", {floats({}), floats({4})}, sizes);
}

TEST(BilinearTest, DrawsWeightAndBiasFromTheFirstInputsFeatures) {
  const auto specs =
      parameters("Bilinear",
                 {{"in1_features", integer(16)}, {"in2_features", integer(4)}, {"out_features", integer(5)}});
  EXPECT_EQ(specs.at(0).shape, (std::vector<std::int64_t>{5, 16, 4}));
  for (const ParameterSpec& spec : specs) EXPECT_EQ(spec.init, Init::uniform(-0.25, 0.25));
}

TEST(IdentityTest, PassesEverythingOnAsAView) {
  EXPECT_EQ(infer("Identity", {labels({N, 3})}).outputs[0], labels({N, 3}));
  EXPECT_EQ(operations().get("Identity").aliases.at(0).kind, Alias::Kind::view);
}

}  // namespace
}  // namespace orrery
