#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/execution/lowered_plan.h"
#include "tests/engine/execution/two_engines.h"

namespace orrery {
namespace {

using Options = std::vector<Attributes::Entry>;
using Sizes = std::vector<std::int64_t>;

constexpr std::int64_t kChannels = 4;

// Maps `x` (N, 4, …).
struct MapsBuilder : Builder {
  MapsBuilder(DType dtype, const Sizes& map) : Builder("maps"), type(dtype), sizes(map) {
    Shape shape = {Dim::symbol("N"), kChannels};
    for (const std::int64_t size : map) shape.push_back(size);
    x = graph.input({{{"x", {shape, dtype}, false}}, {}, "{}"}, next_line())[0];
  }

  LayerPtr typed(const std::string& kind, Options options) {
    options.push_back({"dtype", type});
    return layer(kind, options);
  }
  Value conv(const std::string& kind, const Value& value, std::int64_t out, Options options) {
    options.push_back({"in_channels", value.shape()[1].value()});
    options.push_back({"out_channels", out});
    return apply(typed(kind, options), {value});
  }
  // A convolution of one place, so that a gradient of what comes next is asked for.
  Value mixed(const Value& value) {
    return conv("Conv" + std::to_string(sizes.size()) + "d", value, kChannels,
                {{"kernel_size", std::int64_t{1}}, {"bias", false}});
  }
  LayerPtr norm(const std::string& kind, Options options = {}) {
    options.push_back({"num_features", kChannels});
    return typed(kind, options);
  }
  Value relu(const Value& value) { return transform("relu", {value}); }
  Value add(const Value& one, const Value& other) { return transform("add", {one, other}); }
  Value loss(const Value& value) { return transform("mean", {transform("sin", {value})}); }

  Batch maps(std::int64_t count, double shift = 0.3) const {
    Sizes shape = {count, kChannels};
    shape.insert(shape.end(), sizes.begin(), sizes.end());
    const at::Tensor numbers = (at::arange(c10::multiply_integers(shape), at::kDouble) * 0.7 + shift).sin();
    return {{"x", (numbers * 2 + shift).view(shape).to(scalar_type(type))}};
  }

  DType type;
  Sizes sizes;
  Value x;
};

// Kinds of nodes that a batch of that size leaves to ATen.
std::vector<std::string> left_to_aten(Graph& graph, const Value& loss, std::int64_t count) {
  graph.finalize();
  const Plan plan = make_plan({loss}, true);
  const LoweredPlan lowered(plan, {{"N", count}}, {});
  std::vector<std::string> kinds;
  for (size_t i = 0; i < plan.steps.size(); ++i)
    if (plan.steps[i].kernel && !lowered.of_step(i)) kinds.push_back(plan.steps[i].node->descriptor()->name);
  return kinds;
}

// In both precisions, several steps; the sine and its mean are ATen's, and nothing else.
template <class Build>
void expect_maps_alike(const Sizes& map, const Build& build, const Sizes& batches = {5, 2, 5, 3}) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    SCOPED_TRACE(name(dtype));
    MapsBuilder b(dtype, map);
    const Value loss = b.loss(build(b));
    TwoEngines two(b, {{loss, trained_of(b.graph)}});
    EXPECT_THAT(left_to_aten(b.graph, loss, batches[0]), testing::ElementsAre("sin"));
    for (const std::int64_t size : batches)
      two.expect_alike(b.maps(size), dtype == DType::float64 ? 1e-11 : 2e-5);
  }
}

struct NormCase {
  const char* kind;
  Sizes map;
};
const NormCase kNorms[] = {
    {"BatchNorm1d", {}}, {"BatchNorm1d", {3}}, {"BatchNorm2d", {3, 5}}, {"BatchNorm3d", {2, 3, 2}}};

Value before_norm(MapsBuilder& b) {
  if (!b.sizes.empty()) return b.mixed(b.x);
  return b.apply(b.typed("Linear", {{"in_features", kChannels}, {"out_features", kChannels}}), {b.x});
}

