#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph/loop_builder.h"

namespace orrery {
namespace {

using testing::HasSubstr;

struct Sequence : SequenceBuilder {
  Value constant(Shape shape, DType dtype = DType::float32) {
    auto tensor = std::make_shared<Parameter>();
    tensor->shape = std::move(shape);
    tensor->dtype = dtype;
    tensor->trainable = false;
    return graph.constant(tensor, next_line());
  }
  Value drawn(Shape shape) { return transform("randn", {}, {{"size", std::move(shape)}}); }
};

template <class Action>
Finding refusal(Action&& action) {
  const auto findings = findings_of(action);
  EXPECT_EQ(findings.size(), 1U);
  return findings.empty() ? Finding() : findings[0];
}

TEST(LoopOperationsTest, AreFoundByNameAndNotListed) {
  EXPECT_EQ(operations().get("scan_begin").loop, Descriptor::LoopEnd::begin);
  EXPECT_EQ(operations().get("scan_end").loop, Descriptor::LoopEnd::end);
  EXPECT_TRUE(std::ranges::none_of(operations().all(), [](const auto& operation) {
    return operation->loop != Descriptor::LoopEnd::none;
  }));
}

TEST(LoopOperationsTest, GiveACarryASliceAndStacks) {
  Sequence net;
  const Value numbers = net.transform("to", {net.drawn({Dim::symbol("N"), 2, 3})}, {{"dtype", DType::int64}});
  LoopBuilder loop(net, {net.h, net.x, numbers});
  EXPECT_EQ(loop.begun[0].type(), (TensorType{{Dim::symbol("N")}, DType::int64}));
  EXPECT_EQ(loop[0].type(), net.h.type());
  EXPECT_EQ(loop[1].type(), (TensorType{{Dim(4)}, DType::float32}));
  EXPECT_EQ(loop[2].type(), (TensorType{{Dim(2), 3}, DType::int64}));
  const auto outputs = loop.end({loop[0], loop[2], net.transform("sum", {loop[1]})});
  ASSERT_EQ(outputs.size(), 3U);
  EXPECT_EQ(outputs[0].type(), net.h.type());
  EXPECT_EQ(outputs[1].type(), numbers.type());
  EXPECT_EQ(outputs[2].type(), (TensorType{{Dim::symbol("N")}, DType::float32}));
}

TEST(LoopOperationsTest, ACarryMayBeMissing) {
  Sequence net;
  LoopBuilder loop(net, {net.x}, 0);
  EXPECT_EQ(loop.end({loop[0]})[0].type(), net.x.type());
}

TEST(LoopOperationsTest, WhatIsLoopedOverHasAFirstDimensionOfOneLength) {
  Sequence net;
  const Value scalar = net.constant({}), other = net.drawn({net.graph.new_symbol("M"), 4});
  const Finding rank = refusal([&] { LoopBuilder(net, {net.h, scalar}); });
  EXPECT_EQ(rank.code, "shape-mismatch");
  EXPECT_THAT(rank.message, HasSubstr("scan/begin (scan_begin) expects values with a first dimension to loop "
                                      "over, got a scalar from constant (digits.lua:4)"));
  const Finding length = refusal([&] {
    LoopBuilder(net, {net.h, net.constant({Dim(3), 4}), net.constant({Dim(5)})});
  });
  EXPECT_THAT(length.message, HasSubstr("expects values of 3 steps, as the first has, got shape (5)"));
  LoopBuilder loop(net, {net.h, net.x, other});
  ASSERT_EQ(loop.begun[0].node->guards().size(), 1U);
  EXPECT_THAT(loop.begun[0].node->guards()[0].otherwise.expected, HasSubstr("values of N steps"));
}

TEST(LoopOperationsTest, ACarryStaysAsItBegan) {
  Sequence net;
  LoopBuilder loop(net, {net.h, net.h, net.x}, 2);
  const std::vector<Attributes::Entry> names = {{"names", std::string("c,cell.h")}};
  const Value wide = net.transform("cat", {loop[1], loop[2]});
  const int line = net.line;
  const Finding shape = refusal([&] { loop.end({loop[0], wide}, names); });
  EXPECT_EQ(shape.code, "shape-mismatch");
  EXPECT_EQ(shape.site.line, line + 1);
  EXPECT_THAT(
      shape.message,
      HasSubstr(fmt::format("scan/end (scan_end) expects its carry 'cell.h' to stay (4) float32, got (8) "
                            "float32 from scan/cat (digits.lua:{})",
                            line)));
  EXPECT_THAT(shape.remedy, HasSubstr("Begin with the shape"));
  const Value whole = net.transform("to", {loop[0]}, {{"dtype", DType::int64}});
  const Finding dtype = refusal([&] { loop.end({whole, loop[1]}, names); });
  EXPECT_EQ(dtype.code, "dtype-mismatch");
  EXPECT_THAT(dtype.message, HasSubstr("its carry 'c' to stay (4) float32, got (4) int64"));
  const Value row = net.transform("unsqueeze", {loop[0]}, {{"dim", std::int64_t{0}}});
  EXPECT_THAT(refusal([&] {
                loop.end({loop[0], row});
              }).message,
              HasSubstr("expects its carry to stay (4) float32, got (1, 4) float32"));
}

TEST(LoopOperationsTest, ACarryOfASizeThatOnlyTheBatchTellsIsGuarded) {
  Sequence net;
  LoopBuilder loop(net, {net.constant({Dim(6), 4}), net.x});
  const auto outputs = loop.end({net.x});
  ASSERT_EQ(outputs[0].node->guards().size(), 1U);
  EXPECT_EQ(outputs[0].shape(), (Shape{Dim(6), 4}));
}

TEST(LoopOperationsTest, MoreCarriesThanValuesAreRefused) {
  Sequence net;
  const Finding begin = refusal([&] { LoopBuilder(net, {net.h}, 1); });
  EXPECT_EQ(begin.code, "option-mismatch");
  EXPECT_THAT(begin.message, HasSubstr("expects at most 0 carries, got 1"));
}

}  // namespace
}  // namespace orrery
