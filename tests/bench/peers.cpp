#include "tests/bench/peers.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runtime/core/error.h"
#include "tests/bench/python.h"
#include "tests/bench/report.h"
#include "tests/files/places.h"

namespace orrery::bench {
namespace {

constexpr int kLosses = 8;

/// The training step of a net of steps.lua and steps.py.
struct Step {
  std::string model, what;
  Unit unit;
  int batches, epochs;  ///< of a sample; the same batches in each epoch
  double at_least;
};

// Where PyTorch's MKL takes its slow paths.
bool on_amd() { return processor_name().find("AMD") != std::string::npos; }

std::vector<Step> steps() {
  return {
      {"mlp_sgd", "step of 784-128-64-10, SGD, 64 images", kMicroseconds, 200, 5, 2},
      {"mlp_adam", "step of 784-128-64-10, Adam, 64 images", kMicroseconds, 200, 5, 2},
      {"deep_narrow", "step of 20 × (Linear(32, 32), ReLU), SGD, 16 vectors", kMicroseconds, 200, 5, 10},
      {"small_cnn", "step of a net of two convolutions, SGD, 64 images of 28×28", kMilliseconds, 50, 2, 1.6},
      {"resnet18", "step of ResNet-18, SGD, 32 images of 32×32", kMilliseconds, 3, 1, 1.15},
      {"gpt", "step of GPT, 4 layers of 128, AdamW, 16 texts of 64", kMilliseconds, 10, 2,
       on_amd() ? 1.7 : 1.15},
      {"lstm", "step of 2 LSTM layers of 128, SGD, 32 sequences of 32", kMilliseconds, 30, 2, 1.3},
  };
}

Command with(Command command, const std::vector<std::string>& words) {
  command.insert(command.end(), words.begin(), words.end());
  return command;
}

// The last line of what a script prints.
nlohmann::json answer_of(const Command& command) {
  std::string text = output_of(command);
  while (text.ends_with('\n')) text.pop_back();
  const nlohmann::json answer = nlohmann::json::parse(text.substr(text.rfind('\n') + 1), nullptr, false);
  check(answer.is_object(), Fault::run, "{} has not said how it went", command.back());
  if (answer.contains("skipped")) throw Skipped(answer.at("skipped").get<std::string>());
  return answer;
}

std::vector<double> losses_of(const Command& command, const std::vector<std::string>& more) {
  const Command whole = with(with(command, {fmt::format("losses={}", kLosses)}), more);
  return answer_of(whole).at("losses").get<std::vector<double>>();
}

// A script that prints JSON; per_step: of a step, else of a whole epoch.
Runner runner(const std::string& name, const Command& command, int epochs, bool per_step) {
  const auto measure = [=](int threads) {
    const auto answer =
        answer_of(with(command, {fmt::format("epochs={}", epochs), fmt::format("threads={}", threads)}));
    const double parts = per_step ? answer.at("steps").get<double>() : 1;
    return Sample{answer.at("seconds").get<double>() / parts, answer.at("peak_kib").get<double>() * 1024};
  };
  const auto losses = [=] {
    return Losses{losses_of(command, {}),
                  per_step ? losses_of(command, {"precision=64-true"}) : std::vector<double>{}};
  };
  return {name, measure, losses};
}

Runner promised(Runner peer, double at_least) {
  peer.at_least = at_least;
  return peer;
}

std::string script(const std::string& name) { return in_source("tests/bench/scripts/peers/" + name); }

Command own_script(const std::string& name, const PeerOptions& options) {
  Command command{in_build("orrery"), "run", script(name)};
  if (!options.engine.empty()) command.push_back("engine=" + options.engine);
  return command;
}

Workload step_workload(const Step& step, const PeerOptions& options) {
  const std::vector<std::string> net{"model=" + step.model, fmt::format("batches={}", step.batches)};
  const auto peer = [&](const std::string& variant) {
    return runner(variant, with(python(), {script("steps.py"), net[0], net[1], "variant=" + variant}),
                  step.epochs, true);
  };
  Workload workload{step.model,
                    step.what,
                    step.unit,
                    runner("orrery", with(own_script("steps.lua", options), net), step.epochs, true),
                    {promised(peer("eager"), step.at_least)}};
  if (step.model == "small_cnn") workload.peers.push_back(promised(peer("channels_last"), 1.05));
  if (options.compile) workload.peers.push_back(peer("compile"));
  return workload;
}

Workload fashion_workload(const PeerOptions& options) {
  const auto peer = [](const std::string& variant, double at_least) {
    return promised(runner(variant, with(python(), {script("fashion.py"), "variant=" + variant}), 1, false),
                    at_least);
  };
  return {"fashion_epoch",
          "epoch of 784-128-64-10 on Fashion-MNIST, SGD, 64 images",
          kMilliseconds,
          runner("orrery", own_script("fashion.lua", options), 1, false),
          {peer("loader", 15), peer("tensors", 2), peer("lightning", 15)}};
}

Workload start_workload() {
  const auto process = [](const std::string& name, const Command& command) {
    return Runner{name, [command](int) { return Sample{seconds_to_first_output(command)}; }};
  };
  const Command own{in_build("orrery"), "run", in_source("tests/bench/scripts/first_step.lua"), "--",
                    in_source("examples/01_digits.lua")};
  const Command theirs = with(python(), {"-c", "import torch; print('imported', flush=True)"});
  return {
      "start",
      "orrery run of the digits script until the end of the first training step, against PyTorch's import",
      kMilliseconds,
      process("orrery", own),
      {promised(process("import torch", theirs), 2)},
      {1}};
}

}  // namespace

std::vector<Workload> all_workloads(const PeerOptions& options) {
  std::vector<Workload> workloads;
  for (const Step& step : steps()) workloads.push_back(step_workload(step, options));
  workloads.push_back(fashion_workload(options));
  workloads.push_back(start_workload());
  return workloads;
}

}  // namespace orrery::bench
