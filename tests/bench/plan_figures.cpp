// What the static plan costs beside the kernels that it calls, and what memory its steps need.

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "runtime/engine/kernels/cpu/layer_norm.h"
#include "runtime/engine/training/training_step.h"
#include "tests/bench/child.h"
#include "tests/bench/stopwatch.h"
#include "tests/engine/training/experiment.h"
#include "tests/files/places.h"

namespace orrery::bench {
namespace {

using testing::Experiment;
using testing::whole;

constexpr std::int64_t kChainWidth = 4;
constexpr int kShortChain = 8, kLongChain = 264, kChainSteps = 20;
constexpr int kMoreEntries = 2 * (kLongChain - kShortChain);  // forward and backward

/// The training step of a net, over and over on the same batch; on one thread unless told otherwise.
class RepeatedStep {
 public:
  explicit RepeatedStep(Experiment& experiment, int threads = 1, bool side_by_side = false)
      : engine_(Engine::of(experiment.runtime, false)),
        step_(engine_, experiment.graph, experiment.manager(), at::Device(at::kCPU), false) {
    engine_.set_threads(threads);
    step_.set_side_by_side(side_by_side);
    Loader loader(load(*experiment.train), loader_options(*experiment.train, 1));
    loader.begin(1);
    batch_ = std::move(*loader.next());
  }

  double seconds(int steps) {
    return seconds_of([&] {
      const Engine::Turn turn(engine_);
      for (int i = 0; i < steps; ++i) step_.update(step_.forward(batch_), batch_, true);
    });
  }

