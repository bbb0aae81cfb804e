// Each operation that segments compute, against autograd.
#include <cmath>
#include <map>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/execution/lowered_plan.h"
#include "tests/engine/execution/two_engines.h"

namespace orrery {
namespace {

using Options = std::vector<Attributes::Entry>;
using Integers = std::vector<std::int64_t>;

/// Values of more dimensions than rows have.
struct StepsBuilder : RowsBuilder {
  using RowsBuilder::RowsBuilder;

  Value linear(std::int64_t in, std::int64_t out, const Value& value) {
    return apply("Linear", {{"in_features", in}, {"out_features", out}, {"dtype", dtype()}}, {value});
  }
  DType dtype() const { return type == at::kDouble ? DType::float64 : DType::float32; }
  /// (N, sizes…)
  Value numbers(const Integers& sizes, const Value& from) {
    const Value wide = linear(4, count_of(sizes), from);
    if (sizes.size() == 1) return wide;
    Shape shape;
    for (const std::int64_t size : sizes) shape.emplace_back(size);
    return transform("unflatten", {wide}, {{"dim", std::int64_t{1}}, {"sizes", shape}});
  }
  Value numbers(const Integers& sizes) { return numbers(sizes, x); }
  Value transposed(const Value& value, std::int64_t a, std::int64_t b) {
    return transform("transpose", {value}, {{"dim0", a}, {"dim1", b}});
  }
  Value permuted(const Value& value, const Integers& dims) {
    return transform("permute", {value}, {{"dims", dims}});
  }
  Value selected(const Value& value, std::int64_t dim, std::int64_t index) {
    return transform("select", {value}, {{"dim", dim}, {"index", index}});
  }
  Value narrowed(const Value& value, std::int64_t dim, std::int64_t start, std::int64_t length) {
    return transform("narrow", {value}, {{"dim", dim}, {"start", start}, {"length", length}});
  }
  Value attention(const std::vector<Value>& of, const Options& how = {}) {
    return transform("scaled_dot_product_attention", of, how);
  }
  /// A loss in which each number counts otherwise.
  Value loss_of(const Value& value) { return mean_of(transform("sin", {value})); }
};

bool is_lowered(const Value& value, std::int64_t rows = 3) {
  const Plan plan = make_plan({value}, true);
  const LoweredPlan lowered(plan, {{"N", rows}}, {});
  for (size_t i = 0; i < plan.steps.size(); ++i)
    if (plan.steps[i].node == value.node) return lowered.of_step(i) != nullptr;
  return false;
}

template <class Build>
void expect_step_alike(const Build& build) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    SCOPED_TRACE(name(dtype));
    StepsBuilder b(dtype);
    std::vector<Value> others;
    const Value loss = build(b, others);
    TwoEngines two(b, {{loss, trained_of(b.graph)}}, others);
    for (const std::int64_t size : {3, 1, 3, 6})
      two.expect_alike(b.rows(size), dtype == DType::float64 ? 1e-12 : 1e-5);
  }
}

/// An operation alone, behind and before others of its segment; seen outside; and read by several, so that
/// what it hands back is added to.
template <class Apply>
void expect_operation_alike(const Integers& sizes, const Apply& apply) {
  {
    StepsBuilder b;
    EXPECT_TRUE(is_lowered(apply(b, b.numbers(sizes))));
  }
  expect_step_alike(
      [&](StepsBuilder& b, std::vector<Value>&) { return b.loss_of(apply(b, b.numbers(sizes))); });
  expect_step_alike([&](StepsBuilder& b, std::vector<Value>& others) {
    const Value h = b.transform("tanh", {b.numbers(sizes)}), y = apply(b, h);
    others = {y};
    return b.mean_of(b.transform("tanh", {y}));
  });
  expect_step_alike([&](StepsBuilder& b, std::vector<Value>&) {
    const Value h = b.transform("tanh", {b.numbers(sizes)});
    const Value twice = b.transform("add", {apply(b, h), apply(b, h)});
    return b.transform("add", {b.loss_of(h), b.transform("add", {b.loss_of(twice), b.loss_of(apply(b, h))})});
  });
}

