#include "runtime/codegen/pytorch_training.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/codegen/pytorch.h"
#include "tests/governors/open_source.h"
#include "tests/graph/builder.h"

namespace orrery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// The digits' net with a manager, whose parts and options a test changes before it asks for the code.
struct Trained : Builder {
  Trained() {
    loss = digits_net();
    graph.use({Use::Kind::loss, loss, ""});
    logits = loss.node->inputs()[0];
    label = loss.node->inputs()[1];
    parts.train =
        std::make_shared<DataSource>(open_source("digits", {{"batch", whole(64)}, {"shuffle", true}}));
  }

  std::shared_ptr<Optimizer> optimizer(const std::string& kind, const Given& given,
                                       std::vector<std::vector<ParameterPtr>> of_groups = {}) {
    const OptimizerKind& of = optimizer_kind(kind);
    if (of_groups.empty()) of_groups = {parameters_of(graph)};
    std::vector<ParameterGroup> made;
    for (const auto& group : of_groups) {
      made.push_back({.options = checked_attributes(of.attributes, given)});
      for (const ParameterPtr& parameter : group) made.back().targets.push_back({.parameter = parameter});
    }
    return std::make_shared<Optimizer>(of, std::move(made), loss, Origin{{"digits.lua", 30}, ""});
  }

  static std::vector<ParameterPtr> parameters_of(const Graph& graph, const std::string& prefix = "") {
    std::vector<ParameterPtr> all;
    for (const Graph::Entry& entry : graph.state())
      if (entry.key.starts_with(prefix)) all.push_back(entry.parameter);
    return all;
  }

  void step(const std::string& kind, const Given& given, const Given& use = {}) {
    const ScheduleKind& of = schedule_kind(kind);
    parts.schedules.push_back(
        {Schedule::make(of, {.optimizer = parts.optimizers[0]}, checked_attributes(of.attributes, given), {}),
         checked_attributes(schedule_use_attributes(), use)});
  }

  PytorchCode code() {
    if (parts.optimizers.empty()) parts.optimizers = {optimizer("SGD", {{"lr", 0.1}})};
    graph.attach(std::make_shared<Manager>(parts, checked_attributes(manager_attributes(), options),
                                           Origin{{"digits.lua", 40}, ""}, groups));
    return pytorch_code(graph);
  }

  Value loss, logits, label;
  Manager::Parts parts;
  Given options;
  Manager::Groups groups;
};

TEST(PytorchTrainingTest, AManagerMakesTheModuleAProgram) {
  Trained net;
  net.options = {{"epochs", whole(5)}};
  const PytorchCode code = net.code();
  EXPECT_THAT(code.gaps, IsEmpty());
  EXPECT_THAT(code.text,
              HasSubstr("import argparse\n\nimport torch\nfrom sklearn.datasets import load_digits\n"
                        "from torch import nn\n"
                        "from torch.utils.data import DataLoader, TensorDataset\n"));
  EXPECT_THAT(code.text,
              HasSubstr("def train_loader():\n"
                        "    return DataLoader(digits(\"train\"), batch_size=64, shuffle=True)\n"));
  EXPECT_THAT(code.text, HasSubstr("    image, label = batch\n"
                                   "    output = model(image)\n"
                                   "    loss = loss_fn(output, label)\n"
                                   "    return {\"loss\": loss}\n"));
  EXPECT_THAT(code.text, HasSubstr("        numbers[\"loss\"].backward()\n"
                                   "        optimizer.step()\n"
                                   "        optimizer.zero_grad()\n"));
  EXPECT_THAT(code.text, HasSubstr("    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n"));
  EXPECT_THAT(code.text, HasSubstr("parser.add_argument(\"--epochs\", type=int, default=5)"));
  EXPECT_THAT(code.text, HasSubstr("\n\nif __name__ == \"__main__\":\n    main()\n"));
}

