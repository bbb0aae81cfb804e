#include "runtime/graph/devices.h"

#include <gtest/gtest.h>

#include "runtime/graph/invariants.h"
#include "runtime/graph/json.h"
#include "tests/graph/builder.h"

namespace orrery {
namespace {

class DevicesTest : public testing::Test {
 protected:
  DevicesTest() : image_(b_.digits_input()[0]) {}

  Value to(const std::string& device, Value value) {
    return b_.transform("to", {value}, {{"device", device}});
  }
  std::string device_of(const Value& value) const { return device_in(b_.graph, *value.node); }
  static std::string device_in(const Graph& graph, const Node& node) {
    std::vector<const Node*> order;
    for (const auto& each : graph.nodes()) order.push_back(each.get());
    const auto asked = asked_devices(order);
    const auto found = asked.find(&node);
    return found == asked.end() ? "" : found->second.device;
  }
  std::vector<Finding> found() const { return invariants::devices_agree(b_.graph); }

  Builder b_;
  Value image_;
};

TEST_F(DevicesTest, WithoutAWordEverythingFollowsTheRun) {
  EXPECT_EQ(device_of(b_.transform("relu", {image_})), "");
  EXPECT_EQ(device_of(b_.transform("to", {image_}, {{"dtype", DType::float64}})), "");
}

TEST_F(DevicesTest, AMoveTakesAlongWhatIsComputedFromIt) {
  const Value moved = to("cuda:1", image_);
  EXPECT_EQ(device_of(image_), "");
  EXPECT_EQ(device_of(moved), "cuda:1");
  const Value sum = b_.transform("add", {b_.transform("relu", {moved}), image_});
  EXPECT_EQ(device_of(sum), "cuda:1");
  EXPECT_EQ(device_of(to("cpu", sum)), "cpu");
  EXPECT_TRUE(found().empty());
}

TEST_F(DevicesTest, LayersWithParametersComputeWhereTheseAre) {
  const Value moved = to("cuda:1", image_);
  const Value fetched = b_.apply(b_.conv(1, 4), {moved});
  EXPECT_EQ(device_of(fetched), "");
  EXPECT_EQ(device_of(b_.transform("relu", {fetched})), "");
  EXPECT_EQ(device_of(b_.apply("ReLU", {}, {moved})), "cuda:1");
}

TEST_F(DevicesTest, BlocksThatArePlacedComputeWhereTheyAre) {
  const Value moved = to("cuda:1", image_);
  Block& block = b_.graph.begin_block("head", b_.next_line());
  const Value inside = b_.transform("relu", {moved});
  const Value back = to("cpu", inside);
  b_.graph.end_block();
  const Value behind = b_.transform("relu", {inside});
  EXPECT_EQ(device_of(inside), "cuda:1");
  block.set_device("cuda:2");
  EXPECT_EQ(device_of(inside), "cuda:2");
  EXPECT_EQ(device_of(back), "cpu");
  EXPECT_EQ(device_of(behind), "");
}

TEST_F(DevicesTest, TwoThatMeetAreRefused) {
  const Value one = to("cuda:0", image_), other = b_.transform("relu", {to("cuda:1", image_)});
  const Value sum = b_.transform("add", {one, other});
  b_.transform("relu", {sum});
  ASSERT_EQ(found().size(), 1u);
  EXPECT_EQ(found()[0].code, "device-mismatch");
  EXPECT_EQ(found()[0].severity, Severity::error);
  EXPECT_EQ(
      found()[0].str(),
      "digits.lua:6: add (add) expects values on one device, got cuda:0 from to (digits.lua:3) and cuda:1 "
      "from to_2 (digits.lua:4)\n  Move one of them first, x:to(\"cuda:0\"), or place the block that "
      "computes it: block:to(\"cuda:0\").");
}

TEST_F(DevicesTest, TwoMayMeetWhereItIsSaidWhere) {
  const Value one = to("cuda:0", image_), other = to("cuda:1", image_);
  Block& block = b_.graph.begin_block("head", b_.next_line());
  b_.transform("add", {one, other});
  b_.graph.end_block();
  EXPECT_EQ(found().size(), 1u);
  block.set_device("cpu");
  EXPECT_TRUE(found().empty());
}

TEST_F(DevicesTest, CudaIsTheFirstOfItsDevices) {
  b_.transform("add", {to("cuda", image_), to("cuda:0", image_)});
  EXPECT_TRUE(found().empty());
}

TEST_F(DevicesTest, AScalarCountsBesideScalarsOnly) {
  const Value scale = to("cpu", b_.transform("sum", {image_}));
  const Value other = to("cuda:1", b_.transform("sum", {image_}));
  const Value moved = to("cuda:1", image_);
  EXPECT_EQ(device_of(b_.transform("mul", {scale, moved})), "cuda:1");
  EXPECT_EQ(device_of(b_.transform("mul", {scale, scale})), "cpu");
  EXPECT_TRUE(found().empty());
  b_.transform("mul", {scale, other});
  EXPECT_EQ(found().size(), 1u);
}

TEST_F(DevicesTest, AreKeptInAFile) {
  to("cuda:1", image_);
  const auto restored = graph_from_json(to_json(b_.graph), operations(), b_.runtime, "net.json");
  EXPECT_EQ(device_in(*restored, *restored->nodes().back()), "cuda:1");
}

}  // namespace
}  // namespace orrery
