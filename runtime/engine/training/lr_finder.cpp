#include "runtime/engine/training/lr_finder.h"

#include <cmath>
#include <limits>
#include <unordered_set>

#include <ATen/ATen.h>

#include "runtime/engine/training/engine_of_run.h"
#include "runtime/engine/training/generators.h"
#include "runtime/engine/training/run_data.h"
#include "runtime/engine/training/trained_input.h"
#include "runtime/engine/training/training_step.h"

namespace orrery {
namespace {

constexpr double kHeldLoss = 0.98;  // share of the smoothed loss that stays at each update

Attribute rate_bound(std::string name, double value, std::string doc) {
  return {.name = std::move(name),
          .type = AttributeType::real,
          .doc = std::move(doc),
          .value = value,
          .min = 0,
          .above_min = true};
}

Attribute how_many(std::string name, std::int64_t value, double min, std::string doc) {
  return {.name = std::move(name), .doc = std::move(doc), .value = value, .min = min};
}

const std::shared_ptr<Optimizer>& only_optimizer(const Manager& manager) {
  const auto& optimizers = manager.parts().optimizers;
  if (optimizers.size() != 1 || !optimizers.front()->loss())
    throw Error(Fault::usage, "lr_find needs a manager with one optimizer that has a loss",
                manager.origin().site, "Make a manager of its own for each: optimizer = optim….");
  return optimizers.front();
}

// Puts back what training changes when it goes, also because of an error.
class KeptTraining {
 public:
  KeptTraining(Engine& engine, const Graph& graph, Optimizer& optimizer)
      : engine_(engine), optimizer_(optimizer), execution_(optimizer.execution()) {
    const Engine::Turn turn(engine_);
    std::unordered_set<const Parameter*> seen;
    const auto keep = [&](const ParameterPtr& parameter) {
      if (seen.insert(parameter.get()).second)
        tensors_.emplace_back(parameter, engine_.tensor(parameter).detach().clone());
    };
    for (const Graph::Entry& entry : graph.state_of_run()) keep(entry.parameter);
    for (const ParameterPtr& parameter : optimizer.parameters()) keep(parameter);
    for (const ParameterGroup& group : optimizer.groups()) rates_.push_back(group.options.real("lr"));
    generators_.tensors = generator_states(engine_);
    optimizer_.set_execution(nullptr);  // its state stays untouched: the next one made begins without
  }
  KeptTraining(const KeptTraining&) = delete;
  KeptTraining& operator=(const KeptTraining&) = delete;

  ~KeptTraining() {
    try {
      put_back();
    } catch (const std::exception& error) {
      engine_.runtime().log.warning(
          fmt::format("lr_find could not put everything back as it was: {}", error.what()));
    }
  }

 private:
  void put_back() {
    const Engine::Turn turn(engine_);
    for (size_t i = 0; i < rates_.size(); ++i) optimizer_.set_option(i, "lr", rates_[i]);
    optimizer_.set_execution(execution_);
    for (const auto& [parameter, tensor] : tensors_) engine_.assign(parameter, tensor);
    set_generator_states(engine_, generators_);
  }

  Engine& engine_;
  Optimizer& optimizer_;
  std::shared_ptr<OptimizerExecution> execution_;
  std::vector<std::pair<ParameterPtr, at::Tensor>> tensors_;
  std::vector<double> rates_;
  Checkpoint generators_;
};

// The nth rate, from 0: Lightning's schedules count the first twice.
double rate_of(const Attributes& options, std::int64_t n) {
  const double least = options.real("min_lr"), most = options.real("max_lr");
  if (n == 0) return least;
  const double share = static_cast<double>(n + 1) / static_cast<double>(options.integer("num_training"));
  return options.text("mode") == "linear" ? least + share * (most - least)
                                          : least * std::pow(most / least, share);
}

// One number after the other, as the loss of a run with momentum.
class SmoothedLoss {
 public:
  double add(double loss) {
    mean_ = kHeldLoss * mean_ + (1 - kHeldLoss) * loss;
    weight_ *= kHeldLoss;
    const double smoothed = mean_ / (1 - weight_);
    best_ = std::min(best_, smoothed);
    return smoothed;
  }
  double best() const { return best_; }

