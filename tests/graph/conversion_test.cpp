// Graphs whose parameters, inputs and constants get another dtype.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/graph/json.h"
#include "tests/graph/builder.h"

namespace orrery {
namespace {

using testing::HasSubstr;

TEST(ConversionTest, AllThatIsFloatingInAGraphIsConverted) {
  Builder b;
  const Value loss = b.digits_net();
  b.graph.convert(DType::float64);
  for (const Graph::Entry& entry : b.graph.state()) {
    EXPECT_EQ(entry.parameter->dtype, DType::float64) << entry.key;
    EXPECT_EQ(entry.parameter->made_in, DType::float32) << entry.key;
  }
  EXPECT_EQ(loss.dtype(), DType::float64);
  const Node& input = *b.graph.input_node();
  EXPECT_EQ(input.outputs()[0].dtype, DType::float64);
  EXPECT_EQ(input.outputs()[1].dtype, DType::int64);
  EXPECT_EQ(input.input_spec()->fields[0].data_dtype(), DType::float32);
  EXPECT_FALSE(input.input_spec()->fields[1].fed);
  EXPECT_TRUE(b.graph.finalize().empty());
}

TEST(ConversionTest, ShapesStay) {
  Builder one, other;
  const Value as_made = one.digits_net(), converted = other.digits_net();
  other.graph.convert(DType::bfloat16);
  EXPECT_EQ(str(as_made.shape()), str(converted.shape()));
  for (size_t i = 0; i < one.graph.nodes().size(); ++i)
    EXPECT_EQ(str(one.graph.nodes()[i]->outputs()[0].shape), str(other.graph.nodes()[i]->outputs()[0].shape));
}

TEST(ConversionTest, BackToTheDataTheInputConvertsNothing) {
  Builder b;
  b.digits_net();
  b.graph.convert(DType::float64);
  b.graph.convert(DType::float32);
  EXPECT_FALSE(b.graph.input_node()->input_spec()->fields[0].fed);
  EXPECT_EQ(b.graph.input_node()->outputs()[0].dtype, DType::float32);
}

TEST(ConversionTest, ANodeThatDoesNotFitIsNamedAndAllIsAsBefore) {
  Builder b;
  const Value image = b.digits_input()[0];
  const Value single = b.transform("to", {b.transform("flatten", {image}, {{"start_dim", std::int64_t{1}}})},
                                   {{"dtype", DType::float32}});
  const LayerPtr linear = b.linear(64, 2);
  const Value scores = b.apply(linear, {single});
  const auto findings = findings_of([&] { b.graph.convert(DType::float64); });
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, "dtype-mismatch");
  EXPECT_THAT(findings[0].message,
              HasSubstr("linear (Linear) expects an input of dtype float64, as its parameters, got float32"));
  EXPECT_EQ(findings[0].site.str(), scores.node->origin().site.str());
  EXPECT_EQ(linear->parameter("weight")->dtype, DType::float32);
  EXPECT_FALSE(linear->parameter("weight")->made_in);
  EXPECT_EQ(linear->dtype(), DType::float32);
  EXPECT_EQ(image.dtype(), DType::float32);
  EXPECT_EQ(scores.dtype(), DType::float32);
}

TEST(ConversionTest, AFinalizedGraphIsRefusedUnlessItHasTheDtype) {
  Builder b;
  b.digits_net();
  b.graph.convert(DType::float64);
  b.graph.finalize();
  b.graph.convert(DType::float64);
  const auto findings = findings_of([&] { b.graph.convert(DType::float32, b.next_line()); });
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].message, "graph 'digits' is finalized and cannot be converted to float32 any more");
  EXPECT_TRUE(findings[0].site.known());
}

TEST(ConversionTest, ALayerThatSharesAConvertedParameterIsConvertedToo) {
  Builder b;
  const Value x = b.transform("flatten", {b.digits_input()[0]}, {{"start_dim", std::int64_t{1}}});
  const LayerPtr first = b.linear(64, 64), second = b.linear(64, 64);
  second->tie("weight", first->parameter("weight"));
  const Value scores = b.apply(second, {b.apply(first, {x})});
  b.graph.convert([&](const Node& node) { return node.input_spec() || node.layer() == first; },
                  DType::float64);
  EXPECT_EQ(second->parameter("bias")->dtype, DType::float64);
  EXPECT_EQ(scores.dtype(), DType::float64);
}

TEST(ConversionTest, AGraphRemembersInJsonWhatItsDataAre) {
  Builder b;
  b.graph.use({Use::Kind::output, b.digits_net(), ""});
  b.graph.convert(DType::float64);
  Runtime runtime;
  const auto restored = graph_from_json(to_json(b.graph), operations(), runtime, "test");
  const Field& image = restored->input_node()->input_spec()->fields[0];
  EXPECT_EQ(image.type.dtype, DType::float64);
  EXPECT_EQ(image.data_dtype(), DType::float32);
  EXPECT_EQ(to_json(*restored), to_json(b.graph));
}

TEST(ConversionTest, WhatABlockWithADtypeMakesIsConvertedAsItIsMade) {
  Runtime runtime;
  LayerTrace trace;
  trace.dtype = DType::float64;
  runtime.push_trace(&trace);
  const Descriptor& linear = operations().get("Linear");
  const LayerPtr layer = runtime.make_layer(
      linear,
      checked_attributes(linear.attributes,
                         {{"in_features", std::int64_t{2}}, {"out_features", std::int64_t{1}}}),
      {});
  runtime.pop_trace();
  EXPECT_EQ(layer->dtype(), DType::float64);
  EXPECT_EQ(layer->parameter("weight")->dtype, DType::float64);
  for (const DrawLog::Entry& entry : runtime.draws.take())
    EXPECT_EQ(std::get<DrawLog::Fill>(entry).dtype, DType::float32);
}

}  // namespace
}  // namespace orrery
