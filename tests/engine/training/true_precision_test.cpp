// Runs whose whole graph is in one dtype against PyTorch's, and their checkpoints.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/engine/training/resumable.h"
#include "tests/engine/training/training_fixtures.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using nlohmann::json;
using testing::Experiment;
using ::testing::HasSubstr;
using testing::Resumable;
using testing::SmallRun;
using testing::Watcher;
using testing::whole;

// What make_precision_fixtures.py wrote.
const json& true_precision_fixtures() {
  static const json parsed = testing::fixtures_in("true_precision.json");
  return parsed;
}

/// The net that the fixtures trained, on their points.
struct TrueTwin : Experiment {
  explicit TrueTwin(const json& fixture) {
    std::vector<float> numbers;
    for (const json& point : true_precision_fixtures().at("points"))
      for (const json& number : point) numbers.push_back(number.get<float>());
    const at::Tensor x = at::tensor(numbers, at::kFloat).reshape({48, 2});
    const auto fields = feed(data(x, separable(48).second, {{"batch", whole(8)}}));
    const Value hidden = relu(linear(2, 8, fields[0], "first"));
    loss = cross_entropy(linear(8, 2, hidden, "second"), fields[1]);
    optimize("AdamW", loss, {{"lr", 0.01}});
    set("precision", fixture.at("precision").get<std::string>());
    set("accumulate_grad_batches", fixture.at("accumulate").get<std::int64_t>());
    set("epochs", whole(4));
  }
  Value loss;
};

struct Expected {
  DType dtype;
  double tolerance;
};

Expected expected(const std::string& precision) {
  if (precision == "64-true") return {DType::float64, 1e-12};
  if (precision == "bf16-true") return {DType::bfloat16, 2e-2};
  return {DType::float16, 2e-3};
}

TEST(TruePrecisionTest, RunsFollowPyTorchs) {
  for (const json& fixture : true_precision_fixtures().at("runs")) {
    const auto word = fixture.at("precision").get<std::string>();
    SCOPED_TRACE(word + fixture.at("accumulate").dump());
    const auto [dtype, tolerance] = expected(word);
    TrueTwin twin(fixture);
    Watcher watcher(twin.runtime);
    twin.run(watcher);
    EXPECT_EQ(twin.loss.dtype(), dtype);
    int compared = 0;
    for (const NamedNumber& number : watcher.numbers)
      for (size_t epoch = 0; epoch < 4; ++epoch)
        if (number.name == fmt::format("{} loss", epoch + 1)) {
          EXPECT_NEAR(number.value, fixture.at("losses")[epoch].get<double>(), tolerance);
          ++compared;
        }
    EXPECT_EQ(compared, 4);
    const auto weights = twin.weights();
    const char* const keys[] = {"first.weight", "first.bias", "second.weight", "second.bias"};
    for (size_t i = 0; i < 4; ++i) {
      const at::Tensor& own = weights.at(keys[i]);
      const at::Tensor there = at::tensor(fixture.at("weights")[i].get<std::vector<double>>(), at::kDouble);
      EXPECT_TRUE(at::allclose(own.reshape(-1).to(at::kDouble), there, tolerance, tolerance)) << keys[i];
      EXPECT_EQ(dtype_of(own.scalar_type()), dtype);
    }
  }
}

TEST(TruePrecisionTest, AResumedRunEndsWithTheSameBits) {
  for (const char* word : {"64-true", "bf16-true"}) {
    const TemporaryFolder whole_folder, folder;
    Resumable never_stopped(whole_folder.path());
    never_stopped.set("precision", std::string(word));
    never_stopped.run();
    Resumable first(folder.path()), second(folder.path());
    first.set("precision", std::string(word));
    Watcher watcher(first.runtime, Watcher::At::step, 8);
    error_of(Fault::terminated, [&] { first.run(watcher); });
    second.set("precision", std::string(word));
    second.resume();
    second.run();
    EXPECT_TRUE(testing::bit_equal(second.weights(), never_stopped.weights())) << word;
  }
}

TEST(TruePrecisionTest, ACheckpointOfAnotherPrecisionIsRefused) {
  const TemporaryFolder folder;
  Resumable first(folder.path()), second(folder.path());
  first.set("precision", std::string("64-true"));
  Watcher watcher(first.runtime, Watcher::At::step, 8);
  error_of(Fault::terminated, [&] { first.run(watcher); });
  second.resume();
  const std::string text = error_of(Fault::input_file, [&] { second.run(); });
  EXPECT_THAT(text, HasSubstr("the checkpoint is of another precision: "));
  EXPECT_THAT(text, HasSubstr(" is float64 "));
}

TEST(TruePrecisionTest, WeightsAreDrawnAsTheyWereMadeAndConverted) {
  SmallRun single, twice;
  single.optimize("SGD", single.loss, {});
  twice.optimize("SGD", twice.loss, {});
  twice.set("precision", std::string("64-true"));
  single.manager();
  twice.manager();
  const auto there = twice.weights();
  for (const auto& [key, weight] : single.weights())
    EXPECT_TRUE(at::equal(weight.to(at::kDouble), there.at(key))) << key;
}

TEST(TruePrecisionTest, AGradientAndValuesInPlaceFollowTheParameter) {
  SmallRun run;
  Engine& engine = Engine::of(run.runtime);
  const ParameterPtr parameter = run.graph.state().front().parameter;
  at::Tensor held = engine.tensor(parameter);
  held.mutable_grad() = at::ones_like(held);
  parameter->convert(DType::float64);
  EXPECT_EQ(engine.tensor(parameter).scalar_type(), at::kDouble);
  EXPECT_EQ(held.scalar_type(), at::kDouble);
  EXPECT_EQ(held.grad().scalar_type(), at::kDouble);
  EXPECT_TRUE(held.requires_grad());
}

}  // namespace
}  // namespace orrery
