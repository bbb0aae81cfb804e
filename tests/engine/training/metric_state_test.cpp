#include "runtime/engine/training/metric_state.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/engine/training/training_fixtures.h"
#include "tests/files/error_of.h"
#include "tests/graph/builder.h"

namespace orrery {
namespace {

using nlohmann::json;
using Tensors = std::vector<at::Tensor>;

// scripts/dev/make_metric_fixtures.py wrote it with torchmetrics.
const json& metric_fixtures() {
  static const json parsed = testing::fixtures_in("metrics.json");
  return parsed;
}

AttributeValue option_value(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number()) return value.get<double>();
  if (value.is_array()) return value.get<std::vector<std::int64_t>>();
  return value.get<std::string>();
}

std::vector<Attributes::Entry> options_of(const json& given) {
  std::vector<Attributes::Entry> entries;
  for (const auto& [key, value] : given.items()) entries.push_back({key, option_value(value)});
  return entries;
}

std::vector<Tensors> batches_of(const json& data) {
  std::vector<Tensors> batches;
  for (const json& batch : data) {
    batches.emplace_back();
    for (const json& one : batch) {
      const at::Tensor flat = at::tensor(one["values"].get<std::vector<double>>(), at::kDouble);
      const at::Tensor made = flat.reshape(one["shape"].get<std::vector<std::int64_t>>());
      batches.back().push_back(one["integers"].get<bool>() ? made.to(at::kLong) : made);
    }
  }
  return batches;
}

/// A metric of the fields of a graph that are like the tensors, except that samples are a symbol.
class MetricOf {
 public:
  MetricOf(const std::string& kind, const std::vector<Attributes::Entry>& options, const Tensors& like) {
    std::vector<Field> fields;
    for (const at::Tensor& tensor : like) {
      Shape shape = {Dim::symbol("N")};
      for (std::int64_t d = 1; d < tensor.dim(); ++d) shape.push_back(tensor.size(d));
      const DType type = tensor.is_floating_point() ? DType::float64 : DType::int64;
      fields.push_back({"field" + std::to_string(fields.size()), {shape, type}, false});
    }
    const auto values = builder_.graph.input({fields, {}, "{}"});
    metric_ = make_metric(metric_kind(kind), kind, values, {{"train.lua", 7}, ""}, options);
    state_ = metric_state(metric_);
  }

  MetricState& state() { return *state_; }
  const Metric& metric() const { return metric_; }
  std::shared_ptr<MetricState> another() const { return metric_state(metric_); }

