// What transformers are made of, against autograd.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/engine/execution/steps_builder.h"

namespace orrery {
namespace {

Value attended(StepsBuilder& b, std::int64_t length, std::int64_t width, const Options& options) {
  const Value all = b.numbers({length, 3, 2, width});
  const Value heads = b.permuted(b.transform("tanh", {all}), {2, 0, 3, 1, 4});
  const Value seen =
      b.attention({b.selected(heads, 0, 0), b.selected(heads, 0, 1), b.selected(heads, 0, 2)}, options);
  return b.transform("flatten", {b.transposed(seen, 1, 2)}, {{"start_dim", std::int64_t{2}}});
}

TEST(SegmentAttentionTest, AttentionOfPartsOfOneLayerIsAlike) {
  for (const bool causal : {false, true})
    for (const auto& [length, width] :
         std::vector<std::pair<std::int64_t, std::int64_t>>{{3, 4}, {1, 2}, {70, 3}, {5, 1}}) {
      SCOPED_TRACE(testing::Message() << causal << length);
      expect_step_alike([&](StepsBuilder& b, std::vector<Value>&) {
        const Value seen = attended(b, length, width, {{"is_causal", causal}});
        return b.loss_of(b.linear(2 * width, 5, seen));
      });
    }
}

TEST(SegmentAttentionTest, AttentionThatIsScaledIsAlike) {
  expect_step_alike([](StepsBuilder& b, std::vector<Value>&) {
    return b.loss_of(attended(b, 3, 4, {{"scale", 0.3}}));
  });
}

TEST(SegmentAttentionTest, ThePartsOfAttentionAreNotCopied) {
  StepsBuilder b;
  const Value seen = b.linear(8, 5, attended(b, 3, 4, {}));
  const Plan plan = make_plan({seen}, false);
  const LoweredPlan lowered(plan, {{"N", 16}}, {});
  const Segment* segment = lowered.of_step(1);
  ASSERT_TRUE(segment);
  EXPECT_EQ(segment->spec().steps.size(), plan.steps.size() - 1);
  const std::int64_t all = 16 * 3 * 24, result = 16 * 3 * 8, room = 16 * 2 * 3 * 3;
  EXPECT_LE(segment->buffer_bytes(), 4 * (2 * all + result + room));
}

TEST(SegmentAttentionTest, AttentionOfSeparateLayersIsAlike) {
  for (const bool turned : {false, true})
    expect_step_alike([&](StepsBuilder& b, std::vector<Value>& others) {
      std::vector<Value> parts;
      for (const std::int64_t length : {3, 5, 5}) {
        const Value part = turned ? b.transposed(b.numbers({length, 2, 4}), 1, 2) : b.numbers({2, length, 4});
        parts.push_back(part);
      }
      const Value seen = b.attention(parts);
      others = {seen};
      return b.loss_of(b.transform("tanh", {seen}));
    });
}

TEST(SegmentAttentionTest, AttentionOfAValueToItselfGathersAllGradients) {
  expect_step_alike([](StepsBuilder& b, std::vector<Value>&) {
    const Value h = b.transform("tanh", {b.numbers({3, 4})});
    return b.loss_of(b.transform("add", {b.attention({h, h, h}), h}));
  });
  expect_step_alike([](StepsBuilder& b, std::vector<Value>&) {
    const Value h = b.transposed(b.transform("tanh", {b.numbers({3, 2, 4})}), 1, 2);
    return b.loss_of(b.attention({h, h, h}));
  });
}

// The first gradient that its memory gets is that of several ports.
TEST(SegmentAttentionTest, AttentionOfAValueThatNobodyElseReadsGathersAllGradients) {
  for (const std::vector<int>& ports : {std::vector{0, 0, 0}, {0, 1, 1}, {0, 0, 1}, {0, 1, 0}})
    expect_step_alike([&](StepsBuilder& b, std::vector<Value>&) {
      std::vector<Value> h, of;
      for (int i = 0; i <= *std::ranges::max_element(ports); ++i)
        h.push_back(b.transform("tanh", {b.numbers({3, 4})}));
      for (const int port : ports) of.push_back(h[static_cast<size_t>(port)]);
      return b.loss_of(b.attention(of));
    });
}

// Windows over the same heads: what one head writes another one adds to.
TEST(SegmentAttentionTest, AttentionOfPartsThatOverlapGathersAllGradients) {
  for (int round = 0; round < 3; ++round)
    expect_step_alike([](StepsBuilder& b, std::vector<Value>&) {
      const Value h = b.transform("tanh", {b.numbers({24, 64, 8})});
      const Value query = b.narrowed(h, 1, 0, 16), key = b.narrowed(h, 1, 8, 16);
      return b.loss_of(b.attention({query, key, key}));
    });
}

TEST(SegmentAttentionTest, AttentionOfTurnedFeaturesIsAlike) {
  expect_step_alike([](StepsBuilder& b, std::vector<Value>&) {
    const Value h = b.transposed(b.transform("tanh", {b.numbers({4, 3})}), 1, 2);
    return b.loss_of(b.attention({h, h, b.numbers({3, 4})}));
  });
}

TEST(SegmentAttentionTest, AttentionWithMasksGroupsNoiseOrSpreadHeadsIsATens) {
  StepsBuilder b;
  const Value heads = b.numbers({2, 3, 4}), few = b.numbers({1, 3, 4}), mask = b.numbers({2, 3, 3});
  EXPECT_TRUE(is_lowered(b.attention({heads, heads, heads})));
  EXPECT_FALSE(is_lowered(b.attention({heads, heads, heads, mask})));
  EXPECT_FALSE(is_lowered(b.attention({heads, heads, heads}, {{"dropout_p", 0.5}})));
  EXPECT_FALSE(is_lowered(b.attention({heads, few, few}, {{"enable_gqa", true}})));
  EXPECT_FALSE(is_lowered(b.attention({heads, few, few})));
}

Value dropped(StepsBuilder& b, const Value& x, double p, bool as_layer) {
  return as_layer ? b.apply("Dropout", {{"p", p}}, {x}) : b.transform("dropout", {x}, {{"p", p}});
}

TEST(SegmentAttentionTest, DropoutDrawsTheSameNumbers) {
  for (const bool as_layer : {false, true})
    for (const double p : {0.0, 0.1, 0.5, 0.9})
      expect_operation_alike({7, 30},
                             [&](StepsBuilder& b, const Value& x) { return dropped(b, x, p, as_layer); });
}

// LibTorch draws in the order in which the numbers lie.
TEST(SegmentAttentionTest, DropoutOfWhatIsTurnedDropsTheSameNumbers) {
  for (const char* between : {"", "tanh"})
    expect_step_alike([&](StepsBuilder& b, std::vector<Value>&) {
      Value turned = b.transposed(b.numbers({5, 6}), 1, 2);
      if (*between) turned = b.transform(between, {turned});
      return b.loss_of(dropped(b, turned, 0.5, true));
    });
  expect_step_alike([](StepsBuilder& b, std::vector<Value>&) {
    const Value turned = b.transposed(b.numbers({5, 6}), 1, 2);
    return b.loss_of(b.transform("add", {turned, b.transform("randn_like", {turned})}));
  });
}

TEST(SegmentAttentionTest, DropoutThatLeavesNothingIsATens) {
  StepsBuilder b;
  EXPECT_FALSE(is_lowered(dropped(b, b.numbers({3}), 1.0, true)));
  EXPECT_FALSE(is_lowered(dropped(b, b.numbers({3}), 1.0, false)));
}

TEST(SegmentAttentionTest, DropoutPassesEverythingOnWhereItIsNotInTraining) {
  expect_step_alike([](StepsBuilder& b, std::vector<Value>& others) {
    const LayerPtr frozen = b.layer("Dropout", {{"p", 0.5}});
    frozen->set_training(false);
    const Value h = b.transform("tanh", {b.numbers({3})}), y = b.apply(frozen, {h});
    const Value off = b.transform("dropout", {y}, {{"p", 0.5}, {"training", false}});
    others = {y, off};
    return b.loss_of(b.linear(3, 2, off));
  });
}

TEST(SegmentAttentionTest, DropoutOfALayerThatChangesItsModeIsAlike) {
  StepsBuilder b;
  const LayerPtr layer = b.layer("Dropout", {{"p", 0.5}});
  TwoEngines two(b, {{b.loss_of(b.apply(layer, {b.numbers({30})})), trained_of(b.graph)}});
  for (const bool trains : {true, false, true}) {
    layer->set_training(trains);
    two.expect_alike(b.rows(4));
  }
}

TEST(SegmentAttentionTest, WordsThatAreLookedUpAreAlike) {
  for (const Options& padding :
       {Options{}, Options{{"padding_idx", std::int64_t{2}}}, Options{{"padding_idx", std::int64_t{-1}}}})
    expect_step_alike([&](StepsBuilder& b, std::vector<Value>&) {
      Options all = {
          {"num_embeddings", std::int64_t{5}}, {"embedding_dim", std::int64_t{3}}, {"dtype", b.dtype()}};
      all.insert(all.end(), padding.begin(), padding.end());
      const Value words = b.apply("Embedding", all, {b.fields[1]});
      return b.loss_of(b.transform("add", {words, b.numbers({3})}));
    });
}

TEST(SegmentAttentionTest, AWholeTransformerBlockIsOneSegment) {
  const auto block = [](StepsBuilder& b) {
    const Value x = b.numbers({3, 8});
    const auto normed = [&](const Value& value) {
      return b.apply("LayerNorm", {{"normalized_shape", Integers{8}}, {"dtype", b.dtype()}}, {value});
    };
    const Value all = b.transform("unflatten", {b.linear(8, 24, normed(x))},
                                  {{"dim", std::int64_t{2}}, {"sizes", Shape{Dim(3), Dim(2), Dim(4)}}});
    const Value heads = b.permuted(all, {2, 0, 3, 1, 4});
    const Value seen = b.attention(
        {b.selected(heads, 0, 0), b.selected(heads, 0, 1), b.selected(heads, 0, 2)}, {{"is_causal", true}});
    const Value joined = b.transform("flatten", {b.transposed(seen, 1, 2)}, {{"start_dim", std::int64_t{2}}});
    const Value y = b.transform("add", {x, dropped(b, b.linear(8, 8, joined), 0.1, true)});
    const Value h = b.transform("gelu", {b.linear(8, 16, normed(y))}, {{"approximate", std::string("tanh")}});
    return b.transform("add", {y, b.linear(16, 8, h)});
  };
  StepsBuilder b;
  const Plan plan = make_plan({block(b)}, true);
  const LoweredPlan lowered(plan, {{"N", 3}}, {});
  EXPECT_EQ(lowered.segments().size(), 1U);
  EXPECT_EQ(lowered.segments()[0]->spec().steps.size(), plan.steps.size() - 1);
  expect_step_alike([&](StepsBuilder& other, std::vector<Value>&) { return other.loss_of(block(other)); });
}

}  // namespace
}  // namespace orrery
