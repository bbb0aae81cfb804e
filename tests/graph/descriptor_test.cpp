#include "runtime/graph/descriptor.h"

#include <gtest/gtest.h>

#include "tests/files/error_of.h"

namespace orrery {
namespace {

const Dim N = Dim::symbol("N");
const Dim H = Dim::symbol("H");

class ShapeContextTest : public testing::Test {
 protected:
  ShapeContext context(std::vector<const TensorType*> inputs) { return {inputs, attributes_}; }

  template <class Action>
  RuleBroken broken(Action&& action) {
    try {
      action();
    } catch (const RuleBroken& rule) {
      return rule;
    }
    ADD_FAILURE() << "no rule was broken";
    return {};
  }

  Attributes attributes_;
  TensorType image_{{N, 3, H, 8}, DType::float32};
  TensorType label_{{N}, DType::int64};
  TensorType scalar_{{}, DType::float32};
};

TEST_F(ShapeContextTest, TellsWhichPortsAreLinked) {
  const ShapeContext c = context({&image_, nullptr});
  EXPECT_TRUE(c.linked(0));
  EXPECT_FALSE(c.linked(1));
  EXPECT_FALSE(c.linked(2));
  EXPECT_EQ(c.input_count(), 2);
  EXPECT_EQ(c.rank(), 4);
}

TEST_F(ShapeContextTest, EqualDimensionsLeaveNoTraceAndDifferentOnesStop) {
  ShapeContext c = context({&image_});
  c.expect_equal(0, 3, 3, "3 channels", "3");
  EXPECT_TRUE(c.guards().empty());
  const RuleBroken rule = broken([&] { c.expect_equal(0, 3, 4, "4 channels", "3", "Give it 4."); });
  EXPECT_EQ(rule.code, "shape-mismatch");
  EXPECT_EQ(rule.port, 0);
  EXPECT_EQ(rule.expected, "4 channels");
  EXPECT_EQ(rule.got, "3");
  EXPECT_EQ(rule.remedy, "Give it 4.");
}

TEST_F(ShapeContextTest, SizesThatTheDataTellAreNewSymbols) {
  ShapeContext c = context({&image_});
  EXPECT_EQ(c.told_by_data().str(), "K");
  EXPECT_EQ(c.told_by_data().str(), "K_2");
  EXPECT_EQ(c.data_symbols().size(), 2u);
  ShapeContext named = context({&image_});
  named.name_symbols([] { return Dim::symbol("found"); });
  EXPECT_EQ(named.told_by_data().str(), "found");
}

TEST_F(ShapeContextTest, WhatCannotBeToldBecomesAGuardWithTheSameWords) {
  ShapeContext c = context({&image_});
  c.expect_equal(0, H, N, "equal sides", "H");
  c.expect_at_least(0, H, 5, "at least 5", "H");
  ASSERT_EQ(c.guards().size(), 2u);
  EXPECT_EQ(c.guards()[0].relation, Guard::Relation::equal);
  EXPECT_EQ(c.guards()[1].relation, Guard::Relation::at_least);
  EXPECT_EQ(c.guards()[1].left, H);
  EXPECT_EQ(c.guards()[1].otherwise.expected, "at least 5");
}

TEST_F(ShapeContextTest, ASymbolIsAtLeastTwo) {
  ShapeContext c = context({&image_});
  c.expect_at_least(0, H, 2, "at least 2", "H");
  EXPECT_TRUE(c.guards().empty());
  broken([&] { c.expect_at_least(0, 4, 5, "at least 5", "4"); });
}

TEST_F(ShapeContextTest, RanksAreNamedWithTheirLayout) {
  ShapeContext c = context({&label_});
  c.expect_rank(0, 1, 1, "(N)");
  c.expect_rank(0, 1, 4, "(N)");
  EXPECT_EQ(broken([&] { c.expect_rank(0, 3, 4, "(N, C, H, W) or (C, H, W)"); }).expected,
            "an input of 3 or 4 dimensions, (N, C, H, W) or (C, H, W)");
  EXPECT_EQ(broken([&] { c.expect_rank(0, 2, 2, "(N, C)"); }).got, "1 dimension of shape (N)");
  EXPECT_EQ(broken([&] { c.expect_rank(0, 2, 5, "(N, C)"); }).expected,
            "an input of 2 to 5 dimensions, (N, C)");
}

TEST_F(ShapeContextTest, IntegersAreNotFloating) {
  ShapeContext c = context({&image_, &label_});
  c.expect_floating(0);
  const RuleBroken rule = broken([&] { c.expect_floating(1); });
  EXPECT_EQ(rule.code, "integer-input");
  EXPECT_EQ(rule.port, 1);
  EXPECT_EQ(rule.got, "int64");
}

TEST_F(ShapeContextTest, DimensionsCountFromBothEnds) {
  const ShapeContext c = context({&image_});
  EXPECT_EQ(c.wrapped_dim(0, 0), 0);
  EXPECT_EQ(c.wrapped_dim(0, 3), 3);
  EXPECT_EQ(c.wrapped_dim(0, -1), 3);
  EXPECT_EQ(c.wrapped_dim(0, -4), 0);
  EXPECT_EQ(broken([&] { c.wrapped_dim(0, 4); }).code, "option-mismatch");
  EXPECT_EQ(broken([&] { c.wrapped_dim(0, -5, "start_dim"); }).expected,
            "start_dim between -4 and 3 for an input of shape (N, 3, H, 8)");
}

TEST_F(ShapeContextTest, AScalarCountsAsOneDimension) {
  const ShapeContext c = context({&scalar_});
  EXPECT_EQ(c.wrapped_dim(0, 0), 0);
  EXPECT_EQ(c.wrapped_dim(0, -1), 0);
  broken([&] { c.wrapped_dim(0, 1); });
}

Descriptor complete(std::string name) {
  Descriptor d{.name = std::move(name), .doc = "For tests."};
  d.inputs = {{.name = "input"}};
  d.shape = [](ShapeContext& c) { return std::vector{c.input(0)}; };
  d.torch = "torch.test";
  return d;
}

TEST(RegistryTest, FindsByNameAndKeepsTheOrder) {
  Registry registry;
  registry.add(complete("b"));
  registry.add(complete("a"));
  EXPECT_EQ(registry.find("a")->name, "a");
  EXPECT_EQ(registry.find("c"), nullptr);
  EXPECT_EQ(&registry.get("b"), registry.all()[0].get());
}

TEST(RegistryTest, AnUnknownNameGetsTheNearest) {
  Registry registry;
  registry.add(complete("flatten"));
  EXPECT_EQ(error_of(Fault::usage, [&] { registry.get("flaten"); }),
            "there is no operation 'flaten' (did you mean 'flatten'?)");
  EXPECT_EQ(error_of(Fault::usage, [&] { registry.get("x"); }), "there is no operation 'x'");
}

TEST(RegistryTest, AnOrderNamesEveryPortAndOnlyWhatThereIs) {
  Registry registry;
  Descriptor unknown = complete("a"), partial = complete("b"), sound = complete("c");
  unknown.order = {"input", "dim"};
  EXPECT_THROW(registry.add(unknown), InvariantFailure);
  partial.attributes = sound.attributes = {{.name = "dim", .doc = "for tests"}};
  partial.order = {"dim"};
  EXPECT_THROW(registry.add(partial), InvariantFailure);
  sound.order = {"dim", "input"};
  registry.add(sound);
  EXPECT_NE(registry.find("c"), nullptr);
}

TEST(RegistryTest, RefusesWhatIsIncomplete) {
  Registry registry;
  registry.add(complete("a"));
  EXPECT_THROW(registry.add(complete("a")), InvariantFailure);
  EXPECT_THROW(registry.add(complete("")), InvariantFailure);
  for (auto spoil :
       {+[](Descriptor& d) { d.doc.clear(); }, +[](Descriptor& d) { d.torch.clear(); },
        +[](Descriptor& d) { d.shape = nullptr; }, +[](Descriptor& d) { d.outputs.clear(); },
        +[](Descriptor& d) { d.kind = OperationKind::layer; },
        +[](Descriptor& d) { d.parameters = [](const Attributes&) { return std::vector<ParameterSpec>(); }; },
        +[](Descriptor& d) { d.attributes = {{.name = "a"}}; },
        +[](Descriptor& d) { d.inputs[0].kind = Port::Kind::number; },
        +[](Descriptor& d) {
          d.inputs = {{.name = "xs", .kind = Port::Kind::variadic}, {.name = "y"}};
        },
        +[](Descriptor& d) {
          d.inputs = {{.name = "x", .kind = Port::Kind::optional}, {.name = "y"}};
        },
        +[](Descriptor& d) {
          d.aliases = {{Alias::Kind::view, 1, 0}};
        },
        +[](Descriptor& d) {
          d.aliases = {{Alias::Kind::view, 0, 1}};
        }}) {
    Descriptor descriptor = complete("spoilt");
    spoil(descriptor);
    EXPECT_THROW(registry.add(std::move(descriptor)), InvariantFailure);
  }
  EXPECT_EQ(registry.all().size(), 1u);
}

TEST(DescriptorTest, ARegistryFindsAnOperationByItsSynonymsAndListsItOnce) {
  Registry registry;
  registry.add(complete("clamp"));
  registry.add(complete("relu"));
  registry.add_synonym("clamp", "clip");
  EXPECT_EQ(registry.find("clip"), registry.find("clamp"));
  EXPECT_EQ(registry.synonyms("clamp"), std::vector<std::string>{"clip"});
  EXPECT_TRUE(registry.synonyms("relu").empty());
  EXPECT_EQ(registry.all().size(), 2u);
  Registry other;
  other.extend(registry);
  EXPECT_EQ(other.find("clip"), other.find("clamp"));
  EXPECT_EQ(other.synonyms("clamp").size(), 1u);
}

TEST(DescriptorTest, AnOperationTakesItsNameFromASynonym) {
  Registry registry, other;
  registry.add(complete("clamp"));
  registry.add_synonym("clamp", "clip");
  EXPECT_EQ(registry.named("clip"), nullptr);
  EXPECT_EQ(registry.named("clamp"), registry.find("clamp"));
  other.extend(registry);
  other.add(complete("clip"));
  EXPECT_EQ(other.named("clip"), &other.get("clip"));
  EXPECT_NE(other.find("clip"), other.find("clamp"));
  EXPECT_TRUE(other.synonyms("clamp").empty());
  EXPECT_EQ(registry.find("clip"), registry.find("clamp"));
}

TEST(DescriptorTest, ASynonymIsNewAndOfAnOperation) {
  Registry registry;
  registry.add(complete("clamp"));
  registry.add(complete("relu"));
  EXPECT_THROW(registry.add_synonym("clamp", "relu"), InvariantFailure);
  EXPECT_THROW(registry.add_synonym("clip", "clap"), InvariantFailure);
}

TEST(DescriptorTest, ANodeIsCalledAfterItsKindUnlessToldOtherwise) {
  Descriptor descriptor = complete("CrossEntropyLoss");
  EXPECT_EQ(descriptor.default_node_name(), "cross_entropy_loss");
  descriptor.node_name = "loss";
  EXPECT_EQ(descriptor.default_node_name(), "loss");
}

TEST(DescriptorTest, EveryCategoryAndInitHasAName) {
  EXPECT_EQ(name(Category::linear), "linear");
  EXPECT_EQ(name(Category::reduction), "reduction");
  EXPECT_EQ(name(Category::random), "random");
  EXPECT_EQ(name(Init::Kind::zeros), "zeros");
  EXPECT_EQ(name(Init::Kind::normal), "normal");
  EXPECT_TRUE(Init::uniform(-1, 1).draws());
  EXPECT_FALSE(Init::ones().draws());
}

}  // namespace
}  // namespace orrery
