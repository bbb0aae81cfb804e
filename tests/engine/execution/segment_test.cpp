#include "runtime/engine/execution/segment.h"

#include <random>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/execution/lowered_plan.h"
#include "tests/engine/execution/two_engines.h"

namespace orrery {
namespace {

constexpr double kDoubleError = 1e-12;
using Views = std::vector<Attributes::Entry>;

const Views kOneDim = {{"start_dim", std::int64_t{0}}};

// A small graph in each precision: `build` gives the loss, and fills in the values that are asked for too.
template <class Build>
void expect_alike_in_both(const Build& build) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    SCOPED_TRACE(name(dtype));
    RowsBuilder b(dtype);
    std::vector<Value> others;
    const Value loss = build(b, others);
    TwoEngines two(b, {{loss, trained_of(b.graph)}}, others);
    for (const std::int64_t size : {5, 1, 5, 3})
      two.expect_alike(b.rows(size), dtype == DType::float64 ? kDoubleError : 1e-5);
  }
}

TEST(SegmentTest, AnActivationBehindALayerIsAlike) {
  for (const char* activation : {"relu", "tanh", "sigmoid", "silu", "gelu"}) {
    SCOPED_TRACE(activation);
    expect_alike_in_both([&](RowsBuilder& b, std::vector<Value>&) {
      return b.cross_entropy(b.linear_of(b.transform(activation, {b.linear_of(b.x)})));
    });
  }
}

// What the layer gives must be there beside what the activation makes of it.
TEST(SegmentTest, AnActivationIsNotTakenInWhereSomebodyReadsWhatLiesBefore) {
  expect_alike_in_both([](RowsBuilder& b, std::vector<Value>&) {
    const Value h = b.linear_of(b.x);
    return b.cross_entropy(b.transform("add", {b.transform("relu", {h}), h}));
  });
  expect_alike_in_both([](RowsBuilder& b, std::vector<Value>& others) {
    const Value h = b.linear_of(b.x);
    others = {h};
    return b.cross_entropy(b.transform("tanh", {h}));
  });
  expect_alike_in_both([](RowsBuilder& b, std::vector<Value>&) {
    const Value h = b.linear_of(b.x);
    const Value kept = b.transform("relu", {h});
    return b.mean_of(b.transform("mul", {kept, b.transform("cumsum", {h}, {{"dim", std::int64_t{1}}})}));
  });
}

TEST(SegmentTest, AnActivationThatIsReadTwiceIsAlike) {
  expect_alike_in_both([](RowsBuilder& b, std::vector<Value>& others) {
    const Value h = b.transform("relu", {b.linear_of(b.x)});
    others = {h};
    return b.cross_entropy(b.transform("add", {b.linear_of(h), h}));
  });
}

TEST(SegmentTest, OneActivationBehindAnotherIsAlike) {
  expect_alike_in_both([](RowsBuilder& b, std::vector<Value>&) {
    return b.cross_entropy(b.transform("tanh", {b.transform("relu", {b.linear_of(b.x)})}));
  });
}

TEST(SegmentTest, AValueThatIsReadInsideAndOutsideGathersBothGradients) {
  expect_alike_in_both([](RowsBuilder& b, std::vector<Value>&) {
    const Value h = b.transform("tanh", {b.linear_of(b.x)});
    const Value inside = b.linear_of(h), outside = b.transform("cumsum", {h}, {{"dim", std::int64_t{1}}});
    return b.mean_of(b.transform("mul", {inside, outside}));
  });
}

TEST(SegmentTest, AValueThatIsAddedToItselfGathersBothGradients) {
  expect_alike_in_both([](RowsBuilder& b, std::vector<Value>&) {
    const Value h = b.linear_of(b.x);
    return b.cross_entropy(b.transform("add", {h, h}));
  });
}

