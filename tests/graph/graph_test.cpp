#include "runtime/graph/graph.h"

#include <gtest/gtest.h>

#include "tests/graph/builder.h"

namespace orrery {
namespace {

Finding only(const std::vector<Finding>& findings) {
  EXPECT_EQ(findings.size(), 1u);
  return findings.empty() ? Finding{} : findings[0];
}

std::vector<std::string> keys(const std::vector<Graph::Entry>& entries) {
  std::vector<std::string> keys;
  for (const auto& entry : entries) keys.push_back(entry.key);
  return keys;
}

TEST(GraphTest, KnowsShapesAtConstruction) {
  Builder b;
  const Value loss = b.digits_net();
  std::vector<std::string> lines;
  for (const auto& node : b.graph.nodes())
    lines.push_back(node->path() + " " + str(node->outputs()[0].shape));
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "input (N, 1, 8, 8)", "features/conv2d (N, 16, 8, 8)", "features/relu (N, 16, 8, 8)",
                       "features/max_pool2d (N, 16, 4, 4)", "classifier/flatten (N, 256)",
                       "classifier/linear (N, 10)", "cross_entropy_loss ()"}));
  EXPECT_TRUE(loss.requires_grad());
}

TEST(GraphTest, AnOperationThatGivesNoValueIsRefused) {
  Builder b;
  InputSpec spec;
  spec.fields.push_back({"x", {{Dim::symbol("N"), Dim(0)}, DType::float32}, false});
  const Value x = b.graph.input(std::move(spec), b.next_line())[0];
  const Finding finding = only(findings_of([&] { b.transform("unbind", {x}, {{"dim", std::int64_t{1}}}); }));
  EXPECT_EQ(finding.code, "shape-mismatch");
  EXPECT_EQ(finding.message,
            "unbind (unbind) expects an input of which it gives at least one value, got (N, 0) from input.x "
            "(digits.lua:2)");
}

TEST(GraphTest, NamesAreTheKindWithACountInsideTheBlock) {
  Builder b;
  const Value x = b.digits_input()[0];
  EXPECT_EQ(b.transform("relu", {x}).node->name(), "relu");
  EXPECT_EQ(b.transform("relu", {x}).node->name(), "relu_2");
  b.graph.begin_block("inner");
  EXPECT_EQ(b.transform("relu", {x}).node->path(), "inner/relu");
  b.graph.end_block();
  EXPECT_EQ(b.graph.begin_block("inner").path(), "inner_2");
}

TEST(GraphTest, StateKeysAreBlockPathLayerAndSlotWithDots) {
  Builder b;
  b.digits_net();
  EXPECT_EQ(keys(b.graph.state()),
            (std::vector<std::string>{"features.conv2d.weight", "features.conv2d.bias",
                                      "classifier.linear.weight", "classifier.linear.bias"}));
  EXPECT_EQ(keys(b.graph.state(b.graph.root().children()[0].get())),
            (std::vector<std::string>{"conv2d.weight", "conv2d.bias"}));
}

TEST(GraphTest, ALayerInTwoGraphsHasItsKeysInBoth) {
  Builder one, two;
  const LayerPtr conv = one.conv(1, 1);
  one.apply(conv, {one.digits_input()[0]});
  two.graph.begin_block("inner");
  two.apply(conv, {two.digits_input()[0]});
  two.graph.end_block();
  EXPECT_EQ(keys(one.graph.state()), (std::vector<std::string>{"conv2d.weight", "conv2d.bias"}));
  EXPECT_EQ(keys(two.graph.state()), (std::vector<std::string>{"inner.conv2d.weight", "inner.conv2d.bias"}));
}

TEST(GraphTest, ALayerAppliedTwiceIsSharedAndKeepsItsFirstHome) {
  Builder b;
  const Value x = b.digits_input()[0];
  const LayerPtr conv = b.conv(1, 1);
  b.graph.begin_block("first");
  const Value once = b.apply(conv, {x});
  b.graph.end_block();
  b.graph.begin_block("second");
  const Value twice = b.apply(conv, {once});
  b.graph.end_block();
  EXPECT_EQ(once.node->layer(), twice.node->layer());
  EXPECT_EQ(keys(b.graph.state()), (std::vector<std::string>{"first.conv2d.weight", "first.conv2d.bias"}));
  EXPECT_EQ(b.graph.layers().size(), 1u);
}

TEST(GraphTest, AShapeThatDoesNotFitNamesBothLines) {
  Builder b;
  const Value x = b.digits_input()[0];
  b.graph.begin_block("encoder", b.next_line());
  const Value relu = b.transform("relu", {b.apply(b.conv(1, 32), {x})});
  const LayerPtr conv2 = b.conv(64, 64);
  conv2->name_by_user("conv2");
  const Finding finding = only(findings_of([&] { b.apply(conv2, {relu}); }));
  EXPECT_EQ(finding.code, "shape-mismatch");
  EXPECT_EQ(finding.site, (SourceSite{"digits.lua", 8}));
  EXPECT_EQ(finding.path, "encoder/conv2");
  EXPECT_EQ(finding.expected, "64 input channels");
  EXPECT_EQ(finding.message,
            "encoder/conv2 (Conv2d) expects 64 input channels, got 32 from encoder/relu (digits.lua:6), in "
            "block encoder "
            "called at digits.lua:3");
}