TEST(SegmentMapsTest, BatchNormIsAlikeWithAndWithoutReluBehind) {
  for (const NormCase& norm : kNorms)
    for (const bool relu : {false, true}) {
      SCOPED_TRACE(std::string(norm.kind) + (relu ? " relu" : ""));
      expect_maps_alike(norm.map, [&](MapsBuilder& b) {
        const Value y = b.apply(b.norm(norm.kind), {before_norm(b)});
        return relu ? b.relu(y) : y;
      });
    }
}

TEST(SegmentMapsTest, BatchNormsOptionsAreAlike) {
  const Options all[] = {{{"affine", false}},
                         {{"track_running_stats", false}},
                         {{"momentum", "cumulative"}},
                         {{"momentum", 0.7}, {"eps", 0.01}}};
  for (const Options& options : all) {
    SCOPED_TRACE(options[0].name);
    expect_maps_alike({3, 5}, [&](MapsBuilder& b) {
      return b.relu(b.apply(b.norm("BatchNorm2d", options), {b.mixed(b.x)}));
    });
  }
}

// What a layer left in evaluation does while the rest trains.
TEST(SegmentMapsTest, BatchNormByItsRunningStatisticsIsAlike) {
  for (const bool tracks : {true, false})
    expect_maps_alike({3, 5}, [&](MapsBuilder& b) {
      const LayerPtr still = b.norm("BatchNorm2d", {{"track_running_stats", tracks}});
      still->set_training(false);
      if (tracks) {
        Engine& engine = Engine::of(b.runtime);
        const at::TensorOptions options(scalar_type(b.type));
        engine.assign(still->parameter("running_mean"), at::arange(kChannels, options) * 0.3);
        engine.assign(still->parameter("running_var"), at::arange(kChannels, options) + 0.5);
      }
      return b.relu(b.apply(b.norm("BatchNorm2d"), {b.apply(still, {b.mixed(b.x)})}));
    });
}

TEST(SegmentMapsTest, AFrozenBatchNormIsAlike) {
  for (const Sizes& frozen : {Sizes{1, 0}, {0, 1}, {1, 1}})
    expect_maps_alike({3, 5}, [&](MapsBuilder& b) {
      const LayerPtr norm = b.norm("BatchNorm2d");
      if (frozen[0]) norm->parameter("weight")->trainable = false;
      if (frozen[1]) norm->parameter("bias")->trainable = false;
      return b.relu(b.apply(norm, {b.mixed(b.x)}));
    });
}

TEST(SegmentMapsTest, ABatchNormThatIsUsedTwiceIsAlike) {
  expect_maps_alike({3, 5}, [&](MapsBuilder& b) {
    const LayerPtr norm = b.norm("BatchNorm2d");
    const Value h = b.mixed(b.x);
    return b.add(b.apply(norm, {b.relu(b.apply(norm, {h}))}), h);
  });
}

// Buffers of a graph, cloned.
std::vector<at::Tensor> buffers_of(MapsBuilder& b) {
  std::vector<at::Tensor> all;
  for (const Graph::Entry& entry : b.graph.state())
    if (entry.parameter->buffer) all.push_back(Engine::of(b.runtime).tensor(entry.parameter).clone());
  return all;
}
void set_buffers(MapsBuilder& b, const std::vector<at::Tensor>& values) {
  size_t next = 0;
  for (const Graph::Entry& entry : b.graph.state())
    if (entry.parameter->buffer) Engine::of(b.runtime).assign(entry.parameter, values[next++]);
}

