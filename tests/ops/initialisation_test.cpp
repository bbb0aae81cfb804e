#include "runtime/ops/initialisation.h"

#include <cmath>

#include <gtest/gtest.h>

#include "runtime/core/error.h"

namespace orrery {
namespace {

// Printed with float.hex by torch 2.11's own formulas (torch/nn/init.py).
TEST(InitialisationTest, BoundsAreTheDoublesOfPyTorch) {
  EXPECT_EQ(kaiming_uniform(1), Init::uniform(-0x1.fffffffffffffp-1, 0x1.fffffffffffffp-1));
  EXPECT_EQ(kaiming_uniform(3).b, 0x1.279a74590331cp-1);
  EXPECT_EQ(kaiming_uniform(9).b, 0x1.5555555555554p-2);
  EXPECT_EQ(kaiming_uniform(27).b, 0x1.8a2345cc04425p-3);
  EXPECT_EQ(kaiming_uniform(784).b, 0x1.2492492492492p-5);
  EXPECT_EQ(fan_in_uniform(3).b, 0x1.279a74590331dp-1);
  EXPECT_EQ(fan_in_uniform(27).a, -0x1.8a2345cc04426p-3);
  EXPECT_EQ(fan_in_uniform(144).b, 0x1.5555555555555p-4);
}

Init made(const std::string& name, Shape shape, std::vector<Attributes::Entry> options = {}) {
  const InitialisationKind& kind = initialisation_kind(name);
  return initialisation(kind, checked_attributes(kind.attributes, options), shape);
}

TEST(InitialisationTest, XavierWeighsInputsAndOutputs) {
  EXPECT_DOUBLE_EQ(made("xavier_uniform", {18, 6}).b, 0.5);
  EXPECT_EQ(made("xavier_normal", {3, 5}, {{"gain", 2.0}}), Init::normal(0, 1));
  EXPECT_EQ(made("xavier_normal", {1, 1, 4}).b, 0.5);
}

TEST(InitialisationTest, KaimingCountsTheFansOfConvolutions) {
  EXPECT_EQ(made("kaiming_normal", {8, 2, 1, 1}, {{"nonlinearity", "relu"}}), Init::normal(0, 1));
  EXPECT_EQ(made("kaiming_normal", {2, 9, 2, 2}, {{"nonlinearity", "linear"}, {"mode", "fan_out"}}).b,
            1 / std::sqrt(8.0));
  EXPECT_EQ(made("kaiming_uniform", {5, 3}, {{"a", std::sqrt(5.0)}}), kaiming_uniform(3));
}

TEST(InitialisationTest, RanksAreCheckedOnBothSides) {
  EXPECT_NO_THROW(made("dirac", {4, 2, 3}));
  EXPECT_NO_THROW(made("dirac", {4, 2, 3, 3, 3}));
  EXPECT_THROW(made("dirac", {4, 2}), Error);
  EXPECT_THROW(made("dirac", {4, 2, 3, 3, 3, 3}), Error);
  EXPECT_THROW(made("eye", {2, 2, 2}), Error);
  EXPECT_THROW(made("xavier_uniform", {7}), Error);
  EXPECT_NO_THROW(made("uniform", {}));
}

TEST(InitialisationTest, OptionsThatContradictAreRefused) {
  EXPECT_THROW(made("dirac", {5, 2, 3}, {{"groups", std::int64_t{2}}}), Error);
  EXPECT_THROW(made("trunc_normal", {5}, {{"a", 2.0}, {"b", 1.0}}), Error);
  EXPECT_THROW(made("trunc_normal", {5}, {{"std", 0.0}}), Error);
  EXPECT_THROW(made("sparse", {5, 2}, {{"sparsity", 1.5}}), Error);
  EXPECT_THROW(made("constant", {5}), Error);
  EXPECT_THROW(initialisation_kind("kaiming"), Error);
}

TEST(InitialisationTest, AnEmptyTensorNeedsNoNumbers) {
  EXPECT_EQ(made("xavier_uniform", {0, 4}), Init::zeros());
}

TEST(InitialisationTest, GainsAreThoseOfPyTorch) {
  EXPECT_EQ(gain_of("conv2d"), 1);
  EXPECT_EQ(gain_of("tanh"), 5.0 / 3);
  EXPECT_EQ(gain_of("leaky_relu", 0), gain_of("relu"));
  EXPECT_EQ(gain_of("selu"), 0.75);
}

}  // namespace
}  // namespace orrery