 private:
  Engine& engine_;
  TrainingStep step_;
  Minibatch batch_;
};

using Link = std::function<Value(Experiment&, Value)>;

/// One row of four numbers through a linear layer, then through so many nodes that have nothing to train.
struct Chain : Experiment {
  Chain(const Link& link, int length) {
    const at::Tensor row = at::rand({1, kChainWidth});
    const auto fields = feed(data(row, row, {{"batch", whole(1)}}));
    Value x = linear(kChainWidth, kChainWidth, fields[0]);
    for (int i = 0; i < length; ++i) x = link(*this, x);
    optimize("SGD", layer("MSELoss", {}, {x, fields[1]}), {{"lr", 0.01}});
    set("engine", std::string("plan"));
  }
};

// What one more entry costs beside the kernels of its two passes, which `kernels` calls once. The rest of the
// step is that of a short chain.
Measured entry_cost(const Link& link, const Action& kernels) {
  Chain few(link, kShortChain), many(link, kLongChain);
  RepeatedStep of_few(few), of_many(many);
  const auto alone = [&] {
    return seconds_of([&] {
      for (int i = 0; i < kChainSteps * kMoreEntries / 2; ++i) kernels();
    });
  };
  of_few.seconds(kChainSteps), of_many.seconds(kChainSteps), alone();
  Times times;
  for (int i = 0; i < 25; ++i) {
    const double whole_steps = of_many.seconds(kChainSteps) - of_few.seconds(kChainSteps);
    times.seconds.push_back((whole_steps - alone()) / (kChainSteps * kMoreEntries));
  }
  return {times, {}};
}

Measured own_entry() {
  const auto normalise = [](Experiment& e, Value x) {
    return e.layer(
        "LayerNorm",
        {{"normalized_shape", std::vector<std::int64_t>{kChainWidth}}, {"elementwise_affine", false}}, {x});
  };
  std::array<float, kChainWidth> x{1, 2, 3, 5}, y{};
  std::array<float, 1> mean{}, rstd{};
  const cpu::Rows row{0, 1, kChainWidth};
  return entry_cost(normalise, [&] {
    cpu::layer_norm<float>(row, 1e-5F, x.data(), nullptr, nullptr, y.data(), mean.data(), rstd.data());
    cpu::layer_norm_backward<float>(row, y.data(), x.data(), nullptr, mean.data(), rstd.data(),
                                    {y.data(), nullptr, nullptr});
  });
}

Measured aten_entry() {
  const auto turn = [](Experiment& e, Value x) {
    const Descriptor& flip = operations().get("flip");
    const std::vector<std::int64_t> last{1};
    return e.graph.apply(flip, checked_attributes(flip.attributes, {{"dims", last}}), {x}).at(0);
  };
  const at::Tensor x = at::rand({1, kChainWidth});
  return entry_cost(turn, [&] {
    for (int pass = 0; pass < 2; ++pass) at::flip(x, {1});
  });
}

struct Optimized : Experiment {
  explicit Optimized(const std::string& optimizer) {
    const at::Tensor x = at::rand({64, 784}), y = at::arange(64, at::kLong).remainder(10);
    const auto fields = feed(data(x, y, {{"batch", whole(64)}}));
    const Value scores = linear(64, 10, relu(linear(128, 64, relu(linear(784, 128, fields[0])))));
    optimize(optimizer, cross_entropy(scores, fields[1]), {{"lr", 1e-3}});
  }
};

Measured adam() {
  constexpr int kSteps = 40;
  Optimized with_adam("Adam"), with_sgd("SGD");
  RepeatedStep of_adam(with_adam), of_sgd(with_sgd);
  return interleaved(
      25, [&] { of_adam.seconds(kSteps); }, [&] { of_sgd.seconds(kSteps); }, kSteps);
}

/// Branches of six layers each, from one stem.
struct Branched : Experiment {
  explicit Branched(int branches) {
    constexpr std::int64_t kWidth = 128, kBatch = 32;
    constexpr int kLayers = 6;
    const at::Tensor x = at::rand({kBatch, kWidth}), y = at::arange(kBatch, at::kLong).remainder(10);
    const auto fields = feed(data(x, y, {{"batch", whole(kBatch)}}));
    const Value stem = relu(linear(kWidth, kWidth, fields[0]));
    std::vector<Value> ends;
    for (int branch = 0; branch < branches; ++branch) {
      ends.push_back(stem);
      for (int i = 0; i < kLayers; ++i) ends.back() = relu(linear(kWidth, kWidth, ends.back()));
    }
    const Descriptor& cat = operations().get("cat");
    const std::int64_t last = 1;
    const Value all = graph.apply(cat, checked_attributes(cat.attributes, {{"dim", last}}), ends).at(0);
    optimize("SGD", cross_entropy(linear(branches * kWidth, 10, all), fields[1]), {{"lr", 1e-3}});
  }
};

// Against the better of one thread and two, as a run would take it.
Measured branches() {
  constexpr int kSteps = 20;
  Branched parted(2), one(2), two(2);
  RepeatedStep beside(parted, 2, true), on_one(one, 1), on_two(two, 2);
  for (RepeatedStep* each : {&beside, &on_one, &on_two}) each->seconds(kSteps);
  double seconds_on_one = 1, seconds_on_two = 1;
  for (int i = 0; i < 5; ++i) {
    seconds_on_one = std::min(seconds_on_one, on_one.seconds(kSteps));
    seconds_on_two = std::min(seconds_on_two, on_two.seconds(kSteps));
  }
  RepeatedStep& apart = seconds_on_one < seconds_on_two ? on_one : on_two;
  return interleaved(
      25, [&] { beside.seconds(kSteps); }, [&] { apart.seconds(kSteps); }, kSteps);
}

// The last line of `orrery explain --json` sums up; the memory is LibTorch's and the plan's arenas.
Measured memory_of(const std::string& model) {
  std::string text =
      output_of({in_build("orrery"), "explain", in_source("tests/bench/scripts/peers/steps.lua"),
                 "model=" + model, "batches=1", "--json"});
  while (text.ends_with('\n')) text.pop_back();
  const auto totals = nlohmann::json::parse(text.substr(text.rfind('\n') + 1));
  check(totals.contains("plan"), Fault::run, "the plan cannot be had for {}", model);
  const auto peak = [&](const char* engine) {
    return Times{{totals.at(engine).at("peak_bytes").get<double>()}};
  };
  return {peak("plan"), peak("autograd")};
}

Figure memory_figure(const std::string& model, double at_most) {
  return {"plan.memory_" + model,
          "memory that a step of " + model + " needs at most, by the plan against autograd", kMebibytes,
          [model] { return memory_of(model); }, at_most};
}

}  // namespace

std::vector<Figure> plan_figures() {
  return {
      {"plan.entry", "one more entry of a plan, beside its own kernels", kNanoseconds, own_entry, 100},
      {"plan.entry_of_aten", "one more entry of a plan, beside ATen's kernels that it calls", kNanoseconds,
       aten_entry},
      {"plan.adam", "step of 784-128-64-10 with Adam, against SGD", kMicroseconds, adam, 1.3},
      {"plan.branches",
       "step of two branches of 6 × (Linear(128, 128), ReLU) with 32 vectors, side by side, against one "
       "after "
       "the other",
       kMicroseconds, branches},
      memory_figure("mlp_sgd", 1),
      memory_figure("mlp_adam", 1),
      memory_figure("deep_narrow", 1),
      memory_figure("small_cnn", 1),
      memory_figure("resnet18", 0.8),
      memory_figure("gpt", 1),
      memory_figure("lstm", 1),
  };
}

}  // namespace orrery::bench
