#include "runtime/engine/training/gradient_clipping.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "runtime/governors/manager.h"
#include "tests/engine/training/training_fixtures.h"

namespace orrery {
namespace {

using testing::training_fixtures;

GradientClipping clipping(const std::string& algorithm, double most) {
  return GradientClipping(checked_attributes(
      manager_attributes(), {{"gradient_clip_algorithm", algorithm}, {"gradient_clip_val", most}}));
}

std::vector<at::Tensor> tensors(const nlohmann::json& lists) {
  std::vector<at::Tensor> made;
  for (size_t i = 0; i < lists.size(); ++i)
    made.push_back(at::tensor(lists[i].get<std::vector<float>>())
                       .reshape(training_fixtures()["shapes"][i].get<std::vector<std::int64_t>>()));
  return made;
}

TEST(GradientClippingTest, HasPyTorchsNumbers) {
  for (const auto& one : training_fixtures()["clipping"]) {
    SCOPED_TRACE(one["algorithm"]);
    std::vector<at::Tensor> gradients = tensors(one["given"]);
    clipping(one["algorithm"], one["value"]).clip(gradients);
    for (size_t i = 0; i < gradients.size(); ++i)
      EXPECT_TRUE(at::allclose(gradients[i], tensors(one["clipped"])[i], 1e-6, 1e-7)) << gradients[i];
  }
}

TEST(GradientClippingTest, LeavesThemAloneUnlessAsked) {
  std::vector<at::Tensor> gradients = {at::full({2}, 100.0)};
  const at::Tensor given = gradients[0];
  GradientClipping(Attributes(manager_attributes())).clip(gradients);
  EXPECT_TRUE(gradients[0].is_same(given));
  clipping("norm", 0).clip(gradients);
  EXPECT_TRUE(gradients[0].is_same(given));
}

TEST(GradientClippingTest, PassesOverParametersWithoutAGradient) {
  for (const char* algorithm : {"norm", "value"}) {
    std::vector<at::Tensor> gradients = {at::Tensor(), at::full({1}, 5.0), at::Tensor()};
    clipping(algorithm, 1).clip(gradients);
    EXPECT_FALSE(gradients[0].defined() || gradients[2].defined());
    EXPECT_NEAR(gradients[1].item<double>(), 1, 1e-5);
    std::vector<at::Tensor> none(2);
    clipping(algorithm, 1).clip(none);
  }
}

TEST(GradientClippingTest, ChangesNoTensorThatTwoGradientsShare) {
  const at::Tensor shared = at::full({2}, 3.0);
  std::vector<at::Tensor> gradients = {shared, shared};
  clipping("norm", 3).clip(gradients);
  EXPECT_TRUE(at::equal(shared, at::full({2}, 3.0)));
  EXPECT_TRUE(at::allclose(gradients[0], at::full({2}, 1.5)));
}

}  // namespace
}  // namespace orrery
