#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/engine/training/experiment.h"
#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"

namespace orrery::testing {

/// A run of 20 steps in 4 epochs that has everything a checkpoint must hold: dropout, noise that also
/// evaluation draws, batch normalisation, shuffling, accumulated and clipped gradients, averaged weights,
/// schedules of both kinds, statistics of gradients, early stopping that waits, validation in two batches.
struct Resumable : Experiment {
  static constexpr int kSteps = 20;
  static constexpr int kValidations = 8;  ///< batches of validation

  /// Its checkpoints lie in `folder`.
  explicit Resumable(const std::string& folder) : Experiment(7) {
    auto [x, y] = separable(40);
    const auto fields = feed(data(x, y, {{"batch", whole(8)}, {"shuffle", true}}));
    validate = data(x.neg(), y, {{"batch", whole(20)}});
    Value hidden = layer("BatchNorm1d", {{"num_features", whole(8)}}, {linear(2, 8, fields[0], "first")});
    hidden = layer("Dropout", {{"p", 0.25}}, {relu(hidden)});
    hidden = transform("mul", {hidden, transform("rand_like", {hidden})});
    const Value scores = linear(8, 2, hidden, "second");
    const Value loss = cross_entropy(scores, fields[1]);
    const auto optimizer = optimize("AdamW", loss, {{"lr", 0.01}});
    schedule("ExponentialLR", optimizer, {{"gamma", 0.9}}, {{"interval", std::string("step")}});
    schedule("ReduceLROnPlateau", optimizer, {{"patience", whole(0)}, {"threshold", 0.5}},
             {{"monitor", std::string("loss")}});
    follow("accuracy", "accuracy", {scores, fields[1]});
    follow("auroc", "area", {scores, fields[1]});
    follow("confusion_matrix", "confusion", {scores, fields[1]});
    follow("r2_score", "explained", {scores, transform("sin", {scores})});
    set("epochs", whole(4));
    set("monitor", std::string("loss"));
    set("accumulate_grad_batches", whole(2));
    set("gradient_clip_val", 0.5);
    ask("early_stopping", {{"patience", whole(10)}, {"min_delta", 0.5}});
    ask("ema", {{"decay", 0.9}});
    ask("log_gradients", {{"every", whole(2)}});
    ask("log_weights", {});
    ask("checkpoint", {{"dirpath", folder}});
    runtime.log.sink = [this](Log::Level level, const std::string& text) {
      if (level == Log::Level::warning) warnings.push_back(text);
    };
  }

  Value transform(const std::string& operation, std::vector<Value> inputs) {
    const Descriptor& descriptor = operations().get(operation);
    return graph.apply(descriptor, checked_attributes(descriptor.attributes, {}), std::move(inputs)).at(0);
  }

  void resume(const std::string& what = "last") { set("resume", what); }

  std::vector<std::string> warnings;
};

/// Follows the reports of epochs, and sets the stop flag at the nth time something happens.
struct Watcher : TrainingEvents {
  enum class At { step, validation, epoch };
  explicit Watcher(Runtime& of) : runtime(of) {}
  Watcher(Runtime& of, At where, int which) : runtime(of), at(where), count(which) {}

  void on_step(const StepReport&) override { happens(At::step); }
  void on_validation_step(const StepReport&) override { happens(At::validation); }
  void on_epoch_end(const EpochReport& report) override {
    for (const NamedNumber& number : report.train)
      numbers.push_back({fmt::format("{} {}", report.epoch, number.name), number.value});
    for (const NamedNumber& number : report.validation)
      numbers.push_back({fmt::format("{} val_{}", report.epoch, number.name), number.value});
    for (const NamedNumber& number : report.statistics)
      numbers.push_back({fmt::format("{} {}", report.epoch, number.name), number.value});
    happens(At::epoch);
  }
  void happens(At what) {
    if (what == at && --count == 0) runtime.stop = 15;
  }

  Runtime& runtime;
  At at = At::step;
  int count = 0;
  std::vector<NamedNumber> numbers;
};

/// What a `Resumable` that nothing disturbs ends with.
inline const std::map<std::string, at::Tensor>& weights_of_a_whole_run() {
  static const auto weights = [] {
    const TemporaryFolder folder;
    Resumable run(folder.path());
    run.run();
    return run.weights();
  }();
  return weights;
}

inline bool same_bits(double a, double b) { return a == b || (a != a && b != b); }

}  // namespace orrery::testing