TEST(SegmentMapsTest, RunningStatisticsAreAlikeOverSteps) {
  for (const Options& options : {Options{}, Options{{"momentum", "cumulative"}}})
    for (const DType dtype : {DType::float32, DType::float64}) {
      MapsBuilder b(dtype, {3, 5});
      const LayerPtr norm = b.norm("BatchNorm2d", options);
      const Value y = b.apply(norm, {b.relu(b.apply(norm, {b.mixed(b.x)}))});
      TwoEngines two(b, {{b.loss(y), trained_of(b.graph)}}, {y});
      const std::vector<at::Tensor> first = buffers_of(b);
      const auto run = [&](Executor& executor) {
        set_buffers(b, first);
        std::vector<at::Tensor> seen;
        for (const double shift : {0.3, 2.0, -1.0}) {
          executor.forward(b.maps(4, shift), {.training = true, .gradients = false});
          for (const at::Tensor& buffer : buffers_of(b)) seen.push_back(buffer);
          seen.push_back(executor.forward(b.maps(4, shift), kEvaluate)[1].clone());
        }
        return seen;
      };
      const std::vector<at::Tensor> planned = run(two.planning), recorded = run(two.recording);
      ASSERT_EQ(planned.size(), recorded.size());
      ASSERT_EQ(planned.size(), 3 * (3 + 1));
      for (size_t i = 0; i < planned.size(); ++i)
        TwoEngines::expect_near(planned[i], recorded[i], dtype == DType::float64 ? 1e-12 : 1e-5,
                                std::to_string(i));
    }
}

TEST(SegmentMapsTest, TrainingAndEvaluationTakeTurns) {
  MapsBuilder b(DType::float64, {3, 5});
  const Value y = b.relu(b.apply(b.norm("BatchNorm2d"), {b.mixed(b.x)}));
  TwoEngines two(b, {{b.loss(y), trained_of(b.graph)}}, {y});
  for (int round = 0; round < 3; ++round) {
    two.expect_alike(b.maps(4), 1e-11);
    const at::Tensor planned = two.planning.forward(b.maps(4), kEvaluate)[1].clone();
    const at::Tensor recorded = two.recording.forward(b.maps(4), kEvaluate)[1];
    TwoEngines::expect_near(planned, recorded, 1e-12, "in evaluation");
  }
}

TEST(SegmentMapsTest, OneValueOfAChannelIsRefusedInTheWordsOfTheOperation) {
  MapsBuilder b(DType::float32, {});
  const Value y = b.apply(b.norm("BatchNorm1d"), {before_norm(b)});
  TwoEngines two(b, {{b.loss(y), trained_of(b.graph)}});
  two.expect_alike(b.maps(2));
  EXPECT_THAT([&] { two.planned(b.maps(1)); },
              testing::Throws<Error>(testing::Property(
                  &Error::message, testing::HasSubstr("more than one value per channel while training"))));
  two.expect_alike(b.maps(2));
}

struct ConvCase {
  const char* kind;
  Sizes map;
  Options options;
};

Options window(std::int64_t kernel, std::int64_t stride = 1, std::int64_t padding = 0,
               std::int64_t dilation = 1) {
  return {{"kernel_size", kernel}, {"stride", stride}, {"padding", padding}, {"dilation", dilation}};
}

const ConvCase kConvolutions[] = {
    {"Conv2d", {8, 9}, window(1)},
    {"Conv2d", {5, 3}, window(1)},
    {"Conv2d", {8, 9}, window(1, 2)},
    {"Conv2d", {1, 1}, window(1)},
    {"Conv2d", {1, 1}, window(3, 1, 1)},
    {"Conv2d", {2, 2}, window(3, 1, 1)},
    {"Conv2d", {2, 2}, window(3, 2, 1)},
    {"Conv2d", {5, 4}, {{"kernel_size", Sizes{5, 4}}}},
    {"Conv2d", {2, 2}, window(5, 1, 2)},
    {"Conv1d", {70}, window(1)},
    {"Conv1d", {7}, window(1, 3)},
    {"Conv1d", {2}, window(3, 1, 1)},
    {"Conv3d", {2, 3, 4}, window(1)},
    {"Conv3d", {4, 5, 6}, window(1)},
    {"Conv2d", {2, 2}, {{"kernel_size", std::int64_t{3}}, {"padding", "same"}}},
    {"Conv2d", {3, 3}, {{"kernel_size", std::int64_t{3}}, {"padding", "valid"}}},
};

