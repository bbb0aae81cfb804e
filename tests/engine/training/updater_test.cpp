#include "runtime/engine/training/updater.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/engine/training/training_fixtures.h"
#include "tests/files/error_of.h"

namespace orrery {
namespace {

using nlohmann::json;

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

Attributes options(const std::string& kind, const json& given) {
  std::vector<Attributes::Entry> entries;
  for (const auto& [key, value] : given.items()) {
    if (value.is_boolean())
      entries.push_back({key, value.get<bool>()});
    else if (value.is_array())
      entries.push_back({key, value.get<std::vector<double>>()});
    else if (value.is_string())
      entries.push_back({key, value.get<std::string>()});
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

TEST(UpdaterTest, FiftyStepsAndTheStateEqualThoseOfTorchOptim) {
  for (const json& one : fixtures()["cases"]) run_case(one);
}

TEST(UpdaterTest, EveryDescribedOptimizerIsExecuted) {
  for (const OptimizerKind& kind : optimizer_kinds()) {
    const at::Tensor p = at::ones({2, 2});
    const auto updater = Updater::make(kind.name, {{{"p"}, {p}, Attributes(kind.attributes)}});
    const at::Tensor loss = updater->step_with([&] { return LossAndGradients{p.sum(), {at::ones({2, 2})}}; });
    EXPECT_LT(p.max().item<float>(), 1.0f) << kind.name;
    EXPECT_EQ(loss.item<float>(), 4.0f) << kind.name;
  }
}

TEST(UpdaterTest, StateIsAsLargeAsDescribed) {
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

TEST(UpdaterTest, AParameterThatCatchesUpWithAnotherIsUpdatedOnce) {
  const at::Tensor late = at::ones({3}), early = at::ones({3}), alone = at::ones({3});
  const auto both = momentum_over({late, early}), single = momentum_over({alone});
  both->step({at::Tensor(), at::ones({3})});
  for (int i = 1; i <= 2; ++i) {
    both->step({at::ones({3}) * i, at::ones({3})});
    single->step({at::ones({3}) * i});
  }
  EXPECT_TRUE(at::equal(late, alone));
}

TEST(UpdaterTest, WhatIsPreparedAgainIsSteppedOnce) {
  const at::Tensor twice = at::ones({3}), once = at::ones({3});
  const auto prepared = momentum_over({twice}), plain = momentum_over({once});
  prepared->prepare({at::ones({3}) * 7});
  EXPECT_TRUE(at::equal(twice, at::ones({3})));
  EXPECT_TRUE(prepared->state().empty());
  prepared->prepare({at::ones({3})});
  prepared->step_prepared();
  plain->step({at::ones({3})});
  EXPECT_TRUE(at::equal(twice, once));
  EXPECT_TRUE(at::equal(prepared->state().front().tensor, plain->state().front().tensor));
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

// A bucket is updated as one while its parameters are equally far.
TEST(UpdaterTest, ParametersThatAreNotEquallyFarAreCorrectedByTheirOwnCounts) {
  for (const char* kind : {"Adamax", "NAdam", "RAdam", "ASGD", "Adafactor"}) {
    const at::Tensor a = at::ones({3}), b = at::ones({3}), alone = at::ones({3});
    const auto both = Updater::make(kind, {{{"a", "b"}, {a, b}, options(kind, json::object())}});
    const auto single = Updater::make(kind, {{{"b"}, {alone}, options(kind, json::object())}});
    for (int i = 0; i < 3; ++i) both->step({at::ones({3}), at::Tensor()});
    for (int i = 1; i <= 4; ++i) {
      both->step({at::ones({3}), at::full({3}, i, at::kFloat)});
      single->step({at::full({3}, i, at::kFloat)});
    }
    EXPECT_TRUE(at::equal(b, alone)) << kind;
    EXPECT_FALSE(at::equal(a, b)) << kind;
  }
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
  const auto adam = Updater::make("Adam", {{{"p"}, {at::ones({3})}, options("Adam", json::object())}});
  EXPECT_EQ(error_of(Fault::input_file,
                     [&] {
                       adam->load_state({{"p.exp_avg", at::ones({3})}});
                     }),
            "the optimizer's state of 'p' has no count of updates");
}

std::unique_ptr<Updater> lbfgs_over(const std::vector<at::Tensor>& parameters, const json& given) {
  UpdateGroup group{{}, parameters, options("LBFGS", given)};
  for (size_t i = 0; i < parameters.size(); ++i) group.keys.push_back("p" + std::to_string(i));
  return Updater::make("LBFGS", {group});
}

/// Rosenbrock's valley, its minimum at (1, 1); the two numbers are two parameters.
LossAndGradients valley(const at::Tensor& x, const at::Tensor& y) {
  const at::Tensor rise = y - x * x;
  return {((1 - x).pow(2) + 100 * rise.pow(2)).sum(), {-2 * (1 - x) - 400 * x * rise, 200 * rise}};
}

TEST(UpdaterTest, LbfgsFindsTheMinimumOfACurvedValley) {
  const at::Tensor x = at::full({1}, -1.5, at::kDouble), y = at::full({1}, 2.0, at::kDouble);
  const auto lbfgs = lbfgs_over({x, y}, {{"max_iter", 100}, {"line_search_fn", "strong_wolfe"}});
  lbfgs->step_with([&] { return valley(x, y); });
  // It ends where a step lowers the loss, which is a square, by less than tolerance_change, 1e-9.
  EXPECT_NEAR(x.item<double>(), 1, 1e-5);
  EXPECT_NEAR(y.item<double>(), 1, 1e-5);
}

TEST(UpdaterTest, LbfgsStateMovedToANewUpdaterContinuesBitForBit) {
  const auto start = [] {
    return std::vector{at::full({1}, -1.5, at::kDouble), at::full({1}, 2.0, at::kDouble)};
  };
  const json given = {{"max_iter", 3}, {"history_size", 3}, {"line_search_fn", "strong_wolfe"}};
  const auto whole = start(), half = start();
  const auto first = lbfgs_over(whole, given), before = lbfgs_over(half, given);
  const auto step = [](Updater& updater, const std::vector<at::Tensor>& p) {
    updater.step_with([&] { return valley(p[0], p[1]); });
  };
  EXPECT_TRUE(before->state().empty());
  for (int i = 0; i < 6; ++i) step(*first, whole);
  for (int i = 0; i < 3; ++i) step(*before, half);
  const auto after = lbfgs_over(half, given);
  after->load_state(before->state());
  for (int i = 0; i < 3; ++i) step(*after, half);
  EXPECT_TRUE(at::equal(whole[0], half[0]));
  EXPECT_TRUE(at::equal(whole[1], half[1]));
  EXPECT_EQ(after->state_bytes(), (std::vector<std::int64_t>{64, 64}));
}

TEST(UpdaterTest, LbfgsRefusesAStateThatIsNotItsOwn) {
  const auto lbfgs = lbfgs_over({at::ones({2}), at::ones({1})}, json::object());
  const auto message = [&](const std::string& key, const at::Tensor& tensor) {
    return error_of(Fault::input_file, [&] { lbfgs->load_state({{key, tensor}}); });
  };
  EXPECT_EQ(message("p1.d", at::ones({3})), "the optimizer's state has 'p1.d', expected entries of 'p0'");
  EXPECT_EQ(message("p0.exp_avg", at::ones({3})), "LBFGS keeps no 'exp_avg'");
  EXPECT_EQ(message("p0.old_dirs", at::ones({2, 4})),
            "the optimizer's state 'p0.old_dirs' has 8 elements, expected 3 for each entry");
  EXPECT_NE(message("p0.n_iter", at::ones({})).find("of 'p0' is not complete"), std::string::npos);
}

TEST(UpdaterTest, LbfgsAsksForAFunction) {
  EXPECT_EQ(
      error_of(Fault::usage, [] { lbfgs_over({at::ones({1})}, json::object())->step({at::ones({1})}); }),
      "LBFGS evaluates the loss several times in a step: give it a function that returns the loss, "
      "optimizer:step(function() … end)");
}

TEST(UpdaterTest, LbfgsTakesAMissingGradientForZeros) {
  const at::Tensor a = at::ones({2}), b = at::ones({1});
  const auto lbfgs = lbfgs_over({a, b}, json::object());
  lbfgs->step_with([&] { return LossAndGradients{a.square().sum(), {2 * a, at::Tensor()}}; });
  EXPECT_NEAR(a.abs().max().item<double>(), 0, 1e-5);
  EXPECT_TRUE(at::equal(b, at::ones({1})));
}

/// A tensor of 64 KiB, from where on one is updated alone, between small ones.
std::vector<at::Tensor> one_large(std::int64_t count = 64 * 256) {
  return {at::linspace(-1, 1, 5), at::linspace(-2, 3, count), at::linspace(0, 1, 7)};
}

std::unique_ptr<Updater> updater_over(const std::vector<at::Tensor>& parameters, const std::string& kind,
                                      const json& given) {
  UpdateGroup group{{}, parameters, options(kind, given)};
  for (size_t i = 0; i < parameters.size(); ++i) group.keys.push_back("p" + std::to_string(i));
  return Updater::make(kind, {group});
}

TEST(UpdaterTest, ALargeParameterUpdatedAloneHasTheBitsOfOneUpdatedAmongOthers) {
  const std::vector<std::pair<const char*, json>> kinds = {
      {"SGD", {{"lr", 0.1}, {"momentum", 0.9}, {"dampening", 0.5}, {"weight_decay", 0.1}}},
      {"SGD", {{"lr", 0.1}}},
      {"Adam", json::object()},
      {"Adam", {{"amsgrad", true}, {"weight_decay", 0.1}}},
      {"AdamW", {{"weight_decay", 0.1}}},
      {"AdamW", {{"maximize", true}}}};
  for (const auto& [kind, given] : kinds) {
    SCOPED_TRACE(kind + given.dump());
    const auto together = one_large(), apart = one_large();
    const auto one = updater_over(together, kind, given), other = updater_over(apart, kind, given);
    for (int step = 0; step < 3; ++step) {
      std::vector<at::Tensor> gradients;
      for (const at::Tensor& p : together) gradients.push_back((p * (step + 2)).sin());
      one->step(gradients);
      other->step_alone(1, gradients[1]);
      gradients[1].reset();
      other->step(gradients);
    }
    for (size_t i = 0; i < together.size(); ++i) EXPECT_TRUE(at::equal(together[i], apart[i])) << i;
    const auto states = one->state(), others = other->state();
    ASSERT_EQ(states.size(), others.size());
    for (size_t i = 0; i < states.size(); ++i) {
      EXPECT_EQ(states[i].key, others[i].key);
      EXPECT_TRUE(at::equal(states[i].tensor, others[i].tensor)) << states[i].key;
    }
  }
}

// Small tensors have a kernel of this program's own, others LibTorch's.
TEST(UpdaterTest, StepsOfSgdAreAlikeForSmallAndLargeTensorsOfAnyLayout) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const at::Tensor large = at::linspace(-2, 3, 64 * 256, type).view({64, 256});
    const at::Tensor small = large.narrow(0, 5, 3).clone(), turned = small.t().contiguous().t();
    const std::vector<at::Tensor> all = {large.clone(), small.clone(), turned};
    ASSERT_FALSE(turned.is_contiguous());
    const auto sgd = updater_over(all, "SGD", {{"lr", 0.1}, {"momentum", 0.9}, {"weight_decay", 0.01}});
    for (int step = 1; step <= 3; ++step) {
      const at::Tensor gradient = (large * step).sin(), part = gradient.narrow(0, 5, 3);
      sgd->step({gradient, part, part});
    }
    EXPECT_TRUE(at::allclose(all[1], all[0].narrow(0, 5, 3), 1e-5, 1e-7));
    EXPECT_TRUE(at::equal(all[1], all[2]));
  }
}

// They are LibTorch's, to the bit, also where nothing keeps it from dividing by 0.
TEST(UpdaterTest, OptionsOfAdamThatHaveNoKernelOfTheirOwnAreUpdatedAllTheSame) {
  const std::vector<json> all = {{{"eps", 0.0}}, {{"eps", 1e31}}, {{"amsgrad", true}}, {{"maximize", true}}};
  for (const json& given : all) {
    SCOPED_TRACE(given.dump());
    const at::Tensor expected = at::linspace(-2, 3, 40), got = expected.clone();
    at::Tensor gradient = expected.cos(), mean = at::zeros({40}), square = at::zeros({40}),
               most = at::zeros({40});
    gradient[7] = 0;
    const bool amsgrad = given.contains("amsgrad"), maximize = given.contains("maximize");
    const std::vector<at::Tensor> largest = amsgrad ? std::vector{most} : std::vector<at::Tensor>();
    const auto adam = updater_over({got}, "Adam", given);
    for (const float updates : {1.0F, 2.0F}) {
      at::_fused_adam_({expected}, {gradient}, {mean}, {square}, largest, {at::full({}, updates)}, 1e-3, 0.9,
                       0.999, 0, given.value("eps", 1e-8), amsgrad, maximize);
      adam->step({gradient});
    }
    EXPECT_TRUE(at::allclose(got, expected, 0, 0, /*equal_nan=*/true));
    EXPECT_EQ(got[7].isnan().item<bool>(), given.value("eps", 1e-8) == 0);
  }
}

TEST(UpdaterTest, OnlyLargeParametersOfKindsWithAKernelOfTheirOwnAreUpdatedAlone) {
  const auto alone = [](const std::vector<at::Tensor>& parameters, const std::string& kind) {
    const auto updater = updater_over(parameters, kind, json::object());
    return std::vector<bool>{updater->updates_alone(0), updater->updates_alone(1), updater->updates_alone(2)};
  };
  using Flags = std::vector<bool>;
  EXPECT_EQ(alone(one_large(), "SGD"), (Flags{false, true, false}));
  EXPECT_EQ(alone(one_large(64 * 256 - 1), "SGD"), (Flags{false, false, false}));
  EXPECT_EQ(alone(one_large(), "AdamW"), (Flags{false, true, false}));
  EXPECT_EQ(alone(one_large(), "RMSprop"), (Flags{false, false, false}));
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
  const auto rmsprop = Updater::make("RMSprop", {{{"p"}, {p}, options("RMSprop", json::object())}});
  rmsprop->step({at::ones({1})});
  EXPECT_NE(error_of(Fault::usage, [&] { rmsprop->set_option(0, "momentum", 0.9); })
                .find("asks for a state that was not kept"),
            std::string::npos);
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

TEST(UpdaterTest, RatesOnTheDeviceFollowTheOptionWithoutCountingAsAChange) {
  for (const char* kind : {"SGD", "Adam", "AdamW"}) {
    const at::Tensor a = at::ones({3}), b = at::ones({3});
    const auto by_option = Updater::make(kind, {{{"p"}, {a}, options(kind, {{"lr", 0.1}})}});
    const auto on_device = Updater::make(kind, {{{"p"}, {b}, options(kind, {{"lr", 0.1}})}});
    on_device->keep_rates_on_device();
    for (const double rate : {0.1, 0.03, 0.007}) {
      for (Updater* each : {by_option.get(), on_device.get()}) {
        each->set_option(0, "lr", rate);
        each->step({at::full({3}, 0.5)});
      }
    }
    EXPECT_TRUE(at::allclose(a, b, 1e-6, 1e-7)) << kind;
    EXPECT_EQ(by_option->changes(), 3) << kind;
    EXPECT_EQ(on_device->changes(), 0) << kind;
    on_device->set_option(0, "weight_decay", 0.1);
    EXPECT_EQ(on_device->changes(), 1) << kind;
  }
}

TEST(UpdaterTest, AKindThatReadsItsRateOnTheHostCountsItsChanges) {
  const auto rmsprop =
      Updater::make("RMSprop", {{{"p"}, {at::ones({3})}, options("RMSprop", json::object())}});
  rmsprop->keep_rates_on_device();
  rmsprop->set_option(0, "lr", 0.5);
  EXPECT_EQ(rmsprop->changes(), 1);
}

TEST(UpdaterTest, UpdatesThatWereReplayedAreCounted) {
  const at::Tensor a = at::ones({3}), b = at::ones({3});
  const auto adam = Updater::make("Adam", {{{"a", "b"}, {a, b}, options("Adam", json::object())}});
  adam->step({at::ones({3}), at::Tensor()});
  EXPECT_EQ(adam->counts(), (std::vector<std::int64_t>{1, 0}));
  const auto version = a._version();
  adam->add_counts({2, 0});
  EXPECT_EQ(adam->counts(), (std::vector<std::int64_t>{3, 0}));
  EXPECT_GT(a._version(), version);
  const auto sgd = Updater::make("SGD", {{{"a"}, {a}, options("SGD", {{"lr", 0.1}})}});
  sgd->step({at::ones({3})});
  EXPECT_EQ(sgd->counts(), std::vector<std::int64_t>{0});
}

}  // namespace
}  // namespace orrery
