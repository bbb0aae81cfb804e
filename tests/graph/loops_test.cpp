#include "runtime/graph/loops.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/graph/invariants.h"
#include "runtime/graph/json.h"
#include "runtime/graph/structural_hash.h"
#include "tests/graph/loop_builder.h"

namespace orrery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> paths(const std::vector<const Node*>& nodes) {
  std::vector<std::string> result;
  for (const Node* node : nodes) result.push_back(node->path());
  return result;
}

// h ← tanh(fc(x) + h · scale), where `scale` is computed inside and does not depend on the step.
struct Simple : SequenceBuilder {
  Simple() {
    LoopBuilder loop(*this, {h, x});
    fixed = transform("exp", {h});
    added = transform("add", {apply(linear(4, 4), {loop[1]}), transform("mul", {loop[0], fixed})});
    made = transform("tanh", {added});
    unused = transform("relu", {made});
    outputs = loop.end({made, added});
  }
  Value fixed, added, made, unused;
  std::vector<Value> outputs;
};

TEST(LoopsTest, TheBodyIsWhatDependsOnTheBeginAndLeadsToTheEnd) {
  Simple net;
  const Loops loops(net.graph);
  ASSERT_EQ(loops.all().size(), 1U);
  const Loop& loop = loops.all()[0];
  EXPECT_THAT(paths(loop.body), ElementsAre("scan/linear", "scan/mul", "scan/add", "scan/tanh"));
  EXPECT_EQ(loop.begin->path(), "scan/begin");
  EXPECT_EQ(loop.end->path(), "scan/end");
  EXPECT_THAT(loop.next(), ElementsAre(net.made));
  EXPECT_THAT(loop.stacked(), ElementsAre(net.added));
  EXPECT_EQ(loop.length(), Dim::symbol("N"));
  EXPECT_EQ(loops.around(*loop.begin), 0);
  EXPECT_EQ(loops.around(*loop.end), -1);
  EXPECT_EQ(loops.around(*net.fixed.node), -1);
  EXPECT_EQ(loops.times(*net.made.node), Dim::symbol("N"));
  EXPECT_EQ(loops.times(*net.fixed.node), Dim(1));
}

TEST(LoopsTest, WhatDrawsInsideIsDrawnInEachStep) {
  SequenceBuilder net;
  LoopBuilder loop(net, {net.h, net.x});
  const Value noise = net.transform("randn", {}, {{"size", Shape{4}}});
  const Value thinned = net.apply("Dropout", {}, {net.h});
  loop.end({net.transform("add", {loop[0], net.transform("mul", {noise, thinned})})});
  const Loops loops(net.graph);
  EXPECT_EQ(loops.around(*noise.node), 0);
  EXPECT_EQ(loops.around(*thinned.node), 0);
}

TEST(LoopsTest, ALoopInsideALoopBelongsToItWhole) {
  SequenceBuilder net;
  LoopBuilder outer(net, {net.h, net.x});
  // Nothing that the inner begin reads depends on the outer loop; its body does.
  LoopBuilder inner(net, {net.h, net.x});
  const Value made = net.transform("add", {inner[0], outer[1]});
  const Value last = inner.end({made})[0];
  const auto outputs = outer.end({net.transform("add", {last, outer[0]})});
  const Loops loops(net.graph);
  ASSERT_EQ(loops.all().size(), 2U);
  EXPECT_EQ(loops.all()[0].around, 1);
  EXPECT_EQ(loops.all()[1].around, -1);
  EXPECT_THAT(paths(loops.all()[1].body),
              ElementsAre("scan/scan/begin", "scan/scan/add", "scan/scan/end", "scan/add"));
  EXPECT_TRUE(loops.within(*made.node, 0));
  EXPECT_TRUE(loops.within(*made.node, 1));
  EXPECT_FALSE(loops.within(*last.node, 0));
  EXPECT_EQ(loops.times(*made.node), Dim::symbol("N") * Dim::symbol("N"));
}

TEST(LoopsTest, ALoopThatDependsOnNoneAroundItIsComputedOnce) {
  SequenceBuilder net;
  LoopBuilder outer(net, {net.h, net.x});
  LoopBuilder inner(net, {net.h, net.x});
  const Value last = inner.end({net.transform("add", {inner[0], inner[1]})})[0];
  outer.end({net.transform("add", {last, outer[0]})});
  const Loops loops(net.graph);
  EXPECT_EQ(loops.all()[0].around, -1);
  EXPECT_EQ(loops.times(*last.node), Dim(1));
}

