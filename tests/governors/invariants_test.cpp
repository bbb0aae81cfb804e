#include "runtime/governors/invariants.h"

#include <gtest/gtest.h>

#include "runtime/governors/manager.h"
#include "runtime/ops/operations.h"
#include "tests/graph/builder.h"

namespace orrery {
namespace {

const Origin kLine = {{"digits.lua", 42}, ""};

class GovernorsTest : public testing::Test {
 protected:
  explicit GovernorsTest(bool with_net = true) : loss_(with_net ? b_.digits_net() : Value()) {}

  static ParameterPtr constant(DType dtype = DType::float32) {
    auto made = std::make_shared<Parameter>();
    made->name = "constant";
    made->shape = {2};
    made->dtype = dtype;
    made->trainable = false;
    return made;
  }

  std::vector<ParameterPtr> all_parameters(const Block* block = nullptr) {
    std::vector<ParameterPtr> parameters;
    for (const Graph::Entry& entry : b_.graph.state(block))
      if (!entry.parameter->buffer) parameters.push_back(entry.parameter);
    return parameters;
  }

  static std::vector<Target> targets(const std::vector<ParameterPtr>& parameters) {
    std::vector<Target> list;
    for (const ParameterPtr& parameter : parameters) list.push_back({.parameter = parameter});
    return list;
  }

  std::shared_ptr<Optimizer> optimize(std::vector<Target> targets, Value loss,
                                      const std::string& kind = "AdamW") {
    const OptimizerKind& described = optimizer_kind(kind);
    ParameterGroup group{std::move(targets), checked_attributes(described.attributes, {})};
    auto optimizer = std::make_shared<Optimizer>(described, std::vector{group}, loss, kLine);
    b_.graph.attach(optimizer);
    return optimizer;
  }

  void save(Saver::Source source) {
    b_.graph.attach(
        std::make_shared<Saver>("best.safetensors", std::vector{source}, Saver::When::end, kLine));
  }

  std::shared_ptr<DataSource> random(Shape shape,
                                     std::vector<Attributes::Entry> more = {{"classes", std::int64_t{10}}}) {
    more.push_back({"shape", std::move(shape)});
    auto source = std::make_shared<DataSource>(
        open_data_source("random", checked_attributes(data_source_attributes("random"), more), kLine));
    source->fields[0].name = "image";
    return source;
  }

  void manage(Manager::Parts parts) {
    b_.graph.attach(
        std::make_shared<Manager>(std::move(parts), checked_attributes(manager_attributes(), {}), kLine));
  }

  /// The one finding that the rules make; a test failure when there are none or more.
  Finding only() {
    b_.graph.update_gradients();
    const std::vector<Finding> findings = check_governors(b_.graph);
    for (const Finding& finding : findings)
      EXPECT_EQ(findings.size(), 1u) << finding.code << ": " << finding.str();
    if (findings.empty()) ADD_FAILURE() << "no rule was broken";
    return findings.empty() ? Finding{} : findings[0];
  }

