// Layers whose tensors are computed from others.
#include <gtest/gtest.h>

#include "runtime/core/error.h"
#include "runtime/graph/json.h"
#include "runtime/graph/structural_hash.h"
#include "tests/graph/builder.h"

namespace orrery {
namespace {

Parametrization weight_norm(std::int64_t dim = 0) {
  const ParametrizationKind& kind = operations().parametrization("weight_norm");
  return {"weight", &kind, checked_attributes(kind.attributes, {{"dim", dim}})};
}

Parametrization spectral_norm(std::string slot = "weight") {
  const ParametrizationKind& kind = operations().parametrization("spectral_norm");
  return {std::move(slot), &kind, checked_attributes(kind.attributes, {})};
}

std::vector<std::string> keys(const Graph& graph) {
  std::vector<std::string> found;
  for (const Graph::Entry& entry : graph.state()) found.push_back(entry.key);
  return found;
}

TEST(ParametrizationTest, PartsTakeThePlaceOfTheTensorBehindAllOthers) {
  Builder b;
  const LayerPtr linear = b.linear(4, 2);
  const ParameterPtr weight = linear->parameter("weight");
  b.runtime.parametrize(*linear, weight_norm());
  EXPECT_EQ(linear->slots(), (std::vector<std::string>{"bias", "parametrizations.weight.original0",
                                                       "parametrizations.weight.original1"}));
  EXPECT_EQ(linear->read_slots(), (std::vector<std::string>{"weight", "bias"}));
  EXPECT_EQ(linear->parameter("weight"), nullptr);
  EXPECT_EQ(linear->parameter("parametrizations.weight.original1"), weight);
  EXPECT_EQ(linear->parameter("parametrizations.weight.original0")->shape, (Shape{2, 1}));
}

TEST(ParametrizationTest, OneLengthBelongsToTheDimensionOrToAll) {
  Builder b;
  const auto lengths = [&](std::int64_t dim) {
    const LayerPtr conv = b.conv(3, 2);
    conv->parametrize(weight_norm(dim));
    return conv->parameter("parametrizations.weight.original0")->shape;
  };
  EXPECT_EQ(lengths(1), (Shape{1, 3, 1, 1}));
  EXPECT_EQ(lengths(-1), Shape{});
  EXPECT_THROW(lengths(4), Error);
}

TEST(ParametrizationTest, BuffersAreNotTrained) {
  Builder b;
  const LayerPtr conv = b.conv(3, 2);
  conv->parametrize(spectral_norm());
  const ParameterPtr u = conv->parameter("parametrizations.weight.0._u");
  EXPECT_TRUE(u->buffer);
  EXPECT_FALSE(u->trainable);
  EXPECT_EQ(u->shape, (Shape{2}));
  EXPECT_EQ(conv->parameter("parametrizations.weight.0._v")->shape, (Shape{27}));
}

TEST(ParametrizationTest, ASlotIsParametrizedOnceAndMustExist) {
  Builder b;
  const LayerPtr linear = b.linear(4, 2);
  linear->parametrize(weight_norm());
  EXPECT_THROW(linear->parametrize(weight_norm()), Error);
  EXPECT_NO_THROW(linear->parametrize(spectral_norm("bias")));
  EXPECT_THROW(b.linear(4, 2)->parametrize(spectral_norm("wight")), Error);
}

TEST(ParametrizationTest, TheDrawsOfThePartsFollowTheLayers) {
  Builder b;
  b.runtime.parametrize(*b.linear(4, 2), spectral_norm());
  const auto entries = b.runtime.draws.take();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(std::get<Parametrization>(entries[2]).parts.size(), 3u);
}

TEST(ParametrizationTest, AReplayedLayerKeepsTheParametrizationOfItsFirstCall) {
  Builder b;
  LayerTrace trace;
  b.runtime.push_trace(&trace);
  b.runtime.parametrize(*b.linear(4, 2), weight_norm());
  b.runtime.pop_trace();
  trace.replay = true;
  b.runtime.push_trace(&trace);
  const LayerPtr again = b.linear(4, 2);
  EXPECT_NO_THROW(b.runtime.parametrize(*again, weight_norm()));
  EXPECT_EQ(again->parametrizations().size(), 1u);
  b.runtime.pop_trace();
  EXPECT_THROW(b.runtime.parametrize(*again, weight_norm()), Error);
}

TEST(ParametrizationTest, ATiedPartIsTheOwnersTensor) {
  Builder b;
  const LayerPtr first = b.linear(4, 2), second = b.linear(4, 2);
  first->parametrize(weight_norm());
  first->tie("parametrizations.weight.original1", second->parameter("weight"));
  EXPECT_EQ(first->parametrizations()[0].parts[1], second->parameter("weight"));
}

TEST(ParametrizationTest, ComesBackFromJsonAndChangesTheHash) {
  const auto build = [](Builder& b, std::optional<Parametrization> made) {
    const LayerPtr conv = b.conv(1, 2);
    if (made) b.runtime.parametrize(*conv, *made);
    conv->set_trainable(false);
    b.apply(conv, {b.digits_input()[0]});
    return structural_hash(b.graph);
  };
  Builder plain, row, column;
  const std::string hash = build(column, weight_norm(1));
  EXPECT_NE(build(plain, {}), hash);
  EXPECT_NE(build(row, weight_norm(0)), hash);
  Runtime runtime;
  const std::string text = to_json(column.graph);
  const auto restored = graph_from_json(text, operations(), runtime, "net.json");
  EXPECT_EQ(to_json(*restored), text);
  EXPECT_EQ(structural_hash(*restored), hash);
  EXPECT_EQ(keys(*restored), keys(column.graph));
  EXPECT_EQ(keys(*restored)[1], "conv2d.parametrizations.weight.original0");
}

TEST(ParametrizationTest, AnUnknownKindIsRefusedByName) {
  try {
    operations().parametrization("weight_nrom");
    FAIL() << "an unknown kind was found";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'weight_norm'?"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace orrery
