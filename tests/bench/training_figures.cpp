// Training steps inside one process, on one thread: batches in memory, forward, backward, update.

#include "runtime/engine/profile/part_scope.h"
#include "runtime/engine/thread_choice.h"
#include "runtime/engine/training/training_step.h"
#include "tests/bench/stopwatch.h"
#include "tests/engine/training/experiment.h"

namespace orrery::bench {
namespace {

using testing::Experiment;
using testing::whole;

/// What trains a net: its specification, its data, and the step.
class Training {
 public:
  explicit Training(Experiment& experiment)
      : engine_(Engine::of(experiment.runtime, false)),
        step_(engine_, experiment.graph, experiment.manager(), at::Device(at::kCPU), false),
        loader_(load(*experiment.train), loader_options(*experiment.train, 1)) {
    engine_.set_threads(1);
  }

  int steps() const { return static_cast<int>(loader_.batches()); }
  void set_threads(int threads) { engine_.set_threads(threads); }
  void set_recorder(Recorder* recorder) {
    recorder_ = recorder;
    step_.set_recorder(recorder);
  }

  void epoch() {
    loader_.begin(++epochs_);
    while (const auto batch = next()) {
      const Engine::Turn turn(engine_);
      step_.update(step_.forward(*batch), *batch, true);
    }
  }

 private:
  // As a run takes its batches.
  std::optional<Minibatch> next() {
    if (recorder_) recorder_->mark();
    const PartScope part(recorder_, StepPart::data_wait);
    auto batch = loader_.next();
    if (batch && recorder_) recorder_->begin_run_step(++steps_);
    return batch;
  }