TEST(PytorchTrainingTest, AGraphWithoutAManagerIsAModuleAlone) {
  Trained net;
  EXPECT_THAT(pytorch_code(net.graph).text, Not(HasSubstr("\ndef ")));
}

TEST(PytorchTrainingTest, GroupsSayWhatIsTheirsAlone) {
  Trained net;
  const auto features = Trained::parameters_of(net.graph, "features");
  const auto classifier = Trained::parameters_of(net.graph, "classifier");
  net.parts.optimizers = {
      net.optimizer("AdamW", {{"lr", 0.01}, {"weight_decay", 0.1}}, {features, classifier})};
  net.parts.optimizers[0]->set_option(1, "lr", 0.02);
  EXPECT_THAT(net.code().text,
              HasSubstr("    optimizer = torch.optim.AdamW(\n"
                        "        [\n"
                        "            {\"params\": model.features.parameters()},\n"
                        "            {\"params\": model.classifier.parameters(), \"lr\": 0.02},\n"
                        "        ],\n"
                        "        lr=0.01,\n"
                        "        weight_decay=0.1,\n"
                        "    )\n"));
}

TEST(PytorchTrainingTest, PartsOfAModelAreReachedByTheirNames) {
  Trained net;
  auto some = Trained::parameters_of(net.graph, "features");
  some.push_back(net.graph.state().back().parameter);
  net.parts.optimizers = {net.optimizer("SGD", {{"lr", 0.1}}, {some})};
  net.options = {{"gradient_clip_val", 1.0}};
  const std::string code = net.code().text;
  EXPECT_THAT(code, HasSubstr("[*model.features.parameters(), model.classifier.linear.bias]"));
  EXPECT_THAT(code, HasSubstr("nn.utils.clip_grad_norm_(parameters_of(optimizer), 1)"));
}

TEST(PytorchTrainingTest, FrozenWeightsAreFrozen) {
  Trained net;
  for (const ParameterPtr& parameter : Trained::parameters_of(net.graph, "features"))
    parameter->trainable = false;
  net.parts.optimizers = {
      net.optimizer("SGD", {{"lr", 0.1}}, {Trained::parameters_of(net.graph, "classifier")})};
  const std::string code = net.code().text;
  EXPECT_THAT(code, HasSubstr("    model.features.requires_grad_(False)\n"));
  EXPECT_THAT(code, HasSubstr("torch.optim.SGD(model.parameters(), lr=0.1)"));
}

TEST(PytorchTrainingTest, SchedulesAreSteppedAsTheScriptSays) {
  Trained net;
  net.parts.optimizers = {net.optimizer("SGD", {{"lr", 0.1}})};
  net.step("MultiStepLR", {{"milestones", std::vector<std::int64_t>{3, 6}}}, {{"frequency", whole(2)}});
  net.step("LinearLR", {{"total_iters", whole(9)}}, {{"interval", "step"}});
  const std::string code = net.code().text;
  EXPECT_THAT(code, HasSubstr("lr_scheduler.MultiStepLR(optimizer, milestones=[3, 6]),\n"));
  EXPECT_THAT(code, HasSubstr("lr_scheduler.LinearLR(optimizer, total_iters=9),\n"));
  EXPECT_THAT(code, HasSubstr("        schedulers[1].step()\n        means.add("));
  EXPECT_THAT(code, HasSubstr("        if epoch % 2 == 0:\n            schedulers[0].step()\n"));
  EXPECT_THAT(code, HasSubstr("lr=0.1"));
}

TEST(PytorchTrainingTest, APlateauIsOfTheValidationsLoss) {
  Trained net;
  net.parts.optimizers = {net.optimizer("SGD", {{"lr", 0.1}})};
  net.parts.validate = std::make_shared<DataSource>(open_source("digits", {{"split", "test"}}));
  net.step("ReduceLROnPlateau", {});
  net.options = {{"validate_every", whole(3)}};
  const std::string code = net.code().text;
  EXPECT_THAT(code, HasSubstr("        if \"val_loss\" in numbers:\n"
                              "            scheduler.step(numbers[\"val_loss\"])\n"));
  EXPECT_THAT(code,
              HasSubstr("        if epoch % 3 == 0 or epoch == args.epochs:\n            validated = "));
}