TEST(LoopsTest, GradientsGoFromStepToStep) {
  SequenceBuilder net;
  LoopBuilder loop(net, {net.h, net.x});
  const Value doubled = net.transform("mul", {loop[0], loop[0]});
  EXPECT_FALSE(doubled.requires_grad());
  const auto outputs = loop.end({net.apply(net.linear(4, 4), {doubled}), loop[0]});
  EXPECT_TRUE(doubled.requires_grad());
  EXPECT_TRUE(loop[0].requires_grad());
  EXPECT_TRUE(outputs[0].requires_grad());
  net.graph.layers()[0]->set_trainable(false);
  net.graph.update_gradients();
  EXPECT_FALSE(loop[0].requires_grad());
}

std::vector<Finding> escapes(Graph& graph) { return invariants::loops_keep_their_values(graph); }

TEST(LoopsTest, AValueOfAStepIsReadInsideOnly) {
  Simple net;
  net.graph.use({Use::Kind::output, net.outputs[0], ""});
  EXPECT_THAT(escapes(net.graph), IsEmpty());
  const Value outside = net.transform("mul", {net.made, net.h});
  EXPECT_THAT(escapes(net.graph), IsEmpty()) << "nobody needs it";
  net.graph.use({Use::Kind::output, outside, ""});
  const auto findings = escapes(net.graph);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, "loop-value-escapes");
  EXPECT_EQ(findings[0].site, outside.node->origin().site);
  EXPECT_EQ(findings[0].path, "scan/tanh");
  EXPECT_EQ(
      findings[0].message,
      fmt::format("mul (mul) reads scan/tanh (tanh, digits.lua:{}), which is computed anew in each step "
                  "of the loop scan",
                  net.made.node->origin().site.line));
  EXPECT_THAT(findings[0].remedy, HasSubstr("orrery.scan stacks"));
}

TEST(LoopsTest, AValueOfAStepIsNoResult) {
  Simple net;
  net.graph.use({Use::Kind::output, net.made, ""});
  const auto findings = escapes(net.graph);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].message, HasSubstr("a result is asked for of scan/tanh (tanh, digits.lua:"));
}

TEST(LoopsTest, AValueOfAStepIsNoStatesNext) {
  Simple net;
  auto zeros = std::make_shared<Parameter>();
  zeros->shape = {Dim(4)};
  zeros->trainable = false;
  const Value state = net.graph.carried(zeros, StateSpec::Reset::pass, {}, "state");
  net.graph.carry(state, net.made);
  EXPECT_EQ(escapes(net.graph).size(), 1U);
}

TEST(LoopsTest, JsonAndHashKeepLoops) {
  Simple net;
  Runtime runtime;
  const std::string text = to_json(net.graph);
  const auto restored = graph_from_json(text, operations(), runtime, "net.json");
  EXPECT_EQ(to_json(*restored), text);
  EXPECT_EQ(structural_hash(*restored), structural_hash(net.graph));
  EXPECT_EQ(paths(Loops(*restored).all()[0].body), paths(Loops(net.graph).all()[0].body));
}

// What a file says of the end of the only loop, whose inputs are [[2,0],[2,1],[7,0],[6,0]].
std::string refusal_of(const std::string& from, const std::string& to) {
  Simple net;
  std::string text = to_json(net.graph);
  EXPECT_NE(text.find(from), std::string::npos) << text;
  text.replace(text.find(from), from.size(), to);
  Runtime runtime;
  try {
    graph_from_json(text, operations(), runtime, "net.json");
  } catch (const std::exception& error) {
    return error.what();
  }
  return "accepted";
}

TEST(LoopsTest, AFileWithALoopWithoutItsEndsIsRefused) {
  const std::string link = "[[2,0],[2,1],[7,0],[6,0]]";
  EXPECT_THAT(refusal_of(link, "[[2,0],[2,2],[7,0],[6,0]]"),
              HasSubstr("'scan/end' ends no loop that has begun"));
  EXPECT_THAT(refusal_of(link, "[[0,0],[2,1],[7,0],[6,0]]"), HasSubstr("expects the steps of a loop"));
  EXPECT_THAT(refusal_of("\"op\":\"scan_end\"", "\"op\":\"cat\""), HasSubstr("net.json"));
}

}  // namespace
}  // namespace orrery