  Builder b_;
  Value loss_;
};

TEST_F(GovernorsTest, AWholeNetworkWithOneOptimizerBreaksNoRule) {
  optimize(targets(all_parameters()), loss_);
  EXPECT_TRUE(check_governors(b_.graph).empty());
}

TEST_F(GovernorsTest, AnOptimizerSteppedByHandNeedsNoLoss) {
  optimize(targets(all_parameters()), {});
  EXPECT_TRUE(check_governors(b_.graph).empty());
}

TEST_F(GovernorsTest, ALossIsNoLabel) {
  optimize(targets(all_parameters()), b_.graph.input_node()->output(1));
  const Finding finding = only();
  EXPECT_EQ(finding.code, "loss-is-label");
  EXPECT_EQ(finding.site, kLine.site);
  EXPECT_EQ(finding.message,
            "AdamW expects a loss that is computed, got input (Input), whose 'label' is the data's label");
}

TEST_F(GovernorsTest, ALossIsOneNumber) {
  const Value logits = loss_.node->inputs()[0];
  optimize(targets(all_parameters()), logits);
  const Finding finding = only();
  EXPECT_EQ(finding.code, "loss-not-scalar");
  EXPECT_EQ(finding.got, "of shape (N, 10)");
}

TEST_F(GovernorsTest, ALossCarriesAGradient) {
  optimize(targets(all_parameters()), b_.transform("detach", {loss_}));
  EXPECT_EQ(only().code, "loss-without-gradient");
}

TEST_F(GovernorsTest, ALossOfIntegersCarriesNoGradient) {
  optimize(targets(all_parameters()), b_.transform("to", {loss_}, {{"dtype", "int64"}}));
  EXPECT_EQ(only().code, "loss-without-gradient");
}

TEST_F(GovernorsTest, AnOptimizerUpdatesLeavesOnly) {
  std::vector<Target> list = targets(all_parameters());
  list.push_back({.value = loss_.node->inputs()[0]});
  optimize(list, loss_);
  const Finding finding = only();
  EXPECT_EQ(finding.code, "optimizer-not-leaf");
  EXPECT_EQ(finding.message, "AdamW cannot update classifier/linear (Linear), which is computed");
  EXPECT_EQ(finding.remedy, "Give it the layer's parameters instead: layer:parameters().");
}

TEST_F(GovernorsTest, AnInputWithoutDataIsNoLeaf) {
  std::vector<Target> list = targets(all_parameters());
  list.push_back({.value = b_.graph.input_node()->output()});
  optimize(list, loss_);
  const Finding finding = only();
  EXPECT_EQ(finding.code, "optimizer-not-leaf");
  EXPECT_EQ(finding.site, kLine.site);
  EXPECT_EQ(finding.message, "AdamW cannot update input.image (Input), whose number of samples is not known");
  EXPECT_EQ(finding.remedy, "Make the input of its data: g:input(data.tensors { image = … }).");
}

TEST_F(GovernorsTest, AnOptimizerUpdatesNoIntegersOfTheData) {
  std::vector<Target> list = targets(all_parameters());
  list.push_back({.value = b_.graph.input_node()->output(1)});
  optimize(list, loss_);
  const Finding finding = only();
  EXPECT_EQ(finding.code, "optimizer-not-trainable");
  EXPECT_EQ(finding.message, "AdamW cannot update input.label (Input), which holds int64 numbers");
}

TEST_F(GovernorsTest, AnOptimizerUpdatesNoIntegerConstant) {
  std::vector<Target> list = targets(all_parameters());
  list.push_back({.value = b_.graph.constant(constant(DType::int32))});
  optimize(list, loss_);
  EXPECT_EQ(only().message, "AdamW cannot update constant, which holds int32 numbers");
}

TEST_F(GovernorsTest, AnOptimizerUpdatesNoState) {
  std::vector<Target> list = targets(all_parameters());
  list.push_back({.value = b_.graph.carried(constant(), StateSpec::Reset::pass, {}, "memory")});
  optimize(list, loss_);
  const Finding finding = only();
  EXPECT_EQ(finding.code, "optimizer-not-trainable");
  EXPECT_EQ(finding.message, "AdamW cannot update memory, which is a state");
}

TEST_F(GovernorsTest, AConstantThatIsAFrozenLayersTensorIsNotUpdated) {
  const LayerPtr layer = b_.graph.layers()[0];
  layer->set_trainable(false);
  std::vector<Target> list = targets(all_parameters());
  list.push_back({.value = b_.graph.constant(layer->parameter("weight"))});
  optimize(list, loss_);
  const Finding finding = only();
  EXPECT_EQ(finding.message,
            "AdamW cannot update features.conv2d.weight, which is the tensor of a frozen layer");
  EXPECT_EQ(finding.remedy, "Train the layer again: layer:unfreeze().");
}

TEST_F(GovernorsTest, AConstantThatIsUpdatedReachesTheLoss) {
  std::vector<Target> list = targets(all_parameters());
  list.push_back({.value = b_.graph.constant(constant())});
  optimize(list, loss_);
  const Finding finding = only();
  EXPECT_EQ(finding.code, "optimizer-unreached");
  EXPECT_EQ(finding.message, "AdamW updates constant, which no path joins to its loss cross_entropy_loss");
}

TEST_F(GovernorsTest, AConstantMayBeUpdated) {
  const Value shift = b_.graph.constant(constant());
  loss_ = b_.transform("mean", {b_.transform("mul", {loss_, shift})});
  std::vector<Target> list = targets(all_parameters());
  list.push_back({.value = shift});
  optimize(list, loss_);
  EXPECT_TRUE(check_governors(b_.graph).empty());
}

/// A graph whose input has twelve samples, which an optimizer updates.
class TrainedInputTest : public GovernorsTest {
 protected:
  TrainedInputTest() : GovernorsTest(false) {
    const auto input = b_.graph.input(random_image({{"batch", std::int64_t{12}}})->input_spec());
    image_ = input[0];
    loss_ = b_.transform("mean", {b_.transform("mul", {image_, image_})});
  }

