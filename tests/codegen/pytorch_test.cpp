#include "runtime/codegen/pytorch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/core/error.h"
#include "tests/graph/input_net.h"

namespace orrery {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t operator""_n(unsigned long long value) { return static_cast<std::int64_t>(value); }

struct Net : InputNet {
  using InputNet::InputNet;

  std::string code(const Value& result) { return pytorch_code(giving(result)).text; }
};

TEST(PytorchTest, AModelReadsAsAPersonWouldHaveWrittenIt) {
  Builder b;
  b.graph.use({Use::Kind::loss, b.digits_net(), "loss"});
  EXPECT_EQ(pytorch_code(b.graph).text, R"(import torch
from torch import nn


class Features(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv2d = nn.Conv2d(1, 16, kernel_size=3, padding=1)
        self.max_pool2d = nn.MaxPool2d(2)

    def forward(self, x):
        x = self.conv2d(x)
        x = torch.relu(x)
        return self.max_pool2d(x)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(256, 10)

    def forward(self, x):
        x = x.flatten(1)
        return self.linear(x)


class Digits(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = Features()
        self.classifier = Classifier()

    def forward(self, image):
        x = self.features(image)
        return self.classifier(x)


class Loss(nn.Module):
    def __init__(self):
        super().__init__()
        self.cross_entropy_loss = nn.CrossEntropyLoss()

    def forward(self, x, target):
        return self.cross_entropy_loss(x, target)
)");
}

TEST(PytorchTest, BlocksThatDifferInOptionsShareAClass) {
  Net net;
  Value x = net.x;
  for (const std::int64_t width : {8, 6, 6})
    net.block("mlp",
              [&] { x = net.transform("relu", {net.apply(net.linear(x.shape()[1].value(), width), {x})}); });
  const std::string code = net.code(x);
  EXPECT_THAT(code, HasSubstr("class Mlp(nn.Module):\n"
                              "    def __init__(self, in_features, out_features):\n"
                              "        super().__init__()\n"
                              "        self.linear = nn.Linear(in_features, out_features)\n"));
  EXPECT_THAT(code, HasSubstr("        self.mlp = Mlp(4, 8)\n"
                              "        self.mlp_2 = Mlp(8, 6)\n"
                              "        self.mlp_3 = Mlp(6, 6)\n"));
}

TEST(PytorchTest, AnOptionThatIsUsualInOneOfThemIsTheParametersDefault) {
  Net net;
  Value x = net.x;
  for (const double p : {0.5, 0.1}) net.block("drop", [&] { x = net.apply("Dropout", {{"p", p}}, {x}); });
  const std::string code = net.code(x);
  EXPECT_THAT(code, HasSubstr("def __init__(self, p=0.5):"));
  EXPECT_THAT(code, HasSubstr("self.drop = Drop()\n"));
  EXPECT_THAT(code, HasSubstr("self.drop_2 = Drop(p=0.1)\n"));
}

TEST(PytorchTest, AChainOfNumberedBlocksIsSequential) {
  Net net;
  Value x = net.x;
  net.block("layers", [&] {
    for (int i = 0; i < 4; ++i)
      net.block(std::to_string(i), [&] { x = net.transform("relu", {net.apply(net.linear(4, 4), {x})}); });
  });
  const std::string code = net.code(x);
  EXPECT_THAT(code, HasSubstr("class LayersBlock(nn.Module):"));
  EXPECT_THAT(code, HasSubstr("self.layers = nn.Sequential(*[LayersBlock() for _ in range(4)])"));
  EXPECT_THAT(code, HasSubstr("return self.layers(image)"));
}

TEST(PytorchTest, ATitleGoesBeforeABlocksName) {
  Net net;
  Value x = net.x;
  net.block("0", [&] {
    net.graph.current_block().set_title("Residual unit");
    x = net.apply(net.linear(4, 4), {x});
  });
  EXPECT_THAT(net.code(x), HasSubstr("class ResidualUnit(nn.Module):"));
}

TEST(PytorchTest, NumberedBlocksThatAreNoChainAreAList) {
  Net net;
  Value x = net.x;
  net.block("branches", [&] {
    Value a, b;
    net.block("0", [&] { a = net.apply(net.linear(4, 4), {x}); });
    net.block("1", [&] { b = net.transform("tanh", {x}); });
    x = net.transform("add", {a, b});
  });
  const std::string code = net.code(x);
  EXPECT_THAT(code, HasSubstr("class Branches(nn.ModuleList):"));
  EXPECT_THAT(code, HasSubstr("        self.append("));
  EXPECT_THAT(code, HasSubstr("        out = self[0](x)\n        x = self[1](x)\n        return out + x\n"));
}

TEST(PytorchTest, ASkipKeepsWhatIsReadAgain) {
  Net net;
  const Value y = net.transform("relu", {net.apply(net.linear(4, 4), {net.x})});
  EXPECT_THAT(
      net.code(net.transform("add", {y, net.x})),
      HasSubstr("        x = self.linear(image)\n        x = torch.relu(x)\n        return x + image\n"));
}

TEST(PytorchTest, SizesThatOnlyTheDataTellAreReadFromThem) {
  Net net({Dim::symbol("N"), 6});
  const Value y = net.transform("relu", {net.x});
  const Value z = net.transform("reshape", {y}, {{"shape", Shape{Dim::symbol("N") * 2, 3}}});
  EXPECT_THAT(net.code(z), HasSubstr("return x.reshape(2*image.shape[0], 3)"));
}

TEST(PytorchTest, ATiedWeightIsThatOfItsFirstOwner) {
  Net net;
  const LayerPtr first = net.linear(4, 4), second = net.linear(4, 4);
  const Value x = net.apply(first, {net.x});
  second->tie("weight", first->parameter("weight"));
  EXPECT_THAT(net.code(net.apply(second, {x})),
              HasSubstr("        self.linear_2.weight = self.linear.weight\n"));
}

TEST(PytorchTest, NumbersStandOnTheSideWhereTheyStood) {
  Net net;
  const Value less = net.transform("sub", {net.x, {}}, {{"other", 2_n}});
  const Value from = net.transform("rsub", {less, {}}, {{"other", 3_n}});
  const std::string code = net.code(from);
  EXPECT_THAT(code, HasSubstr("x = image - 2\n"));
  EXPECT_THAT(code, HasSubstr("return 3 - x\n"));
}

TEST(PytorchTest, SlicesAreWrittenAsPythonWritesThem) {
  Net net;
  Value x = net.transform("slice", {net.x}, {{"dim", 1_n}, {"start", 1_n}, {"step", 2_n}});
  EXPECT_THAT(net.code(x), HasSubstr("return image[:, 1::2]"));
}

TEST(PytorchTest, NamesThatNoPythonNameIsAreKept) {
  Net net;
  Value x = net.x;
  net.block("a-b", [&] { x = net.apply(net.linear(4, 4), {x}); });
  net.block("forward", [&] { x = net.apply(net.linear(4, 4), {x}); });
  const std::string code = net.code(x);
  EXPECT_THAT(code, HasSubstr("self._modules[\"a-b\"] = AB()"));
  EXPECT_THAT(code, HasSubstr("x = self._modules[\"a-b\"](image)"));
  EXPECT_THAT(code, HasSubstr("self._modules[\"forward\"] = AB()"));
}

// Python reads `self.__2` in a class as `self._Class__2`.
TEST(PytorchTest, NamesThatPythonOrModulesReadOtherwiseAreKept) {
  Net net;
  Value x = net.x;
  net.block("__2", [&] { x = net.apply(net.linear(4, 4), {x}); });
  net.block("_modules", [&] { x = net.apply(net.linear(4, 4), {x}); });
  const std::string code = net.code(x);
  EXPECT_THAT(code, HasSubstr("self._modules[\"__2\"] = "));
  EXPECT_THAT(code, HasSubstr("self._modules[\"_modules\"] = "));
}

TEST(PytorchTest, AFunctionDropsAsItIsToldWhateverTheMode) {
  Net net;
  EXPECT_THAT(net.code(net.transform("dropout", {net.x}, {{"p", 0.25}})),
              HasSubstr("return F.dropout(image, p=0.25)"));
  Net other;
  EXPECT_THAT(other.code(other.transform("dropout", {other.x}, {{"training", false}})),
              HasSubstr("return F.dropout(image, training=False)"));
}

TEST(PytorchTest, ANameIsNeverCode) {
  Net net;
  Value x = net.x;
  net.block("\"]; import os #", [&] { x = net.apply(net.linear(4, 4), {x}); });
  const std::string code = net.code(x);
  EXPECT_THAT(code, HasSubstr(R"(self._modules["\"]; import os #"])"));
  EXPECT_THAT(code, Not(HasSubstr("\nimport os")));
}

TEST(PytorchTest, WhatPyTorchCannotSayIsToldAllAtOnce) {
  Net net;
  Value x = net.transform("exponential", {net.transform("exponential", {net.x})});
  try {
    net.code(x);
    FAIL() << "it was written";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::check);
    EXPECT_THAT(error.message(), HasSubstr("exponential (exponential): "));
    EXPECT_THAT(error.message(), HasSubstr("exponential_2 (exponential): "));
  }
}

}  // namespace
}  // namespace orrery