// The same memory under several names.
TEST(SegmentTest, ViewsWithinAreAlike) {
  expect_alike_in_both([](RowsBuilder& b, std::vector<Value>& others) {
    const Value h = b.transform("unsqueeze", {b.linear_of(b.x)}, {{"dim", std::int64_t{1}}});
    const Value y = b.linear_of(b.transform("relu", {h}));
    others = {h, y};
    return b.cross_entropy(b.transform("squeeze", {y}, {{"dim", std::int64_t{1}}}));
  });
  expect_alike_in_both([](RowsBuilder& b, std::vector<Value>& others) {
    const Value h = b.linear_of(b.x), flat = b.transform("flatten", {h}, kOneDim);
    others = {flat};
    const Value outside = b.mean_of(b.transform("sin", {flat}));
    const Value also = b.mean_of(b.transform("cos", {h}));
    return b.transform("add", {b.cross_entropy(b.linear_of(h)), b.transform("add", {outside, also})});
  });
}

TEST(SegmentTest, AViewOfWhatComesFromOutsideIsAlike) {
  expect_alike_in_both([](RowsBuilder& b, std::vector<Value>& others) {
    const Value h = b.transform("cumsum", {b.linear_of(b.x)}, {{"dim", std::int64_t{1}}});
    const Value viewed = b.transform("unsqueeze", {h}, {{"dim", std::int64_t{1}}});
    const Value y = b.transform("squeeze", {b.linear_of(viewed)}, {{"dim", std::int64_t{1}}});
    others = {viewed};
    return b.transform("add", {b.cross_entropy(y), b.mean_of(b.transform("sin", {viewed}))});
  });
}

TEST(SegmentTest, ATransposedInputIsAlike) {
  expect_alike_in_both([](RowsBuilder& b, std::vector<Value>&) {
    const Value square = b.transform(
        "matmul", {b.transform("transpose", {b.x}, {{"dim0", std::int64_t{0}}, {"dim1", std::int64_t{1}}}),
                   b.linear_of(b.x)});
    const Value turned =
        b.transform("transpose", {square}, {{"dim0", std::int64_t{0}}, {"dim1", std::int64_t{1}}});
    return b.mean_of(b.transform("sigmoid", {b.linear_of(turned)}));
  });
}

TEST(SegmentTest, ALayerThatIsUsedInAndOutsideOfSegmentsGathersAllGradients) {
  expect_alike_in_both([](RowsBuilder& b, std::vector<Value>&) {
    const LayerPtr shared = b.square();
    const Value h =
        b.transform("cumsum", {b.apply(shared, {b.apply(shared, {b.x})})}, {{"dim", std::int64_t{1}}});
    return b.cross_entropy(b.apply(shared, {h}));
  });
}

TEST(SegmentTest, FrozenTensorsWithinAreLeftOut) {
  for (const char* frozen : {"weight", "bias"}) {
    SCOPED_TRACE(frozen);
    expect_alike_in_both([&](RowsBuilder& b, std::vector<Value>&) {
      const LayerPtr first = b.square(), second = b.square();
      first->parameter(frozen)->trainable = false;
      for (const ParameterPtr& parameter : second->parameters()) parameter->trainable = false;
      return b.cross_entropy(b.apply(second, {b.transform("relu", {b.apply(first, {b.x})})}));
    });
  }
}

TEST(SegmentTest, LossesOfSquaresAreAlike) {
  for (const char* reduction : {"mean", "sum"}) {
    SCOPED_TRACE(reduction);
    expect_alike_in_both([&](RowsBuilder& b, std::vector<Value>&) {
      const Value h = b.linear_of(b.x);
      return b.apply("MSELoss", {{"reduction", std::string(reduction)}}, {b.linear_of(h), h});
    });
  }
}

TEST(SegmentTest, LabelsThatAreIgnoredCountForNothing) {
  expect_alike_in_both([](RowsBuilder& b, std::vector<Value>&) {
    return b.apply("CrossEntropyLoss", {{"ignore_index", std::int64_t{2}}}, {b.linear_of(b.x), b.fields[1]});
  });
}

// A graph of whatever operations, in which each value may be read again by any later one.
struct RandomGraph {
  RandomGraph(RowsBuilder& builder, unsigned seed) : b(builder), random(seed) {
    values.push_back(b.linear_of(b.x));
    layers.push_back(values.back().node->layer());
    for (int i = 0; i < 12; ++i) values.push_back(next());
    loss = b.transform("add", {b.cross_entropy(values.back()), b.mean_of(any())});
    for (int i = 0; i < 3; ++i) others.push_back(any());
    for (const Value& value : values) b.graph.use({Use::Kind::output, value, ""});
  }

