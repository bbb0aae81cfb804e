#include "runtime/codegen/pytorch_training.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/python_words.h"
#include "runtime/codegen/pytorch_training_data.h"
#include "runtime/codegen/pytorch_training_loop.h"
#include "runtime/codegen/pytorch_training_metrics.h"
#include "runtime/codegen/pytorch_training_optimizers.h"
#include "runtime/codegen/pytorch_training_text.h"
#include "runtime/governors/attached.h"

namespace orrery {
namespace {

const char* const kMeans = R"(

class Means:
    """Means of numbers over the samples of an epoch."""

    def __init__(self):
        self.sums = {}
        self.samples = 0

    def add(self, numbers, samples):
        for name, number in numbers.items():
            self.sums[name] = self.sums.get(name, 0.0) + number.detach() * samples
        self.samples += samples

    def values(self):
        return {name: total.item() / self.samples for name, total in self.sums.items()}
)";

using ValueKey = std::pair<int, int>;

ValueKey key_of_value(const Value& value) { return {value.node->id(), value.output}; }

class TrainingWriter {
 public:
  TrainingWriter(const Graph& graph, const Manager& manager, const PytorchCallee& model,
                 const PytorchCallee* judge)
      : manager_(manager), loop_{graph, manager, model} {
    if (judge) loop_.judge = *judge;
  }

  PytorchTraining write() {
    name_values();
    find_losses();
    write_data();
    write_schedule_hooks();
    write_numbers();
    find_optimizers();
    script_.imports.insert("import argparse");
    script_.code += kMeans + compute() + pytorch_epochs(loop_, script_) + pytorch_main(loop_, script_);
    return std::move(script_);
  }

 private:
  const InputSpec& input() const { return *loop_.graph.input_node()->input_spec(); }

  // The batch's fields are called as they are; what the model gives by the name that the script has for it.
  void name_values() {
    PythonNames names({"model", "loss_fn", "batch", "metrics", "numbers", "torch", "nn", "F"});
    Node* node = loop_.graph.input_node();
    for (std::size_t at = 0; at < input().fields.size(); ++at) {
      fields_.push_back(names.add(input().fields[at].name));
      names_[{node->id(), static_cast<int>(at)}] = fields_.back();
    }
    for (const Value& value : loop_.model.gives) name_result(value, names);
    if (loop_.judge)
      for (const Value& value : loop_.judge->gives) name_result(value, names);
  }

  void name_result(const Value& value, PythonNames& names) {
    if (names_.contains(key_of_value(value))) return;
    names_[key_of_value(value)] = names.add(word_for(value));
  }

  std::string word_for(const Value& value) const {
    const auto& optimizers = manager_.parts().optimizers;
    if (optimizers.size() == 1 && optimizers[0]->loss() == value) return "loss";
    const bool is_loss =
        std::ranges::any_of(optimizers, [&](const auto& optimizer) { return optimizer->loss() == value; });
    if (is_loss) return value.node->name();
    for (const Use& use : loop_.graph.uses())
      if (use.kind == Use::Kind::output && use.value == value && !use.name.empty()) return use.name;
    const std::string& label = value.node->origin().label;
    return label.empty() ? "output" : label;
  }

  std::string name_of(const Value& value) const { return names_.at(key_of_value(value)); }

  void find_losses() {
    for (const auto& optimizer : manager_.parts().optimizers)
      loop_.losses.push_back(manager_.parts().optimizers.size() == 1 ? "loss" : name_of(optimizer->loss()));
  }

  void write_data() {
    PytorchData data(script_);
    const bool in_order = manager_.options().has("overfit_batches");
    data.add_loader("train_loader", *manager_.parts().train, in_order);
    const Attributes& options = manager_.options();
    const bool none = options.has("limit_val_batches") && options.real("limit_val_batches") == 0;
    loop_.validates = manager_.parts().validate && !none;
    if (loop_.validates) data.add_loader("validation_loader", *manager_.parts().validate, true);
  }

  void write_schedule_hooks() {
    for (const ScheduleUse& use : manager_.parts().schedules)
      loop_.schedules.push_back(pytorch_schedule(*use.schedule, optimizer_name(*use.schedule), script_));
  }

  std::string optimizer_name(const Schedule& schedule) const {
    const auto& all = manager_.parts().optimizers;
    if (all.size() == 1) return "optimizer";
    const auto found = std::ranges::find(all, schedule.optimizer());
    return fmt::format("optimizers[{}][1]", found - all.begin());
  }

  // Losses, then metrics, under the names of a run's results.
  void write_numbers() {
    std::vector<std::string> taken;
    for (std::size_t at = 0; at < loop_.losses.size(); ++at) {
      const std::string& name = loop_.losses[at];
      if (std::ranges::find(taken, name) != taken.end()) continue;
      taken.push_back(name);
      numbers_.push_back({name, name_of(manager_.parts().optimizers[at]->loss())});
    }
    std::vector<std::pair<std::string, PytorchMetric>> made;
    const auto name = [this](const Value& value) { return name_of(value); };
    for (const Metric& metric : manager_.parts().metrics) {
      PytorchMetric written = pytorch_metric(metric, name, script_);
      if (written.made.empty())
        numbers_.push_back({metric.name, written.of_batch});
      else
        made.emplace_back(metric.name, std::move(written));
      loop_.has_lists = loop_.has_lists || metric.number_names("x").size() > 1;
    }
    if (!made.empty()) write_metrics(made);
  }