TEST(GraphTest, ABrokenRuleLeavesNoTrace) {
  Builder b;
  const Value x = b.digits_input()[0];
  const size_t before = b.graph.nodes().size();
  const LayerPtr wrong = b.conv(3, 4);
  EXPECT_EQ(findings_of([&] { b.apply(wrong, {x}); }).size(), 1u);
  EXPECT_EQ(b.graph.nodes().size(), before);
  EXPECT_EQ(wrong->home(), nullptr);
  EXPECT_EQ(b.apply(b.conv(1, 4), {x}).node->name(), "conv2d");
}

TEST(GraphTest, ASecondInputIsRefusedWithTheFirstOnesLine) {
  Builder b;
  b.digits_input();
  const Finding finding = only(findings_of([&] { b.digits_input(); }));
  EXPECT_EQ(finding.code, "input-twice");
  EXPECT_EQ(finding.message, "graph 'digits' has an input already (digits.lua:2)");
}

TEST(GraphTest, APortWithoutLinkIsNamed) {
  Builder b;
  const Value x = b.digits_input()[0];
  const LayerPtr loss = b.layer("CrossEntropyLoss");
  const Finding finding = only(findings_of([&] { b.apply(loss, {x}); }));
  EXPECT_EQ(finding.code, "port-unlinked");
  EXPECT_EQ(finding.expected, "a value for 'target'");
}

TEST(GraphTest, APortTooManyIsNamed) {
  Builder b;
  const Value x = b.digits_input()[0];
  EXPECT_EQ(only(findings_of([&] { b.apply(b.conv(1, 1), {x, x}); })).code, "port-unknown");
}

TEST(GraphTest, AValueOfAnotherGraphIsRefused) {
  Builder a("a"), b("b");
  const Value foreign = a.digits_input()[0];
  b.digits_input();
  const Finding finding = only(findings_of([&] { b.transform("relu", {foreign}); }));
  EXPECT_EQ(finding.code, "foreign-value");
  EXPECT_EQ(finding.message,
            "relu (relu) reads input.image as its 'input', which belongs to graph 'a', not to 'b'");
  const Finding used = only(findings_of([&] { b.graph.use({Use::Kind::output, foreign, ""}); }));
  EXPECT_EQ(used.code, "foreign-value");
  EXPECT_EQ(used.message, "input.image belongs to graph 'a', not to 'b'");
  Builder twin("a");
  EXPECT_EQ(only(findings_of([&] {
              twin.graph.use({Use::Kind::output, foreign, ""});
            })).message,
            "input.image belongs to another graph that is called 'a', too");
}

TEST(GraphTest, AValueOfAnotherGraphIsNamedWithThePortThatReadsIt) {
  Builder a("a"), b("b");
  const Value label = a.digits_input()[1];
  const Value scores = b.transform("flatten", {b.digits_input()[0]}, {{"start_dim", std::int64_t{1}}});
  const LayerPtr loss = b.layer("CrossEntropyLoss");
  EXPECT_EQ(only(findings_of([&] {
              b.apply(loss, {scores, label});
            })).message,
            "cross_entropy_loss (CrossEntropyLoss) reads input.label as its 'target', which belongs to graph "
            "'a', not to 'b'");
}

TEST(GraphTest, AnExplicitNameIsTakenOnce) {
  Builder b;
  const Value x = b.digits_input()[0];
  const LayerPtr first = b.conv(1, 1), second = b.conv(1, 1);
  first->name_by_user("stem");
  second->name_by_user("stem");
  b.apply(first, {x});
  EXPECT_EQ(only(findings_of([&] { b.apply(second, {x}); })).code, "name-taken");
  EXPECT_EQ(only(findings_of([&] { b.graph.rename(b.transform("relu", {x}), "stem"); })).code, "name-taken");
  EXPECT_EQ(only(findings_of([&] { b.graph.rename(b.transform("relu", {x}), "a/b"); })).code, "name-invalid");
}

TEST(GraphTest, AKindIsCountedAlsoInsideTheBlocksOfAGroupAndAfterRenaming) {
  Builder b;
  Value x = b.digits_input()[0];
  std::vector<Node*> nodes;
  for (int i = 0; i < 3; ++i) nodes.push_back((x = b.transform("relu", {x})).node);
  b.graph.rename(nodes[1]->output(), "second");
  EXPECT_EQ(b.transform("relu", {x}).node->name(), "relu_2");
  b.graph.group("pair", {nodes[0], nodes[2]});
  EXPECT_EQ(b.transform("relu", {x}).node->name(), "relu");
  EXPECT_EQ(b.transform("relu", {x}).node->name(), "relu_3");
}