TEST(SegmentStepsTest, ActivationsWithTheirOptionsAreAlike) {
  const std::map<std::string, std::vector<Options>> activations = {
      {"gelu", {{}, {{"approximate", std::string("tanh")}}}}, {"silu", {{}}}};
  for (const auto& [name, all] : activations)
    for (const Options& options : all) {
      SCOPED_TRACE(name);
      expect_operation_alike(
          {2, 3}, [&](StepsBuilder& b, const Value& x) { return b.transform(name, {x}, options); });
      // Behind the layer that computes it.
      expect_step_alike([&](StepsBuilder& b, std::vector<Value>&) {
        return b.loss_of(b.linear_of(b.transform(name, {b.linear_of(b.x)}, options)));
      });
      expect_step_alike([&](StepsBuilder& b, std::vector<Value>&) {
        const Value plain = b.apply("Linear",
                                    {{"in_features", std::int64_t{4}},
                                     {"out_features", std::int64_t{5}},
                                     {"bias", false},
                                     {"dtype", b.dtype()}},
                                    {b.x});
        return b.loss_of(b.transform(name, {plain}, options));
      });
    }
}

TEST(SegmentStepsTest, ViewsOfAllKindsAreAlike) {
  const std::vector<std::pair<std::string, Options>> views = {
      {"transpose", {{"dim0", std::int64_t{1}}, {"dim1", std::int64_t{-1}}}},
      {"transpose", {{"dim0", std::int64_t{0}}, {"dim1", std::int64_t{2}}}},
      {"swapaxes", {{"axis0", std::int64_t{0}}, {"axis1", std::int64_t{1}}}},
      {"swapdims", {{"dim0", std::int64_t{2}}, {"dim1", std::int64_t{3}}}},
      {"permute", {{"dims", Integers{3, 1, 0, 2}}}},
      {"movedim", {{"source", Integers{0}}, {"destination", Integers{2}}}},
      {"select", {{"dim", std::int64_t{1}}, {"index", std::int64_t{-1}}}},
      {"select", {{"dim", std::int64_t{3}}, {"index", std::int64_t{2}}}},
      {"narrow", {{"dim", std::int64_t{1}}, {"start", std::int64_t{0}}, {"length", std::int64_t{1}}}},
      {"narrow", {{"dim", std::int64_t{3}}, {"start", std::int64_t{1}}, {"length", std::int64_t{3}}}},
      {"slice",
       {{"dim", std::int64_t{2}},
        {"start", std::int64_t{0}},
        {"end", std::int64_t{3}},
        {"step", std::int64_t{2}}}},
      {"flatten", {{"start_dim", std::int64_t{1}}}},
      {"ravel", {}},
      {"contiguous", {}},
      {"clone", {}}};
  for (const auto& [name, options] : views) {
    SCOPED_TRACE(name);
    expect_operation_alike({2, 3, 4}, [&](StepsBuilder& b, const Value& x) {
      return b.transform("tanh", {b.transform(name, {x}, options)});
    });
    // Of a view, and seen outside itself.
    expect_step_alike([&](StepsBuilder& b, std::vector<Value>& others) {
      const Value turned = b.transposed(b.transform("tanh", {b.numbers({2, 3, 4})}), 1, 2);
      const Value back = b.transposed(turned, 1, 2), y = b.transform(name, {back}, options);
      others = {turned, y};
      return b.transform("add", {b.loss_of(y), b.mean_of(b.transform("tanh", {turned}))});
    });
  }
}

TEST(SegmentStepsTest, ViewsThatRepeatNumbersGatherTheirGradients) {
  expect_step_alike([](StepsBuilder& b, std::vector<Value>&) {
    const Value one = b.transform("unsqueeze", {b.numbers({3})}, {{"dim", std::int64_t{1}}});
    const Value wide = b.transform("expand", {one}, {{"size", Shape{Dim(-1), Dim(5), Dim(3)}}});
    return b.loss_of(b.transform("tanh", {wide}));
  });
}