  Engine& engine_;
  TrainingStep step_;
  Loader loader_;
  Recorder* recorder_ = nullptr;
  std::int64_t epochs_ = 0, steps_ = 0;
};

struct Convolving : Experiment {
  Value conv(std::int64_t in, std::int64_t out, Value x) {
    return layer(
        "Conv2d",
        {{"in_channels", in}, {"out_channels", out}, {"kernel_size", whole(3)}, {"padding", whole(1)}}, {x});
  }
};

/// The net of examples/01_digits.lua.
struct Digits : Convolving {
  Digits() {
    auto options =
        checked_attributes(data_source_attributes("digits"), {{"batch", whole(64)}, {"shuffle", true}});
    const auto fields =
        feed(std::make_shared<DataSource>(open_data_source("digits", std::move(options), {})));
    graph.begin_block("features");
    Value x = relu(conv(16, 32, relu(conv(1, 16, fields[0]))));
    x = layer("MaxPool2d", {{"kernel_size", whole(2)}}, {x});
    graph.end_block();
    graph.begin_block("classifier");
    x = layer("Dropout", {{"p", 0.25}}, {layer("Flatten", {}, {x})});
    const Value logits = linear(512, 10, x);
    graph.end_block();
    follow("accuracy", "accuracy", {logits, fields[1]});
    optimize("AdamW", cross_entropy(logits, fields[1]), {{"lr", 3e-3}});
  }
};

/// 784-128-64-10 with SGD on batches of 64, as engineering notes compare it elsewhere.
struct Perceptron : Experiment {
  Perceptron() {
    const at::Tensor x = at::rand({64 * 40, 784}), y = at::arange(64 * 40, at::kLong).remainder(10);
    const auto fields = feed(data(x, y, {{"batch", whole(64)}}));
    const Value logits = linear(64, 10, relu(linear(128, 64, relu(linear(784, 128, fields[0])))));
    optimize("SGD", cross_entropy(logits, fields[1]), {{"lr", 0.01}});
  }
};

/// `deep_narrow` of the comparison with others: 20 × (Linear(32, 32), ReLU) on batches of 16.
struct DeepNarrow : Experiment {
  DeepNarrow() {
    const at::Tensor x = at::rand({16 * 100, 32});
    const auto fields = feed(data(x, at::rand({16 * 100, 32}), {{"batch", whole(16)}}));
    Value y = fields[0];
    for (int i = 0; i < 20; ++i) y = relu(linear(32, 32, y));
    optimize("SGD", layer("MSELoss", {}, {y, fields[1]}), {{"lr", 0.01}});
  }
};

/// `small_cnn` of that comparison, in two blocks: two convolutions and a linear layer on 64 images of 28×28.
struct SmallCnn : Convolving {
  SmallCnn() {
    const at::Tensor x = at::rand({64 * 4, 1, 28, 28}), y = at::arange(64 * 4, at::kLong).remainder(10);
    const auto fields = feed(data(x, y, {{"batch", whole(64)}}));
    const auto pooled = [&](Value value) {
      return layer("MaxPool2d", {{"kernel_size", whole(2)}}, {relu(value)});
    };
    graph.begin_block("features");
    Value z = pooled(conv(16, 32, pooled(conv(1, 16, fields[0]))));
    graph.end_block();
    graph.begin_block("classifier");
    z = linear(32 * 7 * 7, 10, layer("Flatten", {}, {z}));
    graph.end_block();
    optimize("SGD", cross_entropy(z, fields[1]), {{"lr", 0.01}});
  }
};

template <class Net>
Measured step() {
  Net net;
  Training training(net);
  return {timed(
              15, [&] { training.epoch(); }, training.steps()),
          {}};
}

// Whole epochs with and without the recorder in turn; what it does at an epoch's end counts too.
template <class Net, ProfileLevel level = ProfileLevel::block, int rounds = 151>
Measured profile_cost() {
  Net net;
  Training training(net);
  Recorder recorder(net.graph, {.level = level});
  const auto profiled = [&] {
    training.set_recorder(&recorder);
    training.epoch();
    recorder.nodes();
    check(!recorder.take_epoch().empty(), Fault::run, "nothing was recorded");
  };
  const auto plain = [&] {
    training.set_recorder(nullptr);
    training.epoch();
  };
  return interleaved(rounds, profiled, plain, training.steps());
}

// All the threads that a run takes when it is not told, against one. Other load makes the ratio large:
// threads that wait for each other spin.
Measured threads() {
  Digits net;
  Training training(net);
  const auto epoch_on = [&](int count) {
    training.set_threads(count);
    training.epoch();
  };
  return interleaved(
      15, [&] { epoch_on(allowed_cores()); }, [&] { epoch_on(1); }, training.steps());
}

}  // namespace

std::vector<Figure> training_figures() {
  return {
      {"training.digits_step", "step of the digits net, 64 images", kMicroseconds, step<Digits>},
      {"training.mlp_step", "step of 784-128-64-10 with SGD, 64 images", kMicroseconds, step<Perceptron>},
      {"training.profile_cost", "step of the digits net with its profile recorded, against without",
       kMicroseconds, profile_cost<Digits, ProfileLevel::block, 25>, 1.1},
      {"training.profile_mlp_block", "step of 784-128-64-10 with its blocks profiled, against without",
       kMicroseconds, profile_cost<Perceptron>, 1.03},
      {"training.profile_mlp_node", "the same with its nodes profiled", kMicroseconds,
       profile_cost<Perceptron, ProfileLevel::node>, 1.05},
      {"training.profile_deep_block", "step of 20 × (Linear(32, 32), ReLU), blocks profiled, against without",
       kMicroseconds, profile_cost<DeepNarrow>, 1.05},
      {"training.profile_deep_node", "the same with its nodes profiled", kMicroseconds,
       profile_cost<DeepNarrow, ProfileLevel::node>, 1.1},
      {"training.profile_cnn_block", "step of a net of two convolutions, blocks profiled, against without",
       kMicroseconds, profile_cost<SmallCnn>, 1.01},
      {"training.profile_cnn_node", "the same with its nodes profiled", kMicroseconds,
       profile_cost<SmallCnn, ProfileLevel::node>, 1.02},
      {"training.threads", "step of the digits net on all cores, against one", kMicroseconds, threads},
  };
}

}  // namespace orrery::bench
