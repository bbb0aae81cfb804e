#include "runtime/ops/initialisation.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace orrery