  void write_metrics(const std::vector<std::pair<std::string, PytorchMetric>>& made) {
    loop_.has_metrics = true;
    std::vector<std::string> entries;
    for (const auto& [name, metric] : made) {
      entries.push_back(fmt::format("{}: {}.to(device)", python_text(name), metric.made));
      updates_.push_back(fmt::format("metrics[{}].update({})", python_text(name), metric.arguments));
    }
    PythonBody body;
    body.add(1, fmt::format("return {{{}}}", fmt::join(entries, ", ")));
    script_.code += python_function("make_metrics(device)", "", body);
  }

  void find_optimizers() {
    const auto judge = [this](const Layer& layer) {
      return loop_.judge && std::ranges::any_of(loop_.graph.nodes(), [&](const auto& node) {
               return node->layer().get() == &layer && !is_of_model(*node);
             });
    };
    for (const auto& optimizer : manager_.parts().optimizers) {
      loop_.optimizers.push_back(pytorch_optimizer(loop_.graph, *optimizer, judge));
      std::set<const Parameter*> own;
      for (const ParameterPtr& parameter : optimizer->parameters()) own.insert(parameter.get());
      const PytorchWeights weights = pytorch_weights(
          loop_.graph, [](const Parameter& each) { return !each.buffer && each.trainable; },
          [&](const Parameter& each) { return own.contains(&each); }, judge);
      loop_.parameters.push_back(weights.all ? "model.parameters()" : "");
      for (const PytorchWeights::Part& part : weights.parts)
        loop_.trains_loss = loop_.trains_loss || part.text.starts_with("loss_fn");
    }
    const PytorchWeights frozen = pytorch_weights(
        loop_.graph, [](const Parameter& each) { return !each.buffer; },
        [](const Parameter& each) { return !each.trainable; }, judge);
    for (const PytorchWeights::Part& part : frozen.parts)
      loop_.frozen.push_back(part.text + ".requires_grad_(False)");
  }

  // A node of the loss reads a label, or what another of its nodes gives.
  bool is_of_model(const Node& node) const {
    for (const Value& read : node.inputs()) {
      if (!read) continue;
      const InputSpec* spec = read.node->input_spec();
      if (spec ? spec->fields[static_cast<std::size_t>(read.output)].label : !is_of_model(*read.node))
        return false;
    }
    return true;
  }

  // `loss = loss_fn(logits, label)`
  std::string call(const std::string& callee, const PytorchCallee& of) const {
    std::vector<std::string> targets, words;
    for (const Value& value : of.gives) targets.push_back(name_of(value));
    for (const Value& value : of.reads) words.push_back(name_of(value));
    return fmt::format("{} = {}({})", fmt::join(targets, ", "), callee, fmt::join(words, ", "));
  }

  std::string compute() const {
    PythonBody body;
    body.add(1, fields_.size() == 1 ? fmt::format("({},) = batch", fields_[0])
                                    : fmt::format("{} = batch", fmt::join(fields_, ", ")));
    body.add(1, call("model", loop_.model));
    if (loop_.judge) body.add(1, call("loss_fn", *loop_.judge));
    for (const std::string& update : updates_) body.add(1, update);
    std::vector<std::string> entries;
    for (const auto& [name, value] : numbers_)
      entries.push_back(fmt::format("{}: {}", python_text(name), value));
    body.add(1, fmt::format("return {{{}}}", fmt::join(entries, ", ")));
    return python_function(
        fmt::format("compute({}, batch{})", loop_.callees(), loop_.has_metrics ? ", metrics" : ""),
        "The loss of a batch and what else is told of it, as means over its samples.", body);
  }

  const Manager& manager_;
  PytorchLoop loop_;
  PytorchTraining script_;
  std::vector<std::string> fields_;
  std::map<ValueKey, std::string> names_;
  std::vector<std::pair<std::string, std::string>> numbers_;
  std::vector<std::string> updates_;  ///< of torchmetrics' objects
};

}  // namespace

const std::set<std::string>& pytorch_training_names() {
  static const std::set<std::string> names = {"ConcatDataset", "DataLoader", "Dataset", "ImageFolder",
                                              "Loss",          "Means",      "Path",    "Subset",
                                              "TensorDataset", "Transformed"};
  return names;
}

const Manager* training_manager(const Graph& graph) {
  for (const Manager* manager : attached_to(graph).managers) {
    const Manager::Parts& parts = manager->parts();
    const bool by_losses = std::ranges::all_of(
        parts.optimizers, [](const auto& optimizer) { return static_cast<bool>(optimizer->loss()); });
    if (parts.train && !parts.optimizers.empty() && by_losses && graph.input_node()) return manager;
  }
  return nullptr;
}

PytorchTraining pytorch_training(const Graph& graph, const Manager& manager, const PytorchCallee& model,
                                 const PytorchCallee* judge) {
  return TrainingWriter(graph, manager, model, judge).write();
}

}  // namespace orrery