 private:
  Builder builder_;
  Metric metric_;
  std::shared_ptr<MetricState> state_;
};

void add_all(MetricState& state, const std::vector<Tensors>& batches, size_t first = 0) {
  for (size_t i = first; i < batches.size(); ++i) state.add(batches[i], batches[i][0].size(0));
}

std::vector<double> numbers_of(const std::string& kind, const std::vector<Attributes::Entry>& options,
                               const std::vector<Tensors>& batches) {
  MetricOf one(kind, options, batches.at(0));
  add_all(one.state(), batches);
  return one.state().numbers();
}

bool same_number(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

at::Tensor doubles(const std::vector<double>& values) { return at::tensor(values, at::kDouble); }
at::Tensor longs(const std::vector<std::int64_t>& values) { return at::tensor(values, at::kLong); }

TEST(MetricStateTest, GivesTorchmetricsNumbersOverUnevenBatches) {
  ASSERT_GT(metric_fixtures()["cases"].size(), 80u);
  for (const json& one : metric_fixtures()["cases"]) {
    SCOPED_TRACE(one.dump().substr(0, 200));
    const auto batches = batches_of(metric_fixtures()["data"][one["data"].get<size_t>()]);
    const auto numbers = numbers_of(one["kind"], options_of(one["options"]), batches);
    ASSERT_EQ(numbers.size(), one["numbers"].size());
    for (size_t i = 0; i < numbers.size(); ++i) {
      const json& expected = one["numbers"][i];
      if (expected.is_null())
        EXPECT_TRUE(std::isnan(numbers[i])) << i;
      else
        EXPECT_NEAR(numbers[i], expected.get<double>(),
                    1e-6 * std::max(1.0, std::abs(expected.get<double>())))
            << i;
    }
  }
}

TEST(MetricStateTest, GoesOnFromASavedStateToTheSameBits) {
  for (const json& one : metric_fixtures()["cases"]) {
    SCOPED_TRACE(one.dump().substr(0, 200));
    const auto batches = batches_of(metric_fixtures()["data"][one["data"].get<size_t>()]);
    MetricOf straight(one["kind"], options_of(one["options"]), batches[0]);
    add_all(straight.state(), batches);
    const auto begun = straight.another(), resumed = straight.another();
    begun->add(batches[0], batches[0][0].size(0));
    Checkpoint kept;
    begun->save("epoch.it", kept);
    resumed->add(batches[0], 1);  // is forgotten
    resumed->load("epoch.it", kept);
    add_all(*resumed, batches, 1);
    const auto expected = straight.state().numbers(), numbers = resumed->numbers();
    ASSERT_EQ(numbers.size(), expected.size());
    for (size_t i = 0; i < numbers.size(); ++i) EXPECT_TRUE(same_number(numbers[i], expected[i])) << i;
  }
}

TEST(MetricStateTest, NothingGivesNaNAndResetForgets) {
  for (const json& one : metric_fixtures()["cases"]) {
    SCOPED_TRACE(one.dump().substr(0, 200));
    const auto batches = batches_of(metric_fixtures()["data"][one["data"].get<size_t>()]);
    MetricOf metric(one["kind"], options_of(one["options"]), batches[0]);
    const auto all_nan = [&] {
      const auto numbers = metric.state().numbers();
      return numbers.size() == metric.metric().number_names("it").size() &&
             std::all_of(numbers.begin(), numbers.end(), [](double number) { return std::isnan(number); });
    };
    EXPECT_TRUE(all_nan());
    add_all(metric.state(), batches);
    metric.state().reset();
    EXPECT_TRUE(all_nan());
    Checkpoint kept;
    metric.state().save("it", kept);
    metric.state().load("it", kept);
    EXPECT_TRUE(all_nan());
  }
}

TEST(MetricStateTest, EveryKindButTheScriptsOwnHasFixturesOrATest) {
  std::set<std::string> known = {"mean", "define"};
  for (const json& one : metric_fixtures()["cases"]) known.insert(one["kind"].get<std::string>());
  for (const MetricKind& kind : metric_kinds()) EXPECT_TRUE(known.contains(kind.name)) << kind.name;
}

TEST(MetricStateTest, MeanWeighsBatchesByTheirSamples) {
  const auto state = metric_state(valueless_metric("mean", "mean"));
  state->add({at::scalar_tensor(1.0)}, 8);
  state->add({at::scalar_tensor(4.0)}, 2);
  EXPECT_DOUBLE_EQ(state->numbers()[0], (8 * 1.0 + 2 * 4.0) / 10);
}

TEST(MetricStateTest, MeanOfManyNumbersIsTheirMean) {
  const auto state = metric_state(valueless_metric("mean", "mean"));
  state->add({at::tensor({1.0f, 2.0f, 6.0f})}, 3);
  state->add({at::tensor({5.0f})}, 1);
  EXPECT_DOUBLE_EQ(state->numbers()[0], 3.5);
}

TEST(MetricStateTest, MeanIsExactOverManySmallNumbers) {
  const auto state = metric_state(valueless_metric("mean", "mean"));
  for (int i = 0; i < 100000; ++i) state->add({at::scalar_tensor(0.1f)}, 1);
  EXPECT_NEAR(state->numbers()[0], static_cast<double>(0.1f), 1e-12);
}

TEST(MetricStateTest, AccuracyCountsWhereTheLargestScoreIsTheLabel) {
  const at::Tensor scores = doubles({0.1, 0.9, 0.8, 0.2, 0.3, 0.7}).view({3, 2});
  const auto numbers =
      numbers_of("accuracy", {}, {{scores, longs({1, 0, 0})}, {scores.narrow(0, 0, 1), longs({1})}});
  EXPECT_DOUBLE_EQ(numbers[0], 0.75);
}

TEST(MetricStateTest, AccuracyOfMapsCountsEveryPlace) {
  at::Tensor scores = at::zeros({1, 2, 2, 2}, at::kDouble);
  scores.select(1, 1).fill_(1);
  EXPECT_DOUBLE_EQ(numbers_of("accuracy", {}, {{scores, longs({1, 1, 1, 0}).view({1, 2, 2})}})[0], 0.75);
}

TEST(MetricStateTest, AllLabelsIgnoredGiveNaNOrWhatNothingDividedByNothingIs) {
  const at::Tensor scores = doubles({0.1, 0.9, 0.8, 0.2}).view({2, 2});
  const std::vector<Tensors> batches = {{scores, longs({1, 1})}};
  const Attributes::Entry ignored = {"ignore_index", std::int64_t{1}};
  EXPECT_TRUE(std::isnan(numbers_of("accuracy", {ignored}, batches)[0]));
  EXPECT_TRUE(std::isnan(numbers_of("auroc", {ignored}, batches)[0]));
  EXPECT_EQ(numbers_of("recall", {ignored, {"average", std::string("macro")}}, batches)[0], 0);
}

TEST(MetricStateTest, LabelsOutOfRangeAreRefusedUnlessTheyAreIgnored) {
  const at::Tensor scores = doubles({0.1, 0.9, 0.8, 0.2}).view({2, 2});
  const std::vector<Tensors> batches = {{scores, longs({0, -1})}, {scores, longs({2, 1})}};
  const Attributes::Entry macro = {"average", std::string("macro")};
  for (const std::string kind : {"f1_score", "confusion_matrix", "auroc"}) {
    const auto options = kind == "f1_score" ? std::vector{macro} : std::vector<Attributes::Entry>{};
    const std::string text = error_of(Fault::run, [&] { numbers_of(kind, options, batches); });
    EXPECT_NE(text.find("train.lua:7: metric '" + kind + "' got 2 labels outside of 0 … 1"),
              std::string::npos)
        << text;
  }
  EXPECT_NO_THROW(numbers_of("f1_score", {macro, {"ignore_index", std::int64_t{-1}}},
                             {{scores, longs({0, -1})}, {scores, longs({1, 1})}}));
}

TEST(MetricStateTest, ScoresThatAreNaNHaveNoCurve) {
  const std::vector<Tensors> batches = {{doubles({0.5, std::nan("")}), longs({0, 1})}};
  const std::string text = error_of(Fault::run, [&] { numbers_of("auroc", {}, batches); });
  EXPECT_NE(text.find("metric 'auroc' got scores that are NaN"), std::string::npos) << text;
}

TEST(MetricStateTest, ACurveOfOneClassAloneIsNaN) {
  EXPECT_TRUE(std::isnan(numbers_of("auroc", {}, {{doubles({0.5, 0.7}), longs({1, 1})}})[0]));
}

TEST(MetricStateTest, DeterminationOfTargetsThatAreAllTheSame) {
  const at::Tensor same = doubles({2, 2, 2});
  EXPECT_EQ(numbers_of("r2_score", {}, {{same, same}})[0], 1);
  EXPECT_EQ(numbers_of("r2_score", {}, {{doubles({2, 2, 3}), same}})[0], 0);
  EXPECT_TRUE(std::isnan(numbers_of("r2_score", {}, {{doubles({1}), doubles({1})}})[0]));
}

TEST(MetricStateTest, DeterminationDoesNotCancelFarFromZero) {
  const at::Tensor near = doubles({0.5, 1, 2.5, 4}), near_target = doubles({1, 1.5, 2, 3.5});
  const double expected = numbers_of("r2_score", {}, {{near, near_target}})[0];
  const at::Tensor far = near + 1e6, far_target = near_target + 1e6;
  const std::vector<Tensors> halves = {{far.narrow(0, 0, 1), far_target.narrow(0, 0, 1)},
                                       {far.narrow(0, 1, 3), far_target.narrow(0, 1, 3)}};
  EXPECT_NEAR(numbers_of("r2_score", {}, halves)[0], expected, 1e-9);
}

TEST(MetricStateTest, EqualPicturesHaveNoNoiseAndAreWhollySimilar) {
  const at::Tensor pictures = at::arange(2 * 8 * 8, at::kDouble).div(128).view({2, 1, 8, 8});
  const Attributes::Entry range = {"data_range", 1.0};
  EXPECT_TRUE(std::isinf(numbers_of("peak_signal_noise_ratio", {range}, {{pictures, pictures}})[0]));
  EXPECT_NEAR(numbers_of("structural_similarity_index_measure", {range}, {{pictures, pictures}})[0], 1,
              1e-12);
}

}  // namespace
}  // namespace orrery
