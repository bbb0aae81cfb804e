// What stands around the steps of a run: taking batches, the loop itself, reading images.

#include <sstream>

#include "runtime/governors/data_transform.h"
#include "tests/bench/child.h"
#include "tests/bench/python.h"
#include "tests/bench/stopwatch.h"
#include "tests/engine/training/experiment.h"
#include "tests/files/places.h"

namespace orrery::bench {
namespace {

using testing::Experiment;
using testing::whole;

constexpr std::int64_t kBatch = 64, kBatches = 150, kEpochs = 4;

/// 784-128-64-10 with SGD on as many images as fit the batches, shuffled.
struct Images : Experiment {
  Images() {
    const at::Tensor x = at::rand({kBatch * kBatches, 784}),
                     y = at::arange(kBatch * kBatches, at::kLong).remainder(10);
    const auto fields = feed(data(x, y, {{"batch", kBatch}, {"shuffle", true}}));
    const Value scores = linear(64, 10, relu(linear(128, 64, relu(linear(784, 128, fields[0])))));
    optimize("SGD", cross_entropy(scores, fields[1]), {{"lr", 0.01}});
    set("epochs", kEpochs);
  }
};

// Whole runs, from loading the data to the summary, against nothing but the steps on batches at hand. The
// profile is another figure's.
Measured epoch() {
  Images run, alone;
  run.set("profile", std::string("off"));
  Engine& engine = Engine::of(alone.runtime, false);
  TrainingStep step(engine, alone.graph, alone.manager(), at::Device(at::kCPU), false);
  engine.set_threads(1);
  Loader loader(load(*alone.train), loader_options(*alone.train, 1));
  std::vector<Minibatch> batches;
  loader.begin(1);
  while (auto batch = loader.next()) batches.push_back(std::move(*batch));
  const auto steps = [&] {
    const Engine::Turn turn(engine);
    for (std::int64_t i = 0; i < kEpochs; ++i)
      for (const Minibatch& batch : batches) step.update(step.forward(batch), batch, true);
  };
  return interleaved(
      11, [&] { run.run(); }, steps, static_cast<int>(kBatches * kEpochs));
}

/// A photograph many times over, made small, as a net for images would take it.
DataSource photographs(std::int64_t workers) {
  const std::vector<std::string> files(48, in_source("data/china.jpg"));
  DataTransform resize =
      data_transform("Resize", checked_attributes(data_transform_kind("Resize").attributes,
                                                  {{"size", std::vector<std::int64_t>{224, 224}}}));
  auto options =
      checked_attributes(data_source_attributes("images"), {{"batch", whole(8)}, {"workers", workers}});
  return open_data_source("images", std::move(options), {},
                          {.lists = {{"files", files}}, .transforms = {std::move(resize)}});
}

// Two workers against one.
Measured workers() {
  const auto read_all = [](std::int64_t count) {
    const DataSource source = photographs(count);
    Loader loader = make_loader_in_order(source, at::kCPU);
    while (loader.next()) {
    }
  };
  return interleaved(
      5, [&] { read_all(2); }, [&] { read_all(1); }, 48);
}

// A script of tests/bench/scripts, `memory.…`, which prints its resident memory in KiB.
std::string memory_script(const std::string& ending) {
  return in_source("tests/bench/scripts/memory" + ending);
}

Times next_memory(std::istream& lines) {
  double kib = 0;
  check(static_cast<bool>(lines >> kib), Fault::run, "the script has not said how much memory it has");
  return {{kib * 1024}};
}

// Of a whole process after 10,000 steps, against after 1,000.
Measured resident() {
  std::istringstream lines(output_of({in_build("orrery"), "run", memory_script(".lua")}));
  const Times early = next_memory(lines);
  return {next_memory(lines), early};
}

// Of a whole process after 1,000 steps, against PyTorch's.
Measured resident_against_torch() {
  Command twin = python_with_torch();
  twin.push_back(memory_script(".py"));
  std::istringstream own(output_of({in_build("orrery"), "run", memory_script(".lua"), "epochs=5"}));
  std::istringstream theirs(output_of(twin));
  return {next_memory(own), next_memory(theirs)};
}

}  // namespace

std::vector<Figure> data_figures() {
  return {
      {"data.mlp_epoch", "epoch of 784-128-64-10, shuffled, against its steps alone", kMicroseconds, epoch,
       1 / 0.85},
      {"data.resident", "memory after 10,000 steps of such a net, against after 1,000", kMebibytes, resident,
       1.01},
      {"data.resident_torch", "memory after 1,000 steps of such a net, against PyTorch's for the same script",
       kMebibytes, resident_against_torch, 1},
      {"data.image_workers", "photographs read and made small by two workers, against one", kMilliseconds,
       workers, 0.7},
  };
}

}  // namespace orrery::bench
