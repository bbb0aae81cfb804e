#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/engine/training/updater.h"
#include "tests/engine/training/training_fixtures.h"
#include "tests/engine/training/updater_over.h"

namespace orrery {
namespace {

using nlohmann::json;
using testing::options;

const json& fixtures() {
  static const json parsed = testing::fixtures_in("optimizers.json");
  return parsed;
}

std::vector<at::Tensor> tensors(const json& lists, const json& shapes, at::ScalarType type) {
  std::vector<at::Tensor> made;
  for (size_t i = 0; i < lists.size(); ++i) {
    const auto values = lists[i].get<std::vector<double>>();
    const auto shape = shapes[i].get<std::vector<std::int64_t>>();
    made.push_back(at::tensor(values, at::kDouble).to(type).reshape(shape));
  }
  return made;
}

// As the script that makes the fixtures: two groups are the first two tensors and the third.
std::vector<UpdateGroup> groups(const json& given, const std::string& kind,
                                const std::vector<at::Tensor>& parameters) {
  std::vector<UpdateGroup> made;
  for (const json& one : given) made.push_back({{}, {}, options(kind, one)});
  for (size_t i = 0; i < parameters.size(); ++i) {
    UpdateGroup& group = made.size() == 2 && i == 2 ? made[1] : made[0];
    group.keys.push_back("p" + std::to_string(i));
    group.parameters.push_back(parameters[i]);
  }
  return made;
}

/// The tensors of a case.
struct Case {
  explicit Case(const json& one)
      : type(one["dtype"] == "float64" ? at::kDouble : at::kFloat),
        given(fixtures()[one["kind"] == "Muon" ? "matrices" : "any"]),
        parameters(read(given["start"])),
        targets(read(given["target"])),
        scales(read(given["scale"])) {}

  std::vector<at::Tensor> read(const json& lists) const { return tensors(lists, given["shapes"], type); }

  std::vector<at::Tensor> gradients(int step) const {
    std::vector<at::Tensor> made;
    for (size_t i = 0; i < parameters.size(); ++i)
      made.push_back((parameters[i] - targets[i]) * scales[i] * (1 + step % 3));
    return made;
  }

  /// The quartic that LBFGS minimises.
  LossAndGradients evaluated() const {
    LossAndGradients made{at::zeros({}, type), {}};
    for (size_t i = 0; i < parameters.size(); ++i) {
      const at::Tensor d = parameters[i] - targets[i];
      made.loss = made.loss + (d.pow(2) * scales[i] / 2 + d.pow(4) / 4).sum();
      made.gradients.push_back(d * scales[i] + d.pow(3));
    }
    return made;
  }

  at::ScalarType type;
  const json& given;
  std::vector<at::Tensor> parameters, targets, scales;
};

// In single precision a number that goes through 0 keeps the rounding of the larger one that it was.
void expect_close(const at::Tensor& found, const at::Tensor& expected, const std::string& where) {
  const double rounding = found.scalar_type() == at::kFloat ? 5e-7 : 1e-9;
  EXPECT_TRUE(at::allclose(found, expected, 1e-6, rounding)) << where << "\n" << found << "\n" << expected;
}

void run_case(const json& one) {
  const auto kind = one["kind"].get<std::string>();
  SCOPED_TRACE(one["dtype"].get<std::string>() + " " + kind + " " + one["groups"].dump());
  const Case given(one);
  const auto updater = Updater::make(kind, groups(one["groups"], kind, given.parameters));
  for (int step = 0; step < 50; ++step) {
    if (kind == "LBFGS")
      updater->step_with([&] { return given.evaluated(); });
    else
      updater->step(given.gradients(step));
    const auto kept = one["after"].find(std::to_string(step + 1));
    if (kept == one["after"].end()) continue;
    const auto expected = given.read(*kept);
    for (size_t i = 0; i < expected.size(); ++i)
      expect_close(given.parameters[i], expected[i], "step " + std::to_string(step + 1));
  }
  if (one["state"].empty()) return;
  for (const Updater::State& state : updater->state()) {
    ASSERT_TRUE(one["state"].contains(state.key)) << state.key;
    const auto values = one["state"][state.key].get<std::vector<double>>();
    expect_close(state.tensor.to(at::kDouble).reshape(-1), at::tensor(values, at::kDouble), state.key);
  }
}

TEST(OptimizerKindsTest, FiftyStepsAndTheStateEqualThoseOfTorchOptim) {
  for (const json& one : fixtures()["cases"]) run_case(one);
}

TEST(OptimizerKindsTest, EveryDescribedOptimizerIsExecuted) {
  for (const OptimizerKind& kind : optimizer_kinds()) {
    const at::Tensor p = at::ones({2, 2});
    const auto updater = Updater::make(kind.name, {{{"p"}, {p}, Attributes(kind.attributes)}});
    const at::Tensor loss = updater->step_with([&] { return LossAndGradients{p.sum(), {at::ones({2, 2})}}; });
    EXPECT_LT(p.max().item<float>(), 1.0f) << kind.name;
    EXPECT_EQ(loss.item<float>(), 4.0f) << kind.name;
  }
}

TEST(OptimizerKindsTest, StateIsAsLargeAsDescribed) {
  for (const OptimizerKind& kind : optimizer_kinds()) {
    if (kind.evaluates) continue;
    const at::Tensor p = at::ones({3, 4});
    Parameter described;
    described.shape = shape_of({3, 4});
    std::int64_t expected = kind.counts ? 4 : 0;
    for (const StateTensor& state : kind.states(Attributes(kind.attributes), 2))
      expected += state.bytes(described);
    const auto updater = Updater::make(kind.name, {{{"p"}, {p}, Attributes(kind.attributes)}});
    updater->step({at::ones({3, 4})});
    EXPECT_EQ(updater->state_bytes(), std::vector{expected}) << kind.name;
  }
}

}  // namespace
}  // namespace orrery
