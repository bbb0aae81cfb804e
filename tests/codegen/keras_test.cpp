#include "runtime/codegen/keras.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/codegen/keras_calls.h"
#include "runtime/core/error.h"
#include "tests/files/error_of.h"
#include "tests/graph/input_net.h"

namespace orrery {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t operator""_i(unsigned long long value) { return static_cast<std::int64_t>(value); }

struct KerasNet : InputNet {
  using InputNet::InputNet;

  std::string code(const Value& result) { return keras_code(giving(result)); }

  std::string fault(const Value& result) {
    return error_of(Fault::check, [&] { code(result); });
  }
};

Shape images(std::int64_t channels, std::int64_t size) { return {Dim::symbol("N"), channels, size, size}; }

TEST(KerasTest, AModelReadsAsAPersonWouldHaveWrittenIt) {
  Builder b;
  b.graph.use({Use::Kind::loss, b.digits_net(), "loss"});
  EXPECT_EQ(keras_code(b.graph), R"(import keras
import numpy as np
from keras import layers, ops
from safetensors.numpy import load_file


def pad_sides(x, padding, value=0.0):
    """Puts a border around the dimensions behind (N, C): as much behind as before."""
    sizes = padding if isinstance(padding, tuple) else (padding,) * (len(x.shape) - 2)
    borders = [size if isinstance(size, tuple) else (size, size) for size in sizes]
    if not any(before or behind for before, behind in borders):
        return x
    return ops.pad(x, [(0, 0), (0, 0), *borders], constant_values=value)


def convolve(layer, x, padding=0):
    """Applies a convolution to (N, C, …); TensorFlow's on a CPU want channels last."""
    x = ops.moveaxis(pad_sides(x, padding), 1, -1)
    return ops.moveaxis(layer(x), -1, 1)


def conv2d(x, filters, kernel_size, padding=0, **options):
    options["data_format"] = "channels_last"
    return convolve(layers.Conv2D(filters, kernel_size, **options), x, padding)


def max_pool(x, pool_size, strides=None, padding=0):
    x, strides = pad_sides(x, padding, -float("inf")), strides or pool_size
    return ops.max_pool(x, pool_size, strides, data_format="channels_first")


def digits():
    image = keras.Input((1, 8, 8), name="image")
    x = conv2d(image, 16, 3, padding=1, name="features-conv2d")
    x = ops.relu(x)
    x = max_pool(x, 2)
    x = ops.reshape(x, (-1, 256))
    x = layers.Dense(10, name="classifier-linear")(x)
    return keras.Model(image, x, name="digits")


# What a saved model calls the tensors that Keras' layers have.
SLOTS = {
    "kernel": "weight",
    "embeddings": "weight",
    "gamma": "weight",
    "scale": "weight",
    "alpha": "weight",
    "bias": "bias",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def load_weights(model, path):
    """Takes the weights of a saved model, a .safetensors file."""
    tensors = load_file(path)
    for layer in model.layers:
        key = layer.name.replace("-", ".")
        for variable in layer.weights:
            value = tensors[f"{key}.{SLOTS[variable.name]}"]
            if variable.name == "kernel":  # the first two axes last
                value = np.moveaxis(value, (0, 1), (-1, -2))
            variable.assign(value)
)");
}

TEST(KerasTest, BlocksThatDifferInOptionsShareAFunction) {
  KerasNet net;
  Value x = net.x;
  for (const std::int64_t width : {8, 6, 6})
    net.block("mlp",
              [&] { x = net.transform("relu", {net.apply(net.linear(x.shape()[1].value(), width), {x})}); });
  const std::string code = net.code(x);
  EXPECT_THAT(code, HasSubstr("def mlp(x, units, name):\n"
                              "    x = layers.Dense(units, name=f\"{name}-linear\")(x)\n"
                              "    return ops.relu(x)\n"));
  EXPECT_THAT(code, HasSubstr("    x = mlp(image, 8, name=\"mlp\")\n"
                              "    x = mlp(x, 6, name=\"mlp_2\")\n"
                              "    x = mlp(x, 6, name=\"mlp_3\")\n"));
}

TEST(KerasTest, EqualBlocksWithNumbersAreALoop) {
  KerasNet net;
  Value x = net.x;
  net.block("layers", [&] {
    for (int i = 0; i < 4; ++i)
      net.block(std::to_string(i), [&] { x = net.transform("relu", {net.apply(net.linear(4, 4), {x})}); });
  });
  const std::string code = net.code(x);
  EXPECT_THAT(code, HasSubstr("    x = layers_block(image, name=\"layers-0\")\n"
                              "    for i in range(1, 4):\n"
                              "        x = layers_block(x, name=f\"layers-{i}\")\n"
                              "    return keras.Model(image, x, name=\"digits\")\n"));
}

TEST(KerasTest, AShortRowOfBlocksStandsWhereItIsCalled) {
  KerasNet net;
  Value x = net.x;
  for (int row = 0; row < 2; ++row)
    net.block("row", [&] {
      for (int i = 0; i < 2; ++i)
        net.block(std::to_string(i), [&] { x = net.transform("relu", {net.apply(net.linear(4, 4), {x})}); });
    });
  EXPECT_THAT(net.code(x), HasSubstr("    x = row_block(image, name=\"row-0\")\n"
                                     "    x = row_block(x, name=\"row-1\")\n"
                                     "    x = row_block(x, name=\"row_2-0\")\n"
                                     "    x = row_block(x, name=\"row_2-1\")\n"));
}

TEST(KerasTest, ALayerThatIsAppliedTwiceIsMadeOnce) {
  KerasNet net;
  const LayerPtr linear = net.linear(4, 4);
  const Value x = net.apply(linear, {net.x});
  EXPECT_THAT(net.code(net.apply(linear, {x})), HasSubstr("    linear = layers.Dense(4, name=\"linear\")\n"
                                                          "    x = linear(image)\n"
                                                          "    x = linear(x)\n"));
}

TEST(KerasTest, ALayerOfTwoBlocksIsMadeAroundThemAndGivenToThem) {
  KerasNet net;
  const LayerPtr linear = net.linear(4, 4);
  Value x = net.x;
  for (int i = 0; i < 2; ++i) net.block("half", [&] { x = net.transform("relu", {net.apply(linear, {x})}); });
  const std::string code = net.code(x);
  EXPECT_THAT(code, HasSubstr("def half(x, linear):\n    x = linear(x)\n"));
  EXPECT_THAT(code, HasSubstr("    linear = layers.Dense(4, name=\"half-linear\")\n"
                              "    x = half(image, linear)\n    x = half(x, linear)\n"));
}

TEST(KerasTest, ALinearLayerWithAnEmbeddingsWeightReadsItsTable) {
  KerasNet net({Dim::symbol("N"), 7}, DType::int64);
  const LayerPtr embedding = net.layer("Embedding", {{"num_embeddings", 9_i}, {"embedding_dim", 4_i}});
  const LayerPtr linear = net.layer("Linear", {{"in_features", 4_i}, {"out_features", 9_i}, {"bias", false}});
  const Value x = net.apply(embedding, {net.x});
  linear->tie("weight", embedding->parameter("weight"));
  const std::string code = net.code(net.apply(linear, {x}));
  EXPECT_THAT(code, HasSubstr("    image = keras.Input((7,), dtype=\"int64\", name=\"image\")\n"
                              "    embedding = layers.Embedding(9, 4, name=\"embedding\")\n"
                              "    x = embedding(image)\n"
                              "    x = TiedLinear(embedding)(x)\n"));
}

TEST(KerasTest, OptionsAreKerasOwn) {
  KerasNet net(images(4, 9));
  Value x = net.apply("BatchNorm2d", {{"num_features", 4_i}, {"momentum", 0.25}, {"eps", 1e-3}}, {net.x});
  x = net.transform("leaky_relu", {x});
  x = net.apply("GELU", {}, {x});
  const std::string code = net.code(net.apply("Dropout", {{"p", 0.2}}, {x}));
  EXPECT_THAT(code, HasSubstr("batch_norm(image, momentum=0.75, epsilon=0.001, name=\"batch_norm2d\")"));
  EXPECT_THAT(code, HasSubstr("ops.leaky_relu(x, negative_slope=0.01)"));
  EXPECT_THAT(code, HasSubstr("ops.gelu(x, approximate=False)"));
  EXPECT_THAT(code, HasSubstr("layers.Dropout(0.2)(x)"));
}

TEST(KerasTest, WindowsThatReachOverTheBorderGetMoreOfIt) {
  KerasNet net(images(2, 6));
  const Value x = net.apply(
      "MaxPool2d", {{"kernel_size", 3_i}, {"stride", 2_i}, {"padding", 1_i}, {"ceil_mode", true}}, {net.x});
  EXPECT_THAT(net.code(x), HasSubstr("max_pool(image, 3, strides=2, padding=((1, 2), (1, 2)))"));
}

TEST(KerasTest, AveragesOverTheBorderAreRefused) {
  KerasNet net(images(2, 6));
  const Value x =
      net.apply("AvgPool2d", {{"kernel_size", 3_i}, {"stride", 2_i}, {"ceil_mode", true}}, {net.x});
  EXPECT_THAT(net.fault(x), HasSubstr("avg_pool2d (AvgPool2d, digits.lua:4): ceil_mode"));
}

TEST(KerasTest, OneSizeMayBeLeftToTheData) {
  KerasNet net({Dim::symbol("N"), Dim::symbol("T"), 6});
  const Value x = net.transform("unflatten", {net.x}, {{"dim", 2_i}, {"sizes", Shape{2, 3}}});
  EXPECT_THAT(net.code(x), HasSubstr("layers.Reshape((-1, 2, 3))(image)"));
}

TEST(KerasTest, SeveralSizesOfTheDataAreRefused) {
  KerasNet net({Dim::symbol("N"), Dim::symbol("T"), 6});
  const Value x =
      net.transform("reshape", {net.x}, {{"shape", Shape{Dim::symbol("T"), Dim::symbol("N"), 6}}});
  EXPECT_THAT(net.fault(x), HasSubstr("several sizes that only the data tell"));
}

TEST(KerasTest, APersonsOwnTensorIsALayer) {
  KerasNet net;
  auto tensor = std::make_shared<Parameter>();
  tensor->name = "scale";
  tensor->shape = {4};
  const Value scale = net.graph.constant(tensor, net.next_line(), "scale");
  const std::string code = net.code(net.transform("mul", {net.x, scale}));
  EXPECT_THAT(code, HasSubstr("class Parameter(layers.Layer):"));
  EXPECT_THAT(code, HasSubstr("scale = Parameter((4,), name=\"scale\")(image)"));
  EXPECT_THAT(code, HasSubstr("            trainable=self.trainable,\n"));
  EXPECT_THAT(code, HasSubstr("layer.tensor.assign(tensors[key])"));
}

TEST(KerasTest, AnInputThatIsCalledAsWhatFlowsIsKept) {
  Builder b;
  const Value x = b.graph.input({{{"x", {{Dim::symbol("N"), 4}, DType::float32}, false}}, {}, "{}"})[0];
  b.graph.use({Use::Kind::output, b.transform("relu", {x}), "y"});
  const std::string code = keras_code(b.graph);
  EXPECT_THAT(code, HasSubstr("    input_x = x = keras.Input((4,), name=\"x\")\n"));
  EXPECT_THAT(code, HasSubstr("    x = ops.relu(x)\n    return keras.Model(input_x, x, name=\"digits\")\n"));
}

TEST(KerasTest, ABlockThatOnlyMakesATensorIsNoFunction) {
  KerasNet net;
  Value table;
  net.block("positions", [&] {
    auto tensor = std::make_shared<Parameter>();
    tensor->shape = {4};
    table = net.graph.constant(tensor, net.next_line(), "weight");
  });
  EXPECT_THAT(net.code(net.transform("add", {net.x, table})),
              HasSubstr("    weight = Parameter((4,), name=\"positions-weight\")(image)\n"));
}

TEST(KerasTest, NamesThatKerasWouldNotTakeAreKeptBesideTheirKeys) {
  KerasNet net;
  Value x = net.x;
  net.block("a-b", [&] { x = net.apply(net.linear(4, 4), {x}); });
  net.block("a_b", [&] { x = net.apply(net.linear(4, 4), {x}); });
  const std::string code = net.code(x);
  EXPECT_THAT(code, HasSubstr("a_b(image, name=\"a_b\")"));
  EXPECT_THAT(code, HasSubstr("a_b(x, name=\"a_b_2\")"));
  EXPECT_THAT(code, HasSubstr("KEYS = {\n    \"a_b.linear\": \"a-b.linear\",\n"
                              "    \"a_b_2.linear\": \"a_b.linear\",\n}\n"));
  EXPECT_THAT(code, HasSubstr("        key = KEYS.get(key, key)\n"));
}

TEST(KerasTest, ANameOfKerasOwnOperationsIsNoLayers) {
  KerasNet net;
  const LayerPtr linear = net.linear(4, 4);
  linear->name_by_user("relu");
  const std::string code = net.code(net.transform("relu", {net.apply(linear, {net.x})}));
  EXPECT_THAT(code, HasSubstr("layers.Dense(4, name=\"relu_layer\")"));
  EXPECT_THAT(code, HasSubstr("    \"relu_layer\": \"relu\",\n"));
}

TEST(KerasTest, ABlocksNameIsNeverCode) {
  KerasNet net;
  Value x = net.x;
  for (int i = 0; i < 2; ++i) net.block("\"]; import os #", [&] { x = net.apply(net.linear(4, 4), {x}); });
  const std::string code = net.code(x);
  EXPECT_THAT(code, HasSubstr("def import_os(x, name):"));
  EXPECT_THAT(code, Not(HasSubstr("\nimport os")));
  EXPECT_THAT(code, HasSubstr(R"("\"]; import os #.linear")"));
}

TEST(KerasTest, AFunctionHasNoNameOfTheFilesOwnWords) {
  KerasNet net;
  Value x = net.x;
  for (int i = 0; i < 2; ++i) net.block("layers", [&] { x = net.apply(net.linear(4, 4), {x}); });
  EXPECT_THAT(net.code(x), HasSubstr("def layers_2(x, name):"));
}

TEST(KerasTest, WhatKerasCannotSayIsToldAllAtOnce) {
  KerasNet net;
  Value x = net.transform("exponential", {net.transform("exponential", {net.x})});
  x = net.transform("var", {x}, {{"dim", std::vector<std::int64_t>{1}}});
  const std::string fault = net.fault(x);
  EXPECT_THAT(fault, HasSubstr("exponential (exponential, digits.lua:3): Keras has nothing that does it"));
  EXPECT_THAT(fault, HasSubstr("exponential_2 (exponential, digits.lua:4): "));
  EXPECT_THAT(fault, HasSubstr("var (var, digits.lua:5): a correction other than 0"));
}

TEST(KerasTest, ASliceOfTheFirstDimensionIsOneOfSeveral) {
  KerasNet net({4, 6});
  const Value part = net.transform("slice", {net.x}, {{"dim", 0_i}, {"start", 1_i}});
  EXPECT_THAT(net.code(part), HasSubstr("image[1:, ...]"));
  KerasNet other;
  EXPECT_THAT(other.code(other.transform("slice", {other.x}, {{"dim", 1_i}, {"start", 1_i}})),
              HasSubstr("image[:, 1:]"));
}

TEST(KerasTest, WhatDropsInEvaluationTooIsRefused) {
  KerasNet net;
  EXPECT_THAT(net.fault(net.transform("dropout", {net.x})),
              HasSubstr("it drops elements in evaluation, too"));
  KerasNet other;
  EXPECT_THAT(other.code(other.apply("Dropout", {}, {other.x})), HasSubstr("layers.Dropout(0.5)"));
}

TEST(KerasTest, TheTablesKnowNoOperationThatIsNone) {
  for (const std::string& name : keras_operations()) EXPECT_TRUE(operations().find(name)) << name;
}

}  // namespace
}  // namespace orrery
