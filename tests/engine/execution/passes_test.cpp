#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/execution/frozen.h"
#include "runtime/engine/execution/lifetimes.h"
#include "runtime/engine/execution/order.h"
#include "runtime/engine/execution/plan.h"
#include "runtime/graph/aliasing.h"
#include "tests/graph/builder.h"

namespace orrery {
namespace {

using testing::ElementsAre;

std::vector<std::string> names(const std::vector<const Node*>& order) {
  std::vector<std::string> result;
  for (const Node* node : order) result.push_back(node->path());
  return result;
}

// A writer that has no place among the operations yet: it makes its input 0.
Descriptor zeroing() {
  Descriptor d;
  d.name = "zero_";
  d.inputs = {{.name = "input"}};
  d.shape = [](ShapeContext& context) { return std::vector<TensorType>{context.input(0)}; };
  d.aliases = {{Alias::Kind::overwrite}};
  return d;
}

struct TwoBranches {
  TwoBranches() {
    const auto fields = b.digits_input();
    a = b.transform("relu", {fields[0]});
    unused = b.transform("tanh", {fields[0]});
    c = b.transform("sigmoid", {fields[0]});
    sum = b.transform("add", {c, a});
  }
  Builder b;
  Value a, unused, c, sum;
};

TEST(OrderTest, HoldsOnlyWhatTheTargetsNeedInTheOrderOfConstruction) {
  TwoBranches net;
  EXPECT_THAT(names(order_nodes({net.sum})), ElementsAre("input", "relu", "sigmoid", "add"));
  EXPECT_THAT(names(order_nodes({net.c})), ElementsAre("input", "sigmoid"));
  EXPECT_TRUE(order_nodes({}).empty());
}

TEST(OrderTest, DoesNotDependOnTheOrderOfTheTargets) {
  TwoBranches net;
  EXPECT_EQ(names(order_nodes({net.sum, net.unused, net.c})),
            names(order_nodes({net.c, net.unused, net.sum})));
}

TEST(OrderTest, AnOverwritingNodeComesAfterEveryOtherReaderOfTheStorage) {
  Builder b;
  const Descriptor zero = zeroing();
  const auto fields = b.digits_input();
  const Value x = b.transform("relu", {fields[0]});
  const Value view = b.transform("flatten", {x});
  const Value written = b.graph.apply(zero, Attributes(), {x}, b.next_line())[0];
  const Value late = b.transform("tanh", {view});
  const Value both =
      b.transform("cat", {late, b.transform("flatten", {written})}, {{"dim", std::int64_t{0}}});
  EXPECT_THAT(names(order_nodes({both})),
              ElementsAre("input", "relu", "flatten", "tanh", "zero_", "flatten_2", "cat"));
}

TEST(OrderTest, TwoWhoOverwriteWhatTheOtherReadsAreRefused) {
  Builder b;
  const Descriptor zero = zeroing();
  const auto fields = b.digits_input();
  const Value x = b.transform("relu", {fields[0]});
  const Value one = b.graph.apply(zero, Attributes(), {x}, b.next_line())[0];
  const Value two = b.graph.apply(zero, Attributes(), {x}, b.next_line())[0];
  const Value sum = b.transform("add", {one, two});
  try {
    order_nodes({sum});
    FAIL() << "an impossible order was found";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::check);
    EXPECT_EQ(error.site().line, 4);
    EXPECT_THAT(error.what(), testing::HasSubstr("zero_ (zero_) can never be computed"));
  }
}

TEST(AliasingTest, AViewOfAViewLiesInTheFirstStorage) {
  Builder b;
  const auto fields = b.digits_input();
  const Value x = b.transform("relu", {fields[0]});
  const Value flat = b.transform("flatten", {x});
  const Value view = b.transform("unsqueeze", {flat}, {{"dim", std::int64_t{0}}});
  const Value own = b.transform("tanh", {view});
  const StorageRoots roots = find_storage_roots(order_nodes({own}));
  EXPECT_EQ(roots.at(view), x);
  EXPECT_EQ(roots.at(flat), x);
  EXPECT_EQ(roots.at(own), own);
  EXPECT_EQ(roots.at(fields[0]), fields[0]);
}

TEST(LifetimesTest, EachValueIsReleasedOnceAfterItsLastReader) {
  TwoBranches net;
  const auto order = order_nodes({net.sum});
  const auto releases = find_releases(order, {net.sum}, Loops(net.b.graph));
  ASSERT_EQ(releases.size(), 4U);
  const Value image{net.a.node->inputs()[0]}, label{image.node, 1};
  EXPECT_THAT(releases[0], ElementsAre(label));
  EXPECT_TRUE(releases[1].empty());
  EXPECT_THAT(releases[2], ElementsAre(image));
  EXPECT_THAT(releases[3], ElementsAre(net.a, net.c));
}

TEST(LifetimesTest, TargetsAreNeverReleased) {
  TwoBranches net;
  const std::vector<Value> targets = {net.sum, net.a};
  for (const auto& released : find_releases(order_nodes(targets), targets, Loops(net.b.graph))) {
    EXPECT_FALSE(std::ranges::find(released, net.a) != released.end());
    EXPECT_FALSE(std::ranges::find(released, net.sum) != released.end());
  }
}

struct Deep {
  Deep() {
    fields = b.digits_input();
    first = b.conv(1, 2);
    second = b.conv(2, 2);
    low = b.apply(first, {fields[0]});
    high = b.apply(second, {b.transform("relu", {low})});
    top = b.transform("sum", {high});
  }
  std::vector<bool> recorded() { return find_recorded(order_nodes({top})); }
  Builder b;
  std::vector<Value> fields;
  LayerPtr first, second;
  Value low, high, top;
};

TEST(FrozenTest, NothingBelowTheFirstTrainableTensorIsRecorded) {
  Deep net;
  EXPECT_THAT(net.recorded(), ElementsAre(false, true, true, true, true));
  net.first->set_trainable(false);
  EXPECT_THAT(net.recorded(), ElementsAre(false, false, false, true, true));
  net.second->set_trainable(false);
  EXPECT_THAT(net.recorded(), ElementsAre(false, false, false, false, false));
}

TEST(FrozenTest, AFrozenPartAboveATrainedOneIsRecorded) {
  Deep net;
  net.second->set_trainable(false);
  EXPECT_THAT(net.recorded(), ElementsAre(false, true, true, true, true));
}

TEST(FrozenTest, ANodeWithoutDerivativeEndsTheRecording) {
  Deep net;
  const Value index = net.b.transform("argmax", {net.high}, {{"dim", std::int64_t{1}}});
  EXPECT_FALSE(find_recorded(order_nodes({index})).back());
}

TEST(PlanTest, StepsReadSlotsThatEarlierStepsFilled) {
  Builder b;
  const Value loss = b.digits_net();
  const Plan plan = make_plan({loss}, true);
  std::set<int> filled, released;
  for (const Step& step : plan.steps) {
    for (const int slot : step.inputs) {
      if (slot < 0) continue;
      EXPECT_TRUE(filled.contains(slot));
      EXPECT_FALSE(released.contains(slot));
    }
    for (size_t i = 0; i < step.node->outputs().size(); ++i)
      filled.insert(step.outputs + static_cast<int>(i));
    for (const int slot : step.release) EXPECT_TRUE(released.insert(slot).second);
    EXPECT_EQ(step.kernel == nullptr, step.node->descriptor() == nullptr);
  }
  EXPECT_EQ(static_cast<int>(filled.size()), plan.slots);
  EXPECT_EQ(filled.size(), released.size() + plan.targets.size());
}

TEST(PlanTest, KnowsWhichFieldsAreNeeded) {
  Builder b;
  const Value loss = b.digits_net();
  const Value logits = loss.node->inputs()[0];
  EXPECT_THAT(make_plan({loss}, true).fields, ElementsAre(true, true));
  EXPECT_THAT(make_plan({logits}, true).fields, ElementsAre(true, false));
}

TEST(PlanTest, WithoutGradientsNothingIsRecorded) {
  Builder b;
  const Value loss = b.digits_net();
  for (const Step& step : make_plan({loss}, false).steps) EXPECT_FALSE(step.records);
}

}  // namespace
}  // namespace orrery