  RowsBuilder& b;
  std::mt19937 random;
  std::vector<LayerPtr> layers;
  std::vector<Value> values, others;
  Value loss;

 private:
  size_t below(size_t count) { return random() % count; }
  const Value& any() { return values[below(values.size())]; }
  Value recent() { return below(3) == 0 ? any() : values.back(); }
  // Small, so that nothing grows over the many steps.
  Value next() {
    switch (below(8)) {
      case 0: return b.apply(layers[below(layers.size())], {recent()});
      case 1: return b.transform("add", {recent(), any()});
      case 2:
        return b.transform("squeeze", {b.transform("unsqueeze", {recent()}, {{"dim", std::int64_t{1}}})},
                           {{"dim", std::int64_t{1}}});
      case 3: return b.transform("sin", {recent()});
      case 4:
        return b.transform(
            "transpose",
            {b.transform("transpose", {recent()}, {{"dim0", std::int64_t{0}}, {"dim1", std::int64_t{1}}})},
            {{"dim0", std::int64_t{0}}, {"dim1", std::int64_t{1}}});
      case 5: {
        const char* const activations[] = {"relu", "tanh", "sigmoid", "silu", "gelu"};
        return b.transform(activations[below(5)], {recent()});
      }
      default: layers.push_back(b.square()); return b.apply(layers.back(), {recent()});
    }
  }
};

TEST(SegmentTest, RandomGraphsAreAlike) {
  for (unsigned seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    RowsBuilder b(DType::float64);
    RandomGraph graph(b, seed);
    TwoEngines two(b, {{graph.loss, trained_of(b.graph)}}, graph.others);
    two.expect_alike(b.rows(3), 1e-11);
    two.expect_alike(b.rows(1), 1e-11);
    if (testing::Test::HasFailure()) return;
  }
}

struct HeldNet : RowsBuilder {
  HeldNet() {
    fc = square();
    logits = apply(fc, {transform("tanh", {apply(square(), {x})})});
    loss = cross_entropy(logits);
  }
  // Other numbers than `rows` has.
  Batch others(std::int64_t count) const {
    Batch batch = rows(count);
    batch["x"] = batch["x"] * 3 + 1;
    return batch;
  }
  LayerPtr fc;
  Value logits, loss;
};

TEST(SegmentMemoryTest, GradientsAndValuesAreNotOverwrittenWhileSomebodyHoldsThem) {
  HeldNet net;
  TwoEngines two(net, {{net.loss, trained_of(net.graph)}}, {net.logits});
  const TwoEngines::Result held = two.planned(net.rows(4));
  std::vector<at::Tensor> copies, kept = held.values;
  kept.insert(kept.end(), held.gradients[0].begin(), held.gradients[0].end());
  for (const at::Tensor& tensor : kept) copies.push_back(tensor.clone());
  const at::Tensor row = held.values[1].select(0, 1), row_before = row.clone();
  for (int i = 0; i < 3; ++i) two.planned(net.others(4));
  for (size_t i = 0; i < kept.size(); ++i) EXPECT_TRUE(at::equal(kept[i], copies[i])) << i;
  EXPECT_TRUE(at::equal(row, row_before));
}

TEST(SegmentMemoryTest, AViewOfAValueKeepsItsMemoryToo) {
  HeldNet net;
  TwoEngines two(net, {{net.loss, trained_of(net.graph)}}, {net.logits});
  const at::Tensor row = two.planned(net.rows(4)).values[1].select(0, 1), before = row.clone();
  two.planned(net.others(4));
  EXPECT_TRUE(at::equal(row, before));
}

