#pragma once

#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "runtime/engine/execution/lowered_plan.h"
#include "tests/engine/execution/two_engines.h"

namespace orrery {

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

inline bool is_lowered(const Value& value, std::int64_t rows = 3) {
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

}  // namespace orrery