// What lies apart has to be copied where it is read as one.
TEST(SegmentStepsTest, JoiningDimensionsThatLieApartIsAlike) {
  expect_step_alike([](StepsBuilder& b, std::vector<Value>& others) {
    const Value turned = b.transposed(b.transform("tanh", {b.numbers({2, 3})}), 1, 2);
    const Value flat = b.transform("flatten", {turned}, {{"start_dim", std::int64_t{1}}});
    others = {flat};
    return b.loss_of(b.linear(6, 4, flat));
  });
}

TEST(SegmentStepsTest, PartsThatAreOrAreNotTheWholeGatherTheirGradients) {
  for (const std::int64_t second : {0, 2, 3})
    expect_step_alike([&](StepsBuilder& b, std::vector<Value>&) {
      const Value h = b.transform("tanh", {b.numbers({6})});
      const Value left = b.linear(3, 3, b.narrowed(h, 1, 0, 3));
      return b.loss_of(b.transform("add", {left, b.narrowed(h, 1, second, 3)}));
    });
}

// Query, key and value of one layer, as models write it.
Value attended(StepsBuilder& b, std::int64_t length, std::int64_t width, const Options& options) {
  const Value all = b.numbers({length, 3, 2, width});
  const Value heads = b.permuted(b.transform("tanh", {all}), {2, 0, 3, 1, 4});
  const Value seen =
      b.attention({b.selected(heads, 0, 0), b.selected(heads, 0, 1), b.selected(heads, 0, 2)}, options);
  return b.transform("flatten", {b.transposed(seen, 1, 2)}, {{"start_dim", std::int64_t{2}}});
}