  std::shared_ptr<DataSource> random_image(std::vector<Attributes::Entry> options) {
    const bool sized = std::ranges::any_of(options, [](const auto& one) { return one.name == "length"; });
    if (!sized) options.push_back({"length", std::int64_t{12}});
    return random({1, 8, 8}, std::move(options));
  }

  Finding with_data(std::vector<Attributes::Entry> options) {
    optimize({{.value = image_}}, loss_);
    manage({.train = random_image(std::move(options))});
    return only();
  }

  Value image_;
};

TEST_F(TrainedInputTest, AllSamplesInOneBatchBreakNoRule) {
  optimize({{.value = image_}}, loss_);
  manage({.train = random_image({{"batch", std::int64_t{12}}})});
  EXPECT_TRUE(check_governors(b_.graph).empty());
}

TEST_F(TrainedInputTest, ABatchMayBeLargerThanTheData) {
  optimize({{.value = image_}}, loss_);
  manage({.train = random_image({{"batch", std::int64_t{13}}})});
  EXPECT_TRUE(check_governors(b_.graph).empty());
}

TEST_F(TrainedInputTest, SeveralBatchesAreRefused) {
  const Finding finding = with_data({{"batch", std::int64_t{11}}});
  EXPECT_EQ(finding.code, "input-in-batches");
  EXPECT_EQ(finding.site, kLine.site);
  EXPECT_EQ(finding.message,
            "the training data (random) must be all 12 samples in one batch, in their order, since input is "
            "trained itself, got batches of 11");
  EXPECT_EQ(finding.remedy,
            "Say batch = 12 without shuffle. What many batches shall train together is a g:parameter(name, "
            "shape).");
}

TEST_F(TrainedInputTest, ADrawnOrderIsRefused) {
  EXPECT_EQ(with_data({{"batch", std::int64_t{12}}, {"shuffle", true}}).got,
            "samples in an order that is drawn");
}

TEST_F(TrainedInputTest, AShareOfTheSamplesIsRefused) {
  EXPECT_EQ(with_data({{"batch", std::int64_t{12}}, {"world", std::int64_t{2}}}).got,
            "a share of the samples");
}

TEST_F(TrainedInputTest, OtherDataOfAnotherLengthAreRefused) {
  EXPECT_EQ(with_data({{"batch", std::int64_t{13}}, {"length", std::int64_t{13}}}).got, "13 samples");
}

TEST_F(TrainedInputTest, AnInputThatIsNotTrainedMayComeInBatches) {
  const Value scale = b_.graph.constant(constant());
  const Value scaled = b_.transform("mean", {b_.transform("mul", {loss_, scale})});
  optimize({{.value = scale}}, scaled);
  manage({.train = random_image({{"batch", std::int64_t{5}}, {"shuffle", true}})});
  EXPECT_TRUE(check_governors(b_.graph).empty());
}

TEST_F(TrainedInputTest, TwoOptimizersDoNotUpdateOneInput) {
  optimize({{.value = image_}}, loss_);
  optimize({{.value = image_}}, loss_, "SGD");
  const Finding finding = only();
  EXPECT_EQ(finding.code, "optimizer-overlap");
  EXPECT_EQ(finding.message, "SGD updates input.image, which is also updated by AdamW (digits.lua:42)");
}

TEST_F(TrainedInputTest, WhatIsUpdatedOfTheInputReachesTheLoss) {
  const Value other = b_.graph.constant(constant());
  optimize({{.value = image_}, {.value = other}}, b_.transform("mean", {other}));
  const Finding finding = only();
  EXPECT_EQ(finding.code, "optimizer-unreached");
  EXPECT_EQ(finding.message, "AdamW updates input.image, which no path joins to its loss mean_2");
}

TEST_F(TrainedInputTest, ASaverMayWriteIt) {
  optimize({{.value = image_}}, loss_);
  save({.value = image_});
  EXPECT_TRUE(check_governors(b_.graph).empty());
}

TEST_F(GovernorsTest, AnOptimizerUpdatesNoBuffer) {
  Value norm = b_.apply("BatchNorm2d", {{"num_features", std::int64_t{1}}, {"affine", false}},
                        {b_.graph.input_node()->output()});
  std::vector<Target> list = targets(all_parameters());
  list.push_back({.parameter = norm.node->layer()->parameter("running_mean")});
  optimize(list, loss_);
  EXPECT_EQ(only().message, "AdamW cannot update batch_norm2d.running_mean, which is a buffer");
}

TEST_F(GovernorsTest, WhatIsUpdatedReachesTheLoss) {
  b_.apply(b_.conv(1, 4), {b_.graph.input_node()->output()});
  optimize(targets(all_parameters()), loss_);
  const Finding finding = only();
  EXPECT_EQ(finding.code, "optimizer-unreached");
  EXPECT_EQ(finding.message,
            "AdamW updates conv2d.weight, conv2d.bias, which no path joins to its loss cross_entropy_loss");
}

TEST_F(GovernorsTest, ALayerThatWasNeverAppliedIsNamedByItsLine) {
  const LayerPtr unused = b_.conv(1, 4);
  std::vector<Target> list = targets(all_parameters());
  list.push_back({.parameter = unused->parameter("bias")});
  optimize(list, loss_);
  const Finding finding = only();
  EXPECT_EQ(finding.code, "optimizer-unreached");
  EXPECT_NE(finding.message.find("'bias' of shape (4) made at digits.lua:"), std::string::npos)
      << finding.message;
}

TEST_F(GovernorsTest, FrozenParametersMayBeInAnOptimizer) {
  const Block& features = *b_.graph.root().children()[0];
  optimize(targets(all_parameters()), loss_);
  b_.graph.set_trainable(features, false);
  EXPECT_TRUE(check_governors(b_.graph).empty());
}

TEST_F(GovernorsTest, NoParameterIsInTwoOptimizers) {
  optimize(targets(all_parameters()), loss_);
  optimize({{.parameter = all_parameters()[0]}}, loss_, "SGD");
  const Finding finding = only();
  EXPECT_EQ(finding.code, "optimizer-overlap");
  EXPECT_EQ(finding.message,
            "SGD updates features.conv2d.weight, which is also updated by AdamW (digits.lua:42)");
}

TEST_F(GovernorsTest, NoParameterIsTwiceInOneOptimizer) {
  std::vector<Target> list = targets(all_parameters());
  list.push_back(list[0]);
  optimize(list, loss_);
  EXPECT_EQ(only().got, "twice in one optimizer");
}

TEST_F(GovernorsTest, WhatNoOptimizerUpdatesIsAWarningThatNamesBlockAndFreeze) {
  const Block& classifier = *b_.graph.root().children()[1];
  optimize(targets(all_parameters(&classifier)), loss_);
  const Finding finding = only();
  EXPECT_EQ(finding.code, "parameter-not-optimized");
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.message,
            "block features has trainable parameters that reach a loss but that no optimizer updates: "
            "features.conv2d.weight, features.conv2d.bias");
  EXPECT_EQ(finding.remedy, "Give them to an optimizer, or freeze them with features:freeze().");
}

TEST_F(GovernorsTest, FreezingSilencesTheWarning) {
  const Block& classifier = *b_.graph.root().children()[1];
  optimize(targets(all_parameters(&classifier)), loss_);
  b_.graph.set_trainable(*b_.graph.root().children()[0], false);
  EXPECT_TRUE(check_governors(b_.graph).empty());
}

/// A head whose result is only looked at, in no optimizer, under a manager.
class AsideTest : public GovernorsTest {
 protected:
  AsideTest() : trained_(targets(all_parameters())) {
    const Value flat =
        b_.transform("flatten", {b_.graph.input_node()->output()}, {{"start_dim", std::int64_t{1}}});
    b_.graph.begin_block("head", b_.next_line());
    head_ = b_.apply(b_.linear(64, 3), {flat});
    b_.graph.end_block();
    b_.graph.use({Use::Kind::output, head_, ""});
  }

