#include "runtime/graph/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/files/error_of.h"

namespace orrery {
namespace {

using testing::HasSubstr;

const Dim N = Dim::symbol("N");
const Dim M = Dim::symbol("M");
const Dim H = Dim::symbol("H");

// The shape that is found when sizes come out as `rule` says of the inputs' sizes.
Shape found(
    std::vector<Shape> inputs,
    const std::function<std::vector<std::int64_t>(const std::vector<std::vector<std::int64_t>>&)>& rule) {
  std::vector<TensorType> types;
  for (const Shape& shape : inputs) types.push_back({shape, DType::float32});
  std::vector<const TensorType*> linked;
  for (const TensorType& type : types) linked.push_back(&type);
  const auto trial = [&](const std::vector<const TensorType*>& sized) -> std::vector<TensorType> {
    std::vector<std::vector<std::int64_t>> sizes;
    for (const TensorType* type : sized) sizes.push_back(values(type->shape));
    return {{shape_of(rule(sizes)), DType::float32}};
  };
  return probe_types(linked, trial).at(0).shape;
}

using Sizes = std::vector<std::vector<std::int64_t>>;

TEST(ProbeTest, FindsConstantsAndDimensionsOfTheInputs) {
  EXPECT_EQ(found({{N, 3}},
                  [](const Sizes& s) {
                    return std::vector{s[0][0], s[0][1], std::int64_t{7}};
                  }),
            (Shape{N, 3, 7}));
  EXPECT_EQ(found({{4}}, [](const Sizes& s) { return s[0]; }), (Shape{4}));
  EXPECT_EQ(found({{N}}, [](const Sizes&) { return std::vector<std::int64_t>{}; }), Shape{});
}

TEST(ProbeTest, FindsSlopesOffsetsSumsAndProducts) {
  EXPECT_EQ(found({{N, 3}}, [](const Sizes& s) { return std::vector{3 * s[0][0]}; }), (Shape{3 * N}));
  EXPECT_EQ(found({{N}}, [](const Sizes& s) { return std::vector{2 * s[0][0] - 1}; }), (Shape{2 * N - 1}));
  EXPECT_EQ(found({{N}, {M}}, [](const Sizes& s) { return std::vector{s[0][0] + s[1][0]}; }), (Shape{N + M}));
  EXPECT_EQ(
      found({{N, M}, {H}}, [](const Sizes& s) { return std::vector{5 * s[0][0] * s[0][1] + s[1][0] + 1}; }),
      (Shape{5 * N * M + H + 1}));
  EXPECT_EQ(found({{N}}, [](const Sizes& s) { return std::vector{s[0][0] * s[0][0]}; }), (Shape{N * N}));
}

TEST(ProbeTest, KeepsTheExpressionsThatTheInputsHave) {
  const Dim half = floor_div(H - 1, 2) + 1;
  EXPECT_EQ(found({{N, 8, half}},
                  [](const Sizes& s) {
                    return std::vector{s[0][0], s[0][2]};
                  }),
            (Shape{N, half}));
  EXPECT_EQ(found({{N, half}}, [](const Sizes& s) { return std::vector{4 * s[0][1] * s[0][1] + 2}; }),
            (Shape{4 * (half * half) + 2}));
}

TEST(ProbeTest, SaysWhatItSawWhereNoExpressionFits) {
  const auto halved = [] { found({{N}}, [](const Sizes& s) { return std::vector{s[0][0] / 2}; }); };
  EXPECT_EQ(error_of(Fault::check, halved), "its dimension 0 is 3, 5, 4, 6 for N = 6, 10, 9, 13");
  // What the first two sizes tell does not hold at the third.
  const auto even = [] { found({{N}}, [](const Sizes& s) { return std::vector{s[0][0] / 2 * 2}; }); };
  EXPECT_EQ(error_of(Fault::check, even), "its dimension 0 is 6, 10, 8, 12 for N = 6, 10, 9, 13");
}

TEST(ProbeTest, TypesMayDifferInSizesOnly) {
  const TensorType input{{N}, DType::float32};
  const auto ranks = [&] {
    probe_types({&input}, [](const auto& sized) -> std::vector<TensorType> {
      return {{sized[0]->shape[0].value() > 6 ? Shape{1, 1} : Shape{1}, DType::float32}};
    });
  };
  EXPECT_THAT(error_of(Fault::check, ranks), HasSubstr("(1) float32 once and (1, 1) float32"));
  const auto outputs = [&] {
    probe_types({&input}, [](const auto& sized) -> std::vector<TensorType> {
      if (sized[0]->shape[0].value() > 6) return {};
      return {*sized[0]};
    });
  };
  EXPECT_THAT(error_of(Fault::check, outputs), HasSubstr("(6) float32 once and nothing"));
}

TEST(ProbeTest, TriesLargerSizesWhereSmallOnesFail) {
  const auto windows = [](const Sizes& s) {
    if (s[0][0] < 40) throw Error(Fault::run, "smaller than the window");
    return std::vector{s[0][0] - 31};
  };
  EXPECT_EQ(found({{N}}, windows), (Shape{N - 31}));
  EXPECT_EQ(error_of(Fault::run,
                     [] {
                       found({{N}}, [](const Sizes& s) -> std::vector<std::int64_t> {
                         throw Error(Fault::run, fmt::format("not with {}", s[0][0]));
                       });
                     }),
            "not with 64");
}

TEST(ProbeTest, TakesUpToFourSymbols) {
  const auto all = [](const Sizes& s) {
    std::int64_t sum = 0;
    for (const std::int64_t size : s[0]) sum += size;
    return std::vector{sum};
  };
  const Dim a = Dim::symbol("A"), b = Dim::symbol("B");
  EXPECT_EQ(found({{N, M, H, a}}, all), (Shape{N + M + H + a}));
  EXPECT_EQ(error_of(Fault::check,
                     [&] {
                       found({{N, M, H, a, b}}, all);
                     }),
            "its inputs have more than 4 symbols: N, M, H, A, B");
}

TEST(ProbeTest, LeavesUnlinkedInputsOut) {
  const TensorType input{{N}, DType::int64};
  const auto types = probe_types({nullptr, &input}, [](const auto& sized) -> std::vector<TensorType> {
    EXPECT_EQ(sized[0], nullptr);
    return {*sized[1]};
  });
  EXPECT_EQ(types, std::vector<TensorType>{input});
}

}  // namespace
}  // namespace orrery
