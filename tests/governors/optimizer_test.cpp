#include "runtime/governors/optimizer.h"

#include "tests/files/error_of.h"
#include "tests/graph/builder.h"

namespace orrery {
namespace {

using Reals = std::vector<double>;

Attributes options_of(const std::string& kind, std::vector<Attributes::Entry> given = {}) {
  return checked_attributes(optimizer_kind(kind).attributes, given);
}

std::string refusal(const std::string& kind, std::vector<Attributes::Entry> given) {
  return error_of(Fault::usage, [&] { options_of(kind, std::move(given)); });
}

ParameterPtr parameter(Shape shape) {
  auto made = std::make_shared<Parameter>();
  made->shape = std::move(shape);
  return made;
}

Optimizer optimizer(const std::string& kind, std::vector<ParameterPtr> parameters,
                    std::vector<Attributes::Entry> given = {}) {
  ParameterGroup group{.options = options_of(kind, std::move(given))};
  for (const ParameterPtr& each : parameters) group.targets.push_back({.parameter = each});
  return Optimizer(optimizer_kind(kind), {group}, {}, {{"train.lua", 42}, ""});
}

TEST(OptimizerKindTest, HasPyTorchsDefaults) {
  const Attributes sgd = options_of("SGD");
  EXPECT_EQ(sgd.real("lr"), 1e-3);
  EXPECT_EQ(sgd.real("momentum"), 0);
  EXPECT_FALSE(sgd.boolean("nesterov"));
  const Attributes adam = options_of("Adam");
  EXPECT_EQ(adam.reals("betas"), (Reals{0.9, 0.999}));
  EXPECT_EQ(adam.real("eps"), 1e-8);
  EXPECT_EQ(adam.real("weight_decay"), 0);
  EXPECT_EQ(options_of("AdamW").real("weight_decay"), 0.01);
  EXPECT_EQ(options_of("Rprop").reals("etas"), (Reals{0.5, 1.2}));
  EXPECT_EQ(options_of("ASGD").real("t0"), 1e6);
  EXPECT_FALSE(options_of("Adafactor").has("eps"));
  EXPECT_EQ(options_of("LBFGS").integer("history_size"), 100);
  EXPECT_FALSE(options_of("LBFGS").has("max_eval"));
  EXPECT_EQ(options_of("Muon").reals("ns_coefficients"), (Reals{3.4445, -4.7750, 2.0315}));
}

TEST(OptimizerKindTest, AnUnknownNameGetsTheNearest) {
  EXPECT_EQ(
      error_of(Fault::usage, [] { optimizer_kind("AdmW"); }),
      "there is no optimizer 'AdmW' (did you mean 'AdamW'?)\n"
      "  There are SGD, Adam, AdamW, Adamax, NAdam, RAdam, Adagrad, Adadelta, Adafactor, RMSprop, Rprop, "
      "ASGD, LBFGS, Muon; schedules are in optim.lr_scheduler.");
}

TEST(OptimizerKindTest, OptionsHaveBounds) {
  EXPECT_NO_THROW(options_of("SGD", {{"lr", 0.0}}));
  EXPECT_EQ(refusal("SGD", {{"lr", -0.1}}), "lr must be a number ≥ 0, got -0.1");
  EXPECT_EQ(refusal("Adam", {{"betas", Reals{0.9, 1.0}}}),
            "betas must be 2 numbers ≥ 0 and < 1, got {0.9, 1}");
  EXPECT_EQ(refusal("Adam", {{"momentum", 0.9}}),
            "unknown option 'momentum' (known: lr, betas, eps, weight_decay, amsgrad, maximize)");
  EXPECT_NO_THROW(options_of("Adadelta", {{"rho", 1.0}}));
  EXPECT_EQ(refusal("Adadelta", {{"rho", 1.1}}), "rho must be a number between 0 and 1, got 1.1");
  EXPECT_NO_THROW(options_of("Adafactor", {{"beta2_decay", 0.0}, {"d", 1.0}}));
  EXPECT_EQ(refusal("Adafactor", {{"beta2_decay", 0.1}}), "beta2_decay must be a number ≤ 0, got 0.1");
  EXPECT_EQ(refusal("Adafactor", {{"d", 0.9}}), "d must be a number ≥ 1, got 0.9");
  EXPECT_EQ(refusal("Muon", {{"ns_steps", 100.0}}), "ns_steps must be an integer between 0 and 99, got 100");
  EXPECT_EQ(refusal("LBFGS", {{"line_search_fn", "wolfe"}}),
            "line_search_fn must be 'strong_wolfe', got \"wolfe\"");
}

TEST(OptimizerTest, EtasOfRpropLieOnBothSidesOfOne) {
  const auto make = [](Reals etas) { optimizer("Rprop", {parameter({2})}, {{"etas", std::move(etas)}}); };
  EXPECT_NO_THROW(make({0.1, 1.1}));
  EXPECT_EQ(error_of(Fault::usage,
                     [&] {
                       make({0.5, 1.0});
                     }),
            "train.lua:42: Rprop expects etas = { between 0 and 1, above 1 }, got {0.5, 1}");
  error_of(Fault::usage, [&] { make({1.0, 1.2}); });
  error_of(Fault::usage, [&] { make({0.0, 1.2}); });
}

TEST(OptimizerTest, MuonUpdatesMatricesOnly) {
  EXPECT_NO_THROW(optimizer("Muon", {parameter({2, 3})}));
  const ParameterPtr bias = parameter({3});
  bias->name = "bias";
  EXPECT_EQ(error_of(Fault::usage,
                     [&] {
                       optimizer("Muon", {parameter({2, 3}), bias});
                     }),
            "train.lua:42: Muon updates tensors of 2 dimensions, got bias of shape (3)\n"
            "  Give the others to an optimizer of their own, such as AdamW.");
}

TEST(OptimizerTest, LbfgsHasOneGroup) {
  const auto group = [] { return ParameterGroup{{{parameter({2})}}, options_of("LBFGS")}; };
  EXPECT_EQ(error_of(Fault::usage,
                     [&] {
                       Optimizer(optimizer_kind("LBFGS"), {group(), group()}, {}, {{"train.lua", 42}, ""});
                     }),
            "train.lua:42: LBFGS takes one group of parameters, got 2");
}

TEST(OptimizerTest, NesterovNeedsMomentumWithoutDampening) {
  const auto make = [](std::vector<Attributes::Entry> given) {
    optimizer("SGD", {parameter({2})}, std::move(given));
  };
  EXPECT_NO_THROW(make({{"nesterov", true}, {"momentum", 0.9}}));
  EXPECT_EQ(error_of(Fault::usage,
                     [&] {
                       make({{"nesterov", true}});
                     }),
            "train.lua:42: SGD with nesterov needs a momentum above 0 and no dampening, got momentum 0 and "
            "dampening 0");
  error_of(Fault::usage, [&] { make({{"nesterov", true}, {"momentum", 0.9}, {"dampening", 0.1}}); });
}

TEST(OptimizerTest, OptionsCanBeSetLaterForAGroupOrForAll) {
  Optimizer made = optimizer("SGD", {parameter({2})}, {{"momentum", 0.9}, {"nesterov", true}});
  made.set_option("lr", std::int64_t{2});
  EXPECT_EQ(made.groups()[0].options.real("lr"), 2.0);
  made.set_option(0, "momentum", 0.5);
  EXPECT_EQ(made.groups()[0].options.real("momentum"), 0.5);
  EXPECT_EQ(error_of(Fault::usage, [&] { made.set_option("lerning_rate", 1.0); }),
            "SGD has no option 'lerning_rate'");
  EXPECT_EQ(error_of(Fault::usage, [&] { made.set_option("momentun", 1.0); }),
            "SGD has no option 'momentun' (did you mean 'momentum'?)");
  EXPECT_EQ(error_of(Fault::usage, [&] { made.set_option("lr", -1.0); }), "lr must be a number ≥ 0, got -1");
  error_of(Fault::usage, [&] { made.set_option("momentum", 0.0); });
  error_of(Fault::usage, [&] { made.set_option("lr", {}); });
  EXPECT_EQ(made.groups()[0].options.real("momentum"), 0.5);
}

TEST(OptimizerTest, NeedsSomethingToUpdate) {
  EXPECT_EQ(error_of(Fault::usage, [] { optimizer("AdamW", {}); }),
            "train.lua:42: AdamW got no parameters to update");
}

TEST(OptimizerTest, KnowsTheBytesOfItsState) {
  const ParameterPtr a = parameter({10, 3}), frozen = parameter({100});
  frozen->trainable = false;
  EXPECT_EQ(optimizer("SGD", {a, frozen}).state_bytes(), 0);
  EXPECT_EQ(optimizer("SGD", {a, frozen}, {{"momentum", 0.9}}).state_bytes(), 120);
  EXPECT_EQ(optimizer("Adam", {a, frozen}).state_bytes(), 240);
  EXPECT_EQ(optimizer("AdamW", {a, frozen}, {{"amsgrad", true}}).state_bytes(), 360);
  EXPECT_EQ(optimizer("Adafactor", {a, frozen}).state_bytes(), 4 * (10 + 3));
  EXPECT_EQ(optimizer("ASGD", {a, frozen}).state_bytes(), 120 + 8);
  EXPECT_EQ(optimizer("LBFGS", {a, frozen}, {{"history_size", 4.0}}).state_bytes(), 120 * (2 + 8));
}

TEST(OptimizerTest, TracesAValueToItsParameter) {
  Builder b;
  const ParameterPtr image = parameter({3, 8, 8});
  const Value value = b.graph.constant(image);
  EXPECT_EQ(Optimizer::parameters({{{.value = value}}, {}}), (std::vector{image}));
}

}  // namespace
}  // namespace orrery