TEST(PytorchTrainingTest, MetricsThatAreNoMeansAreTorchmetrics) {
  Trained net;
  net.parts.metrics = {
      make_metric(metric_kind("accuracy"), "accuracy", {net.logits, net.label}, {}),
      make_metric(metric_kind("f1_score"), "f1", {net.logits, net.label}, {}, {{"average", "macro"}})};
  const std::string code = net.code().text;
  EXPECT_THAT(code, HasSubstr("from torchmetrics.classification import MulticlassF1Score\n"));
  EXPECT_THAT(code, HasSubstr("MulticlassF1Score(num_classes=10, average=\"macro\").to(device)"));
  EXPECT_THAT(code, HasSubstr("    metrics[\"f1\"].update(output, label)\n"));
  EXPECT_THAT(code, HasSubstr("\"accuracy\": (output.argmax(1) == label).float().mean()"));
}

TEST(PytorchTrainingTest, RunsStopEarlyAndGoOnAfterwards) {
  Trained net;
  const auto group = [](const char* name, const Given& given) {
    const auto& all = manager_groups();
    return checked_attributes(std::ranges::find(all, name, &ManagerGroup::name)->attributes, given);
  };
  net.groups.emplace("early_stopping", group("early_stopping", {{"patience", whole(2)}}));
  const std::string code = net.code().text;
  EXPECT_THAT(code, HasSubstr("    progress = {\"epoch\": 0, \"goal\": float(\"inf\"), \"waited\": 0}\n"));
  EXPECT_THAT(code,
              HasSubstr("        stop = progress[\"waited\"] >= 2 or not math.isfinite(numbers[\"loss\"])\n"
                        "        if stop:\n"));
  EXPECT_THAT(code, HasSubstr("    if args.resume:\n"
                              "        state = torch.load(args.resume, map_location=device)\n"
                              "        progress = state[\"progress\"]\n"
                              "        model.load_state_dict(state[\"model\"])\n"
                              "        optimizer.load_state_dict(state[\"optimizer\"])\n"));
}

TEST(PytorchTrainingTest, WhatPytorchHasNotIsToldAllAtOnce) {
  Trained net;
  net.parts.train =
      std::make_shared<DataSource>(open_source("digits", {{"batch", whole(64)}, {"sampler", "stratified"}}));
  net.options = {{"max_steps", whole(10)}, {"max_time", "00:10:00"}};
  const PytorchCode code = net.code();
  EXPECT_THAT(code.gaps, ElementsAre("train_loader: batches by sampler", "main: max_steps of the manager",
                                     "main: max_time of the manager"));
  EXPECT_THAT(code.text, HasSubstr("\"\"\"What is left to write, where NotImplementedError is raised:\n\n"
                                   "- train_loader: batches by sampler\n"));
  EXPECT_THAT(code.text, HasSubstr("def main():\n    raise NotImplementedError(\"max_steps of the manager; "
                                   "max_time of the manager\")\n"));
}

TEST(PytorchTrainingTest, SourcesWithinSourcesAreSetsWithinSets) {
  Trained net;
  const auto all = shared_source("digits", {{"split", "all"}});
  SourceParts parts;
  parts.sources = {all};
  net.parts.train = std::make_shared<DataSource>(open_source(
      "subset", {{"indices", std::vector<std::int64_t>{0, 1, 2, 3}}, {"batch", whole(2)}}, std::move(parts)));
  EXPECT_THAT(net.code().text,
              HasSubstr("    return DataLoader(Subset(digits(\"all\"), range(4)), batch_size=2)\n"));
}

}  // namespace
}  // namespace orrery
