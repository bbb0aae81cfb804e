#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/graph/invariants.h"
#include "runtime/graph/json.h"
#include "runtime/graph/structural_hash.h"
#include "tests/graph/builder.h"

namespace orrery {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

ParameterPtr zeros(Shape shape, DType dtype = DType::float32) {
  auto tensor = std::make_shared<Parameter>();
  tensor->shape = std::move(shape);
  tensor->dtype = dtype;
  tensor->trainable = false;
  return tensor;
}

// A state of the size of the image's mean: line 2 the input, 3 the state.
struct Running {
  explicit Running(const Shape& shape = {Dim(8)}) {
    image = b.digits_input()[0];
    state = b.graph.carried(zeros(shape), StateSpec::Reset::pass, b.next_line(), "h");
  }
  Finding refusal(Value next) {
    const auto findings = findings_of([&] { b.graph.carry(state, next, b.next_line()); });
    EXPECT_EQ(findings.size(), 1U);
    return findings.empty() ? Finding() : findings[0];
  }
  Builder b;
  Value image, state;
};

TEST(StatesTest, AStateIsAConstantOfItsOwnKindWithoutAGradient) {
  Running net;
  EXPECT_EQ(net.state.node->kind(), Node::Kind::constant);
  EXPECT_EQ(net.state.node->operation(), "State");
  EXPECT_EQ(net.state.node->path(), "h");
  EXPECT_FALSE(net.state.requires_grad());
  EXPECT_THAT(net.b.graph.state(), IsEmpty());
}

TEST(StatesTest, TheValueThatAStateBecomesIsNotDangling) {
  Running net;
  const Value next = net.b.transform("mul", {net.state, net.state});
  net.b.graph.use({Use::Kind::output, net.image, ""});
  EXPECT_THAT(invariants::no_dangling_node(net.b.graph), testing::SizeIs(1));
  net.b.graph.carry(net.state, next);
  EXPECT_THAT(invariants::no_dangling_node(net.b.graph), IsEmpty());
}

TEST(StatesTest, AStateThatNothingCarriesOnIsReported) {
  Running net;
  const auto findings = invariants::states_are_carried(net.b.graph);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, "state-not-carried");
  EXPECT_EQ(findings[0].site.line, 3);
  EXPECT_EQ(findings[0].message, "nothing says what h (State) is after a step");
  net.b.graph.carry(net.state, net.state);
  EXPECT_THAT(invariants::states_are_carried(net.b.graph), IsEmpty());
}

TEST(StatesTest, AStateIsCarriedOnOnce) {
  Running net;
  const Value next = net.b.transform("relu", {net.state});
  net.b.graph.carry(net.state, next, net.b.next_line());
  const Finding finding = net.refusal(next);
  EXPECT_EQ(finding.code, "state-carried-twice");
  EXPECT_EQ(finding.site.line, 6);
  EXPECT_EQ(finding.message, "h (State, digits.lua:3) is carried on already, from relu (digits.lua:4)");
}

TEST(StatesTest, ShapeAndDtypeMustStayAsTheyBegan) {
  Running net;
  const Value wide = net.b.transform("cat", {net.state, net.state});
  const Finding shape = net.refusal(wide);
  EXPECT_EQ(shape.code, "shape-mismatch");
  EXPECT_EQ(shape.site.line, 5);
  EXPECT_EQ(
      shape.message,
      "h (State, digits.lua:3) expects to be carried on with shape (8) and dtype float32, got shape (16) "
      "and dtype float32 from cat (digits.lua:4)");
  EXPECT_THAT(shape.remedy, HasSubstr("reshape"));
  const Finding rank = net.refusal(net.b.transform("unsqueeze", {net.state}, {{"dim", std::int64_t{0}}}));
  EXPECT_THAT(rank.message, HasSubstr("got shape (1, 8)"));
  const Finding dtype = net.refusal(net.b.transform("to", {net.state}, {{"dtype", DType::float64}}));
  EXPECT_EQ(dtype.code, "dtype-mismatch");
  EXPECT_THAT(dtype.message, HasSubstr("got shape (8) and dtype float64 from to"));
  EXPECT_FALSE(net.state.node->state()->next);
}

TEST(StatesTest, ASizeThatOnlyTheBatchTellsIsAGuard) {
  Running net({Dim(20), 64});
  net.b.graph.carry(net.state, net.b.transform("flatten", {net.image}, {{"start_dim", std::int64_t{1}}}));
  const auto& guards = net.state.node->guards();
  ASSERT_EQ(guards.size(), 1U);
  EXPECT_EQ(guards[0].left, Dim::symbol("N"));
  EXPECT_EQ(guards[0].right, Dim(20));
  EXPECT_THAT(guards[0].otherwise.got,
              HasSubstr("shape (N, 64) and dtype float32 from flatten (digits.lua:4)"));
}

TEST(StatesTest, AValueOfAnotherGraphCannotBeCarried) {
  Running net, other;
  EXPECT_EQ(net.refusal(other.state).code, "foreign-value");
}

TEST(StatesTest, ABlockThatIsAbandonedIsCarriedNoMore) {
  Running net;
  net.b.graph.begin_block("body");
  net.b.graph.carry(net.state, net.b.transform("relu", {net.state}));
  net.b.graph.abandon_block();
  EXPECT_FALSE(net.state.node->state()->next);
}

TEST(StatesTest, JsonAndHashKeepWhatAStateBecomesAndWhenItIsReset) {
  const auto build = [](StateSpec::Reset reset, const char* next) {
    auto net = std::make_unique<Builder>();
    net->digits_input();
    const Value state = net->graph.carried(zeros({Dim(8)}), reset, {}, "h");
    const Value relu = net->transform("relu", {state}), tanh = net->transform("tanh", {relu});
    net->graph.use({Use::Kind::output, tanh, "y"});
    net->graph.carry(state, std::string(next) == "relu" ? relu : tanh);
    return net;
  };
  const auto net = build(StateSpec::Reset::never, "tanh");
  Runtime runtime;
  const std::string text = to_json(net->graph);
  const auto restored = graph_from_json(text, operations(), runtime, "net.json");
  EXPECT_EQ(to_json(*restored), text);
  EXPECT_EQ(structural_hash(*restored), structural_hash(net->graph));
  EXPECT_NE(structural_hash(build(StateSpec::Reset::never, "relu")->graph), structural_hash(net->graph));
  EXPECT_NE(structural_hash(build(StateSpec::Reset::pass, "tanh")->graph), structural_hash(net->graph));
}

TEST(StatesTest, AFileWhoseStateBecomesSomethingElseIsRefused) {
  Running net;
  net.b.graph.carry(net.state, net.state);
  const std::string text = to_json(net.b.graph);
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    changed.replace(changed.find(from), from.size(), to);
    Runtime runtime;
    try {
      graph_from_json(changed, operations(), runtime, "net.json");
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_THAT(replaced("\"next\":[1,0]", "\"next\":[0,0]"),
              HasSubstr("expects to be carried on with shape (8)"));
  EXPECT_THAT(replaced("\"next\":[1,0]", "\"next\":[9,0]"), HasSubstr("node 9 does not exist"));
  EXPECT_THAT(replaced("\"reset\":\"pass\"", "\"reset\":\"often\""), HasSubstr("unknown reset 'often'"));
}

}  // namespace
}  // namespace orrery
