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
}

TEST(OptimizerKindTest, AnUnknownNameGetsTheNearest) {
  EXPECT_EQ(error_of(Fault::usage, [] { optimizer_kind("AdmW"); }),
            "there is no optimizer 'AdmW' (did you mean 'AdamW'?)\n"
            "  There are SGD, Adam, AdamW; the learning rate is set by optimizer.lr = ….");
}

TEST(OptimizerKindTest, OptionsHaveBounds) {
  EXPECT_NO_THROW(options_of("SGD", {{"lr", 0.0}}));
  EXPECT_EQ(refusal("SGD", {{"lr", -0.1}}), "lr must be a number ≥ 0, got -0.1");
  EXPECT_EQ(refusal("Adam", {{"betas", Reals{0.9, 1.0}}}),
            "betas must be 2 numbers ≥ 0 and < 1, got {0.9, 1}");
  EXPECT_EQ(refusal("Adam", {{"momentum", 0.9}}),
            "unknown option 'momentum' (known: lr, betas, eps, weight_decay, amsgrad, maximize)");
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
}

TEST(OptimizerTest, TracesAValueToItsParameter) {
  Builder b;
  const ParameterPtr image = parameter({3, 8, 8});
  const Value value = b.graph.constant(image);
  EXPECT_EQ(Optimizer::parameters({{{.value = value}}, {}}), (std::vector{image}));
}

}  // namespace
}  // namespace orrery