TEST(SegmentMemoryTest, NothingIsAllocatedForGradientsThatNobodyHolds) {
  HeldNet net;
  TwoEngines two(net, {{net.loss, trained_of(net.graph)}});
  const auto places = [&] {
    std::vector<const void*> found;
    const TwoEngines::Result result = two.planned(net.rows(4));
    for (const at::Tensor& gradient : result.gradients[0]) found.push_back(gradient.const_data_ptr());
    return found;
  };
  const auto second = (places(), places());
  EXPECT_EQ(places(), second);
}

// A deep net without gradients: two values at a time.
TEST(SegmentMemoryTest, BuffersWhoseLivesDoNotMeetShareTheArena) {
  RowsBuilder b;
  Value h = b.x;
  for (int i = 0; i < 20; ++i) h = b.transform("relu", {b.linear_of(h)});
  const Plan plan = make_plan({b.cross_entropy(h)}, false);
  const std::int64_t rows = 64;
  const LoweredPlan lowered(plan, {{"N", rows}}, {});
  ASSERT_TRUE(lowered.of_step(1));
  EXPECT_GT(lowered.of_step(1)->arena_bytes(), 0);
  EXPECT_LE(lowered.of_step(1)->arena_bytes(), 4 * rows * 4 * 4);
}

constexpr std::int64_t kManyRows = 256, kUnit = kManyRows * 4 * 4;

// Of the arena for a step with gradients.
std::int64_t arena_of(RowsBuilder& b, const Value& loss) {
  TwoEngines two(b, {{loss, trained_of(b.graph)}});
  two.planning.forward(b.rows(kManyRows), kTrain);
  return two.planning.tape()->lowered()->bytes();
}

Value linear_from(RowsBuilder& b, std::int64_t in, std::int64_t out, const Value& value) {
  return b.apply("Linear", {{"in_features", in}, {"out_features", out}}, {value});
}

// A value of 16 units, of which the last layer needs the gradient.
TEST(SegmentMemoryTest, TheGradientOfALayersInputTakesThePlaceOfTheInput) {
  RowsBuilder b;
  const Value wide = linear_from(b, 4, 64, b.x);
  const std::int64_t bytes = arena_of(b, b.cross_entropy(linear_from(b, 64, 4, wide)));
  EXPECT_GE(bytes, 16 * kUnit);
  EXPECT_LT(bytes, 20 * kUnit);
}

// Sums of 16 units, and 8 within each branch, are kept; beside them one sum and one branch, or one gradient
// of a sum and one within a branch.
TEST(SegmentMemoryTest, BothSidesOfASumHaveOneGradient) {
  constexpr int kBranches = 6;
  for (const bool turned : {false, true}) {
    RowsBuilder b;
    Value h = linear_from(b, 4, 64, b.x);
    for (int i = 0; i < kBranches; ++i) {
      const Value branch = linear_from(b, 32, 64, b.transform("tanh", {linear_from(b, 64, 32, h)}));
      h = b.transform("add", turned ? std::vector{branch, h} : std::vector{h, branch});
    }
    const std::int64_t bytes = arena_of(b, b.cross_entropy(linear_from(b, 64, 4, h)));
    EXPECT_LT(bytes, (kBranches * (16 + 8) + 2 * 16 + 4) * kUnit) << turned;
  }
}

// Straight from the value that the branch is added to, its first layer reads and adds to one gradient at
// once.
TEST(SegmentTest, SumsOfBranchesOfAllLengthsAreAlike) {
  for (const bool turned : {false, true})
    for (const bool straight : {false, true})
      for (const bool rectified : {false, true})
        for (const int length : {0, 1, 2, 3}) {
          SCOPED_TRACE(length);
          expect_alike_in_both([&](RowsBuilder& b, std::vector<Value>&) {
            Value h = b.linear_of(b.x);
            for (int i = 0; i < 3; ++i) {
              Value branch = straight ? h : b.transform("tanh", {h});
              for (int layer = 0; layer < length; ++layer)
                branch = layer == 1 ? b.transform("add", {b.linear_of(branch), branch}) : b.linear_of(branch);
              h = b.transform("add", turned ? std::vector{branch, h} : std::vector{h, branch});
              if (rectified) h = b.transform("relu", {h});
            }
            return b.cross_entropy(h);
          });
        }
}

}  // namespace
}  // namespace orrery