TEST(SegmentStepsTest, AttentionOfPartsOfOneLayerIsAlike) {
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

TEST(SegmentStepsTest, AttentionThatIsScaledIsAlike) {
  expect_step_alike([](StepsBuilder& b, std::vector<Value>&) {
    return b.loss_of(attended(b, 3, 4, {{"scale", 0.3}}));
  });
}

TEST(SegmentStepsTest, ThePartsOfAttentionAreNotCopied) {
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

TEST(SegmentStepsTest, AttentionOfSeparateLayersIsAlike) {
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

TEST(SegmentStepsTest, AttentionOfAValueToItselfGathersAllGradients) {
  expect_step_alike([](StepsBuilder& b, std::vector<Value>&) {
    const Value h = b.transform("tanh", {b.numbers({3, 4})});
    return b.loss_of(b.transform("add", {b.attention({h, h, h}), h}));
  });
  expect_step_alike([](StepsBuilder& b, std::vector<Value>&) {
    const Value h = b.transposed(b.transform("tanh", {b.numbers({3, 2, 4})}), 1, 2);
    return b.loss_of(b.attention({h, h, h}));
  });
}

// Features that do not lie side by side are copied first.
TEST(SegmentStepsTest, AttentionOfTurnedFeaturesIsAlike) {
  expect_step_alike([](StepsBuilder& b, std::vector<Value>&) {
    const Value h = b.transposed(b.transform("tanh", {b.numbers({4, 3})}), 1, 2);
    return b.loss_of(b.attention({h, h, b.numbers({3, 4})}));
  });
}

TEST(SegmentStepsTest, AttentionWithMasksGroupsNoiseOrSpreadHeadsIsATens) {
  StepsBuilder b;
  const Value heads = b.numbers({2, 3, 4}), few = b.numbers({1, 3, 4}), mask = b.numbers({2, 3, 3});
  EXPECT_TRUE(is_lowered(b.attention({heads, heads, heads})));
  EXPECT_FALSE(is_lowered(b.attention({heads, heads, heads, mask})));
  EXPECT_FALSE(is_lowered(b.attention({heads, heads, heads}, {{"dropout_p", 0.5}})));
  EXPECT_FALSE(is_lowered(b.attention({heads, few, few}, {{"enable_gqa", true}})));
  EXPECT_FALSE(is_lowered(b.attention({heads, few, few})));
}

TEST(SegmentStepsTest, PairsOfOperandsAreAlike) {
  const std::vector<std::pair<Integers, Integers>> sizes = {
      {{2, 3}, {2, 3}}, {{2, 3}, {1, 3}}, {{2, 1}, {2, 3}}};
  for (const char* operation : {"add", "sub", "rsub", "mul", "div", "true_divide"})
    for (const auto& [left, right] : sizes) {
      SCOPED_TRACE(operation);
      {
        StepsBuilder b;
        EXPECT_TRUE(is_lowered(b.transform(operation, {b.numbers(left), b.numbers(right)})));
      }
      expect_step_alike([&](StepsBuilder& b, std::vector<Value>& others) {
        // Divisors are above 1.
        const auto positive = [&](const Integers& of) {
          return b.transform("add", {b.transform("sigmoid", {b.numbers(of)})}, {{"other", 1.0}});
        };
        const Value a = positive(left), c = positive(right), y = b.transform(operation, {a, c});
        others = {y};
        return b.transform("add", {b.loss_of(y), b.transform("add", {b.loss_of(a), b.loss_of(c)})});
      });
    }
}

// As positions are added to words.
TEST(SegmentStepsTest, AnOperandWithoutTheBatchGathersTheGradientsOfAll) {
  for (const char* operation : {"add", "mul"})
    expect_step_alike([&](StepsBuilder& b, std::vector<Value>&) {
      const Value h = b.numbers({2, 3});
      const Value first = b.selected(b.transform("tanh", {h}), 0, 0);
      return b.loss_of(b.transform(operation, {h, first}));
    });
}

TEST(SegmentStepsTest, NumbersAsOperandsAreAlike) {
  for (const char* operation : {"add", "sub", "rsub", "mul", "div", "true_divide"})
    expect_operation_alike({2, 3}, [&](StepsBuilder& b, const Value& x) {
      return b.transform(operation, {x}, {{"other", 1.7}});
    });
  for (const char* operation : {"neg", "square"})
    expect_operation_alike({2, 3},
                           [&](StepsBuilder& b, const Value& x) { return b.transform(operation, {x}); });
  expect_operation_alike({2, 3}, [&](StepsBuilder& b, const Value& x) {
    return b.transform("pow", {x}, {{"exponent", std::int64_t{2}}});
  });
}

TEST(SegmentStepsTest, ScaledSumsRoundedQuotientsAndOtherPowersAreATens) {
  StepsBuilder b;
  const Value x = b.numbers({2, 3}), y = b.numbers({2, 3});
  for (const char* operation : {"add", "sub", "rsub"}) {
    EXPECT_FALSE(is_lowered(b.transform(operation, {x, y}, {{"alpha", 2.0}})));
    EXPECT_TRUE(is_lowered(b.transform(operation, {x, y}, {{"alpha", 1.0}})));
  }
  EXPECT_FALSE(is_lowered(b.transform("div", {x, y}, {{"rounding_mode", std::string("floor")}})));
  EXPECT_FALSE(is_lowered(b.transform("pow", {x}, {{"exponent", 3.0}})));
  EXPECT_FALSE(is_lowered(b.transform("pow", {x, y})));
}

TEST(SegmentStepsTest, OperandsThatAreSpreadToVeryManyAreATens) {
  for (const std::int64_t rows : {4096, 4097}) {
    StepsBuilder b;
    const Value h = b.numbers({2});
    EXPECT_EQ(is_lowered(b.transform("mul", {h, b.selected(h, 0, 0)}), rows), rows == 4096);
  }
}

TEST(SegmentStepsTest, SumsAndMeansAreAlike) {
  const std::vector<Options> over = {{},
                                     {{"dim", Integers{-1}}},
                                     {{"dim", Integers{1}}, {"keepdim", true}},
                                     {{"dim", Integers{0, 2}}},
                                     {{"dim", Integers{0, 1, 2}}, {"keepdim", true}},
                                     {{"dim", Integers{-2, -1}}}};
  for (const char* operation : {"sum", "mean"})
    for (const Options& options : over) {
      SCOPED_TRACE(operation);
      expect_operation_alike(
          {3, 4}, [&](StepsBuilder& b, const Value& x) { return b.transform(operation, {x}, options); });
    }
}

TEST(SegmentStepsTest, SumsOfVeryManyThatLieApartAreATens) {
  for (const std::int64_t rows : {4096, 4097}) {
    StepsBuilder b;
    const Value x = b.numbers({2});
    EXPECT_EQ(is_lowered(b.transform("sum", {x}, {{"dim", Integers{0}}}), rows), rows == 4096);
    EXPECT_TRUE(is_lowered(b.transform("sum", {x}), rows));
  }
}

TEST(SegmentStepsTest, SharesAlongTheLastDimensionAreAlike) {
  for (const char* operation : {"softmax", "log_softmax"})
    for (const std::int64_t dim : {-1, 2})
      expect_operation_alike({3, 5}, [&](StepsBuilder& b, const Value& x) {
        return b.transform(operation, {x}, {{"dim", dim}});
      });
  for (const char* layer : {"Softmax", "LogSoftmax"})
    expect_operation_alike({3, 5}, [&](StepsBuilder& b, const Value& x) {
      return b.apply(layer, {{"dim", std::int64_t{-1}}}, {x});
    });
}

TEST(SegmentStepsTest, SharesAlongOtherDimensionsAreATens) {
  StepsBuilder b;
  const Value x = b.numbers({3, 5});
  for (const char* operation : {"softmax", "log_softmax"})
    for (const std::int64_t dim : {0, 1, -2})
      EXPECT_FALSE(is_lowered(b.transform(operation, {x}, {{"dim", dim}})));
}

TEST(SegmentStepsTest, JoinedValuesAreAlike) {
  for (const std::int64_t dim : {0, 1, -1})
    expect_operation_alike({3, 4}, [&](StepsBuilder& b, const Value& x) {
      return b.transform("cat", {x, b.transform("neg", {x}), x}, {{"dim", dim}});
    });
  expect_step_alike([](StepsBuilder& b, std::vector<Value>&) {
    const Value h = b.numbers({2, 3}), wide = b.numbers({5, 3});
    return b.loss_of(b.transform("cat", {h, wide}, {{"dim", std::int64_t{1}}}));
  });
}

Value dropped(StepsBuilder& b, const Value& x, double p, bool as_layer) {
  return as_layer ? b.apply("Dropout", {{"p", p}}, {x}) : b.transform("dropout", {x}, {{"p", p}});
}

// Two draws in each step, of which both engines see the same.
TEST(SegmentStepsTest, DropoutDrawsTheSameNumbers) {
  for (const bool as_layer : {false, true})
    for (const double p : {0.0, 0.1, 0.5, 0.9})
      expect_operation_alike({7, 30},
                             [&](StepsBuilder& b, const Value& x) { return dropped(b, x, p, as_layer); });
}

TEST(SegmentStepsTest, DropoutThatLeavesNothingIsATens) {
  StepsBuilder b;
  EXPECT_FALSE(is_lowered(dropped(b, b.numbers({3}), 1.0, true)));
  EXPECT_FALSE(is_lowered(dropped(b, b.numbers({3}), 1.0, false)));
}

TEST(SegmentStepsTest, DropoutPassesEverythingOnWhereItIsNotInTraining) {
  expect_step_alike([](StepsBuilder& b, std::vector<Value>& others) {
    const LayerPtr frozen = b.layer("Dropout", {{"p", 0.5}});
    frozen->set_training(false);
    const Value h = b.transform("tanh", {b.numbers({3})}), y = b.apply(frozen, {h});
    const Value off = b.transform("dropout", {y}, {{"p", 0.5}, {"training", false}});
    others = {y, off};
    return b.loss_of(b.linear(3, 2, off));
  });
}

TEST(SegmentStepsTest, DropoutOfALayerThatChangesItsModeIsAlike) {
  StepsBuilder b;
  const LayerPtr layer = b.layer("Dropout", {{"p", 0.5}});
  TwoEngines two(b, {{b.loss_of(b.apply(layer, {b.numbers({30})})), trained_of(b.graph)}});
  for (const bool trains : {true, false, true}) {
    layer->set_training(trains);
    two.expect_alike(b.rows(4));
  }
}

TEST(SegmentStepsTest, AWholeTransformerBlockIsOneSegment) {
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