  bool silent() {
    b_.graph.update_gradients();
    return check_governors(b_.graph).empty();
  }

  std::vector<Target> trained_;
  Value head_;
};

TEST_F(AsideTest, WhatReachesNoLossIsAWarningThatNamesBlockAndFreeze) {
  optimize(trained_, loss_);
  EXPECT_TRUE(silent());  // nothing trains it
  manage({});
  const Finding finding = only();
  EXPECT_EQ(finding.code, "parameter-without-loss");
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.message,
            "block head has trainable parameters that no path joins to any loss: head.linear.weight, "
            "head.linear.bias");
  EXPECT_EQ(finding.remedy,
            "Use the layer's result on the way to a loss, or freeze them with head:freeze().");
  b_.graph.set_trainable(head_.node->block(), false);
  EXPECT_TRUE(silent());
}

TEST_F(AsideTest, TheLossesOfOptimizersSteppedByHandAreNotJudged) {
  optimize(trained_, {});
  manage({});
  EXPECT_TRUE(silent());
}

TEST_F(AsideTest, ALossOfAnotherOptimizerWillDo) {
  optimize(trained_, loss_);
  optimize(targets(all_parameters(&head_.node->block())), b_.transform("mean", {head_}), "SGD");
  manage({});
  EXPECT_TRUE(silent());
}

