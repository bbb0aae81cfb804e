#include "runtime/core/shape.h"

#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "runtime/core/error.h"

namespace orrery {
namespace {

const Dim N = Dim::symbol("N");
const Dim H = Dim::symbol("H");

TEST(DimTest, EqualExpressionsCompareEqualHoweverTheyWereMade) {
  EXPECT_EQ(2 * (N + 1), N + N + 2);
  EXPECT_EQ((N + 1) * (N - 1), N * N - 1);
  EXPECT_EQ(N - N, Dim(0));
  EXPECT_EQ(N * 0, Dim(0));
  EXPECT_NE(N, H);
  EXPECT_NE(N, Dim(2));
}

TEST(DimTest, ReadsAsMathematics) {
  EXPECT_EQ(Dim(7).str(), "7");
  EXPECT_EQ(N.str(), "N");
  EXPECT_EQ((2 * N + 1).str(), "2*N + 1");
  EXPECT_EQ((N * N - H).str(), "-H + N^2");
  EXPECT_EQ(floor_div(H - 1, 2).str(), "floor((H + 1)/2) - 1");
  EXPECT_EQ(min(N, H).str(), "min(H, N)");
}

TEST(DimTest, DividesExactlyWhereEveryTermDivides) {
  EXPECT_EQ(exact_div(4 * N + 2, 2), 2 * N + 1);
  EXPECT_EQ(exact_div(N * H, H), N);
  EXPECT_EQ(exact_div(N * N - 1, N - 1), N + 1);
  EXPECT_EQ(exact_div(N + 1, 2), std::nullopt);
  EXPECT_EQ(exact_div(N, 0), std::nullopt);
  EXPECT_EQ(exact_div(7, 2), std::nullopt);
}

TEST(DimTest, FloorDivisionTakesOutWhatDivides) {
  EXPECT_EQ(floor_div(4 * N + 5, 2), 2 * N + 2);
  EXPECT_EQ(floor_div(-7, 2), Dim(-4));
  EXPECT_EQ(ceil_div(7, 2), Dim(4));
  EXPECT_EQ(floor_div(N + 4, 2), floor_div(N, 2) + 2);
}

TEST(DimTest, ASymbolIsAtLeastTwo) {
  EXPECT_EQ(equal(N, 1), Known::no);
  EXPECT_EQ(equal(N, 0), Known::no);
  EXPECT_EQ(equal(N, 2), Known::undecided);
  EXPECT_EQ(equal(N, N + 1), Known::no);
  EXPECT_EQ(equal(N, H), Known::undecided);
  EXPECT_EQ(at_least(N, 2), Known::yes);
  EXPECT_EQ(at_least(N, 3), Known::undecided);
  EXPECT_EQ(at_least(1, N), Known::no);
  EXPECT_EQ(at_least(N * H, 4), Known::yes);
  EXPECT_EQ(at_least(N * H, 5), Known::undecided);
}

TEST(DimTest, MinAndMaxAreDecidedWhereTheyCanBe) {
  EXPECT_EQ(min(N, N + 3), N);
  EXPECT_EQ(max(N, 1), N);
  EXPECT_EQ(max(N, H), max(H, N));
}

TEST(DimTest, EvaluatesWhenEverySymbolHasAValue) {
  EXPECT_EQ((2 * N + H).evaluate({{"N", 3}, {"H", 4}}), 10);
  EXPECT_EQ((2 * N + H).evaluate({{"N", 3}}), std::nullopt);
  EXPECT_EQ(floor_div(H - 1, 2).evaluate({{"H", 8}}), 3);
}

TEST(DimTest, TooLargeSizesAreRefusedNotWrapped) {
  const Dim half = std::int64_t{1} << 62;
  EXPECT_THROW(half + half, Error);
  EXPECT_THROW(half * 2, Error);
  EXPECT_THROW(numel({half, 4}), Error);
  EXPECT_EQ((half - 1 + half).value(), INT64_MAX);
  EXPECT_THROW(N * half * 4, Error);
}

TEST(DimTest, RefusesTextThatIsNoDimension) {
  for (const char* text : {"", "N +", "2*", "N^0", "N^65", "floor(N)", "floor(N/0)", "what(N, 2)", "N)",
                           "99999999999999999999", "-"})
    EXPECT_THROW(parse_dim(text), Error) << text;
  EXPECT_THROW(parse_dim(std::string(100, '(') + "N" + std::string(100, ')')), Error);
}

TEST(ShapeTest, PrintsAsATuple) {
  EXPECT_EQ(str(Shape{}), "()");
  EXPECT_EQ(str(Shape{5}), "(5)");
  EXPECT_EQ(str(Shape{N, 3, 28}), "(N, 3, 28)");
}

TEST(ShapeTest, CountsItsElements) {
  EXPECT_EQ(numel({}), Dim(1));
  EXPECT_EQ(numel({N, 3, 2}), 6 * N);
  EXPECT_TRUE(known(shape_of({2, 3})));
  EXPECT_FALSE(known(Shape{N}));
  EXPECT_EQ(values(shape_of({2, 3})), (std::vector<std::int64_t>{2, 3}));
}

std::int64_t floored(std::int64_t a, std::int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

// An expression over N and H, with the number it has for these values.
std::pair<Dim, std::int64_t> random_expression(int depth, std::int64_t n, std::int64_t h) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 8 : 3);
  if (kind == 0) return {N, n};
  if (kind == 1) return {H, h};
  if (kind == 2) {
    const auto value = *rc::gen::inRange<std::int64_t>(-9, 10);
    return {value, value};
  }
  const auto [a, x] = random_expression(depth - 1, n, h);
  const auto [b, y] = random_expression(depth - 1, n, h);
  const auto divisor = *rc::gen::inRange<std::int64_t>(1, 7);
  switch (kind) {
    case 3: return {a + b, x + y};
    case 4: return {a - b, x - y};
    case 5: return {a * b, x * y};
    case 6: return {floor_div(a, divisor), floored(x, divisor)};
    default: return {*rc::gen::arbitrary<bool>() ? min(a, b) : max(a, b), 0};
  }
}

TEST(DimTest, RefusesADivisionByZeroThatOnlyValuesBring) {
  const Dim quotient = floor_div(5, Dim::symbol("N") - 2);
  EXPECT_THROW(quotient.evaluate({{"N", 2}}), Error);
  EXPECT_THROW(floor_div(Dim::symbol("N"), 0), Error);
}

TEST(DimTest, RefusesTheOneQuotientThatIsTooLarge) {
  EXPECT_THROW(floor_div(std::numeric_limits<std::int64_t>::min(), -1), Error);
  EXPECT_THROW(exact_div(std::numeric_limits<std::int64_t>::min(), -1), Error);
}

TEST(DimTest, RefusesPowersOfSumsThatNeverEnd) { EXPECT_THROW(parse_dim("(a+b+c+d+e+f+g+h)^60"), Error); }

RC_GTEST_PROP(DimTest, TheNormalFormKeepsTheValue, ()) {
  const auto n = *rc::gen::inRange<std::int64_t>(2, 20), h = *rc::gen::inRange<std::int64_t>(2, 20);
  const auto [a, x] = random_expression(2, n, h);
  const auto [b, y] = random_expression(2, n, h);
  const std::map<std::string, std::int64_t> symbols = {{"N", n}, {"H", h}};
  const auto va = *a.evaluate(symbols), vb = *b.evaluate(symbols);
  RC_ASSERT((a + b).evaluate(symbols) == va + vb);
  RC_ASSERT((a - b).evaluate(symbols) == va - vb);
  RC_ASSERT((a * b).evaluate(symbols) == va * vb);
  RC_ASSERT(floor_div(a, 3).evaluate(symbols) == floored(va, 3));
  RC_ASSERT(min(a, b).evaluate(symbols) == std::min(va, vb));
  RC_ASSERT(max(a, b).evaluate(symbols) == std::max(va, vb));
}

RC_GTEST_PROP(DimTest, WhatIsKnownHoldsForEveryValue, ()) {
  const auto n = *rc::gen::inRange<std::int64_t>(2, 20), h = *rc::gen::inRange<std::int64_t>(2, 20);
  const auto [a, x] = random_expression(2, n, h);
  const auto [b, y] = random_expression(2, n, h);
  const std::map<std::string, std::int64_t> symbols = {{"N", n}, {"H", h}};
  const auto va = *a.evaluate(symbols), vb = *b.evaluate(symbols);
  if (equal(a, b) == Known::yes) RC_ASSERT(va == vb);
  if (equal(a, b) == Known::no) RC_ASSERT(va != vb);
  if (at_least(a, b) == Known::yes) RC_ASSERT(va >= vb);
  if (at_least(a, b) == Known::no) RC_ASSERT(va < vb);
  if (const auto quotient = exact_div(a, b); quotient && vb != 0)
    RC_ASSERT(*quotient->evaluate(symbols) * vb == va);
}

RC_GTEST_PROP(DimTest, ParsingReadsWhatWasWritten, ()) {
  const auto [a, x] = random_expression(3, 5, 7);
  RC_ASSERT(parse_dim(a.str()) == a);
}

}  // namespace
}  // namespace orrery
