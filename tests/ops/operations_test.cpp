#include "runtime/ops/operations.h"

#include <algorithm>
#include <set>

#include "tests/ops/infer.h"

namespace orrery {
namespace {

TEST(OperationsTest, AreOneTable) { EXPECT_EQ(&operations(), &operations()); }

TEST(OperationsTest, SayWhatTheyDoInOneLine) {
  for (const auto& descriptor : operations().all()) {
    EXPECT_TRUE(descriptor->doc.ends_with(".")) << descriptor->name;
    EXPECT_EQ(descriptor->doc.find('\n'), std::string::npos) << descriptor->name;
    EXPECT_TRUE(descriptor->torch.starts_with("torch")) << descriptor->name;
    for (const Port& port : descriptor->inputs)
      EXPECT_FALSE(port.doc.empty()) << descriptor->name << "." << port.name;
  }
}

TEST(OperationsTest, LayersAreCapitalisedAndTransformsAreNot) {
  for (const auto& descriptor : operations().all())
    EXPECT_EQ(descriptor->kind == OperationKind::layer,
              std::isupper(static_cast<unsigned char>(descriptor->name[0])) != 0)
        << descriptor->name;
}

TEST(OperationsTest, NoOptionIsNamedTwiceAndEveryDefaultIsAllowed) {
  for (const auto& descriptor : operations().all()) {
    std::set<std::string> names;
    for (const Attribute& attribute : descriptor->attributes) {
      EXPECT_TRUE(names.insert(attribute.name).second) << descriptor->name << "." << attribute.name;
      if (!attribute.required) {
        EXPECT_EQ(checked(attribute, attribute.value), attribute.value)
            << descriptor->name << "." << attribute.name;
      }
    }
  }
}

TEST(OperationsTest, WhatComputesTheSameAsALayerTakesTheSameInputsAndOptions) {
  int pairs = 0;
  for (const auto& layer : operations().all()) {
    if (layer->transform.empty()) continue;
    ++pairs;
    EXPECT_EQ(layer->kind, OperationKind::layer) << layer->name;
    const Descriptor* transform = operations().named(layer->transform);
    ASSERT_NE(transform, nullptr) << layer->name;
    EXPECT_EQ(transform->kind, OperationKind::transform) << layer->name;
    ASSERT_EQ(transform->inputs.size(), layer->inputs.size()) << layer->name;
    for (std::size_t at = 0; at < layer->inputs.size(); ++at)
      EXPECT_EQ(transform->inputs[at].name, layer->inputs[at].name) << layer->name;
    for (const Attribute& option : layer->attributes) {
      const bool is_there = std::ranges::find(transform->attributes, option.name, &Attribute::name) !=
                            transform->attributes.end();
      const bool is_layers_own = option.name == "inplace" || option.name == "unflattened_size";
      EXPECT_TRUE(is_there || is_layers_own) << layer->name << "." << option.name;
    }
  }
  EXPECT_GT(pairs, 50);
}

TEST(OperationsTest, OfTheFirstScriptsAreThere) {
  for (const char* name :
       {"Linear",  "Conv2d",  "BatchNorm2d", "Dropout", "MaxPool2d", "AvgPool2d",  "AdaptiveAvgPool2d",
        "Flatten", "ReLU",    "Tanh",        "Sigmoid", "Softmax",   "LogSoftmax", "CrossEntropyLoss",
        "NLLLoss", "MSELoss", "Identity",    "add",     "sub",       "mul",        "div",
        "matmul",  "reshape", "view",        "flatten", "permute",   "transpose",  "cat",
        "sum",     "mean"})
    EXPECT_NE(operations().find(name), nullptr) << name;
}

}  // namespace
}  // namespace orrery