TEST(SegmentMapsTest, ConvolutionsAreAlike) {
  for (const ConvCase& c : kConvolutions)
    for (const bool more : {false, true}) {
      SCOPED_TRACE(testing::Message() << c.kind << " " << testing::PrintToString(c.map) << " " << more);
      Options options = c.options;
      options.push_back({"bias", more});
      expect_maps_alike(c.map,
                        [&](MapsBuilder& b) {
                          const Value y = b.conv(c.kind, b.mixed(b.x), 6, options);
                          return more ? b.relu(y) : y;
                        },
                        {17, 1, 16});
    }
}

// The gradient of the input is added to what others have left.
TEST(SegmentMapsTest, AConvolutionWhoseInputIsReadTwiceIsAlike) {
  for (const Sizes& map : {Sizes{8, 9}, {4, 4}, {2, 2}})
    expect_maps_alike(map,
                      [&](MapsBuilder& b) {
                        const Value h = b.mixed(b.x);
                        const Options options = map[0] == 2 ? window(3, 1, 1) : window(1);
                        return b.relu(b.add(h, b.relu(b.conv("Conv2d", h, kChannels, options))));
                      },
                      {16, 17});
}

TEST(SegmentMapsTest, AConvolutionThatIsUsedTwiceOrFrozenIsAlike) {
  for (const Sizes& map : {Sizes{8, 9}, {4, 4}, {2, 2}})
    for (const char* frozen : {"", "weight", "bias"})
      expect_maps_alike(
          map,
          [&](MapsBuilder& b) {
            Options options = map[0] == 2 ? window(3, 1, 1) : window(1);
            options.insert(options.end(), {{"in_channels", kChannels}, {"out_channels", kChannels}});
            const LayerPtr conv = b.typed("Conv2d", options);
            if (*frozen) conv->parameter(frozen)->trainable = false;
            return b.apply(conv, {b.relu(b.apply(conv, {b.mixed(b.x)}))});
          },
          {16, 17});
}

TEST(SegmentMapsTest, ConvolutionsThatATenDoesBetterAreLeftToIt) {
  const ConvCase left[] = {
      {"Conv2d", {8, 8}, window(3, 1, 1)},
      {"Conv2d", {4, 4}, window(3, 1, 1)},
      {"Conv2d", {4, 4}, window(2, 2)},
      {"Conv2d", {8, 9}, window(1, 1, 1)},
      {"Conv3d", {2, 2, 2}, window(3, 1, 1)},
      {"Conv2d", {1, 1}, {{"kernel_size", std::int64_t{2}}, {"padding", "same"}}},
      {"Conv2d", {8, 8}, {{"kernel_size", std::int64_t{1}}, {"groups", std::int64_t{2}}}}};
  for (const ConvCase& c : left) {
    MapsBuilder b(DType::float32, c.map);
    const Value loss = b.loss(b.conv(c.kind, b.x, 6, c.options));
    EXPECT_EQ(left_to_aten(b.graph, loss, 32)[0], c.kind) << testing::PrintToString(c.map);
  }
  MapsBuilder b(DType::float32, {2, 2});
  const Value loss = b.loss(b.conv("Conv2d", b.x, 6, window(3, 1, 1)));
  EXPECT_EQ(left_to_aten(b.graph, loss, 15)[0], "Conv2d");
  EXPECT_EQ(left_to_aten(b.graph, loss, 16)[0], "sin");
}

struct PoolCase {
  const char* kind;
  Options options;
};