TEST_F(GovernorsTest, GovernorsBelongToOneGraph) {
  Builder other("teacher");
  const Value foreign = other.digits_net();
  optimize(targets(all_parameters()), foreign);
  const Finding finding = only();
  EXPECT_EQ(finding.code, "governor-foreign");
  EXPECT_EQ(finding.message,
            "AdamW of graph 'digits' has the loss cross_entropy_loss, which belongs to graph 'teacher'");
}

TEST_F(GovernorsTest, MetricsAndSaversOfOtherGraphsAreFoundToo) {
  Builder other("teacher");
  const Value foreign = other.digits_net();
  manage({.metrics = {make_metric(metric_kind("mean"), "error", {foreign}, {})}});
  EXPECT_EQ(only().code, "governor-foreign");
  save({.value = foreign});
  EXPECT_EQ(check_governors(b_.graph).size(), 2u);
}

TEST_F(GovernorsTest, AManagersOptimizersAreCheckedOnce) {
  auto optimizer = optimize(targets(all_parameters()), b_.transform("detach", {loss_}));
  manage({.optimizers = {optimizer}});
  EXPECT_EQ(only().code, "loss-without-gradient");
}

TEST_F(GovernorsTest, DataFitTheInput) {
  manage({.train = random({1, 8, 8}), .validate = random({1, 8, 8})});
  EXPECT_TRUE(check_governors(b_.graph).empty());
  manage({.validate = random({1, 28, 28})});
  const Finding finding = only();
  EXPECT_EQ(finding.code, "data-mismatch");
  EXPECT_EQ(finding.expected, "the field 'image' (N, 1, 8, 8) float32");
  EXPECT_EQ(finding.got, "'image' (N, 1, 28, 28) float32");
}

TEST_F(GovernorsTest, DataHaveTheInputsNames) {
  const auto source = random({1, 8, 8});
  source->fields[0].name = "data";
  manage({.validate = source});
  EXPECT_EQ(only().got, "'data' (N, 1, 8, 8) float32");
}

TEST_F(GovernorsTest, DataHaveAsManyFieldsAsTheInput) {
  manage({.train = random({1, 8, 8}, {})});
  EXPECT_EQ(only().expected, "2 fields");
}

TEST_F(GovernorsTest, DataHaveTheInputsDtype) {
  manage({.train = random({1, 8, 8}, {{"classes", std::int64_t{10}}, {"dtype", "float64"}})});
  EXPECT_EQ(only().got, "'image' (N, 1, 8, 8) float64");
}

TEST_F(GovernorsTest, ASaverNamesBlocksAndLayersByPathOrItsEnd) {
  for (const char* path : {"features", "features/conv2d", "linear"}) save({.path = path});
  EXPECT_TRUE(check_governors(b_.graph).empty());
  const auto& governor = dynamic_cast<const Saver&>(*b_.graph.governors().back());
  const auto entries = governor.entries(b_.graph);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].key, "classifier.linear.weight");
}

TEST_F(GovernorsTest, ASaverNamesAParameterByItsKeyOrItself) {
  const auto keys = [&](Saver::Source source) {
    save(std::move(source));
    std::vector<std::string> found;
    const auto& governor = dynamic_cast<const Saver&>(*b_.graph.governors().back());
    for (const Graph::Entry& entry : governor.entries(b_.graph)) found.push_back(entry.key);
    return found;
  };
  const std::vector<std::string> one = {"classifier.linear.weight"};
  for (const char* path : {"classifier.linear.weight", "classifier/linear/weight", "linear.weight"})
    EXPECT_EQ(keys({.path = path}), one) << path;
  for (const Graph::Entry& entry : b_.graph.state())
    EXPECT_EQ(keys({.parameter = entry.parameter}), std::vector{entry.key});
  EXPECT_TRUE(check_governors(b_.graph).empty());
}

