// Each operation that segments compute, against autograd.
#include <map>

#include <gtest/gtest.h>

#include "tests/engine/execution/steps_builder.h"

namespace orrery {
namespace {

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
// Features that do not lie side by side are copied first.
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

// Two draws in each step, of which both engines see the same.
// Labels as words: of some of them the row has no gradient.

}  // namespace
}  // namespace orrery