TEST(GraphTest, RenamingANodeRenamesItsLayersKeys) {
  Builder b;
  const Value y = b.apply(b.conv(1, 1), {b.digits_input()[0]});
  b.graph.rename(y, "stem");
  EXPECT_EQ(keys(b.graph.state()), (std::vector<std::string>{"stem.weight", "stem.bias"}));
}

TEST(GraphTest, FreezingABlockStopsItsGradient) {
  Builder b;
  const Value loss = b.digits_net();
  b.graph.set_trainable(*b.graph.root().children()[0], false);
  EXPECT_FALSE(b.graph.nodes()[1]->requires_grad());
  EXPECT_TRUE(loss.requires_grad());
  b.graph.set_trainable(b.graph.root(), false);
  EXPECT_FALSE(loss.requires_grad());
}

TEST(GraphTest, AFrozenParameterOfTheGraphStaysOneAndThaws) {
  Builder b;
  auto scale = std::make_shared<Parameter>();
  scale->shape = {8};
  const Value x = b.digits_input()[0];
  b.transform("mul", {x, b.graph.constant(scale, {}, "scale")});
  b.graph.set_trainable(b.graph.root(), false);
  EXPECT_EQ(keys(b.graph.state()), std::vector<std::string>{"scale"});
  EXPECT_EQ(b.graph.nodes()[1]->operation(), "Parameter");
  b.graph.set_trainable(b.graph.root(), true);
  EXPECT_TRUE(scale->trainable);
}

TEST(GraphTest, AFactReplacesItsSymbolFromThenOn) {
  Builder b;
  b.graph.assume("N", 32);
  EXPECT_EQ(str(b.digits_input()[0].shape()), "(32, 1, 8, 8)");
}

TEST(GraphTest, ANewSymbolIsOneThatIsNotUsed) {
  Builder b;
  b.digits_input();
  EXPECT_EQ(b.graph.new_symbol("N").str(), "N_2");
  EXPECT_EQ(b.graph.new_symbol("T").str(), "T");
}

TEST(GraphTest, AFinalizedGraphDoesNotChange) {
  Builder b;
  const Value loss = b.digits_net();
  b.graph.use({Use::Kind::output, loss, "loss"});
  EXPECT_TRUE(b.graph.finalize().empty());
  EXPECT_TRUE(b.graph.finalized());
  EXPECT_EQ(only(findings_of([&] { b.transform("relu", {loss}); })).code, "graph-finalized");
  EXPECT_EQ(only(findings_of([&] { b.graph.begin_block("late"); })).code, "graph-finalized");
  EXPECT_EQ(only(findings_of([&] { b.graph.rename(loss, "late"); })).code, "graph-finalized");
}

TEST(GraphTest, FinalizeReportsEverythingAtOnceWithWhatTheCallerFound) {
  Builder b;
  const Value loss = b.digits_net();
  b.transform("relu", {b.graph.nodes()[1]->output()});
  b.transform("tanh", {b.graph.nodes()[1]->output()});
  b.graph.use({Use::Kind::output, loss, ""});
  const auto findings =
      findings_of([&] { b.graph.finalize({{.code = "governor-rule", .message = "broken"}}); });
  ASSERT_EQ(findings.size(), 3u);
  EXPECT_EQ(findings[0].code, "dangling-node");
  EXPECT_EQ(findings[1].code, "dangling-node");
  EXPECT_EQ(findings[2].code, "governor-rule");
  EXPECT_FALSE(b.graph.finalized());
}

TEST(GraphTest, WarningsDoNotStopFinalize) {
  Builder b;
  b.digits_net();
  EXPECT_EQ(b.graph.finalize({{.code = "w", .severity = Severity::warning, .message = "look"}}).size(), 1u);
  EXPECT_TRUE(b.graph.finalized());
}

TEST(GraphTest, TiedParametersHaveAKeyPerOwnerAndOneTensor) {
  Builder b;
  const Value x = b.transform("flatten", {b.digits_input()[0]}, {{"start_dim", std::int64_t{1}}});
  const LayerPtr first = b.linear(64, 64), second = b.linear(64, 64);
  second->tie("weight", first->parameter("weight"));
  b.apply(second, {b.apply(first, {x})});
  const auto state = b.graph.state();
  EXPECT_EQ(keys(state),
            (std::vector<std::string>{"linear.weight", "linear.bias", "linear_2.weight", "linear_2.bias"}));
  EXPECT_EQ(state[0].parameter, state[2].parameter);
  EXPECT_THROW(second->tie("weight", b.linear(3, 4)->parameter("weight")), Error);
  EXPECT_THROW(second->tie("wieght", first->parameter("weight")), Error);
}

}  // namespace
}  // namespace orrery