TEST_F(GovernorsTest, ASaversParameterIsTheGraphs) {
  save({.parameter = constant()});
  const Finding finding = only();
  EXPECT_EQ(finding.code, "governor-foreign");
  EXPECT_EQ(finding.message,
            "Saver of graph 'digits' writes the parameter 'constant', which is none of the graph's");
}

TEST_F(GovernorsTest, AnEndThatSeveralParametersHaveIsAmbiguous) {
  save({.path = "weight"});
  const Finding finding = only();
  EXPECT_EQ(finding.code, "saver-source-ambiguous");
  EXPECT_EQ(finding.message,
            "the saver of best.safetensors cannot tell which 'weight' is meant: features.conv2d.weight, "
            "classifier.linear.weight");
  const Value image = b_.graph.input_node()->output();
  for (int i = 0; i < 7; ++i) b_.apply(b_.conv(1, 4), {image});
  EXPECT_TRUE(only().message.ends_with("conv2d_6.weight, …")) << only().message;
}

TEST_F(GovernorsTest, ASaversPathOfAParameterIsKnown) {
  save({.path = "classifier.linear.weigth"});
  EXPECT_TRUE(only().message.ends_with("(did you mean 'classifier.linear.weight'?)")) << only().message;
}

TEST_F(GovernorsTest, ASaverOfNothingInParticularWritesAll) {
  const Saver saver("all.safetensors", {}, Saver::When::end, kLine);
  EXPECT_EQ(saver.entries(b_.graph).size(), 4u);
  EXPECT_THROW(Saver("", {}, Saver::When::end, kLine), Error);
}

TEST_F(GovernorsTest, ASaverWritesEachParameterOnce) {
  const Block* features = b_.graph.root().children()[0].get();
  const Saver saver("x.safetensors",
                    {{.block = features}, {.path = "features/conv2d"}, {.layer = b_.graph.layers()[0]}},
                    Saver::When::best, kLine);
  EXPECT_EQ(saver.entries(b_.graph).size(), 2u);
}

TEST_F(GovernorsTest, ASaversPathIsKnown) {
  save({.path = "featurse"});
  const Finding finding = only();
  EXPECT_EQ(finding.code, "saver-source-unknown");
  EXPECT_EQ(finding.message,
            "the saver of best.safetensors finds no block or layer 'featurse' (did you mean 'features'?)");
}

TEST_F(GovernorsTest, ASaversPathMeansOneThing) {
  const Value image = b_.graph.input_node()->output();
  b_.graph.begin_block("other", b_.next_line());
  b_.apply(b_.conv(1, 4), {image});
  b_.graph.end_block();
  save({.path = "conv2d"});
  const Finding finding = only();
  EXPECT_EQ(finding.code, "saver-source-ambiguous");
  EXPECT_EQ(
      finding.message,
      "the saver of best.safetensors cannot tell which 'conv2d' is meant: features/conv2d, other/conv2d");
}

TEST_F(GovernorsTest, ASaversSourceHoldsParameters) {
  save({.value = loss_});
  const Finding finding = only();
  EXPECT_EQ(finding.code, "saver-source-empty");
  EXPECT_EQ(finding.message,
            "the saver of best.safetensors has nothing to write: cross_entropy_loss holds no parameters");
}

// VizML's rule about savers of what several nodes read.
TEST_F(GovernorsTest, ASaverWritesTheSameForAnyNumberOfReaders) {
  const Value scores = loss_.node->inputs()[0], made = b_.transform("relu", {scores});
  const Saver saver("x.safetensors", {{.value = scores}}, Saver::When::end, kLine);
  const auto keys = [&] {
    std::string text;
    for (const Graph::Entry& entry : saver.entries(b_.graph)) text += entry.key + " ";
    return text;
  };
  EXPECT_EQ(keys(), "classifier.linear.weight classifier.linear.bias ");
  b_.transform("tanh", {made});
  b_.transform("exp", {made});
  EXPECT_EQ(keys(), "classifier.linear.weight classifier.linear.bias ");
  save({.value = scores});
  EXPECT_TRUE(check_governors(b_.graph).empty());
  save({.value = made});
  EXPECT_EQ(only().code, "saver-source-empty");
}

TEST_F(GovernorsTest, EverythingIsReportedTogether) {
  optimize({{.value = loss_.node->inputs()[0]}}, b_.transform("detach", {loss_}));
  save({.path = "nowhere"});
  b_.graph.update_gradients();
  EXPECT_EQ(check_governors(b_.graph).size(), 3u);
}

}  // namespace
}  // namespace orrery
