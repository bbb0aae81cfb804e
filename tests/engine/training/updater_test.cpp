#include "runtime/engine/training/updater.h"

#include <fstream>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/files/error_of.h"

namespace orrery {
namespace {

using nlohmann::json;

const json& fixtures() {
  static const json parsed =
      json::parse(std::ifstream(ORRERY_SOURCE_DIR "/tests/engine/training/fixtures/optimizers.json"));
  return parsed;
}

std::vector<at::Tensor> tensors(const json& lists, at::ScalarType type) {
  std::vector<at::Tensor> made;
  for (size_t i = 0; i < lists.size(); ++i) {
    const auto values = lists[i].get<std::vector<double>>();
    const auto shape = fixtures()["shapes"][i].get<std::vector<std::int64_t>>();
    made.push_back(at::tensor(values, at::kDouble).to(type).reshape(shape));
  }
  return made;
}

Attributes options(const std::string& kind, const json& given) {
  std::vector<Attributes::Entry> entries;
  for (const auto& [key, value] : given.items()) {
    if (value.is_boolean())
      entries.push_back({key, value.get<bool>()});
    else if (value.is_array())
      entries.push_back({key, value.get<std::vector<double>>()});
    else
      entries.push_back({key, value.get<double>()});
  }
  return checked_attributes(optimizer_kind(kind).attributes, entries);
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

std::vector<at::Tensor> gradients(const std::vector<at::Tensor>& parameters,
                                  const std::vector<at::Tensor>& targets,
                                  const std::vector<at::Tensor>& scales, int step) {
  std::vector<at::Tensor> made;
  for (size_t i = 0; i < parameters.size(); ++i)
    made.push_back((parameters[i] - targets[i]) * scales[i] * (1 + step % 3));
  return made;
}

void run_case(const json& one) {
  const auto kind = one["kind"].get<std::string>();
  SCOPED_TRACE(one["dtype"].get<std::string>() + " " + kind + " " + one["groups"].dump());
  const at::ScalarType type = one["dtype"] == "float64" ? at::kDouble : at::kFloat;
  const auto parameters = tensors(fixtures()["start"], type);
  const auto targets = tensors(fixtures()["target"], type), scales = tensors(fixtures()["scale"], type);
  const auto updater = Updater::make(kind, groups(one["groups"], kind, parameters));
  for (int step = 0; step < 50; ++step) {
    updater->step(gradients(parameters, targets, scales, step));
    const auto kept = one["after"].find(std::to_string(step + 1));
    if (kept == one["after"].end()) continue;
    const auto expected = tensors(*kept, type);
    for (size_t i = 0; i < parameters.size(); ++i) {
      EXPECT_TRUE(at::allclose(parameters[i], expected[i], 1e-6, 1e-9)) << "step " << step + 1 << "\n"
                                                                        << parameters[i] << "\n"
                                                                        << expected[i];
    }
  }
}

TEST(UpdaterTest, FiftyStepsEqualThoseOfTorchOptim) {
  for (const json& one : fixtures()["cases"]) run_case(one);
}

TEST(UpdaterTest, EveryDescribedOptimizerIsExecuted) {
  for (const OptimizerKind& kind : optimizer_kinds()) {
    const at::Tensor p = at::ones({2});
    const auto updater = Updater::make(kind.name, {{{"p"}, {p}, Attributes(kind.attributes)}});
    updater->step({at::ones({2})});
    EXPECT_LT(p.max().item<float>(), 1.0f) << kind.name;
  }
}

std::unique_ptr<Updater> momentum_over(const std::vector<at::Tensor>& parameters) {
  UpdateGroup group{{}, parameters, options("SGD", {{"lr", 0.1}, {"momentum", 0.9}, {"dampening", 0.5}})};
  for (size_t i = 0; i < parameters.size(); ++i) group.keys.push_back("p" + std::to_string(i));
  return Updater::make("SGD", {group});
}

TEST(UpdaterTest, ParameterWithoutAGradientStaysAsItIsAndStartsLater) {
  const at::Tensor a = at::ones({3}), b = at::ones({3}), alone = at::ones({3});
  const auto both = momentum_over({a, b}), single = momentum_over({alone});
  both->step({at::ones({3}), at::Tensor()});
  EXPECT_TRUE(at::equal(b, at::ones({3})));
  both->step({at::ones({3}), at::ones({3})});
  both->step({at::ones({3}), at::ones({3}) * 2});
  single->step({at::ones({3})});
  single->step({at::ones({3}) * 2});
  EXPECT_TRUE(at::equal(b, alone));
}

TEST(UpdaterTest, CountsOfUpdatesAreThoseOfEachParameter) {
  const at::Tensor a = at::ones({3}), b = at::ones({3});
  const auto adam = Updater::make("Adam", {{{"a", "b"}, {a, b}, options("Adam", json::object())}});
  adam->step({at::ones({3}), at::Tensor()});
  adam->step({at::ones({3}), at::ones({3})});
  std::map<std::string, double> steps;
  for (const auto& state : adam->state()) {
    if (state.key.ends_with(".step")) steps[state.key] = state.tensor.item<double>();
  }
  EXPECT_EQ(steps, (std::map<std::string, double>{{"a.step", 2}, {"b.step", 1}}));
}

TEST(UpdaterTest, TensorsOfSeveralDtypesStandInOneGroup) {
  const at::Tensor a = at::ones({3}), b = at::ones({3}, at::kDouble);
  const auto adam = Updater::make("AdamW", {{{"a", "b"}, {a, b}, options("AdamW", {{"lr", 0.1}})}});
  adam->step({at::ones({3}), at::ones({3}, at::kDouble)});
  EXPECT_NEAR(a[0].item<double>(), b[0].item<double>(), 1e-6);
  EXPECT_LT(a[0].item<double>(), 1.0);
}

TEST(UpdaterTest, GradientOfAnotherLayoutIsReadRight) {
  const at::Tensor p = at::zeros({2, 3});
  const at::Tensor gradient = at::arange(6, at::kFloat).view({3, 2}).t();
  Updater::make("SGD", {{{"p"}, {p}, options("SGD", {{"lr", 1.0}})}})->step({gradient});
  EXPECT_TRUE(at::equal(p, -gradient));
}

TEST(UpdaterTest, StateMovedToANewUpdaterContinuesBitForBit) {
  const auto start = [] { return std::vector<at::Tensor>{at::ones({4}), at::full({2, 2}, 0.5)}; };
  const auto adam_over = [](const std::vector<at::Tensor>& p) {
    return Updater::make("AdamW", {{{"w.x", "w.y"}, p, options("AdamW", {{"lr", 0.05}, {"amsgrad", true}})}});
  };
  const auto whole = start(), half = start();
  const auto first = adam_over(whole), before = adam_over(half);
  const auto step = [](Updater& updater, const std::vector<at::Tensor>& p) {
    updater.step({p[0] * 2, p[1].sin()});
  };
  for (int i = 0; i < 10; ++i) step(*first, whole);
  for (int i = 0; i < 4; ++i) step(*before, half);
  std::vector<Updater::State> saved;
  for (const auto& state : before->state()) saved.push_back({state.key, state.tensor.clone()});
  EXPECT_EQ(saved.size(), 8u);
  const auto after = adam_over(half);
  after->load_state(saved);
  for (int i = 0; i < 6; ++i) step(*after, half);
  EXPECT_TRUE(at::equal(whole[0], half[0]));
  EXPECT_TRUE(at::equal(whole[1], half[1]));
}

TEST(UpdaterTest, RefusesAStateOfOtherParametersKindsAndShapes) {
  const auto sgd = momentum_over({at::ones({3})});
  const auto message = [&](const std::string& key, const at::Tensor& tensor) {
    return error_of(Fault::input_file, [&] { sgd->load_state({{key, tensor}}); });
  };
  EXPECT_NE(message("p7.momentum_buffer", at::ones({3})).find("no such parameter"), std::string::npos);
  EXPECT_NE(message("p0.exp_avg", at::ones({3})).find("keeps no 'exp_avg'"), std::string::npos);
  EXPECT_NE(message("p0.momentum_buffer", at::ones({4})).find("expected"), std::string::npos);
  message("nodot", at::ones({3}));
}

TEST(UpdaterTest, StateBytesAreOfWhatExists) {
  const auto sgd = momentum_over({at::ones({3}), at::ones({5})});
  EXPECT_EQ(sgd->state_bytes(), (std::vector<std::int64_t>{0, 0}));
  sgd->step({at::ones({3}), at::Tensor()});
  EXPECT_EQ(sgd->state_bytes(), (std::vector<std::int64_t>{12, 0}));
}

TEST(UpdaterTest, ChangedOptionHoldsFromTheNextStep) {
  const at::Tensor p = at::zeros({1});
  const auto sgd = Updater::make("SGD", {{{"p"}, {p}, options("SGD", {{"lr", 1.0}})}});
  sgd->step({at::ones({1})});
  sgd->set_option(0, "lr", 0.25);
  sgd->step({at::ones({1})});
  EXPECT_EQ(p.item<float>(), -1.25f);
}

TEST(UpdaterTest, AMomentumThatIsSetLaterBeginsWithTheNextGradient) {
  const at::Tensor p = at::zeros({1});
  const auto sgd = Updater::make("SGD", {{{"p"}, {p}, options("SGD", {{"lr", 1.0}})}});
  sgd->step({at::ones({1})});
  sgd->set_option(0, "momentum", 0.5);
  for (const float after : {-2.0f, -3.5f}) {
    sgd->step({at::ones({1})});
    EXPECT_EQ(p.item<float>(), after);
  }
  sgd->set_option(0, "momentum", 0.0);
  sgd->step({at::ones({1})});
  EXPECT_EQ(p.item<float>(), -4.5f);
  EXPECT_EQ(sgd->state_bytes(), std::vector<std::int64_t>{0});
}

TEST(UpdaterTest, AnOptionThatAsksForAMissingStateIsRefusedOnceUpdatesAreCounted) {
  const at::Tensor p = at::zeros({1});
  const auto adam = Updater::make("Adam", {{{"p"}, {p}, options("Adam", {})}});
  adam->set_option(0, "amsgrad", true);
  adam->step({at::ones({1})});
  EXPECT_EQ(adam->state().size(), 4u);
  adam->set_option(0, "amsgrad", false);
  EXPECT_EQ(adam->state().size(), 3u);
  EXPECT_EQ(error_of(Fault::usage, [&] { adam->set_option(0, "amsgrad", true); }),
            "amsgrad cannot change after the first step: it asks for a state that was not kept");
  EXPECT_FALSE(adam->options(0).boolean("amsgrad"));
}

TEST(UpdaterTest, StepsFromTheParametersOwnGradients) {
  const at::Tensor p = at::full({2}, 3.0f).requires_grad_();
  const auto sgd = Updater::make("SGD", {{{"p"}, {p}, options("SGD", {{"lr", 0.5}})}});
  sgd->step();
  EXPECT_EQ(p[0].item<float>(), 3.0f);
  p.mul(2).sum().backward();
  sgd->step();
  EXPECT_EQ(p[0].item<float>(), 2.0f);
  EXPECT_TRUE(p.requires_grad());
}

}  // namespace
}  // namespace orrery