 private:
  double mean_ = 0, weight_ = 1, best_ = std::numeric_limits<double>::infinity();
};

Minibatch next_around(Loader& loader) {
  auto batch = loader.next();
  if (!batch) {
    loader.begin(loader.position().epoch + 1);
    batch = loader.next();
  }
  invariant(batch.has_value(), "an epoch has no batch");
  return std::move(*batch);
}

// Updates once, which may take several batches; the loss of the last of them.
double updated_once(Engine& engine, TrainingStep& step, const TrainedInput& input, Loader& loader) {
  while (true) {
    const Engine::Turn turn(engine);
    Minibatch batch = next_around(loader);
    input.put_into(batch);
    std::vector<at::Tensor> values = step.forward(batch);
    const double loss = values[static_cast<size_t>(step.targets().losses.front())].item<double>();
    if (!std::isfinite(loss)) return loss;
    if (step.update(std::move(values), batch, loader.position().batch == loader.batches())) return loss;
  }
}

void check_bounds(const Attributes& options) {
  check(options.real("max_lr") > options.real("min_lr"), Fault::usage,
        "manager:lr_find: max_lr must be above min_lr, {}, got {}", options.real("min_lr"),
        options.real("max_lr"));
}

}  // namespace

const std::vector<Attribute>& lr_finder_attributes() {
  static const std::vector<Attribute> attributes = {
      rate_bound("min_lr", 1e-8, "the first rate"),
      rate_bound("max_lr", 1, "the last rate"),
      how_many("num_training", 100, 1, "updates, each with its own rate"),
      {.name = "mode",
       .type = AttributeType::text,
       .doc = "whether each rate is a multiple of the one before, or so much more",
       .value = "exponential",
       .choices = {"exponential", "linear"}},
      {.name = "early_stop_threshold",
       .type = AttributeType::real,
       .doc = "ends when the loss is so many times the least; 0: never",
       .value = 4.0,
       .min = 0},
      how_many("skip_begin", 10, 0, "first rates that are not suggested"),
      how_many("skip_end", 1, 0, "last rates that are not suggested")};
  return attributes;
}

// torch.gradient: half the difference of the neighbours, at both ends the difference to the only one.
std::optional<double> steepest(const std::vector<double>& rates, const std::vector<double>& losses,
                               std::int64_t skip_begin, std::int64_t skip_end) {
  const std::int64_t last = static_cast<std::int64_t>(losses.size()) - skip_end - 1;
  if (last - skip_begin < 1) return std::nullopt;
  const auto loss = [&](std::int64_t at) { return losses[static_cast<size_t>(at)]; };
  double least = std::numeric_limits<double>::infinity();
  std::int64_t found = skip_begin;
  for (std::int64_t at = skip_begin; at <= last; ++at) {
    const std::int64_t before = std::max(at - 1, skip_begin), after = std::min(at + 1, last);
    const double slope = (loss(after) - loss(before)) / static_cast<double>(after - before);
    if (slope >= least) continue;
    least = slope;
    found = at;
  }
  return rates[static_cast<size_t>(found)];
}

LearningRates find_learning_rate(Runtime& runtime, const Graph& graph, const Manager& manager,
                                 const Attributes& options) {
  check_bounds(options);
  const std::shared_ptr<Optimizer>& optimizer = only_optimizer(manager);
  const std::string& device_name = manager.options().text("device");
  Engine& engine = Engine::of(runtime, wants_cuda(graph, device_name));
  const at::Device device = device_from_name(device_name);
  TrainedInput input(engine, graph);
  const KeptTraining kept(engine, graph, *optimizer);
  TrainingStep step(engine, graph, manager, device, false);
  RunData data = [&] {
    const Engine::Turn turn(engine);
    return RunData::of(manager, seed_of_run(engine, manager.options()), device);
  }();
  input.read(data.train);
  step.begin_pass(true);
  LearningRates found;
  SmoothedLoss smoothed;
  const double threshold = options.real("early_stop_threshold");
  for (std::int64_t n = 0; n < options.integer("num_training"); ++n) {
    if (const int signal = runtime.stop.load(std::memory_order_relaxed)) throw Stopped(signal);
    const double rate = rate_of(options, n);
    optimizer->set_option("lr", rate);
    const double loss = updated_once(engine, step, input, data.train);
    if (!std::isfinite(loss)) break;
    found.rates.push_back(rate);
    found.losses.push_back(smoothed.add(loss));
    if (threshold > 0 && n > 0 && found.losses.back() > threshold * smoothed.best()) break;
  }
  found.suggestion =
      steepest(found.rates, found.losses, options.integer("skip_begin"), options.integer("skip_end"));
  return found;
}

}  // namespace orrery