const PoolCase kPools[] = {
    {"MaxPool2d",
     {{"kernel_size", std::int64_t{3}}, {"stride", std::int64_t{2}}, {"padding", std::int64_t{1}}}},
    {"MaxPool2d", {{"kernel_size", std::int64_t{2}}}},
    {"MaxPool2d", {{"kernel_size", std::int64_t{2}}, {"ceil_mode", true}}},
    {"MaxPool2d", {{"kernel_size", Sizes{3, 2}}, {"stride", Sizes{1, 3}}, {"dilation", Sizes{2, 1}}}},
    {"AvgPool2d", {{"kernel_size", std::int64_t{2}}}},
    {"AvgPool2d",
     {{"kernel_size", std::int64_t{3}},
      {"stride", std::int64_t{2}},
      {"padding", std::int64_t{1}},
      {"ceil_mode", true},
      {"count_include_pad", false}}},
    {"AvgPool2d",
     {{"kernel_size", std::int64_t{3}}, {"padding", std::int64_t{1}}, {"divisor_override", std::int64_t{4}}}},
    {"AdaptiveAvgPool2d", {{"output_size", std::int64_t{1}}}},
    {"AdaptiveAvgPool2d", {{"output_size", Sizes{3, 4}}}},
};

TEST(SegmentMapsTest, PoolsAreAlikeAlsoWithReluBeforeAndOtherReaders) {
  for (const PoolCase& pool : kPools)
    for (const int form : {0, 1, 2}) {
      SCOPED_TRACE(testing::Message() << pool.kind << " " << form);
      expect_maps_alike({8, 9}, [&](MapsBuilder& b) {
        const Value h = b.mixed(b.x), r = form == 0 ? h : b.relu(h);
        const Value y = b.apply(pool.kind, pool.options, {r});
        return form < 2 ? y : b.add(y, b.apply(pool.kind, pool.options, {r}));
      });
    }
}

TEST(SegmentMapsTest, ReluBehindASumIsAlikeWhoeverReadsTheTerms) {
  const auto sum = [](MapsBuilder& b, const Value& one, const Value& other) {
    return b.relu(b.add(one, other));
  };
  expect_maps_alike({8, 9}, [&](MapsBuilder& b) { return sum(b, b.mixed(b.x), b.mixed(b.x)); });
  expect_maps_alike({8, 9}, [&](MapsBuilder& b) { return sum(b, b.mixed(b.x), b.x); });
  expect_maps_alike({8, 9}, [&](MapsBuilder& b) { return sum(b, b.x, b.mixed(b.x)); });
  expect_maps_alike({8, 9}, [&](MapsBuilder& b) {
    const Value h = b.mixed(b.x);
    return sum(b, h, h);
  });
  expect_maps_alike({8, 9}, [&](MapsBuilder& b) {
    const Value h = b.mixed(b.x), k = b.mixed(b.x);
    return b.add(b.add(sum(b, h, k), h), k);
  });
  expect_maps_alike({8, 9}, [&](MapsBuilder& b) {
    const Value h = b.mixed(b.x), k = b.mixed(b.x);
    return b.add(sum(b, h, k), k);
  });
}

// The end of a ResNet: a block that halves, one that keeps its size, the mean of the maps.
TEST(SegmentMapsTest, AResidualNetIsAlikeOverSteps) {
  expect_maps_alike(
      {2, 2},
      [](MapsBuilder& b) {
        const auto block = [&](const Value& x, std::int64_t stride) {
          const Value h =
              b.relu(b.apply(b.norm("BatchNorm2d"), {b.conv("Conv2d", x, kChannels, window(3, stride, 1))}));
          const Value y = b.apply(b.norm("BatchNorm2d"), {b.conv("Conv2d", h, kChannels, window(3, 1, 1))});
          const Value past = stride == 1 ? x
                                         : b.apply(b.norm("BatchNorm2d"),
                                                   {b.conv("Conv2d", x, kChannels, window(1, stride))});
          return b.relu(b.add(y, past));
        };
        const Value maps = block(block(b.x, 1), 2);
        return b.apply("AdaptiveAvgPool2d", {{"output_size", std::int64_t{1}}}, {maps});
      },
      {16, 20, 16, 17});
}

}  // namespace
}  // namespace orrery
